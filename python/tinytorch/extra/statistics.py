"""Statistics: distinct values, quantiles, histograms, differences, covariance."""

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinytorch import _C, _creation, _dtype
from tinytorch import _return_types as return_types
from tinytorch._C import Tensor
from tinytorch.extra._surface import alias, both, function

Array = Any  # a Tensor

# --- distinct values and where values belong --------------------------------------------------


@both
def unique(
    input: Array,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The distinct values, or slices along dim, in sorted order; each NaN counts as another.

    Returns values, then inverse (where each element went) and counts as asked for.
    Source: torch.unique
    """
    return _of_unique(_C._unique(input, dim, False), return_inverse, return_counts)


@both
def unique_consecutive(
    input: Array,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The same with one value a run of equals, in their order.  Source: torch.unique_consecutive"""
    return _of_unique(_C._unique(input, dim, True), return_inverse, return_counts)


def _of_unique(found: tuple[Array, Array, Array], inverse: bool, counts: bool) -> Any:
    wanted = [x for x, keep in zip(found, (True, inverse, counts), strict=True) if keep]
    return tuple(wanted) if len(wanted) > 1 else wanted[0]


def _values_beside(boundaries: Array, values: Any) -> Array:
    if isinstance(values, Tensor):
        return values
    if isinstance(values, (bool, int, float, np.number)):
        return _creation.tensor(values)
    raise TypeError(f"searchsorted: expected a tensor or a number, got {type(values).__name__}")


@function
def searchsorted(
    sorted_sequence: Array,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Array | None = None,
) -> Array:
    """Where each value of input would go in sorted_sequence so that it stays sorted.

    sorted_sequence: (..., n), or (n,) for every row of input: (..., m), or a number.
    right, or side="right": after the values equal to it.  sorter: the order of unsorted ones.
    Returns int64, or int32 with out_int32, shaped as input.  Source: torch.searchsorted
    """
    if side not in (None, "left", "right"):
        raise RuntimeError(f"searchsorted: side can only be 'left' or 'right' but got {side}")
    if right and side == "left":
        raise RuntimeError("searchsorted: side is 'left' while right is True")
    values = _values_beside(sorted_sequence, input)
    at = _C._searchsorted(sorted_sequence, values, right or side == "right", sorter)
    return at.to(_dtype.int32) if out_int32 else at


@function
def bucketize(
    input: Any, boundaries: Array, *, out_int32: bool = False, right: bool = False
) -> Array:
    """The bin of each value between boundaries (n,): searchsorted the other way round.

    Source: torch.bucketize
    """
    if boundaries.dim() != 1:
        raise RuntimeError(
            f"bucketize: expected boundaries of one dim, got {tuple(boundaries.shape)}"
        )
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


# --- quantiles --------------------------------------------------------------------------------


@both
def quantile(
    input: Array,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Array:
    """The q-th quantiles along dim, or of all; NaN where there is one.

    q: a number, or (Q,) of input's dtype, which adds a first dim of size Q.
    interpolation: "linear", "lower", "higher", "midpoint" or "nearest".
    Raises RuntimeError for q outside [0, 1].  Source: torch.quantile
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation)


@both
def nanquantile(
    input: Array,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Array:
    """The same of what is not NaN.  Source: torch.nanquantile"""
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation)


def _quantile(
    name: str, input: Array, q: Any, dim: int | None, keepdim: bool, interpolation: str
) -> Array:
    modes = ("linear", "lower", "higher", "midpoint", "nearest")
    if input.numel() == 0:
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    if input.dtype not in (_dtype.float32, _dtype.float64):
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype")
    if interpolation not in modes:
        raise RuntimeError(f"{name}() interpolation must be one of {modes}, got {interpolation!r}")
    if isinstance(q, Tensor):
        if q.dim() > 1:
            raise RuntimeError(f"{name}() q must be a scalar or 1D tensor")
        if q.dtype is not input.dtype:
            raise RuntimeError(f"{name}() q tensor must be same dtype as the input tensor")
    else:
        q = _creation.tensor(float(q), dtype=input.dtype)
    if not bool(_C.all(_C.logical_and(q >= 0, q <= 1))):
        raise RuntimeError(f"{name}() q values must be in the range [0, 1]")
    # The lines along dim come last, (..., n), and the quantiles after them, (..., Q).
    wrapped = None if dim is None else _wrap(dim, input.dim())
    others = [d for d in range(input.dim()) if d != wrapped]
    whole = input.reshape(-1) if wrapped is None else input
    if wrapped is not None and input.dim() > 0:
        whole = input.permute((*others, wrapped))
    ordered = _C.sort(whole)[0]
    result = _at_ranks(ordered, _ranks(ordered, q, name == "nanquantile"), interpolation)
    result = result.permute((-1, *range(result.dim() - 1)))
    if keepdim and wrapped is None:
        result = result.reshape((-1, *(1 for _ in input.shape)))
    elif keepdim and input.dim() > 0:
        result = result.unsqueeze(1 + (wrapped or 0))
    return result if q.dim() else result.select(0, 0)


def _wrap(dim: int, rank: int) -> int:
    if not -max(rank, 1) <= dim < max(rank, 1):
        raise IndexError(f"Dimension out of range (a tensor of {rank} dims has no dim {dim})")
    return dim % max(rank, 1)


def _ranks(ordered: Array, q: Array, ignore_nan: bool) -> Array:
    """Where between 0 and n - 1 the quantiles stand; NaN is last, and is found there."""
    nan = _C.isnan(ordered.reshape(-1) if ordered.dim() == 0 else ordered)
    q = q.detach().reshape(-1)
    if ignore_nan:
        return (q * (_C.logical_not(nan).sum(-1, True) - 1)).clamp(min=0)
    last = _creation.tensor(float(nan.shape[-1] - 1), dtype=q.dtype)
    return _C.where(_C.any(nan, -1, True), last, q * last)


def _at_ranks(ordered: Array, ranks: Array, interpolation: str) -> Array:
    ordered = ordered.reshape(-1) if ordered.dim() == 0 else ordered
    rounded = {"lower": _C.floor, "higher": _C.ceil, "nearest": _C.round}.get(interpolation)
    ranks = rounded(ranks) if rounded else ranks
    at = ranks.to(_dtype.int64)
    below = _C.gather(ordered, -1, at)
    if rounded:
        return below
    above = _C.gather(ordered, -1, _C.ceil(ranks).to(_dtype.int64))
    weight = ranks - at if interpolation == "linear" else _creation.full_like(ranks, 0.5)
    step = above - below
    return _C.where(weight < 0.5, below + weight * step, above - step * (1 - weight))


# --- histograms -------------------------------------------------------------------------------


def _edges(name: str, input: Array, bins: int, low: float, high: float, widen: float) -> Array:
    """bins + 1 edges from low to high, or around input's values when these are equal."""
    if not isinstance(bins, int):
        raise TypeError(f"{name}: expected a number of bins or their edges, got {bins!r:.60}")
    if not 0 < bins <= 2**28:
        raise RuntimeError(f"{name}: expected from 1 to 2**28 bins, got {bins}")
    if low == high and input.numel() > 0:
        low, high = float(input.detach().min()), float(input.detach().max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"{name}: range of [{low}, {high}] is not finite")
    if low > high:
        raise RuntimeError(f"{name}: max must be larger than min, got min {low} and max {high}")
    if low == high:
        low, high = low - widen, high + widen
    return _creation.linspace(low, high, bins + 1, dtype=input.dtype)


def _check_floating(name: str, input: Array) -> None:
    if input.dtype not in (_dtype.float32, _dtype.float64):
        raise NotImplementedError(f"{name}: expected float32 or float64, got {input.dtype}")


@both
def histc(input: Array, bins: int = 100, min: float = 0, max: float = 0) -> Array:
    """How many values fall into each of `bins` equal parts of [min, max]; of their range for 0, 0.

    Raises RuntimeError for a range that is not finite.  Source: torch.histc
    """
    _check_floating("histc", input)
    edges = _edges("histc", input, bins, float(min), float(max), 1.0)
    return _C._histogram(input.detach().reshape(-1), edges, None, "even")


@both
def histogram(
    input: Array,
    bins: int | Array,
    *,
    range: Sequence[float] | None = None,
    weight: Array | None = None,
    density: bool = False,
) -> Any:
    """The number of values, or the sum of their weights, in each bin, and the bins' edges.

    bins: how many, of equal width over range (else input's), or their rising edges (bins + 1,).
    density: divides by the total and the widths, so that the histogram integrates to 1.
    Returns (hist, bin_edges).  Source: torch.histogram
    """
    _check_floating("histogram", input)
    if isinstance(bins, Tensor):
        if range is not None:
            raise TypeError("histogram: expected either edges or a range, got both")
        edges, kind = bins.detach().contiguous(), "edges"
    else:
        if range is not None and len(range) != 2:
            raise RuntimeError(f"histogram: range should have 2 elements, got {len(range)}")
        low, high = (0.0, 0.0) if range is None else range
        if range is None and input.numel() == 0:
            high = 1.0
        if range is not None and low == high:
            low, high = low - 0.5, high + 0.5
        edges, kind = _edges("histogram", input, bins, float(low), float(high), 0.5), "linear"
    if weight is not None and weight.shape != input.shape:
        raise RuntimeError(
            f"histogram: expected weights of shape {tuple(input.shape)}, got {tuple(weight.shape)}"
        )
    weights = None if weight is None else weight.detach().reshape(-1)
    hist = _C._histogram(input.detach().reshape(-1), edges, weights, kind)
    if density:
        hist = hist / hist.sum() / (edges[1:] - edges[:-1])
    return return_types.histogram((hist, edges))


# --- sums that pass over NaN, extremes and spreads in pairs -----------------------------------


@both
def nansum(input: Array, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    """The sum over dim, NaN counting as zero.  Source: torch.nansum"""
    if input.dtype.is_floating_point:
        input = _C.where(_C.isnan(input), _creation.zeros((), dtype=input.dtype), input)
    return _C.sum(input, dim, keepdim, dtype=dtype)


@both
def nanmean(input: Array, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    """The mean over dim of what is not NaN.  Source: torch.nanmean"""
    if not input.dtype.is_floating_point:
        raise RuntimeError(f"nanmean: expected a floating dtype, got {input.dtype}")
    numbers = _C.logical_not(_C.isnan(input)).sum(dim, keepdim)
    return nansum(input, dim, keepdim, dtype=dtype) / numbers


@both
def aminmax(input: Array, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """(min, max) over dim or over all.  Source: torch.aminmax"""
    if input.numel() == 0 and dim is None:
        raise RuntimeError("aminmax: an empty tensor has no extremes; name a dim")
    return return_types.aminmax((_C.amin(input, dim, keepdim), _C.amax(input, dim, keepdim)))


@function
def std_mean(
    input: Array, dim: Any = None, unbiased: Any = None, keepdim: bool = False, **options: Any
) -> Any:
    """(std, mean) over dim; `correction` is as in `std`.  Source: torch.std_mean"""
    return _with_mean(_C.std, input, dim, unbiased, keepdim, options)


@function
def var_mean(
    input: Array, dim: Any = None, unbiased: Any = None, keepdim: bool = False, **options: Any
) -> Any:
    """(var, mean) over dim; `correction` is as in `var`.  Source: torch.var_mean"""
    return _with_mean(_C.var, input, dim, unbiased, keepdim, options)


def _with_mean(
    measure: Any, input: Array, dim: Any, unbiased: Any, keepdim: bool, options: Any
) -> Any:
    spread = measure(input, dim, unbiased, keepdim, **options)
    return spread, _C.mean(input, None if isinstance(dim, bool) else dim, keepdim)


# --- differences and areas --------------------------------------------------------------------


def _along(x: Array, dim: int, first: int, last: int | None = None) -> Array:
    """x[first:last] along dim."""
    stop = x.shape[dim] if last is None else x.shape[dim] + last
    return x.narrow(dim, first, max(stop - first, 0))


@both
def diff(
    input: Array,
    n: int = 1,
    dim: int = -1,
    prepend: Array | None = None,
    append: Array | None = None,
) -> Array:
    """The n-th differences of neighbours along dim, after joining prepend and append to it.

    Of bools, whether neighbours differ.  Raises RuntimeError for a 0-d input.  Source: torch.diff
    """
    if input.dim() == 0:
        raise RuntimeError("diff: expected at least one dim, got a 0-d tensor")
    if n < 0:
        raise RuntimeError(f"diff: expected n >= 0, got {n}")
    dim = _wrap(dim, input.dim())
    if n == 0:
        return input.clone()
    parts = [x for x in (prepend, input, append) if x is not None]
    x = _C.cat(parts, dim) if len(parts) > 1 else input
    for _ in range(min(n, x.shape[dim])):
        later, earlier = _along(x, dim, 1), _along(x, dim, 0, -1)
        x = _C.logical_xor(later, earlier) if x.dtype is _dtype.bool else later - earlier
    return x


def _steps(y: Array, x: Array, dim: int) -> Array:
    """The widths between the points x, to stand beside y along dim."""
    if x.dim() == 1:
        if x.shape[0] != y.shape[dim]:
            raise RuntimeError(
                f"trapezoid: expected one x for each sample point, got {x.shape[0]} "
                f"and {y.shape[dim]}"
            )
        x = x.reshape([-1 if d == dim else 1 for d in range(y.dim())])
    elif x.dim() < y.dim():
        x = x.reshape([1] * (y.dim() - x.dim()) + list(x.shape))
    return _along(x, dim, 1) - _along(x, dim, 0, -1)


def _area(name: str, y: Array, x: Any, dx: Any, dim: int) -> tuple[Array, Any, int]:
    if y.dim() == 0:
        raise IndexError(f"{name}: dim {dim} of a tensor without dims")
    if y.dtype is _dtype.bool or (isinstance(x, Tensor) and x.dtype is _dtype.bool):
        raise RuntimeError(f"{name}: bool is not supported")
    if x is not None and (dx is not None or not isinstance(x, Tensor)):
        raise TypeError(f"{name}: expected a tensor x, or dx, got x={x!r:.40} and dx={dx!r:.40}")
    dim = _wrap(dim, y.dim())
    if y.shape[dim] == 0:
        return y, 1, dim
    return y, _steps(y, x, dim) if x is not None else (1 if dx is None else dx), dim


@function
def trapezoid(y: Array, x: Any = None, *, dx: Any = None, dim: int = -1) -> Array:
    """The area below y along dim, straight lines joining its points.

    x: where the points stand, (n,) or as y; else they are dx = 1 apart.  Source: torch.trapezoid
    """
    y, width, dim = _area("trapezoid", y, x, dx, dim)
    if y.shape[dim] == 0:
        return y.sum(dim)
    if isinstance(width, Tensor):
        return ((_along(y, dim, 0, -1) + _along(y, dim, 1)) * width).sum(dim) / 2.0
    return (y.sum(dim) - (y.select(dim, 0) + y.select(dim, -1)) * 0.5) * width


alias(trapezoid, "trapz")


@function
def cumulative_trapezoid(y: Array, x: Any = None, *, dx: Any = None, dim: int = -1) -> Array:
    """The same up to each point but the first.  Source: torch.cumulative_trapezoid"""
    y, width, dim = _area("cumulative_trapezoid", y, x, dx, dim)
    return _C.cumsum((_along(y, dim, 0, -1) + _along(y, dim, 1)) * (width / 2.0), dim)


# --- covariance -------------------------------------------------------------------------------


def _weights(name: str, w: Array, observations: int, integral: bool) -> Array:
    if w.dim() > 1 or w.numel() != observations:
        raise RuntimeError(f"cov: expected {name} of shape ({observations},), got {tuple(w.shape)}")
    if w.dtype is _dtype.bool or w.dtype.is_floating_point is integral:
        raise RuntimeError(f"cov: {name} of dtype {w.dtype}")
    if observations and bool((w < 0).any()):
        raise RuntimeError(f"cov: {name} cannot be negative")
    return w


@both
def cov(
    input: Array,
    *,
    correction: int = 1,
    fweights: Array | None = None,
    aweights: Array | None = None,
) -> Array:
    """The covariances of the rows of input, (variables, observations).

    fweights: how often each observation counts.  aweights: how much.
    Returns (variables, variables), 0-d for one.  Source: torch.cov
    """
    if input.dim() > 2:
        raise RuntimeError(f"cov: expected at most two dims, got shape {tuple(input.shape)}")
    if input.dtype is _dtype.bool:
        raise RuntimeError("cov: bool is not supported")
    x = input if input.dim() == 2 else input.reshape((1, -1))
    observations = x.shape[1]
    w: Any = None
    if fweights is not None:
        w = _weights("fweights", fweights, observations, True)
    if aweights is not None:
        _weights("aweights", aweights, observations, False)
        w = aweights if w is None else w * aweights
    total = _creation.tensor(observations) if w is None else w.sum()
    if w is not None and float(total) == 0:
        raise RuntimeError("cov: weights sum to zero")
    freedom = total - correction
    if w is not None and aweights is not None and correction != 0:
        freedom = total - correction * (w * aweights).sum() / total
    if float(freedom) <= 0:
        warnings.warn(
            "cov(): degrees of freedom is <= 0. Correction should be strictly less than the "
            "number of observations.",
            stacklevel=3,
        )
        freedom = freedom * 0
    mean = (x if w is None else x * w).sum(1) / total
    x = x - mean.unsqueeze(1)
    return (_C.matmul(x, (x if w is None else x * w).t()) / freedom).squeeze()


@both
def corrcoef(input: Array) -> Array:
    """The covariances of the rows of input divided by both deviations.  Source: torch.corrcoef"""
    c = cov(input)
    if c.dim() == 0:
        return c / c
    n = c.shape[0]
    deviation = c.contiguous().as_strided((n,), (n + 1,)).sqrt()
    return (c / deviation.unsqueeze(1) / deviation.unsqueeze(0)).clamp(-1, 1)
