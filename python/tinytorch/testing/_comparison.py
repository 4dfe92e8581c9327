"""assert_close: tensors, numbers and containers of them that are equal within a tolerance."""

import cmath
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tinytorch import _C

Tensor = _C.Tensor
Array = Any  # a Tensor
Message = str | Callable[[str], str] | None

_TOLERANCES = {
    "torch.float16": (1e-3, 1e-5),
    "torch.bfloat16": (1.6e-2, 1e-5),
    "torch.float32": (1.3e-6, 1e-5),
    "torch.float64": (1e-7, 1e-7),
}


def _tolerance(dtypes: Sequence[Any], rtol: float | None, atol: float | None) -> Any:
    if (rtol is None) != (atol is None):
        raise ValueError(
            "Both 'rtol' and 'atol' must be either specified or omitted, but got no "
            f"{'rtol' if rtol is None else 'atol'}."
        )
    if rtol is not None:
        return rtol, atol
    pairs = [_TOLERANCES.get(str(dtype), (0.0, 0.0)) for dtype in dtypes]
    return max(pair[0] for pair in pairs), max(pair[1] for pair in pairs)


def _fail(text: str, where: str, msg: Message) -> None:
    if where:
        text += f"\n\nThe failure occurred for item {where}"
    if callable(msg):
        text = msg(text)
    raise AssertionError(text if msg is None or callable(msg) else msg)


def _compare_numbers(a: Any, b: Any, options: dict[str, Any]) -> str | None:
    if options["check_dtype"] and type(a) is not type(b):
        return f"The (d)types do not match: {type(a)} != {type(b)}."
    number = {float: _C.get_default_dtype(), int: None}
    dtypes = [_FLOAT64 if isinstance(x, float) else number.get(int) for x in (a, b)]
    rtol, atol = _tolerance(dtypes, options["rtol"], options["atol"])
    return _scalar_error(a, b, rtol, atol, options["equal_nan"])


def _scalar_error(a: Any, b: Any, rtol: float, atol: float, equal_nan: bool) -> str | None:
    if a == b or (equal_nan and cmath.isnan(a) and cmath.isnan(b)):
        return None
    difference = abs(a - b)
    if cmath.isfinite(a) and cmath.isfinite(b) and difference <= atol + rtol * abs(b):
        return None
    exact = rtol == 0 and atol == 0
    allowed = ["", ""] if exact else [f" (up to {t} allowed)" for t in (atol, rtol)]
    relative = difference / abs(b) if b != 0 else float("inf")
    return (
        f"Scalars are not {'equal' if exact else 'close'}!\n\nExpected {b} but got {a}.\n"
        f"Absolute difference: {difference}{allowed[0]}\n"
        f"Relative difference: {relative}{allowed[1]}"
    )


_FLOAT64 = "torch.float64"


def _compare_tensors(a: Array, b: Array, options: dict[str, Any]) -> str | None:
    def differs(name: str, x: Any, y: Any) -> str:
        return f"The values for attribute '{name}' do not match: {x} != {y}."

    if a.shape != b.shape:
        return differs("shape", a.shape, b.shape)
    if options["check_dtype"] and a.dtype != b.dtype:
        return differs("dtype", a.dtype, b.dtype)
    if options["check_stride"] and a.stride() != b.stride():
        return differs("stride()", a.stride(), b.stride())
    rtol, atol = _tolerance((a.dtype, b.dtype), options["rtol"], options["atol"])
    dtype = _C.promote_types(a.dtype, b.dtype)
    a, b = a.detach().to(dtype), b.detach().to(dtype)
    matches = a.isclose(b, rtol=rtol, atol=atol, equal_nan=options["equal_nan"]).numpy()
    if matches.all():
        return None
    if a.dim() == 0:
        return _scalar_error(a.item(), b.item(), rtol, atol, options["equal_nan"])
    exact = rtol == 0 and atol == 0
    if str(dtype) == "torch.bool" or not dtype.is_floating_point:
        x, y = (t.numpy().astype(np.int64) for t in (a, b))
    else:
        x, y = (t.float().numpy() if dtype.itemsize == 2 else t.numpy() for t in (a, b))
    with np.errstate(all="ignore"):
        absolute = np.where(matches, 0, np.abs(x - y))
        relative = np.where(matches, 0, np.abs(x - y) / np.abs(y))
    if not dtype.is_floating_point:
        relative = relative.astype(np.float32)
    bad = int((~matches).sum())

    def worst(errors: Any, tolerance: float) -> str:
        at = int(np.argmax(errors))
        index = tuple(int(i) for i in np.unravel_index(at, errors.shape))
        allowed = "" if exact else f" (up to {tolerance} allowed)"
        return f"{errors[index].item()} at index {index}{allowed}"

    return (
        f"Tensor-likes are not {'equal' if exact else 'close'}!\n\n"
        f"Mismatched elements: {bad} / {matches.size} ({bad / matches.size:.1%})\n"
        f"Greatest absolute difference: {worst(absolute, atol)}\n"
        f"Greatest relative difference: {worst(relative, rtol)}"
    )


def _compare(a: Any, b: Any, where: str, options: dict[str, Any], msg: Message) -> None:
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        missing, extra = sorted(set(b) - set(a), key=str), sorted(set(a) - set(b), key=str)
        if missing or extra:
            _fail("The keys of the mappings do not match:\n"
                  f"Missing keys in the actual mapping: {missing}\n"
                  f"Additional keys in the actual mapping: {extra}", where, msg)  # fmt: skip
        for key in a:
            _compare(a[key], b[key], f"{where}[{key!r}]", options, msg)
        return
    sequences = all(isinstance(x, Sequence) and not isinstance(x, str) for x in (a, b))
    if sequences:
        if len(a) != len(b):
            _fail(f"The length of the sequences mismatch: {len(a)} != {len(b)}", where, msg)
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            _compare(x, y, f"{where}[{i}]", options, msg)
        return
    error = None
    arrays = all(isinstance(x, (Tensor, np.ndarray, np.generic)) for x in (a, b))
    same_kind = isinstance(a, Tensor) == isinstance(b, Tensor)
    if a is None or b is None:
        error = None if a is b else f"None mismatch: {a} is not {b}"
    elif isinstance(a, bool) and isinstance(b, bool):
        error = None if a == b else f"Booleans mismatch: {a} is not {b}"
    elif arrays and same_kind:
        x, y = (
            v if isinstance(v, Tensor) else _C._from_numpy(np.asarray(v).copy()) for v in (a, b)
        )
        if not (options["allow_subclasses"] or type(a) is type(b)):
            raise TypeError(_unknown(a, b))
        error = _compare_tensors(x, y, options)
    elif isinstance(a, (int, float)) and isinstance(b, (int, float)):
        error = _compare_numbers(a, b, options)
    else:
        raise TypeError(_unknown(a, b))
    if error is not None:
        _fail(error, where, msg)


def _unknown(a: Any, b: Any) -> str:
    return f"No comparison pair was able to handle inputs of type {type(a)} and {type(b)}."


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: Message = None,
) -> None:
    """Raises AssertionError unless |actual - expected| <= atol + rtol |expected| everywhere.

    actual, expected: tensors, numpy arrays, numbers, or sequences and mappings of them.  Without
    rtol and atol, the tolerance is the dtype's.  msg: another message, or a function of it.
    Source: torch.testing.assert_close
    """
    options = {
        "allow_subclasses": allow_subclasses,
        "rtol": rtol,
        "atol": atol,
        "equal_nan": equal_nan,
        "check_dtype": check_dtype,
        "check_stride": check_stride,
    }
    _tolerance((), rtol, atol) if rtol is not None or atol is not None else None
    _compare(actual, expected, "", options, msg)


def assert_allclose(
    actual: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = True,
    msg: str = "",
) -> None:
    """assert_close with looser checks.  Source: torch.testing.assert_allclose"""
    warnings.warn(
        "`torch.testing.assert_allclose()` is deprecated since 1.12 and will be removed in a "
        "future release. Please use `torch.testing.assert_close()` instead.",
        FutureWarning,
        stacklevel=2,
    )
    actual, expected = (
        x if isinstance(x, Tensor) else _C._from_numpy(np.asarray(x)) for x in (actual, expected)
    )
    assert_close(actual, expected, rtol=rtol, atol=atol, equal_nan=equal_nan, check_dtype=False,
                 msg=msg or None)  # fmt: skip
