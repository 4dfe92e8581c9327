"""Changing a module's tensors: to another dtype, to other memory."""

from collections.abc import Callable
from typing import Any, TypeVar

from tinytorch import _creation
from tinytorch._C import Tensor
from tinytorch._device import check_cpu, device
from tinytorch._dtype import dtype as DType
from tinytorch._grad_mode import HAS_AUTOGRAD, detached
from tinytorch.nn.modules._tree import Tree
from tinytorch.nn.parameter import Parameter

M = TypeVar("M", bound="Convertible")


class Convertible(Tree):
    """The part of Module that converts parameters, gradients and buffers."""

    def to(self: M, *args: Any, **kwargs: Any) -> M:
        """Moves or converts in place: `to(device)`, `to(dtype)`, `to(device, dtype)`, `to(tensor)`.

        A dtype converts only floating-point parameters and buffers.
        Raises TypeError for a dtype that is not floating-point.  Source: torch.nn.Module.to
        """
        where, dtype = parse_to(*args, **kwargs)
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                "nn.Module.to only accepts floating point or complex dtypes, "
                f"but got desired dtype={dtype}"
            )
        check_cpu(where)
        return self if dtype is None else self._apply(_floating_only(lambda x: x.to(dtype)))

    def float(self: M) -> M:
        """Converts floating-point parameters and buffers to float32."""
        return self._apply(_floating_only(lambda x: x.float()))

    def double(self: M) -> M:
        """Converts floating-point parameters and buffers to float64."""
        return self._apply(_floating_only(lambda x: x.double()))

    def half(self: M) -> M:
        """Converts floating-point parameters and buffers to float16."""
        return self._apply(_floating_only(lambda x: x.half()))

    def bfloat16(self: M) -> M:
        """Converts floating-point parameters and buffers to bfloat16."""
        return self._apply(_floating_only(lambda x: x.bfloat16()))

    def type(self: M, dst_type: Any) -> M:
        """Converts every parameter and buffer, also those that are not floating-point."""
        return self._apply(lambda x: x.type(dst_type))

    def cpu(self: M) -> M:
        """Nothing to do here: all memory is the CPU's."""
        return self

    def cuda(self: M, device: Any = None) -> M:
        """Raises for a module with tensors: all memory is the CPU's."""
        return self._apply(lambda x: check_cpu("cuda"))

    def to_empty(self: M, *, device: Any, recurse: bool = True) -> M:
        """Gives every parameter and buffer new memory, uninitialised."""
        check_cpu(device)
        return self._apply(_creation.empty_like, recurse=recurse)

    def share_memory(self: M) -> M:
        """Moves parameters and buffers to memory that processes share.

        Raises NotImplementedError where tensors have no such memory.
        """
        if not hasattr(Tensor, "share_memory_"):
            raise NotImplementedError("share_memory: tensors lie in one process's memory")
        return self._apply(lambda x: x.share_memory_())

    def _apply(self: M, fn: Callable[[Any], Any], recurse: bool = True) -> M:
        """Replaces the memory of every parameter, gradient and buffer by fn of it."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        for name, parameter in self._parameters.items():
            if parameter is None:
                continue
            gradient = parameter.grad
            if HAS_AUTOGRAD:
                replaced = fn(parameter.data)
                parameter.grad = None
                parameter.data = replaced
            else:
                parameter = Parameter(fn(parameter))
                self._parameters[name] = parameter
            if gradient is not None:
                parameter.grad = fn(detached(gradient))
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self


def _floating_only(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: convert(x) if x.is_floating_point() else x


def parse_to(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """(device, dtype) of the arguments that `Tensor.to` and `Module.to` take; None where absent."""
    known = {"device", "dtype", "non_blocking", "copy", "memory_format", "tensor", "other"}
    for name in kwargs:
        if name not in known:
            raise TypeError(f"to() got an unexpected keyword argument '{name}'")
    where, dtype = kwargs.get("device"), kwargs.get("dtype")
    like = kwargs.get("tensor", kwargs.get("other"))
    rest = list(args)
    if rest and isinstance(rest[0], Tensor):
        like = rest.pop(0)
    elif rest and isinstance(rest[0], DType):
        dtype = rest.pop(0)
    elif rest:
        where = rest.pop(0)
        if isinstance(where, int) and not isinstance(where, bool):
            where = device("cuda", where)
        if rest and (rest[0] is None or isinstance(rest[0], DType)):
            dtype = rest.pop(0)
    if like is not None:
        where, dtype = like.device, like.dtype
    if len(rest) > 2 or not all(isinstance(flag, bool) for flag in rest):
        raise TypeError(f"to() expected a device, a dtype or a tensor, then flags; got {args}")
    if dtype is not None and not isinstance(dtype, DType):
        raise TypeError(f"to(): argument 'dtype' must be torch.dtype, not {type(dtype).__name__}")
    return where, dtype
