"""Shapes: other arrangements of a tensor's elements, and tensors side by side."""

import math
import warnings
from collections.abc import Callable
from itertools import combinations as choose
from itertools import combinations_with_replacement
from typing import Any

from tinytorch import _C, _dtype
from tinytorch._memory_format import check_fresh
from tinytorch._size import Size
from tinytorch.extra._surface import alias, both, function, method

Tensor = _C.Tensor
Array = Any  # a Tensor


def wrap_dim(operation: str, dim: Any, rank: int) -> int:
    """`dim` in [-rank, rank) as [0, rank); a 0-d tensor takes 0 and -1."""
    if isinstance(dim, bool) or not hasattr(dim, "__index__"):
        raise TypeError(f"{operation}: expected dim to be an integer, got {dim!r}")
    dim, span = dim.__index__(), max(rank, 1)
    if not -span <= dim < span:
        raise IndexError(f"{operation}: dim {dim} is outside the {rank} dims of the tensor")
    return int(dim % span)


def dims_of(operation: str, dims: Any) -> tuple[int, ...]:
    """An integer or a sequence of them, as a tuple."""
    given = dims if isinstance(dims, (tuple, list)) else (dims,)
    for dim in given:
        if isinstance(dim, bool) or not hasattr(dim, "__index__"):
            raise TypeError(f"{operation}: expected integers, got {dims!r}")
    return tuple(dim.__index__() for dim in given)


def tensors_of(operation: str, tensors: Any, least: int = 0) -> list[Array]:
    """f(a, b) and f([a, b]) alike, every element checked to be a tensor."""
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tensors[0]
    for i, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            kind = type(x).__name__
            raise TypeError(f"{operation}: expected Tensor as element {i}, but got {kind}")
    if len(tensors) < least:
        raise RuntimeError(f"{operation}: expected at least {least} tensor(s), got {len(tensors)}")
    return list(tensors)


# --- dims moved, split and joined


@both
def movedim(input: Array, source: Any, destination: Any) -> Array:
    """Dims `source` moved to the places `destination`, the others in order.

    Source: torch.movedim
    """
    rank = input.dim()
    moved = [wrap_dim("movedim", d, rank) for d in dims_of("movedim", source)]
    places = [wrap_dim("movedim", d, rank) for d in dims_of("movedim", destination)]
    if len(moved) != len(places):
        raise RuntimeError(
            f"movedim: expected as many source dims as destinations, got {source} and {destination}"
        )
    for what, dims in (("source", moved), ("destination", places)):
        if len(set(dims)) != len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{what}` {tuple(dims)}")
    if rank == 0:
        return input.permute(())
    order = [d for d in range(rank) if d not in moved]
    for place, dim in sorted(zip(places, moved, strict=True)):
        order.insert(place, dim)
    return input.permute(order)


alias(movedim, "moveaxis")


@both
def unflatten(input: Array, dim: int, sizes: Any) -> Array:
    """Dim `dim` as several, of `sizes`; one of them may be -1.  Source: torch.unflatten"""
    dim = wrap_dim("unflatten", dim, input.dim())
    if not isinstance(sizes, (tuple, list)):
        raise TypeError(f"unflatten: expected sizes to be a tuple of integers, got {sizes!r}")
    new = list(dims_of("unflatten", sizes))
    if not new:
        raise RuntimeError("unflatten: sizes must be non-empty")
    if input.dim() == 0:
        raise RuntimeError("unflatten: expected at least one dim, got a 0-d tensor")
    size = input.shape[dim]
    if new.count(-1) == 1 and -1 in new:
        known = math.prod(n for n in new if n != -1)
        new[new.index(-1)] = size // known if known > 0 else 0
    if min(new) < 0 or math.prod(new) != size:
        raise RuntimeError(
            f"unflatten: sizes {tuple(sizes)} don't multiply up to dim {dim} of size {size}"
        )
    return input.view((*input.shape[:dim], *new, *input.shape[dim + 1 :]))


@both
def ravel(input: Array) -> Array:
    """All elements in one dim; a view where that is possible.  Source: torch.ravel"""
    return input.contiguous().view(-1)


@method
def sum_to_size(self: Array, *size: Any) -> Array:
    """Summed over what broadcasting from `size` had stretched.  Source: torch.Tensor.sum_to_size"""
    target = dims_of("sum_to_size", size[0] if len(size) == 1 else size)
    added = self.dim() - len(target)
    if added < 0 or any(
        n not in (1, m) for n, m in zip(target, self.shape[max(added, 0) :], strict=True)
    ):
        raise RuntimeError(f"sum_to_size: {target} is not expandable to {tuple(self.shape)}")
    dims = [*range(added)]
    dims += [d + added for d, n in enumerate(target) if n == 1 and self.shape[d + added] != 1]
    return self.sum(dims, keepdim=True).view(target) if dims else self


@function
def broadcast_shapes(*shapes: Any) -> Size:
    """The shape in which tensors of these shapes meet.  Source: torch.broadcast_shapes"""
    result: list[int] = []
    for shape in shapes:
        sizes = list(dims_of("broadcast_shapes", shape))
        result = [1] * (len(sizes) - len(result)) + result
        for d in range(-1, -len(sizes) - 1, -1):
            if sizes[d] < 0 or (sizes[d] != result[d] and 1 not in (sizes[d], result[d])):
                raise RuntimeError(f"broadcast_shapes: {shapes} do not broadcast at dim {d}")
            if sizes[d] != 1:
                result[d] = sizes[d]
    return Size(result)


@function
def broadcast_tensors(*tensors: Any) -> tuple[Array, ...]:
    """Every tensor expanded to the shape in which they meet.  Source: torch.broadcast_tensors"""
    given = tensors_of("broadcast_tensors", tensors)
    if not given:
        return ()
    shape = broadcast_shapes(*(tuple(x.shape) for x in given))
    return tuple(x if x.shape == shape else x.expand(shape) for x in given)


@both
def repeat_interleave(
    input: Array, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Array:
    """Each element `repeats` times in a row, along `dim` or of the flattened tensor.

    repeats: an integer, or one for each index.  Source: torch.repeat_interleave
    """
    if repeats is None:
        return repeat_interleave(_C._arange(0, input.numel(), 1, input.dtype), input)
    if dim is None:
        input, dim = input.reshape(-1), 0
    dim = wrap_dim("repeat_interleave", dim, input.dim())
    if input.dim() == 0:
        input = input.reshape(1)
    size = input.shape[dim]
    if isinstance(repeats, Tensor) and repeats.numel() == 1 and repeats.dim() < 2:
        repeats = _counts(repeats).item()
    if isinstance(repeats, int) and not isinstance(repeats, bool):
        if repeats < 0:
            raise RuntimeError(f"repeat_interleave: expected repeats >= 0, got {repeats}")
        if output_size not in (None, size * repeats):
            raise RuntimeError(
                f"repeat_interleave: expected output_size {size * repeats}, got {output_size}"
            )
        shape = [*input.shape]
        wide = input.unsqueeze(dim + 1).expand(*shape[: dim + 1], repeats, *shape[dim + 1 :])
        shape[dim] *= repeats
        return wide.reshape(shape)
    if not isinstance(repeats, Tensor):
        raise TypeError(f"repeat_interleave: expected repeats to be an int or a Tensor, "
                        f"got {type(repeats).__name__}")  # fmt: skip
    counts = _counts(repeats).numpy()
    if counts.shape != (size,):
        raise RuntimeError(
            f"repeat_interleave: expected repeats for dim {dim} of size {size}, "
            f"got shape {tuple(repeats.shape)}"
        )
    if output_size not in (None, int(counts.sum())):
        raise RuntimeError(f"repeat_interleave: repeats add up to {counts.sum()}, "
                           f"but output_size is {output_size}")  # fmt: skip
    positions = _C._arange(0, size, 1, repeats.dtype).numpy().repeat(counts)
    return input[(slice(None),) * dim + (_C._from_numpy(positions),)]


def _counts(repeats: Array) -> Array:
    if str(repeats.dtype) not in ("torch.int32", "torch.int64"):
        raise NotImplementedError(
            f"repeat_interleave: expected repeats of int32 or int64, got {repeats.dtype}"
        )
    if (repeats < 0).any():
        raise RuntimeError("repeat_interleave: repeats can not be negative")
    return repeats.detach()


# --- rotations


@both
def rot90(input: Array, k: int = 1, dims: Any = (0, 1)) -> Array:
    """Rotated k times by 90 degrees in the plane of two dims, from the first towards the second.

    Source: torch.rot90
    """
    plane = dims_of("rot90", dims)
    if len(plane) != 2:
        raise RuntimeError(f"rot90: expected two dims, got {dims}")
    if input.dim() < 2:
        raise RuntimeError(f"rot90: expected at least 2 dims, got shape {tuple(input.shape)}")
    a, b = (wrap_dim("rot90", d, input.dim()) for d in plane)
    if a == b:
        raise RuntimeError(f"rot90: expected two different dims, got {dims}")
    turns = k % 4
    if turns == 0:
        return input.clone()
    if turns == 2:
        return input.flip((a, b))
    return input.flip((b if turns == 1 else a,)).transpose(a, b).contiguous()


def _mirror(name: str, dim: int, least: int) -> None:
    def mirror(input: Array) -> Array:
        if input.dim() < least:
            raise RuntimeError(f"{name}: expected at least {least} dims, got {input.dim()}")
        return input.flip((dim,))

    mirror.__name__ = mirror.__qualname__ = name
    mirror.__doc__ = f"Dim {dim} in reverse order.  Source: torch.{name}"
    both(mirror)


_mirror("flipud", 0, 1)
_mirror("fliplr", 1, 2)


@method
def __reversed__(self: Array) -> Array:
    """Dim 0 in reverse order; a 0-d tensor as it is.  Source: torch.Tensor.__reversed__"""
    return self.flip((0,)) if self.dim() else self


# --- parts


@both
def tensor_split(
    input: Array,
    indices_or_sections: Any = None,
    dim: int = 0,
    *,
    indices: Any = None,
    sections: Any = None,
    tensor_indices_or_sections: Any = None,
) -> tuple[Array, ...]:
    """Parts along dim: `sections` of them, as equal as can be, or cut at each of `indices`.

    Source: torch.tensor_split
    """
    options = (indices_or_sections, indices, sections, tensor_indices_or_sections)
    given = [value for value in options if value is not None]
    if len(given) != 1:
        raise TypeError("tensor_split: expected either indices or sections")
    cuts = given[0]
    if input.dim() == 0:
        raise RuntimeError("tensor_split: expected at least one dim, got a 0-d tensor")
    dim = wrap_dim("tensor_split", dim, input.dim())
    size = input.shape[dim]
    if isinstance(cuts, Tensor):
        if str(cuts.dtype) != "torch.int64" or cuts.dim() > 1:
            raise RuntimeError(
                "tensor_split: expected a tensor of int64 with at most one dim, "
                f"got {cuts.dtype} of shape {tuple(cuts.shape)}"
            )
        cuts = cuts.tolist()
    if isinstance(cuts, (tuple, list)):
        ends = [*dims_of("tensor_split", cuts), size]
    else:
        (count,) = dims_of("tensor_split", cuts)
        if not 0 < count <= max(size, 2**16):
            raise RuntimeError(f"tensor_split: expected sections > 0, got {count}")
        small, larger = divmod(size, count)
        ends = [(i + 1) * small + min(i + 1, larger) for i in range(count)]
    index = [slice(None)] * dim
    starts = [0, *ends[:-1]]
    return tuple(input[(*index, slice(a, b))] for a, b in zip(starts, ends, strict=True))


def _splitter(name: str, least: int, dim_of: Callable[[Array], int]) -> None:
    def splitter(
        input: Array, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None
    ) -> tuple[Array, ...]:
        if input.dim() < least:
            raise RuntimeError(f"{name}: expected at least {least} dims, got {input.dim()}")
        given = (indices_or_sections, indices, sections)
        at = next((value for value in given if value is not None), None)
        dim = dim_of(input)
        if isinstance(at, int) and (at == 0 or input.shape[dim] % at):
            raise RuntimeError(
                f"{name}: dim {dim} of size {input.shape[dim]} is not divisible by {at}"
            )
        return tensor_split(input, at, dim)

    splitter.__name__ = splitter.__qualname__ = name
    splitter.__doc__ = f"Parts of one dim, all equally long, or cut.  Source: torch.{name}"
    both(splitter)


_splitter("vsplit", 2, lambda x: 0)
_splitter("hsplit", 1, lambda x: min(1, x.dim() - 1))
_splitter("dsplit", 3, lambda x: 2)


def _unsafe(name: str) -> None:
    views = getattr(_C, name)

    def parts(input: Array, *args: Any, **kwargs: Any) -> tuple[Array, ...]:
        return tuple(part.clone() for part in views(input, *args, **kwargs))

    parts.__name__ = parts.__qualname__ = f"unsafe_{name}"
    parts.__doc__ = f"The parts of `{name}`, which may be written to.  Source: torch.unsafe_{name}"
    both(parts)


for _name in ("split", "chunk", "split_with_sizes"):
    _unsafe(_name)


# --- joined


@function
def atleast_1d(*tensors: Any) -> Any:
    """A 0-d tensor as one element of one dim.  Source: torch.atleast_1d"""
    return _each("atleast_1d", tensors, lambda x: x.reshape(1) if x.dim() == 0 else x)


@function
def atleast_2d(*tensors: Any) -> Any:
    """A tensor of less than 2 dims as a row.  Source: torch.atleast_2d"""
    return _each("atleast_2d", tensors, lambda x: x.reshape(1, -1) if x.dim() < 2 else x)


@function
def atleast_3d(*tensors: Any) -> Any:
    """(n) as (1, n, 1) and (n, m) as (n, m, 1).  Source: torch.atleast_3d"""

    def deep(x: Array) -> Array:
        if x.dim() == 2:
            return x.unsqueeze(-1)
        return x.reshape(1, -1, 1) if x.dim() < 2 else x

    return _each("atleast_3d", tensors, deep)


def _each(operation: str, tensors: Any, change: Callable[[Array], Array]) -> Any:
    """One tensor in, one out; several or a list of them in, a tuple out."""
    several = len(tensors) != 1 or isinstance(tensors[0], (tuple, list))
    changed = tuple(change(x) for x in tensors_of(operation, tensors))
    return changed if several else changed[0]


def _sequence(operation: str, tensors: Any) -> list[Array]:
    if not isinstance(tensors, (tuple, list)):
        kind = type(tensors).__name__
        raise TypeError(f"{operation}: expected tensors to be a tuple of Tensors, got {kind}")
    return tensors_of(operation, (tensors,), least=1)


@function
def hstack(tensors: Any) -> Array:
    """Side by side: along dim 1, or dim 0 of tensors of one dim.  Source: torch.hstack"""
    rows = [atleast_1d(x) for x in _sequence("hstack", tensors)]
    return _C.cat(rows, min(1, rows[0].dim() - 1))


@function
def vstack(tensors: Any) -> Array:
    """One below the other, along dim 0.  Source: torch.vstack"""
    return _C.cat([atleast_2d(x) for x in _sequence("vstack", tensors)], 0)


alias(vstack, "row_stack")


@function
def dstack(tensors: Any) -> Array:
    """One behind the other, along dim 2.  Source: torch.dstack"""
    return _C.cat([atleast_3d(x) for x in _sequence("dstack", tensors)], 2)


@function
def column_stack(tensors: Any) -> Array:
    """Vectors as columns, matrices as they are, side by side.  Source: torch.column_stack"""
    given = _sequence("column_stack", tensors)
    return _C.cat([x.reshape(-1, 1) if x.dim() < 2 else x for x in given], 1)


@function
def block_diag(*tensors: Any) -> Array:
    """Matrices along the diagonal of a larger one, zero elsewhere.  Source: torch.block_diag"""
    blocks = [atleast_2d(x) for x in tensors_of("block_diag", tensors)]
    for i, x in enumerate(blocks):
        if x.dim() > 2:
            raise RuntimeError(f"block_diag: expected at most 2 dims, tensor {i} has {x.dim()}")
    if not blocks:
        return _C._empty((1, 0), _C.get_default_dtype())
    width, before, rows = sum(x.shape[1] for x in blocks), 0, []
    for x in blocks:
        after = width - before - x.shape[1]
        left, right = (_C._full((x.shape[0], n), 0, x.dtype) for n in (before, after))
        rows.append(_C.cat([left, x, right], 1))
        before += x.shape[1]
    return _C.cat(rows, 0)


@function
def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Array, ...]:
    """Coordinates of a grid: one tensor for each of the given axes, all of the grid's shape.

    indexing: "ij", the axes in order, or "xy", the first two exchanged.  Source: torch.meshgrid
    """
    axes = tensors_of("meshgrid", tensors, least=1)
    if any(x.dim() > 1 for x in axes):
        raise RuntimeError("meshgrid: expected tensors of at most one dim")
    if any(x.dtype != axes[0].dtype for x in axes):
        raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    if indexing is None:
        warn_once(
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing "
            "argument."
        )
    elif indexing not in ("ij", "xy"):
        raise RuntimeError(f'meshgrid: expected indexing to be "ij" or "xy", got {indexing!r}')
    swap = indexing == "xy" and len(axes) >= 2
    if swap:
        axes[0], axes[1] = axes[1], axes[0]
    shape = [x.numel() for x in axes]
    grids = []
    for d, x in enumerate(axes):
        ones = [1] * len(axes)
        ones[d] = shape[d]
        grids.append(x.view(ones).expand(shape))
    if swap:
        grids[0], grids[1] = grids[1], grids[0]
    return tuple(grids)


_warned: set[str] = set()


def warn_once(message: str) -> None:
    """A UserWarning, the first time."""
    if message not in _warned:
        _warned.add(message)
        warnings.warn(message, UserWarning, stacklevel=3)


@function
def cartesian_prod(*tensors: Any) -> Array:
    """Every choice of one element of each tensor, (n, tensors).  Source: torch.cartesian_prod"""
    given = tensors_of("cartesian_prod", tensors, least=1)
    for x in given:
        if x.dim() != 1:
            raise RuntimeError(f"cartesian_prod: expected 1-d tensors, got shape {tuple(x.shape)}")
    if len(given) == 1:
        return given[0]
    grids = meshgrid(*given, indexing="ij")
    return _C.stack([grid.reshape(-1) for grid in grids], 1)


@function
def combinations(input: Array, r: int = 2, with_replacement: bool = False) -> Array:
    """Every choice of r elements, in order, (n, r).  Source: torch.combinations"""
    if input.dim() != 1:
        raise RuntimeError(f"combinations: expected a 1-d tensor, got shape {tuple(input.shape)}")
    if not 0 <= r < 2**16:
        raise RuntimeError(f"combinations: expected 0 <= r < 2**16, got {r}")
    if math.comb(len(input) + with_replacement * max(r - 1, 0), r) >= 2**31:
        raise RuntimeError(f"combinations: {r} of {len(input)} are too many")
    if r == 0:
        return _C._empty((0,), input.dtype)
    pick = combinations_with_replacement if with_replacement else choose
    rows = [*pick(range(len(input)), r)]
    if not rows:
        return _C._empty((0, r), input.dtype)
    return input[[i for row in rows for i in row]].view(len(rows), r)


@function
def vander(x: Array, N: int | None = None, increasing: bool = False) -> Array:
    """Powers of the elements of x, one row each, (n, N).  Source: torch.vander"""
    if x.dim() != 1:
        raise RuntimeError(f"vander: expected a 1-d tensor, got shape {tuple(x.shape)}")
    count = len(x) if N is None else N
    if not 0 <= count < 2**20:
        raise RuntimeError(f"vander: expected 0 <= N < 2**20, got {N}")
    dtype = x.dtype if x.is_floating_point() else _dtype.int64
    if count == 0:
        return _C._empty((len(x), 0), dtype)
    powers = [(x * 0 + 1).to(dtype)]
    for _ in range(count - 1):
        powers.append(powers[-1] * x)
    return _C.stack(powers if increasing else powers[::-1], 1)


# --- in place


def _in_place(name: str) -> None:
    view = getattr(Tensor, name)

    def change(self: Array, *args: Any, **kwargs: Any) -> Array:
        return _C._become(f"{name}_", self, view(self, *args, **kwargs))

    change.__name__ = change.__qualname__ = f"{name}_"
    change.__doc__ = f"`{name}`, in place.  Source: torch.Tensor.{name}_"
    method(change)


for _name in ("squeeze", "unsqueeze", "transpose", "t", "swapaxes", "swapdims", "as_strided"):
    _in_place(_name)


@method
def resize_(self: Array, *sizes: Any, memory_format: Any = None) -> Array:
    """Another shape of this tensor; elements that come with it are uninitialised.

    Source: torch.Tensor.resize_
    """
    check_fresh(memory_format)
    _C._resize(self, dims_of("resize_", sizes[0] if len(sizes) == 1 else sizes))
    return self


@method
def resize_as_(self: Array, the_template: Array, *, memory_format: Any = None) -> Array:
    """resize_ to the template's shape.  Source: torch.Tensor.resize_as_"""
    return resize_(self, tuple(the_template.shape), memory_format=memory_format)


@method
def is_set_to(self: Array, tensor: Array) -> bool:
    """Whether both show the same memory in the same way.  Source: torch.Tensor.is_set_to"""
    return bool(
        _C._storage_address(self) == _C._storage_address(tensor)
        and self.storage_offset() == tensor.storage_offset()
        and self.shape == tensor.shape
        and self.stride() == tensor.stride()
    )


@function
def numel(input: Array) -> int:
    """How many elements there are.  Source: torch.numel"""
    if not isinstance(input, Tensor):
        raise TypeError(f"numel: expected a Tensor, got {type(input).__name__}")
    return int(input.numel())
