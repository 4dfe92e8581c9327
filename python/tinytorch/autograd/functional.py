"""torch.autograd.functional: a function's matrix of derivatives, and products with it.

What differentiates a derivative (Hessians, products from the right) needs a graph of the backward
pass, which is not recorded here.
"""

from collections.abc import Callable
from typing import Any

from tinytorch import _C, _creation
from tinytorch import autograd as _autograd

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def _tuple_of(values: Any, what: str, function: str) -> tuple[bool, tuple[Any, ...]]:
    """Whether they were several, and all of them; raises TypeError for what is not a tensor."""
    several = isinstance(values, tuple)
    values = values if several else (values,)
    for number, value in enumerate(values):
        if not isinstance(value, _C.Tensor):
            if several:
                raise TypeError(
                    f"All of the {what} given to {function} must be Tensors but the value at index "
                    f"{number} has type {type(value)}."
                )
            raise TypeError(
                f"The {what} given to {function} must be either a Tensor or a tuple of Tensors "
                f"but the given {what} has type {type(value)}."
            )
    return several, values


def _run(func: Callable[..., Any], inputs: Any, function: str) -> Any:
    several, given = _tuple_of(inputs, "inputs", function)
    leaves = tuple(x.detach().clone().requires_grad_() for x in given)
    with _autograd.enable_grad():
        outputs = func(*leaves)
    return several, leaves, *_tuple_of(outputs, "outputs of the user-provided function", function)


def _refuse_graph(function: str, create_graph: bool) -> None:
    if create_graph:
        raise NotImplementedError(
            f"{function}: create_graph=True differentiates a derivative, which is not supported"
        )


def _gradients(
    function: str, output: Any, at: Any, leaves: tuple[Any, ...], strict: bool
) -> tuple[Any, ...]:
    if not output.requires_grad:
        found: tuple[Any, ...] = (None,) * len(leaves)
    else:
        found = _autograd.grad(output, leaves, at, retain_graph=True, allow_unused=True)
    if strict and None in [None if g is None else 0 for g in found]:
        raise RuntimeError(
            f"Output of the user-provided function is independent of an input of {function}. "
            "This is not allowed in strict mode."
        )
    return tuple(
        _creation.zeros_like(x) if g is None else g for g, x in zip(found, leaves, strict=True)
    )


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """J[i..., j...] = d output[i...] / d input[j...], for each output and each input.

    Tensors where func takes and gives one, else tuples of them.
    Source: torch.autograd.functional.jacobian
    """
    _refuse_graph("jacobian", create_graph)
    if strategy not in ("reverse-mode", "forward-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode"')
    if strategy == "forward-mode":
        raise NotImplementedError("jacobian: strategy='forward-mode' is not supported")
    several_in, leaves, several_out, outputs = _run(func, inputs, "jacobian")
    whole = []
    for output in outputs:
        rows: list[tuple[Any, ...]] = []
        for place in range(output.numel()):
            at = _creation.zeros_like(output).reshape(-1)
            at[place] = 1
            rows.append(_gradients("jacobian", output, at.reshape(output.shape), leaves, strict))
        blocks = []
        for number, leaf in enumerate(leaves):
            block = _creation.zeros(output.numel(), *leaf.shape, dtype=output.dtype)
            for place, row in enumerate(rows):
                block[place] = row[number]
            blocks.append(block.reshape(*output.shape, *leaf.shape))
        whole.append(tuple(blocks) if several_in else blocks[0])
    return tuple(whole) if several_out else whole[0]


def vjp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """(outputs, v^T J), v shaped as the outputs.  Source: torch.autograd.functional.vjp"""
    _refuse_graph("vjp", create_graph)
    several_in, leaves, several_out, outputs = _run(func, inputs, "vjp")
    if v is None:
        if len(outputs) != 1 or outputs[0].numel() != 1:
            raise RuntimeError(
                "The vector v can only be None if the user-provided function returns a single "
                "Tensor with a single element."
            )
        vectors: tuple[Any, ...] = (_creation.ones_like(outputs[0]),)
    else:
        vectors = _tuple_of(v, "v", "vjp")[1]
    if [x.shape for x in vectors] != [x.shape for x in outputs]:
        raise RuntimeError("v has invalid size: should be that of the outputs")
    totals = [_creation.zeros_like(leaf) for leaf in leaves]
    for output, vector in zip(outputs, vectors, strict=True):
        found = _gradients("vjp", output, vector, leaves, strict)
        totals = [total + g for total, g in zip(totals, found, strict=True)]
    values = tuple(output.detach() for output in outputs)
    return (values if several_out else values[0]), (tuple(totals) if several_in else totals[0])


def _needs_second(name: str) -> Callable[..., Any]:
    def call(func: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{name}: it differentiates a derivative, which is not supported")

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"Raises NotImplementedError.  Source: torch.autograd.functional.{name}"
    return call


hessian, hvp, vhp, jvp = map(_needs_second, ("hessian", "hvp", "vhp", "jvp"))
