"""Every public operation has a gradient that finite differences confirm, or is listed as without.

The modules `operations_<topic>` name each differentiable function with sample inputs (OPERATIONS,
CALLS), and what has no gradient, and why (WITHOUT_GRADIENT, OTHERS). Whatever is public and in
neither fails `test_nothing_is_forgotten`.
"""

import importlib
import inspect
from pathlib import Path

import numpy as np
import pytest

import tinytorch
from operations import sample
from tinytorch.autograd import gradcheck

TOPICS = [
    importlib.import_module(path.stem)
    for path in sorted(Path(__file__).parent.glob("operations_*.py"))
]
OPERATIONS = [operation for topic in TOPICS for operation in topic.OPERATIONS]
CALLS = [call for topic in TOPICS for call in topic.CALLS]
UNKNOWN_TO_PYTORCH = " ".join(topic.UNKNOWN_TO_PYTORCH for topic in TOPICS)


def listed(kind):
    """The names that the topics list under WITHOUT_GRADIENT or OTHERS, by where they are."""
    return {
        space: " ".join(getattr(topic, kind).get(space, "") for topic in TOPICS)
        for space in ("torch", "F", "Tensor")
    }


WITHOUT_GRADIENT = listed("WITHOUT_GRADIENT")
OTHERS = listed("OTHERS")


def resolve(library, name):
    """The function of that name; a property's getter."""
    space, name = name.split(".")
    functional = library.nn.functional
    owner = {"torch": library, "F": functional, "Tensor": library.Tensor}[space]
    found = getattr(owner, name)
    return found if callable(found) else (lambda x: getattr(x, name))


def writes_in_place(name):
    short = name.split(".")[1]
    reads = ("__iter__", "__index__", "__int__", "__invert__")
    if short.startswith("__"):
        return short.startswith("__i") and short not in reads
    return short.endswith("_")


def results(value):
    values = [value] if hasattr(value, "grad_fn") else list(value)
    return tuple(v for v in values if v.is_floating_point())


def call_of(operation, name):
    def call(library, *inputs):
        library.manual_seed(0)
        function = resolve(library, name)
        first, *rest = inputs
        if operation.as_list:
            return results(function(list(inputs), *operation.args, **operation.kwargs))
        if writes_in_place(name):
            first = first * 1
        return results(function(first, *rest, *operation.args, **operation.kwargs))

    return call


def call_from(function, name):
    return lambda library, *inputs: results(function(resolve(library, name), library, *inputs))


def all_cases():
    """(name, call(library, *inputs), arrays)."""
    for operation in OPERATIONS:
        for name in operation.names.split():
            for inputs in operation.inputs:
                yield name, call_of(operation, name), inputs
    for name, shapes, function in CALLS:
        inputs = tuple(sample(*shape, seed=i) for i, shape in enumerate(shapes))
        yield name, call_from(function, name), inputs


CASES = list(all_cases())


def parametrize(cases):
    ids = [f"{name}-{'-'.join(str(x.shape) for x in inputs)}" for name, _, inputs in cases]
    return pytest.mark.parametrize(("name", "call", "inputs"), cases, ids=ids)


def leaves(library, inputs, order="C"):
    return [library.from_numpy(np.array(x, order=order)).requires_grad_() for x in inputs]


@parametrize(CASES)
def test_gradient_equals_finite_differences(name, call, inputs):
    for order in "CF":  # F: column by column, so that no input of two dims is contiguous
        if name in ("Tensor.view", "Tensor.view_as") and order == "F":
            continue  # refuses such strides, as it should
        given = leaves(tinytorch, inputs, order)
        assert gradcheck(lambda *x: call(tinytorch, *x), given, atol=1e-6), name


@parametrize([case for case in CASES if case[0] not in UNKNOWN_TO_PYTORCH.split()])
def test_gradient_equals_that_of_pytorch(name, call, inputs):
    torch = pytest.importorskip("torch")
    ours, theirs = leaves(tinytorch, inputs), leaves(torch, inputs)
    for library, given in ((tinytorch, ours), (torch, theirs)):
        total = 0
        for y in call(library, *given):
            weights = library.from_numpy(sample(*y.shape, seed=3))
            total = total + (y * weights).sum()
        total.backward()
    for mine, other in zip(ours, theirs, strict=True):
        assert (mine.grad is None) == (other.grad is None), name
        if mine.grad is not None:
            np.testing.assert_allclose(mine.grad.numpy(), other.grad.numpy(), 1e-9, 1e-12, name)


def test_subgradients_at_kinks_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    zeros_and_ties = np.array([[0.0, 1.0, 1.0], [-1.0, 0.0, -1.0]])
    functions = {
        "abs": lambda t, x: x.abs(),
        "relu": lambda t, x: x.relu(),
        "sign": lambda t, x: x.sign(),
        "clamp": lambda t, x: x.clamp(-1.0, 1.0),
        "clamp min": lambda t, x: x.clamp(min=0.0),
        "square root": lambda t, x: x.abs().sqrt(),
        "power 0": lambda t, x: x**0,
        "power 1": lambda t, x: x**1,
        "power 2": lambda t, x: x**2,
        "power 0.5": lambda t, x: x**0.5,
        "power -1": lambda t, x: x**-1,
        "power itself": lambda t, x: x**x,
        "base 0": lambda t, x: t.zeros(3, dtype=t.float64) ** x,
        "maximum": lambda t, x: t.maximum(x, x.detach()),
        "maximum of one": lambda t, x: t.maximum(x, x * 1),
        "minimum": lambda t, x: t.minimum(x, t.ones_like(x)),
        "max": lambda t, x: x.max(),
        "min": lambda t, x: x.min(),
        "max along a dim": lambda t, x: x.max(1)[0],
        "min along a dim": lambda t, x: x.min(0)[0],
        "amax": lambda t, x: x.amax(1),
        "amin": lambda t, x: x.amin((0, 1)),
        "prod with zeros": lambda t, x: x.prod(),
        "prod along a dim": lambda t, x: x.prod(1),
        "log": lambda t, x: x.log(),
        "where": lambda t, x: t.where(x > 0, x.log(), t.zeros_like(x)),
        "remainder": lambda t, x: x % 1.0,
        "var of equals": lambda t, x: (x * 0).var(),
        "std of equals": lambda t, x: (x * 0).std(),
    }
    for name, function in functions.items():
        grads = []
        for library in (tinytorch, torch):
            (x,) = leaves(library, [zeros_and_ties])
            function(library, x).sum().backward()
            grads.append(x.grad.numpy())
        np.testing.assert_allclose(*grads, err_msg=name)


def public(owner, dunders=False):
    return {
        name
        for name, value in inspect.getmembers(owner, callable)
        if not inspect.isclass(value)
        and (not name.startswith("_") or (dunders and name.startswith("__")))
    }


def test_nothing_is_forgotten():
    named = {name for name, _, _ in CASES}
    owners = {"torch": tinytorch, "F": tinytorch.nn.functional, "Tensor": tinytorch.Tensor}
    inherited = {name for name in dir(object) if getattr(object, name, None) is not None}
    for space, owner in owners.items():
        differentiable = {n.split(".")[1] for n in named if n.startswith(space + ".")}
        known = set((WITHOUT_GRADIENT[space] + " " + OTHERS[space]).split())
        found = public(owner, dunders=space == "Tensor") - (inherited - known - differentiable)
        assert found - differentiable - known == set(), f"{space}: neither tested nor listed"
        assert known - found == set(), f"{space}: listed, but not there"
        assert known & differentiable == set(), f"{space}: listed, but has a gradient"


@pytest.mark.parametrize("space", WITHOUT_GRADIENT)
def test_what_is_listed_has_no_gradient(space):
    x = tinytorch.tensor([[1.5, 2.5], [0.5, 3.0]], requires_grad=True)
    for name in WITHOUT_GRADIENT[space].split():
        function = resolve(tinytorch, f"{space}.{name}")
        try:
            y = function(x, x)
        except TypeError:
            y = function(x)
        assert not y.requires_grad, name
