"""Pictures of other sizes: repeated, interpolated or rearranged."""

import math
import warnings
from typing import Any

import numpy as np

from tinytorch._C import Tensor
from tinytorch._creation import from_numpy, tensor
from tinytorch._dtype import int64, uint8
from tinytorch.nn.functional._pooling import adaptive_avg_pool1d, adaptive_avg_pool2d
from tinytorch.nn.functional._pooling3d import adaptive_avg_pool3d
from tinytorch.nn.functional._sizes import check_tensors

_LINEAR = {"linear": 3, "bilinear": 4, "trilinear": 5, "bicubic": 4}
_NEAREST = ("nearest", "nearest-exact")
_MODES = (*_LINEAR, *_NEAREST, "area")


def interpolate(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """`input` at another size of its dims after (N, C): `size`, or `scale_factor` times its own.

    mode: "nearest", "nearest-exact", "linear" (N, C, L), "bilinear" or "bicubic" (N, C, H, W),
    "trilinear" (N, C, D, H, W), "area" (means). align_corners puts the first and last element of
    both on each other; else their borders.
    Raises ValueError for arguments that contradict, NotImplementedError for a mode that does not
    suit the dims.  Source: torch.nn.functional.interpolate
    """
    check_tensors("interpolate", input)
    if mode in (*_NEAREST, "area"):
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the interpolating modes: linear | "
                "bilinear | bicubic | trilinear"
            )
    elif align_corners is None:
        align_corners = False
    dims = input.dim() - 2
    scales, sizes = _targets(input, dims, size, scale_factor)
    if recompute_scale_factor and size is not None:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    if scales is not None:
        sizes = [math.floor(n * s) for n, s in zip(input.shape[2:], scales, strict=True)]
        if recompute_scale_factor or mode == "area":
            scales = None
    if antialias:
        if mode not in ("bilinear", "bicubic") or input.dim() != 4:
            raise ValueError(
                "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and "
                "requires a 4-D tensor as input"
            )
        raise NotImplementedError("interpolate: antialias=True is not supported")
    if mode not in _MODES or input.dim() not in (3, 4, 5):
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {input.dim()}D) for the "
            f"modes: {' | '.join(_MODES)} (got {mode})"
        )
    if mode in _LINEAR and _LINEAR[mode] != input.dim():
        raise NotImplementedError(
            f"Got {input.dim()}D input, but {mode} mode needs {_LINEAR[mode]}D input"
        )
    _check_sizes(input, sizes)
    if mode == "area":
        return _area(input, sizes)
    repeated = mode in _NEAREST and input.dtype is uint8
    if not (repeated or input.is_floating_point()):
        raise NotImplementedError(
            f"interpolate: {mode} expects a floating dtype, got {input.dtype}"
        )
    for d, length in enumerate(sizes):
        scale = None if scales is None else float(scales[d])
        input = _resized(input, d + 2, length, scale, mode, bool(align_corners))
    return input  # type: ignore[no-any-return]


def _targets(x: Any, dims: int, size: Any, scale_factor: Any) -> tuple[Any, Any]:
    """(scales, None) or (None, sizes), one a dim."""
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    given = size if size is not None else scale_factor
    if given is None:
        raise ValueError("either size or scale_factor should be defined")
    if not isinstance(given, tuple | list):
        given = [given] * dims
    if len(given) != dims:
        what = "output" if size is not None else "scale_factor"
        raise ValueError(
            f"Input and {what} must have the same number of spatial dimensions, but got input with "
            f"spatial dimensions of {list(x.shape[2:])} and {what} of {given}."
        )
    if size is None:
        return [float(s) for s in given], None
    for value in given:
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise TypeError(
                "expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, "
                f"int, int], but got size with types {[type(v) for v in given]}"
            )
    return None, [int(v) for v in given]


def _check_sizes(x: Any, sizes: list[int]) -> None:
    if any(n <= 0 for n in (*x.shape[2:], *sizes)):
        raise RuntimeError(
            "Input and output sizes should be greater than 0, but got input "
            f"{list(x.shape[2:])} and output {sizes}"
        )
    if x.shape[1] == 0:
        raise RuntimeError(
            "Non-empty tensor with a batch of any size expected for input, but got a tensor with "
            f"sizes {list(x.shape)}"
        )


def _area(x: Any, sizes: list[int]) -> Tensor:
    if x.dim() == 3:
        return adaptive_avg_pool1d(x, sizes)
    if x.dim() == 4:
        return adaptive_avg_pool2d(x, sizes)
    return adaptive_avg_pool3d(x, sizes)


def _resized(
    x: Any, dim: int, length: int, scale: float | None, mode: str, align_corners: bool
) -> Any:
    """x with another length along dim: each element a weighted sum of one, two or four of x's."""
    size = x.shape[dim]
    if mode in _NEAREST:
        # A picture as large, or twice as large, is repeated evenly, whatever the scale says.
        evenly = mode == "nearest" and x.dim() == 4 and length in (size, 2 * size)
        places = nearest(size, length, None if evenly else scale, mode == "nearest-exact")
        same = length == size and bool((places == np.arange(size)).all())
        return x if same else x.index_select(dim, from_numpy(places))
    if align_corners:
        step = (size - 1) / (length - 1) if length > 1 else 0.0
        points = [step * i for i in range(length)]
    else:
        step = 1 / scale if scale else size / length
        points = [step * (i + 0.5) - 0.5 for i in range(length)]
    taps = _cubic_taps(points, size) if mode == "bicubic" else _linear_taps(points, size)
    shape = [1] * x.dim()
    shape[dim] = length
    y = None
    for places, weights in taps:
        weight = tensor(weights, dtype=x.dtype).reshape(shape)
        part = x.index_select(dim, _positions(places)) * weight
        y = part if y is None else y + part
    return y


def nearest(size: int, length: int, scale: float | None, exact: bool) -> Any:
    """The element of `size` that each of `length` repeats; in float32, as PyTorch finds it."""
    step = np.float32(1 / scale) if scale else np.float32(size) / np.float32(length)
    points = np.arange(length, dtype=np.float32) + np.float32(0.5 if exact else 0)
    return np.minimum((points * step).astype(np.int64), size - 1)


def _positions(places: list[int]) -> Any:
    return tensor(places, dtype=int64)


def _linear_taps(points: list[float], size: int) -> list[tuple[list[int], list[float]]]:
    points = [max(p, 0.0) for p in points]
    left = [min(int(p), size - 1) for p in points]
    share = [min(max(p - n, 0.0), 1.0) for p, n in zip(points, left, strict=True)]
    right = [min(n + 1, size - 1) for n in left]
    return [(left, [1 - w for w in share]), (right, share)]


def _cubic_taps(points: list[float], size: int) -> list[tuple[list[int], list[float]]]:
    """Keys's kernel with a = -0.75 (1981); the border again outside."""
    a = -0.75

    def near(t: float) -> float:
        return ((a + 2) * t - (a + 3)) * t * t + 1

    def far(t: float) -> float:
        return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a

    taps = []
    for tap in range(-1, 3):
        places, weights = [], []
        for point in points:
            base = math.floor(point)
            t = point - base
            distance = abs(tap - t)
            places.append(min(max(base + tap, 0), size - 1))
            weights.append(near(distance) if tap in (0, 1) else far(distance))
        taps.append((places, weights))
    return taps


def upsample(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """`interpolate` by its old name.  Source: torch.nn.functional.upsample"""
    warnings.warn(
        "`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead.",
        stacklevel=2,
    )
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Any, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` with mode="nearest".  Source: torch.nn.functional.upsample_nearest"""
    warnings.warn(
        "`nn.functional.upsample_nearest` is deprecated. Use `nn.functional.interpolate` instead.",
        stacklevel=2,
    )
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input: Any, size: Any = None, scale_factor: Any = None) -> Tensor:
    """Bilinear `interpolate`, corners aligned.  Source: torch.nn.functional.upsample_bilinear"""
    warnings.warn(
        "`nn.functional.upsample_bilinear` is deprecated. Use `nn.functional.interpolate` instead.",
        stacklevel=2,
    )
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


def pixel_shuffle(input: Any, upscale_factor: int) -> Tensor:
    """(..., C r^2, H, W) -> (..., C, H r, W r): channels become pixels.

    Raises RuntimeError where r^2 does not divide the channels.
    Source: torch.nn.functional.pixel_shuffle
    """
    _check_rearranged("pixel_shuffle", "upscale_factor", input, upscale_factor)
    r = upscale_factor
    *batch, channels, rows, columns = input.shape
    if channels % (r * r):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square "
            f"of upscale_factor, but input.size(-3)={channels} is not divisible by {r * r}"
        )
    x: Any = input.reshape(*batch, channels // (r * r), r, r, rows, columns)
    n = len(batch)
    x = x.permute(*range(n + 1), n + 3, n + 1, n + 4, n + 2)
    return x.reshape(*batch, channels // (r * r), rows * r, columns * r)  # type: ignore[no-any-return]


def pixel_unshuffle(input: Any, downscale_factor: int) -> Tensor:
    """(..., C, H r, W r) -> (..., C r^2, H, W): the way back of pixel_shuffle.

    Raises RuntimeError where r does not divide H and W.
    Source: torch.nn.functional.pixel_unshuffle
    """
    _check_rearranged("pixel_unshuffle", "downscale_factor", input, downscale_factor)
    r = downscale_factor
    *batch, channels, rows, columns = input.shape
    for name, length in (("height", rows), ("width", columns)):
        if length % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but "
                f"{name}={length} is not divisible by {r}"
            )
    x: Any = input.reshape(*batch, channels, rows // r, r, columns // r, r)
    n = len(batch)
    x = x.permute(*range(n + 1), n + 2, n + 4, n + 1, n + 3)
    return x.reshape(*batch, channels * r * r, rows // r, columns // r)  # type: ignore[no-any-return]


def _check_rearranged(name: str, what: str, x: Any, factor: Any) -> None:
    if isinstance(factor, bool) or not hasattr(factor, "__index__"):
        raise TypeError(f"{name}(): argument '{what}' must be int, not {type(factor).__name__}")
    if x.dim() < 3:
        raise RuntimeError(
            f"{name} expects input to have at least 3 dimensions, but got input with {x.dim()} "
            "dimension(s)"
        )
    if factor <= 0:
        raise RuntimeError(f"{name} expects a positive {what}, but got {factor}")


def channel_shuffle(input: Any, groups: int) -> Tensor:
    """(N, g C, ...) with channel i of group j where channel j of group i was.

    Raises RuntimeError where groups does not divide the channels.
    Source: torch.nn.functional.channel_shuffle
    """
    if isinstance(groups, bool) or not hasattr(groups, "__index__"):
        raise TypeError(
            f"channel_shuffle(): argument 'groups' must be int, not {type(groups).__name__}"
        )
    if input.dim() < 3:
        raise RuntimeError(
            "channel_shuffle expects input with > 2 dims, but got input with sizes "
            f"{list(input.shape)}"
        )
    if groups <= 0:
        raise RuntimeError(
            f"Number of groups to divide channels in must be positive. Value of groups:{groups}"
        )
    pictures, channels, *rest = input.shape
    if channels % groups:
        raise RuntimeError(
            "Number of channels must be divisible by groups. Got "
            f"{channels} channels and {groups} groups."
        )
    x: Any = input.reshape(pictures, groups, channels // groups, *rest).transpose(1, 2)
    return x.reshape(input.shape)  # type: ignore[no-any-return]
