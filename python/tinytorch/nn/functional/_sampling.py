"""Pictures and volumes read at any points, with the grids of affine maps."""

import itertools
import warnings
from typing import Any

from tinytorch import _C, _creation
from tinytorch._C import Tensor

_MODES = ("bilinear", "nearest", "bicubic")
_PADDINGS = ("zeros", "border", "reflection")


def _corners(align_corners: bool | None) -> bool:
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since "
            "1.3.0. Please specify align_corners=True if the old behavior is desired. See the "
            "documentation of grid_sample for details.",
            stacklevel=3,
        )
    return bool(align_corners)


def affine_grid(theta: Any, size: Any, align_corners: bool | None = None) -> Tensor:
    """The points that affine maps send the places of a picture to, for grid_sample.

    theta: (N, 2, 3), size (N, C, H, W) -> (N, H, W, 2); or (N, 3, 4), (N, C, D, H, W) -> 5 dims.
    Raises ValueError where theta does not suit size.  Source: torch.nn.functional.affine_grid
    """
    aligned = _corners(align_corners)
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    dims = len(size) - 2
    if dims not in (2, 3):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, "
            f"respectively. Got size {size}."
        )
    if theta.dim() != 3 or tuple(theta.shape[1:]) != (dims, dims + 1):
        raise ValueError(
            f"Expected a batch of {dims}D affine matrices of shape Nx{dims}x{dims + 1} for size "
            f"{size}. Got {theta.shape}."
        )
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    if aligned and min(size[2:]) == 1:
        warnings.warn(
            "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when "
            "align_corners=True. This is not an intended use case of affine_grid. See the "
            "documentation of affine_grid for details.",
            stacklevel=2,
        )
    if theta.shape[0] != size[0]:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{size[0]}, "
            f"{dims + 1}] but got: [{theta.shape[0]}, {dims + 1}]."
        )
    places = tuple(size[2:])
    columns = []
    for k in reversed(range(dims)):  # x, y, z
        n = places[k]
        line: Any = _creation.linspace(-1, 1, n, dtype=theta.dtype)
        if n == 1:
            line = _creation.zeros(1, dtype=theta.dtype)
        elif not aligned:
            line = line * (n - 1) / n
        columns.append(line.reshape([-1 if j == k else 1 for j in range(dims)]).expand(places))
    columns.append(_creation.ones(places, dtype=theta.dtype))
    base: Any = _C.stack(columns, -1).reshape(1, -1, dims + 1).expand(size[0], -1, -1)
    return _C.matmul(base, theta.transpose(1, 2)).reshape(size[0], *places, dims)


def grid_sample(
    input: Any,
    grid: Any,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """`input` at the points of `grid`, whose coordinates x, y (, z) run from -1 to 1.

    input: (N, C, H, W), grid (N, P, Q, 2) -> (N, C, P, Q); or volumes, with one dim more.
    mode: between neighbours "bilinear" or "bicubic" (pictures only), or the "nearest" alone.
    padding_mode: what lies outside is "zeros", the "border", or a "reflection".
    Raises ValueError for other words, RuntimeError where sizes or dtypes do not fit.
    Source: torch.nn.functional.grid_sample
    """
    if mode not in _MODES:
        raise ValueError(
            "nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', "
            f"but got: '{mode}'"
        )
    if padding_mode not in _PADDINGS:
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or "
            f"'reflection', but got: '{padding_mode}'"
        )
    aligned = _corners(align_corners)
    _check_sampled(input, grid, mode)
    dims = input.dim() - 2
    places = input.shape[2:]
    points: list[Any] = []  # by dim of input: the last coordinate is that of the first dim
    for n, coordinate in zip(places, reversed(grid.unbind(-1)), strict=True):
        scale = (n - 1) / 2 if aligned else n / 2
        at = (coordinate + 1) * scale if aligned else (coordinate + 1) * scale - 0.5
        points.append(at if mode == "bicubic" else _inside(at, n, padding_mode, aligned))
    flat = input.flatten(2)
    if mode == "nearest":
        nearest = [p.detach().round() for p in points]
        return _picked(flat, nearest, places)  # type: ignore[no-any-return]
    lows = [p.detach().floor() for p in points]
    parts = [p - low for p, low in zip(points, lows, strict=True)]
    offsets = (0, 1) if mode == "bilinear" else (-1, 0, 1, 2)
    weights = [
        [1 - t, t] if mode == "bilinear" else _cubic(t) for t in parts
    ]  # of each neighbour, by dim
    total: Any = 0.0  # and not -0.0 where nothing is inside
    for chosen in itertools.product(range(len(offsets)), repeat=dims):
        near = [low + offsets[k] for low, k in zip(lows, chosen, strict=True)]
        if mode == "bicubic":
            near = [_inside(p, n, padding_mode, aligned) for p, n in zip(near, places, strict=True)]
        weight: Any = 1
        for of_dim, k in zip(weights, chosen, strict=True):
            weight = weight * of_dim[k]
        term = _picked(flat, near, places) * weight.unsqueeze(1)
        total = total + term
    return total  # type: ignore[no-any-return]


def _check_sampled(x: Any, grid: Any, mode: str) -> None:
    name = "grid_sampler(): expected"
    if x.dim() > 0 and grid.dim() > 0 and x.shape[0] != grid.shape[0]:
        raise RuntimeError(
            f"{name} grid and input to have same batch size, but got input with sizes "
            f"{list(x.shape)} and grid with sizes {list(grid.shape)}"
        )
    if x.dim() not in (4, 5) or x.dim() != grid.dim():
        raise RuntimeError(
            f"{name} 4D or 5D input and grid with same number of dimensions, but got input with "
            f"sizes {list(x.shape)} and grid with sizes {list(grid.shape)}"
        )
    if grid.shape[-1] != x.dim() - 2:
        raise RuntimeError(
            f"{name} grid to have size {x.dim() - 2} in last dimension, but got grid with sizes "
            f"{list(grid.shape)}"
        )
    for k in range(2, x.dim()):
        if x.shape[k] == 0:
            raise RuntimeError(
                f"{name} input to have non-empty spatial dimensions, but input has sizes "
                f"{list(x.shape)} with dimension {k} being empty"
            )
    if mode == "bicubic" and x.dim() != 4:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    if not x.is_floating_point():
        raise NotImplementedError(f"grid_sample: expected a floating dtype, got {x.dtype}")
    if x.dtype != grid.dtype:
        raise RuntimeError(f"expected scalar type {_word(x.dtype)} but found {_word(grid.dtype)}")


def _word(dtype: Any) -> str:
    words = {"float32": "Float", "float64": "Double", "float16": "Half", "bfloat16": "BFloat16"}
    name = str(dtype).removeprefix("torch.")
    return words.get(name, {"int64": "Long", "int32": "Int"}.get(name, name))


def _inside(at: Any, n: int, padding_mode: str, aligned: bool) -> Any:
    """Coordinates moved into the picture, as the padding wants it."""
    if padding_mode == "reflection":
        low, span = (0.0, float(n - 1)) if aligned else (-0.5, float(n))
        if span == 0:
            at = at * 0
        else:
            away = (at - low).abs()
            flips = (away.detach() / span).floor()
            rest = away - flips * span
            at = _C.where(flips.remainder(2) == 0, rest, span - rest) + low
    return at if padding_mode == "zeros" else at.clamp(0, n - 1)


def _picked(flat: Any, at: list[Any], places: Any) -> Any:
    """(N, C, ...): the values at whole coordinates; 0 where they are outside."""
    index: Any = 0
    inside: Any = None
    for p, n in zip(at, places, strict=True):
        p = p.detach()
        within = (p >= 0) & (p <= n - 1)
        inside = within if inside is None else inside & within
        index = index * n + _C.where(within, p, _creation.zeros_like(p)).long()
    batch, channels = flat.shape[:2]
    rows = index.reshape(batch, 1, -1).expand(batch, channels, -1)
    values = flat.gather(2, rows).reshape(batch, channels, *index.shape[1:])
    return _C.where(inside.unsqueeze(1), values, 0.0)


def _cubic(t: Any) -> list[Any]:
    """Keys' weights of the four neighbours, a = -0.75."""
    a = -0.75

    def near(x: Any) -> Any:
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x: Any) -> Any:
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]
