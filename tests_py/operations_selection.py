"""Selection by mask, by positions and by place; scatter; diagonals and windows."""

import numpy as np

from operations import of

MASK = np.array([[True, False, True], [False, False, True]])
ROWS = np.array([2, 0, 2])
AT = np.array([[0, 1, 1], [1, 0, 0]])
APART = np.array([[0, 1, 2], [1, 2, 0]])

OPERATIONS = [
    *(
        of(f"torch.{name} Tensor.{name} Tensor.{name}_", shape, args=args)
        for name in ("tril", "triu")
        for shape in ((3, 4), (2, 3, 2), (0, 3))
        for args in ((), (-1,), (1,))
    ),
    of("torch.diagonal Tensor.diagonal torch.diag Tensor.diag", (3, 4)),
    of("torch.diagonal Tensor.diagonal torch.diag Tensor.diag", (3, 4), args=(-1,)),
    of("torch.diagonal Tensor.diagonal", (2, 3, 4), args=(1, -1, 0)),
    of("torch.diag Tensor.diag torch.diagflat Tensor.diagflat", (3,), args=(1,)),
    of("torch.diagflat Tensor.diagflat", (2, 2)),
    of("torch.diag_embed Tensor.diag_embed", (2, 3)),
    of("torch.diag_embed Tensor.diag_embed", (2, 3), args=(-1, 0, 2)),
    of("torch.trace Tensor.trace", (3, 4)),
    of("Tensor.unfold", (2, 7), args=(1, 3, 2)),
    of("Tensor.unfold", (5,), args=(0, 2, 1)),
    of("Tensor.fill_diagonal_", (3, 4), args=(2.0,)),
    of("Tensor.fill_diagonal_", (7, 2), args=(2.0, True)),
    of("torch.select_scatter Tensor.select_scatter", (2, 3), (2,), args=(1, -1)),
    of("torch.slice_scatter Tensor.slice_scatter", (4, 3), (2, 3), args=(0, 0, 4, 2)),
    of("torch.diagonal_scatter Tensor.diagonal_scatter", (3, 4), (3,), args=(1,)),
]


def pair(name):
    return f"torch.{name}", f"Tensor.{name}"


def with_in_place(name):
    return f"torch.{name}", f"Tensor.{name}", f"Tensor.{name}_"


CALLS = [
    *(
        (name, shapes, lambda f, t, x, *v: f(x, t.tensor(MASK), *(v or (1.5,))))
        for name in with_in_place("masked_fill")
        for shapes in (((2, 3),), ((2, 3), ()))
    ),
    ("torch.masked_fill", ((3,),), lambda f, t, x: f(x, t.tensor(MASK), 1.5)),
    *((name, ((2, 3),), lambda f, t, x: f(x, t.tensor(MASK))) for name in pair("masked_select")),
    ("torch.masked_select", ((3,),), lambda f, t, x: f(x, t.tensor(MASK))),
    *(
        (name, ((2, 3), (4,)), lambda f, t, x, v: f(x, t.tensor(MASK), v))
        for name in with_in_place("masked_scatter")
    ),
    *((name, ((3, 2),), lambda f, t, x: f(x, 0, t.tensor(ROWS))) for name in pair("index_select")),
    ("torch.index_select", ((2, 3),), lambda f, t, x: f(x, -1, t.tensor(ROWS))),
    *(
        (name, ((3, 2), (3, 2)), lambda f, t, x, y: f(x, 0, t.tensor(ROWS), y, alpha=1.5))
        for name in with_in_place("index_add")
    ),
    *(
        (name, ((2, 3), (2, 2)), lambda f, t, x, y: f(x, 1, t.tensor([2, 0]), y))
        for name in with_in_place("index_copy")
    ),
    *(
        (name, shapes, lambda f, t, x, *v: f(x, 1, t.tensor([2, 0]), *(v or (1.5,))))
        for name in with_in_place("index_fill")
        for shapes in (((2, 3),), ((2, 3), ()))
    ),
    *(
        (name, ((3, 2), (3, 2)), lambda f, t, x, y, r=reduce: f(x, 0, t.tensor(ROWS), y, r))
        for name in with_in_place("index_reduce")
        for reduce in ("prod", "mean", "amax", "amin")
    ),
    *(
        (name, ((3, 2), (3,)), lambda f, t, x, y: f(x, (t.tensor(ROWS), t.tensor(1)), y, True))
        for name in (*with_in_place("index_put"), "torch.index_put_")
    ),
    *(
        (name, ((2, 3),), lambda f, t, x: f(x, t.tensor([[0, -1], [4, 4]])))
        for name in pair("take")
    ),
    *(
        (name, ((2, 3), (3,)), lambda f, t, x, y: f(x, t.tensor([0, 4, -1]), y))
        for name in with_in_place("put")
    ),
    *(
        (name, ((2, 3), (3,)), lambda f, t, x, y: f(x, t.tensor([0, 4, 0]), y, accumulate=True))
        for name in with_in_place("put")
    ),
    *(
        (name, ((2, 3),), lambda f, t, x: f(x, t.tensor([[0], [2]]), 1))
        for name in pair("take_along_dim")
    ),
    ("torch.take_along_dim", ((2, 3),), lambda f, t, x: f(x, t.tensor([4, 0]))),
    *(
        (name, ((2, 3), (2, 3)), lambda f, t, x, y: f(x, 1, t.tensor(APART), y))
        for name in with_in_place("scatter")
    ),
    *(
        (name, ((2, 3),), lambda f, t, x: f(x, 1, t.tensor(APART[:1, :2]), 1.5))
        for name in with_in_place("scatter")
    ),
    *(
        (name, ((2, 3), (2, 3)), lambda f, t, x, y: f(x, 0, t.tensor(AT), y))
        for name in with_in_place("scatter_add")
    ),
    *(
        (
            name,
            ((2, 3), (2, 3)),
            lambda f, t, x, y, r=reduce, s=own: f(x, 0, t.tensor(AT), y, r, include_self=s),
        )
        for name in with_in_place("scatter_reduce")
        for reduce in ("sum", "prod", "mean", "amax", "amin")
        for own in (True, False)
    ),
]


def unless_leaf(call):
    """The call on a copy, which may be written to."""
    return lambda f, t, x, *rest: call(f, t, x * 1, *rest)


CALLS = [(name, shapes, unless_leaf(call)) for name, shapes, call in CALLS]
WITHOUT_GRADIENT = {
    "torch": "argwhere count_nonzero isin nonzero",
    "Tensor": "argwhere count_nonzero nonzero",
}
OTHERS = {"torch": "tril_indices triu_indices", "Tensor": ""}
# PyTorch warns at its first call.
UNKNOWN_TO_PYTORCH = "torch.index_reduce Tensor.index_reduce Tensor.index_reduce_"
