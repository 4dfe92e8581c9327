"""One program on both libraries from one seed: the same tensors, texts, errors and warnings."""

import warnings

import numpy as np
import pytest

import tinytorch

# What PyTorch warns of that is its own affair.
OWN = (
    "enable_nested_tensor",
    "The PyTorch API of nested tensors",
    "LSTM with projections",
    "Mismatch dtype between input and weight",
)


def leaves(value):
    """The tensors, numbers and texts in nested tuples, lists and dicts."""
    if isinstance(value, dict):
        value = [part for item in value.items() for part in item]
    if isinstance(value, (tuple, list)):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def result(program, library, arguments):
    library.manual_seed(7)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = program(library, *arguments)
        except Exception as error:
            return error, []
    kinds = {w.category.__name__ for w in caught if not any(t in str(w.message) for t in OWN)}
    return value, sorted(kinds)


def twice(program, *arguments, rtol=2e-5, atol=2e-6):
    """Holds when program(library, *arguments) gives the same on both, or raises the same type."""
    torch = pytest.importorskip("torch")
    ours, our_warnings = result(program, tinytorch, arguments)
    theirs, their_warnings = result(program, torch, arguments)
    if isinstance(ours, Exception) and not isinstance(theirs, Exception):
        raise ours
    if isinstance(theirs, Exception):
        assert type(ours).__name__ == type(theirs).__name__, (ours, theirs)
        return
    assert our_warnings == their_warnings
    for mine, other in zip(leaves(ours), leaves(theirs), strict=True):
        if not isinstance(other, torch.Tensor):
            assert str(mine) == str(other)
            continue
        assert str(mine.dtype) == str(other.dtype)
        assert tuple(mine.shape) == tuple(other.shape)
        assert mine.requires_grad == other.requires_grad
        values = (x.detach().numpy() for x in (mine, other))
        np.testing.assert_allclose(*values, rtol=rtol, atol=atol)


def gradients(outputs, *leaves_of):
    """Of a sum weighted differently at each place of each output, by the given tensors."""
    total = 0
    for output in outputs:
        count = output.numel()
        weights = type(output).new_tensor(output, np.linspace(-1, 1, count)).reshape(output.shape)
        total = total + (output * weights).sum()
    total.backward()
    return [x.grad for x in leaves_of]
