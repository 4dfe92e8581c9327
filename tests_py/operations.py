"""How an operation is named beside sample inputs, for the tests of gradients."""

from dataclasses import dataclass, field

import numpy as np


def sample(*shape, seed=0, positive=False):
    """Distinct float64 values with distances of 0.17 or more, none of them at a kink."""
    count = int(np.prod(shape))
    order = np.random.default_rng(seed).permutation(count)
    values = (order - count / 2) * 0.17 + 0.043 + 0.011 * seed
    return (np.abs(values) + 0.2 if positive else values).reshape(shape)


@dataclass
class Operation:
    """Functions of one meaning, by all their names, called as f(*inputs, *args, **kwargs)."""

    names: str
    inputs: list  # alternatives, each a tuple of arrays, all differentiable
    args: tuple = ()
    kwargs: dict = field(default_factory=dict)
    as_list: bool = False  # f([*inputs], ...)


def unary(names, *args, positive=False, **kwargs):
    shapes = [(2, 3), (), (0, 3)]
    inputs = [(sample(*shape, positive=positive),) for shape in shapes]
    return Operation(names, inputs, args, kwargs)


def binary(names, positive=False, in_place=False):
    pairs = [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 3), ()), ((0, 3), (1, 3))]
    if not in_place:
        pairs += [((3,), (2, 3)), ((2, 1), (1, 3)), ((), (2,))]
    inputs = [
        (sample(*a, positive=positive), sample(*b, seed=1, positive=positive)) for a, b in pairs
    ]
    return Operation(names, inputs)


def of(names, *shapes, args=(), **kwargs):
    """One alternative, of inputs with these shapes."""
    inputs = tuple(sample(*shape, seed=i) for i, shape in enumerate(shapes))
    return Operation(names, [inputs], args, kwargs)


def reduction(names, *args, shape=(2, 3, 2), **kwargs):
    return of(names, shape, args=args, **kwargs)
