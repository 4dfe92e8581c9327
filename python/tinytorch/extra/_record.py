"""Operations whose forward is a library's and whose derivative is a formula."""

from collections.abc import Callable, Sequence
from typing import Any

from tinytorch import _C

Tensor = _C.Tensor


def record(
    name: str,
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    derivative: Callable[..., Sequence[Any]],
    saved: Sequence[Any] = (),
) -> None:
    """Makes fresh `outputs` the results of operation `name` on `inputs`, where one requires grad.

    derivative(*saved, *grads), of the saved tensors and the gradients by each output, gives the
    gradient by each input, or None.
    """
    if not _C.is_grad_enabled() or not any(x.requires_grad for x in inputs):
        return
    kept = [(x.detach(), x._version) for x in saved]

    def backward(*grads: Any) -> Any:
        for x, version in kept:
            if x._version != version:
                raise RuntimeError(
                    "one of the variables needed for gradient computation has been modified by an "
                    f"inplace operation: [{x.type()} {list(x.shape)}], needed by {name}, is at "
                    f"version {x._version}; expected version {version} instead."
                )
        return tuple(derivative(*(x for x, _ in kept), *grads))

    wanted = [x if x.requires_grad else None for x in inputs]
    floating = [y.is_floating_point() for y in outputs]
    _C._record_function(name, backward, wanted, list(outputs), floating, True)
