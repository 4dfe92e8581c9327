"""Hooks that see gradients: those by a module's output on the way in, by its inputs on the way out.

A module is set between two identities in the graph. The backward of the one behind its output runs
first and shows the pre-hooks what comes; the backward of the one before its inputs runs last and
shows the hooks what leaves. Either may be replaced by what a hook returns.
"""

import warnings
from collections.abc import Callable
from typing import Any

from tinytorch import _C
from tinytorch._C import Tensor

Gradients = tuple[Any, ...]


def pass_through(
    see: Callable[[Gradients], Gradients | None], tensors: list[Any], zeros: bool
) -> list[Any]:
    """The tensors, unchanged; in backward, see(their gradients) may return others.

    zeros: a missing gradient is seen as zeros, instead of None.
    """
    from tinytorch.autograd import Function

    class BackwardHookFunction(Function):
        @staticmethod
        def forward(ctx: Any, *given: Any) -> tuple[Any, ...]:
            results = tuple(tensor.detach() for tensor in given)
            fixed = [y for x, y in zip(given, results, strict=True) if not x.requires_grad]
            ctx.mark_non_differentiable(*fixed)
            ctx.set_materialize_grads(zeros)
            return results

        @staticmethod
        def backward(ctx: Any, *grads: Any) -> Gradients:
            changed = see(grads)
            return grads if changed is None else changed

    return list(BackwardHookFunction.apply(*tensors))


class BackwardHooks:
    """One call of a module with hooks: its two identities, and the gradients seen between them."""

    def __init__(self, module: Any, hooks: list[Any], pre_hooks: list[Any]) -> None:
        self.module = module
        self.hooks = hooks
        self.pre_hooks = pre_hooks
        self.grad_output: Gradients | None = None
        self.inputs = self.outputs = 0
        self.input_places: list[int] | None = None
        self.output_places: list[int] | None = None

    def _watched(
        self,
        values: tuple[Any, ...],
        see: Callable[[Gradients], Gradients | None],
        zeros: bool = False,
    ) -> tuple[tuple[Any, ...], list[int] | None]:
        """The values with an identity behind their tensors, and the places of these."""
        places = [i for i, value in enumerate(values) if isinstance(value, Tensor)]
        if not (_C.is_grad_enabled() and any(values[i].requires_grad for i in places)):
            return values, None
        watched = list(values)
        passed = pass_through(see, [values[i] for i in places], zeros)
        for place, tensor in zip(places, passed, strict=True):
            watched[place] = tensor
        return (
            tuple(watched) if type(values) is tuple else type(values)(*watched),
            places,
        )

    def before_forward(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The module's arguments, whose gradients the hooks will see."""
        self.inputs = len(args)
        args, self.input_places = self._watched(args, self._leaving, zeros=True)
        return args

    def after_forward(self, output: Any) -> Any:
        """The module's output, whose gradients the pre-hooks will see."""
        outputs = output if isinstance(output, tuple) else (output,)
        self.outputs = len(outputs)
        watched, self.output_places = self._watched(outputs, self._entering)
        return watched if isinstance(output, tuple) else watched[0]

    def _entering(self, grads: Gradients) -> Gradients:
        places = self.output_places or []
        self.grad_output = spread(places, grads, self.outputs)
        for hook in self.pre_hooks:
            changed = hook(self.module, self.grad_output)
            if changed is not None:
                self._check_count("Backward pre hook", "grad_output", changed, self.grad_output)
                self.grad_output = tuple(changed)
        entering = self.grad_output
        if self.input_places is None:
            self._call_without_input_gradients()
        return tuple(entering[i] for i in places)

    def _leaving(self, grads: Gradients) -> Gradients | None:
        if self.grad_output is None:
            return None
        places = self.input_places or []
        seen = spread(places, grads, self.inputs)
        for hook in self.hooks:
            changed = hook(self.module, seen, self.grad_output)
            if changed is not None:
                changed = changed if isinstance(changed, tuple) else (changed,)
                self._check_count("Backward hook", "grad_input", changed, seen)
                seen = changed
        self.grad_output = None
        return tuple(seen[i] for i in places)

    def _call_without_input_gradients(self) -> None:
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to module "
            "outputs since no inputs require gradients.",
            stacklevel=5,
        )
        for hook in self.hooks:
            result = hook(self.module, (None,) * self.inputs, self.grad_output)
            if result is not None and not (
                isinstance(result, tuple) and all(grad is None for grad in result)
            ):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always "
                    "return None or None for all gradients."
                )
        self.grad_output = None

    @staticmethod
    def _check_count(what: str, grads: str, got: Any, expected: Gradients) -> None:
        if len(got) != len(expected):
            raise RuntimeError(
                f"{what} returned an invalid number of {grads}, got {len(got)}, "
                f"but expected {len(expected)}"
            )


def spread(places: list[int], grads: Gradients, count: int) -> Gradients:
    """`count` gradients: those given at their places, None at the others."""
    result: list[Any] = [None] * count
    for place, grad in zip(places, grads, strict=True):
        result[place] = grad
    return tuple(result)
