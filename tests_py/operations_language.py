"""Embeddings, attention and norms."""

import numpy as np

from operations import of

IDS = np.array([[1, 0, 3], [3, 3, 2]])

OPERATIONS = [
    of("F.layer_norm torch.layer_norm", (3, 4), args=((4,),)),
    of("F.layer_norm torch.layer_norm", (2, 3, 4), args=((3, 4),)),
    of("F.rms_norm torch.rms_norm", (2, 3, 4), args=((3, 4),)),
    of("F.scaled_dot_product_attention", (2, 3, 4), (2, 5, 4), (2, 5, 2)),
    of("F.scaled_dot_product_attention", (2, 4, 3), (2, 4, 3), (2, 4, 3), is_causal=True),
    of("F.scaled_dot_product_attention", (1, 4, 3), (2, 5, 3), (2, 5, 3), (4, 5)),
]

WEIGHTS = ((6, 3), (6, 2), (6,), (6,))  # of a GRU of 2
LSTM_WEIGHTS = ((8, 3), (8, 2), (8,), (8,))

CALLS = [
    *(
        (f"torch.rnn_{f}_cell", ((2, 3), (2, 2), (2, 3), (2, 2)), lambda f, t, *xs: [f(*xs)])
        for f in ("tanh", "relu")
    ),
    ("torch.gru_cell", ((2, 3), (2, 2), *WEIGHTS), lambda f, t, *xs: [f(*xs)]),
    (
        "torch.lstm_cell",
        ((2, 3), (2, 2), (2, 2), *LSTM_WEIGHTS),
        lambda f, t, x, h, c, *w: list(f(x, (h, c), *w)),
    ),
    *(
        (
            f"torch.rnn_{f}",
            ((3, 2, 3), (1, 2, 2), (2, 3), (2, 2)),
            lambda f, t, x, h, *w: list(f(x, h, w, False, 1, 0.0, True, False, False)),
        )
        for f in ("tanh", "relu")
    ),
    (
        "torch.gru",
        ((3, 2, 3), (2, 2, 2), *WEIGHTS, *WEIGHTS),
        lambda f, t, x, h, *w: list(f(x, h, w, True, 1, 0.0, True, True, False)),
    ),
    (
        "torch.lstm",
        ((5, 3), (1, 3, 2), (1, 3, 2), *LSTM_WEIGHTS),
        lambda f, t, x, h, c, *w: list(
            f(x, t.tensor([3, 1, 1]), (h, c), w, True, 1, 0.0, True, False)
        ),
    ),
    ("F.embedding", ((5, 3),), lambda f, t, w: [f(t.tensor(IDS), w)]),
    ("torch.embedding", ((5, 3),), lambda f, t, w: [f(w, t.tensor(IDS))]),
    *(
        ("F.embedding_bag", ((5, 3),), lambda f, t, w, m=m: [f(t.tensor(IDS), w, mode=m)])
        for m in ("sum", "mean", "max")
    ),
    (
        "F.embedding_bag",
        ((5, 3), (2, 3)),
        lambda f, t, w, s: [f(t.tensor(IDS), w, mode="sum", per_sample_weights=s)],
    ),
    (
        "F.layer_norm",
        ((2, 4), (4,), (4,)),
        lambda f, t, x, w, b: [f(x, (4,), w, b)],
    ),
    ("F.rms_norm", ((2, 4), (4,)), lambda f, t, x, w: [f(x, (4,), w)]),
    (
        "F.multi_head_attention_forward",
        ((3, 2, 4), (12, 4), (12,), (4, 4), (4,)),
        lambda f, t, x, w, b, v, c: list(f(x, x, x, 4, 2, w, b, None, None, False, 0.0, v, c)),
    ),
]
WITHOUT_GRADIENT = {}
OTHERS = {"torch": "embedding_renorm_"}  # shortens the table's rows in place
UNKNOWN_TO_PYTORCH = ""
