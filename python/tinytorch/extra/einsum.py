"""einsum and tensordot: sums of products by the names of their dims."""

import string
from typing import Any

from tinytorch import _C
from tinytorch.extra._surface import function
from tinytorch.extra.shapes import dims_of, tensors_of

Tensor = _C.Tensor
Array = Any  # a Tensor
Labels = tuple[Any, ...]  # a letter a dim; a dim under "..." is a number, counted from the right

_LETTERS = string.ascii_uppercase + string.ascii_lowercase


def _terms_of(equation: str) -> tuple[list[str], str | None]:
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    for term in [*terms, right]:
        letters = term.replace("...", "", 1)
        bad = next((c for c in letters if c not in _LETTERS), None)
        if bad is not None:
            raise RuntimeError(f"einsum: unexpected {bad!r} in the subscripts of {equation!r}")
    return terms, right if arrow else None


def _from_lists(args: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """einsum(a, [0, 1], b, [1, 2], [0, 2]) as an equation and operands."""

    def term(labels: Any) -> str:
        text = ""
        for label in labels:
            if label is Ellipsis:
                text += "..."
            elif isinstance(label, int) and 0 <= label < len(_LETTERS):
                text += _LETTERS[label]
            else:
                raise ValueError(f"einsum: expected labels in [0, 52) or ..., got {label!r}")
        return text

    pairs = len(args) // 2
    operands, labels = [*args[: 2 * pairs : 2]], [*args[1 : 2 * pairs : 2]]
    if not all(isinstance(given, (tuple, list)) for given in labels):
        raise TypeError("einsum: expected an equation and tensors, or tensors each with its labels")
    equation = ",".join(map(term, labels))
    return (equation + ("->" + term(args[-1]) if len(args) % 2 else "")), operands


def _labelled(term: str, x: Array, equation: str) -> Labels:
    """A label for each dim of x."""
    named = term.replace("...", "")
    rest = x.dim() - len(named)
    if rest < 0 or (rest > 0 and "..." not in term):
        raise RuntimeError(
            f"einsum: {term!r} in {equation!r} names {len(named)} dims, "
            f"but its operand has {x.dim()}"
        )
    before, dots, after = term.partition("...")
    return (*before, *(range(-rest, 0) if dots else ()), *after)


def _without_repeats(x: Array, labels: Labels, equation: str) -> tuple[Array, Labels]:
    """The diagonal along dims that share a label."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            i = labels.index(label)
            j = labels.index(label, i + 1)
            if x.shape[i] != x.shape[j]:
                raise RuntimeError(
                    f"einsum: {label!r} is repeated in {equation!r} for dims of sizes "
                    f"{x.shape[i]} and {x.shape[j]}"
                )
            x = _diagonal(x, i, j)
            labels = (*labels[:j], *labels[j + 1 :])
    return x, labels


def _diagonal(x: Array, i: int, j: int) -> Array:
    """x[.., k, .., k, ..] along dim i; dim j disappears."""
    shape, stride = list(x.shape), list(x.stride())
    stride[i] += stride[j]
    del shape[j], stride[j]
    return _C.as_strided(x, shape, stride, x.storage_offset())


def _summed(x: Array, labels: Labels, keep: set[Any]) -> tuple[Array, Labels]:
    """Summed over the dims whose label nobody needs any more."""
    over = [d for d, label in enumerate(labels) if label not in keep]
    if not over:
        return x, labels
    return x.sum(over), tuple(label for label in labels if label in keep)


def _arranged(x: Array, labels: Labels, order: Labels) -> Array:
    return x.permute([labels.index(label) for label in order])


def _contracted(
    a: Array, of_a: Labels, b: Array, of_b: Labels, keep: set[Any], sizes: dict[Any, int]
) -> tuple[Array, Labels]:
    """The product of two operands, summed over what they share and nobody needs.

    As one batched matrix product: shared dims that stay are the batch, those that do not are summed
    over, the others are rows and columns.
    """
    a, of_a = _summed(a, of_a, keep | set(of_b))
    b, of_b = _summed(b, of_b, keep | set(of_a))
    shared = [label for label in of_a if label in of_b]
    batch = tuple(label for label in shared if label in keep)
    inner = tuple(label for label in shared if label not in keep)
    rows = tuple(label for label in of_a if label not in shared)
    columns = tuple(label for label in of_b if label not in shared)
    a = _full_size(_arranged(a, of_a, batch + rows + inner), batch + rows + inner, shared, sizes)
    b = _full_size(_arranged(b, of_b, batch + inner + columns), batch + inner + columns, shared,
                   sizes)  # fmt: skip
    count = [_count(labels, sizes) for labels in (batch, rows, inner, columns)]
    shape = [sizes[label] for label in batch + rows + columns]
    if not inner:
        left = a.reshape(count[0], count[1], 1)
        right = b.reshape(count[0], 1, count[3])
        product = left * right
    elif not batch:
        product = _C.matmul(a.reshape(count[1], count[2]), b.reshape(count[2], count[3]))
    else:
        product = _C.matmul(a.reshape(count[:3]), b.reshape(count[0], count[2], count[3]))
    return product.reshape(shape), batch + rows + columns


def _full_size(x: Array, labels: Labels, shared: list[Any], sizes: dict[Any, int]) -> Array:
    """Shared dims of size 1 stretched to what they meet."""
    shape = [sizes[label] if label in shared else n for label, n in zip(labels, x.shape)]  # noqa: B905
    return x if shape == list(x.shape) else x.expand(shape)


def _count(labels: Labels, sizes: dict[Any, int]) -> int:
    total = 1
    for label in labels:
        total *= sizes[label]
    return total


def _result_labels(right: str | None, terms: list[Labels], equation: str) -> Labels:
    """The labels of the result: as named, or those that occur once, in order, after "..."."""
    every = [label for labels in terms for label in labels]
    dots = tuple(sorted({label for label in every if isinstance(label, int)}))
    if right is None:
        once = [c for c in _LETTERS if every.count(c) == 1]
        return (*dots, *once)
    before, found, after = right.partition("...")
    for label in before + after:
        if (before + after).count(label) > 1:
            raise RuntimeError(f"einsum: {label!r} appears twice in the result of {equation!r}")
        if label not in every:
            raise RuntimeError(f"einsum: {label!r} of the result is in no operand of {equation!r}")
    return (*before, *(dots if found else ()), *after)


@function
def einsum(*args: Any) -> Array:
    """Products of tensors, summed over dims by name: einsum("bij,bjk->bik", a, b).

    A label that the result does not have is summed over; one that an operand has twice takes its
    diagonal; "..." stands for dims that broadcast.  Without "->", the result has the labels that
    occur once, in alphabetical order.  Or by numbers: einsum(a, [0, 1], b, [1, 2], [0, 2]).
    Source: torch.einsum
    """
    if len(args) < 2:
        raise ValueError("einsum: expected an equation and at least one tensor")
    if isinstance(args[0], str):
        equation, operands = args[0], tensors_of("einsum", args[1:])
    elif isinstance(args[0], Tensor):
        equation, given = _from_lists(args)
        operands = tensors_of("einsum", (given,))
    else:
        raise TypeError(f"einsum: expected an equation, got {args[0]!r:.60}")
    left, right = _terms_of(equation)
    if len(left) != len(operands):
        raise RuntimeError(f"einsum: {equation!r} is for {len(left)} tensors, got {len(operands)}")
    dtypes = {x.dtype for x in operands}
    if len(dtypes) > 1:
        raise RuntimeError(f"einsum: expected tensors of one dtype, got {sorted(map(str, dtypes))}")
    labelled = [_labelled(term, x, equation) for term, x in zip(left, operands, strict=True)]
    result = _result_labels(right, labelled, equation)
    sizes: dict[Any, int] = {}
    for labels, x in zip(labelled, operands, strict=True):
        for label, size in zip(labels, x.shape, strict=True):
            known = sizes.setdefault(label, size)
            if known != size and 1 not in (known, size):
                raise RuntimeError(
                    f"einsum: {label!r} of {equation!r} has sizes {known} and {size}"
                )
            sizes[label] = size if known == 1 else known
    pairs = [
        _without_repeats(x, labels, equation) for x, labels in zip(operands, labelled, strict=True)
    ]
    x, of_x = pairs[0]
    for i, (y, of_y) in enumerate(pairs[1:], 1):
        keep = set(result).union(*(labels for _, labels in pairs[i + 1 :]))
        x, of_x = _contracted(x, of_x, y, of_y, keep, sizes)
    x, of_x = _summed(x, of_x, set(result))
    return _arranged(x, of_x, result)


@function
def tensordot(a: Array, b: Array, dims: Any = 2, out: Any = None) -> Array:
    """Products summed over dims of a and b, by count (the last of a, the first of b) or by lists.

    Source: torch.tensordot
    """
    if out is not None:
        raise NotImplementedError("tensordot: out is not supported")
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, (tuple, list)):
        if len(dims) != 2:
            raise RuntimeError(f"tensordot: expected dims for a and for b, got {dims!r}")
        of_a, of_b = (list(dims_of("tensordot", d)) for d in dims)
    else:
        (count,) = dims_of("tensordot", dims)
        if not 0 <= count <= min(a.dim(), b.dim()):
            raise RuntimeError(
                f"tensordot: expected 0 <= dims <= {min(a.dim(), b.dim())}, got {count}"
            )
        of_a, of_b = [*range(a.dim() - count, a.dim())], [*range(count)]
    if len(of_a) != len(of_b):
        raise RuntimeError(f"tensordot: expected as many dims of a as of b, got {dims}")
    labels_a, labels_b = [*range(a.dim())], [*range(a.dim(), a.dim() + b.dim())]
    for i, j in zip(of_a, of_b, strict=True):
        for x, d in ((a, i), (b, j)):
            if not -x.dim() <= d < x.dim():
                raise IndexError(f"tensordot: dim {d} is outside the {x.dim()} dims of a tensor")
        if a.shape[i] != b.shape[j] and 1 not in (a.shape[i], b.shape[j]):
            raise RuntimeError(
                f"tensordot: dims {i} and {j} have sizes {a.shape[i]} and {b.shape[j]}"
            )
        labels_b[j] = labels_a[i]
    summed = {labels_a[i] for i in of_a}
    if len(summed) != len(of_a) or len({j % b.dim() for j in of_b}) != len(of_b):
        raise RuntimeError(f"tensordot: a dim appears more than once in dims {dims}")
    result = [label for label in labels_a + labels_b if label not in summed]
    return einsum(a, labels_a, b, labels_b, result)
