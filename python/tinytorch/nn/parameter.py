"""Parameter and Buffer: tensors that a module takes for its own when they are assigned to it."""

from typing import Any

from tinytorch import _creation
from tinytorch._C import Tensor
from tinytorch._device import check_cpu
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


class UninitializedTensorMixin:
    """A tensor of no shape yet: `materialize` gives it one, and makes it an ordinary one."""

    cls_to_become: type = Tensor

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Gives it memory of this shape, uninitialised, and its final class."""
        check_cpu(device)
        self.data: Any
        self.data = _creation.empty(shape, dtype=self.data.dtype if dtype is None else dtype)
        self.__class__ = self.cls_to_become

    @property
    def shape(self) -> Any:
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually "
            "happens in `load_state_dict` when trying to load an uninitialized parameter into an "
            "initialized one. Call `forward` to initialize the parameters before accessing their "
            "attributes."
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__


def is_lazy(param: Any) -> bool:
    """Whether it still waits for a shape."""
    return isinstance(param, UninitializedTensorMixin)


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A parameter whose shape the first input will tell.  Source: torch.nn.UninitializedParameter

    Raises RuntimeError when its shape is asked for before.
    """

    cls_to_become = Parameter

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None:
        check_cpu(device)
        Parameter.__init__(self, _creation.empty(0, dtype=dtype), requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.requires_grad, None, self.dtype)
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any = None) -> Any:
        return UninitializedParameter, (self.requires_grad, None, self.dtype)


class UninitializedBuffer(UninitializedTensorMixin, Buffer):
    """A buffer whose shape the first input will tell.  Source: torch.nn.UninitializedBuffer"""

    cls_to_become = Buffer

    def __init__(
        self,
        requires_grad: bool = False,
        device: Any = None,
        dtype: Any = None,
        persistent: bool = True,
    ) -> None:
        check_cpu(device)
        Buffer.__init__(self, _creation.empty(0, dtype=dtype), persistent=persistent)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = type(self)(False, None, self.dtype, self.persistent)
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any = None) -> Any:
        return UninitializedBuffer, (False, None, self.dtype, self.persistent)
