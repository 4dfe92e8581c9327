"""gradcheck: gradients against finite differences, element by element."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinytorch import _C
from tinytorch.autograd.grad_mode import no_grad

Tensor = _C.Tensor


class GradcheckError(RuntimeError):
    """A gradient that finite differences contradict.  Source: torch.autograd.gradcheck"""


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    fast_mode: bool = False,
) -> bool:
    """Whether the gradients of `func` at `inputs` agree with (f(x + eps) - f(x - eps)) / (2 eps).

    inputs: a tensor or a sequence; those that require grad are checked and should be float64, since
    the difference of two float32 numbers says little about a slope.  Every element of every
    output is differentiated by every element of every input.
    Raises GradcheckError with the operation, input and element, or returns False without
    raise_exception; ValueError if no input requires grad.  Source: torch.autograd.gradcheck
    """
    arguments = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    checked = [x for x in arguments if isinstance(x, Tensor) and x.requires_grad]
    if not checked:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them "
            "have requires_grad=True."
        )
    try:
        outputs = _differentiable(func(*arguments))
        for k, output in enumerate(outputs):
            if not output.requires_grad:
                raise GradcheckError(f"gradcheck: output {k} does not depend on any checked input")
            _check_output(func, arguments, checked, k, output, (eps, atol, rtol))
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _differentiable(result: Any) -> list[Any]:
    results: Sequence[Any] = (result,) if isinstance(result, Tensor) else tuple(result)
    return [y for y in results if isinstance(y, Tensor) and y.is_floating_point()]


def _check_output(
    func: Callable[..., Any],
    arguments: tuple[Any, ...],
    checked: list[Any],
    k: int,
    output: Any,
    tolerances: tuple[float, float, float],
) -> None:
    eps, atol, rtol = tolerances
    analytical = _backward_jacobians(output, checked)
    operation = output.grad_fn.name() if output.grad_fn else "the identity"
    for n, x in enumerate(checked):
        numerical = _numerical_jacobian(func, arguments, k, x, eps, output.numel())
        wrong = ~np.isclose(analytical[n], numerical, rtol=rtol, atol=atol, equal_nan=True)
        if wrong.any():
            j, i = (int(at) for at in np.argwhere(wrong)[0])
            element = tuple(int(d) for d in np.unravel_index(j, tuple(x.shape)))
            raise GradcheckError(
                f"Jacobian mismatch for output {k} with respect to input {n}: {operation} gives "
                f"{analytical[n][j, i]:.9g} for the slope of element {i} of the output by input "
                f"element {element}, finite differences give {numerical[j, i]:.9g} "
                f"({int(wrong.sum())} of {wrong.size} slopes differ)\n"
                f"numerical:{numerical}\nanalytical:{analytical[n]}"
            )


def _backward_jacobians(output: Any, checked: list[Any]) -> list[np.ndarray[Any, Any]]:
    """For each input, (its elements, output's elements): one backward pass an output element."""
    jacobians = [np.zeros((x.numel(), output.numel())) for x in checked]
    for i in range(output.numel()):
        seed = np.zeros(output.numel())
        seed[i] = 1
        gradient = _C._from_numpy(seed.reshape(tuple(output.shape))).to(output.dtype)
        grads = _C._grad([output], checked, [gradient], True, False, True)
        for jacobian, grad, x in zip(jacobians, grads, checked, strict=True):
            if grad is None:
                continue
            if tuple(grad.shape) != tuple(x.shape):
                raise GradcheckError(
                    f"gradcheck: expected a gradient of shape {tuple(x.shape)}, got "
                    f"{tuple(grad.shape)}"
                )
            jacobian[:, i] = grad.numpy().reshape(-1)
    return jacobians


def _numerical_jacobian(
    func: Callable[..., Any],
    arguments: tuple[Any, ...],
    k: int,
    x: Any,
    eps: float,
    columns: int,
) -> np.ndarray[Any, Any]:
    jacobian = np.zeros((x.numel(), columns))
    values = x.detach().numpy()  # shares memory: writing here moves the input, unseen by versions
    for j, element in enumerate(np.ndindex(*values.shape)):
        kept = values[element]
        sides = []
        for shift in (eps, -eps):
            values[element] = kept + shift
            with no_grad():
                y = _differentiable(func(*arguments))[k]
            sides.append(y.detach().clone().numpy().reshape(-1).astype(np.float64))
        values[element] = kept
        jacobian[j] = (sides[0] - sides[1]) / (2 * eps)
    return jacobian
