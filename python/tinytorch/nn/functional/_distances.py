"""Products and distances of vectors, and vectors of classes."""

from typing import Any

import numpy as np

from tinytorch import _C, _creation, _dtype
from tinytorch._C import Tensor
from tinytorch.nn.functional._norm import norm
from tinytorch.nn.functional._reduction import common_shape


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`input @ weight.T + bias`.

    input: (..., in).  weight: (out, in), or (in,) for one output without a dim.  bias: (out,).
    Returns (..., out).
    Raises RuntimeError when the sizes do not fit.  Source: torch.nn.functional.linear
    """
    if weight.dim() == 1:
        if bias is not None and input.dim() != 1:
            raise RuntimeError("linear: a bias beside a weight of 1 dim needs an input of 1 dim")
        product: Any = _C.matmul(input, weight)
        return product if bias is None else product + bias  # type: ignore[no-any-return]
    if not input.is_floating_point() and input.dtype is weight.dtype:
        product = _C.matmul(input, weight.t())
        return product if bias is None else product + bias  # type: ignore[no-any-return]
    return _C.linear(input, weight, bias)


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y[o] = input1^T weight[o] input2 + bias[o].

    input1: (..., in1).  input2: (..., in2).  weight: (out, in1, in2).  Returns (..., out).
    Raises RuntimeError when the sizes do not fit.  Source: torch.nn.functional.bilinear
    """
    x1: Any = input1
    x2: Any = input2
    if x1.dim() != x2.dim() or x1.dim() == 0:
        raise RuntimeError(
            f"bilinear(): input dimensions do not match: got {x1.dim()} and {x2.dim()}"
        )
    if x1.shape[:-1] != x2.shape[:-1]:
        raise RuntimeError(
            f"bilinear(): input batch dimensions do not match: got {x1.shape} and {x2.shape}"
        )
    if weight.dim() != 3 or weight.shape[1:] != (x1.shape[-1], x2.shape[-1]):
        raise RuntimeError(
            f"bilinear(): expected weight of shape (out, {x1.shape[-1]}, {x2.shape[-1]}), "
            f"got {tuple(weight.shape)}"
        )
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {tuple(bias.shape)} "
            f"but expected ({weight.shape[0]},)"
        )
    out, in1, in2 = weight.shape
    rows1, rows2 = x1.reshape(-1, in1) if in1 else x1, x2.reshape(-1, in2) if in2 else x2
    mixed = _C.matmul(rows1, weight.permute(1, 0, 2).reshape(in1, out * in2))
    y = (mixed.reshape(rows1.shape[0], out, in2) * rows2.unsqueeze(1)).sum(-1)
    y = y.reshape(*x1.shape[:-1], out)
    return y if bias is None else y + bias  # type: ignore[no-any-return]


def normalize(
    input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Any = None
) -> Tensor:
    """input / max(|input|_p, eps), the norm taken along dim.

    Source: torch.nn.functional.normalize
    """
    if not input.is_floating_point():
        raise RuntimeError(f"normalize: expected a floating dtype, got {input.dtype}")
    result: Tensor = input / norm(input, p, dim, keepdim=True).clamp(min=eps)
    if out is None:
        return result
    out.copy_(result)
    return out  # type: ignore[no-any-return]


def pairwise_distance(
    x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The p-norm of x1 - x2 + eps along the last dimension.

    Source: torch.nn.functional.pairwise_distance
    """
    difference = x1 - x2 + eps
    if not difference.is_floating_point():
        raise RuntimeError(f"pairwise_distance: expected a floating dtype, got {x1.dtype}")
    result: Tensor = norm(difference, p, -1, keepdim)
    return result


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """x1 . x2 / (max(|x1|, eps) max(|x2|, eps)) along dim; the two broadcast.

    Source: torch.nn.functional.cosine_similarity
    """
    shape = common_shape("cosine_similarity", x1, x2)
    x1, x2 = x1.expand(shape), x2.expand(shape)
    dtype = _C.result_type(x1, x2)
    if not dtype.is_floating_point:
        raise RuntimeError(
            f"expected common dtype to be floating point, yet common dtype is {dtype}"
        )
    x1, x2 = x1.to(dtype), x2.to(dtype)
    result: Tensor = (_unit(x1, dim, eps) * _unit(x2, dim, eps)).sum(dim)
    return result


def _unit(x: Any, dim: int, eps: float) -> Any:
    """x / max(|x|, eps), with the slope that it has where |x| > eps."""
    length = norm(x, 2, dim, keepdim=True)
    value = length.detach()
    return x / (length + (value.clamp(min=eps) - value))


def pdist(input: Any, p: float = 2.0) -> Tensor:
    """The p-norm distances between all pairs of rows i < j.  input: (N, M) -> (N (N - 1) / 2,).

    Raises RuntimeError for another number of dims or a negative p.
    Source: torch.nn.functional.pdist
    """
    if input.dim() != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.dim()}D")
    if not input.is_floating_point():
        raise RuntimeError("pdist only supports floating-point dtypes")
    if not p >= 0:
        raise RuntimeError("pdist only supports non-negative p values")
    if input.shape[1] == 0:
        pairs = input.shape[0] * (input.shape[0] - 1) // 2
        empty: Tensor = _creation.zeros(pairs, dtype=input.dtype) + input.sum()
        return empty
    i, j = (_creation.from_numpy(at) for at in np.triu_indices(input.shape[0], 1))
    result: Tensor = norm(input[i] - input[j], p, 1)
    return result


def one_hot(tensor: Any, num_classes: int = -1) -> Tensor:
    """1 at each element's class, 0 elsewhere, along a new last dimension.

    tensor: (...) int64 classes -> (..., num_classes) int64; -1 takes the largest class plus one.
    Raises RuntimeError for a class outside [0, num_classes).  Source: torch.nn.functional.one_hot
    """
    if tensor.dtype is not _dtype.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if tensor.numel() == 0:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        empty: Tensor = _creation.zeros((*tensor.shape, num_classes), dtype=_dtype.int64)
        return empty
    if tensor.min().item() < 0:
        raise RuntimeError("Class values must be non-negative.")
    largest = tensor.max().item()
    if num_classes == -1:
        num_classes = largest + 1
    elif largest >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    result: Tensor = (_creation.arange(num_classes) == tensor.unsqueeze(-1)).to(_dtype.int64)
    return result
