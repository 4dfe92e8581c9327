"""Parameter and Buffer: tensors that a module takes for its own when they are assigned to it."""

from typing import Any

from tinytorch import _creation
from tinytorch._C import Tensor
from tinytorch._grad_mode import HAS_AUTOGRAD, detached


class Parameter(Tensor):
    """A tensor that a module learns: assigned to a module, it is among its `parameters()`.

    data: the tensor whose memory it shares; empty when None.
    In a build without autograd it still has a `grad`, to be filled by a hand-written backward.
    Source: torch.nn.Parameter
    """

    if not HAS_AUTOGRAD:
        grad: Any = None
        requires_grad = False

    def __init__(self, data: Any = None, requires_grad: bool = True) -> None:
        super().__init__(_creation.empty(0) if data is None else detached(data))
        if HAS_AUTOGRAD:
            self.requires_grad = requires_grad

    def __deepcopy__(self, memo: dict[int, Any]) -> "Parameter":
        if id(self) not in memo:
            memo[id(self)] = type(self)(detached(self).clone(), self.requires_grad)
        result: Parameter = memo[id(self)]
        return result

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()

    __str__ = __repr__


class Buffer(Tensor):
    """A tensor that belongs to a module's state but is not learned, such as a running mean.

    persistent: whether it is part of `state_dict()`.  Source: torch.nn.Buffer
    """

    def __init__(self, data: Any = None, *, persistent: bool = True) -> None:
        super().__init__(_creation.empty(0) if data is None else detached(data))
        self.persistent = persistent

    def __deepcopy__(self, memo: dict[int, Any]) -> "Buffer":
        if id(self) not in memo:
            memo[id(self)] = Buffer(detached(self).clone(), persistent=self.persistent)
        result: Buffer = memo[id(self)]
        return result

    def __reduce_ex__(self, protocol: Any = None) -> Any:
        return _rebuild_buffer, (detached(self).clone().numpy(), self.persistent)


def _rebuild_buffer(array: Any, persistent: bool) -> Buffer:
    return Buffer(_creation.from_numpy(array), persistent=persistent)
