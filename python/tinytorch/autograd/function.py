"""Functions with a derivative of one's own: subclass Function, call `apply`."""

import functools
from collections.abc import Callable
from typing import Any

from tinytorch import _C
from tinytorch.autograd.grad_mode import no_grad

Tensor = _C.Tensor

_FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after "
    "they have already been freed). Saved intermediate values of the graph are freed when you call "
    ".backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the "
    "graph a second time or if you need to access saved tensors after calling backward."
)


class FunctionCtx:
    """What `forward` leaves for `backward`; any attribute may be set on it.

    needs_input_grad: for each argument of `forward`, whether its gradient will be used.
    """

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self.materialize_grads = True
        self._saved: list[tuple[Any, int]] | None = []
        self._not_differentiable: tuple[Any, ...] = ()
        self._dirty: tuple[Any, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors (or None) for `backward`, and notice when they are modified until then."""
        self._saved = [(t, 0 if t is None else t._version) for t in tensors]

    def _detach_saved(self, outputs: tuple[Any, ...]) -> None:
        """A saved result would keep its own history alive in a circle."""
        self._saved = [
            (t.detach(), version) if t is not None and _among(t, outputs) else (t, version)
            for t, version in self._saved or []
        ]

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What save_for_backward kept.  Raises RuntimeError if it was modified or freed since."""
        if self._saved is None:
            raise RuntimeError(_FREED)
        for tensor, version in self._saved:
            if tensor is not None and tensor._version != version:
                raise RuntimeError(
                    "one of the variables needed for gradient computation has been modified by an "
                    f"inplace operation: [{tensor.type()} {list(tensor.shape)}] is at version "
                    f"{tensor._version}; expected version {version} instead."
                )
        return tuple(tensor for tensor, _ in self._saved)

    def mark_non_differentiable(self, *outputs: Any) -> None:
        """Say of results that no gradient flows through them."""
        self._not_differentiable = outputs

    def mark_dirty(self, *inputs: Any) -> None:
        """Say of arguments that `forward` modified them in place; they must be returned, too."""
        self._dirty = inputs

    def set_materialize_grads(self, value: bool) -> None:
        """Whether `backward` gets zeros (the default) or None for a gradient that is missing."""
        self.materialize_grads = value


class Function:
    """An operation whose derivative is written by hand.

    Subclasses define two static methods and are called through `apply`:

        class Exp(Function):
            @staticmethod
            def forward(ctx, x):
                y = x.exp()
                ctx.save_for_backward(y)
                return y

            @staticmethod
            def backward(ctx, grad):
                (y,) = ctx.saved_tensors
                return grad * y

    `backward` gets the gradient by each result of `forward`, and returns the gradient by each of
    its arguments, None for those that have none.  `forward` may also leave `ctx` to a third static
    method, `setup_context(ctx, inputs, output)`.        Source: torch.autograd.Function
    """

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("You must implement the forward function for a Function.")

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise NotImplementedError("You must implement the backward function for a Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        raise NotImplementedError

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Call `forward`, and record it where grad mode is on and an argument requires grad."""
        needs = tuple(isinstance(a, Tensor) and a.requires_grad for a in args)
        ctx = FunctionCtx(needs)
        with no_grad():
            if cls.setup_context is not Function.setup_context:
                result = cls.forward(*args, **kwargs)
                cls.setup_context(ctx, args, result)
            else:
                result = cls.forward(ctx, *args, **kwargs)
        outputs = result if isinstance(result, tuple) else (result,)
        ctx._detach_saved(outputs)
        if not (_C.is_grad_enabled() and any(needs)):
            return result
        outputs = tuple(_as_new(out, args, ctx) for out in outputs)
        tensors = [out for out in outputs if isinstance(out, Tensor)]
        _C._record_function(
            f"{cls.__name__}Backward",
            functools.partial(_derivative, cls, ctx, [isinstance(a, Tensor) for a in args]),
            [a if needed else None for a, needed in zip(args, needs, strict=True)],
            tensors,
            [t.is_floating_point() and not _among(t, ctx._not_differentiable) for t in tensors],
            ctx.materialize_grads,
        )
        return outputs if isinstance(result, tuple) else outputs[0]


def _among(tensor: Any, tensors: tuple[Any, ...]) -> bool:
    return any(tensor is other for other in tensors)


def _as_new(out: Any, args: tuple[Any, ...], ctx: FunctionCtx) -> Any:
    """An argument that is returned unmodified is a result like any other: a tensor of its own."""
    if not isinstance(out, Tensor) or not _among(out, args) or _among(out, ctx._dirty):
        return out
    return out.detach()


def _derivative(cls: type[Function], ctx: FunctionCtx, tensors: list[bool], *grads: Any) -> Any:
    """The gradients by all arguments, as the C++ node expects them."""
    result = cls.backward(ctx, *grads)
    answer = result if isinstance(result, tuple) else (result,)
    name = f"{cls.__name__}Backward"
    while len(answer) > len(tensors) and answer[-1] is None:
        answer = answer[:-1]
    if len(answer) != len(tensors):
        raise RuntimeError(
            f"function {name} returned an incorrect number of gradients (expected {len(tensors)}, "
            f"got {len(answer)})"
        )
    for i, (grad, is_tensor) in enumerate(zip(answer, tensors, strict=True)):
        if grad is not None and not is_tensor:
            raise RuntimeError(
                f"function {name} returned a gradient different than None at position {i + 1}, but "
                "the corresponding forward input was not a Variable"
            )
    return answer


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a `backward` that has no derivative itself, as all have here.

    Source: torch.autograd.function.once_differentiable
    """
    return backward
