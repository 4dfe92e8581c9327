"""All parameters as one vector, and back."""

from collections.abc import Iterable
from typing import Any

from tinytorch import _C
from tinytorch._C import Tensor
from tinytorch._typename import typename


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All parameters as one vector.  Source: torch.nn.utils.parameters_to_vector"""
    return _C.cat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Makes each parameter show its slice of vec.

    Raises TypeError when vec is not a tensor, RuntimeError when it is too short.
    Source: torch.nn.utils.vector_to_parameters
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {typename(vec)}")
    start = 0
    for parameter in parameters:
        stop = start + parameter.numel()
        if vec.dim() != 1 or stop > vec.numel():
            raise RuntimeError(
                f"vector_to_parameters: expected a vector of {stop} elements or more, "
                f"got {tuple(vec.shape)}"
            )
        target: Any = parameter
        target.data = vec[start:stop].view(parameter.shape).data
        start = stop
