"""torch.nn.functional: activations, losses, distances, dropout."""

import numpy as np

from operations import Operation, of, sample, unary

TARGETS = np.array([2, 0, 3])
LISTED = np.array([[2, 0, -1, 1], [3, -1, 0, 0], [0, 1, 2, 3]])
SIGNS = np.array([[1.0, -1.0, 1.0, 1.0], [-1.0, 1.0, -1.0, -1.0], [1.0, 1.0, -1.0, 1.0]])
PROBABILITIES = (sample(3, 4) - sample(3, 4).min() + 0.1) / 3

ACTIVATIONS = [
    ("leaky_relu leaky_relu_", {}),
    ("leaky_relu", {"negative_slope": 0.3}),
    ("elu elu_", {"alpha": 2.0}),
    ("selu selu_", {}),
    ("celu celu_", {"alpha": 0.5}),
    ("silu mish logsigmoid hardswish hardsigmoid softsign tanhshrink relu6 rrelu rrelu_", {}),
    ("softplus", {"beta": 2.0, "threshold": 1.0}),
    ("hardtanh hardtanh_", {"min_val": -0.5, "max_val": 0.3}),
    ("softshrink hardshrink", {"lambd": 0.3}),
    ("threshold threshold_", {"threshold": 0.1, "value": 2.0}),
]
PAIRS = [
    ("l1_loss mse_loss smooth_l1_loss", {}),
    ("smooth_l1_loss", {"beta": 0.4}),
    ("huber_loss", {"delta": 0.5}),
    ("poisson_nll_loss", {}),
]
REDUCTIONS = ("none", "mean", "sum")


def named(names):
    return " ".join(f"F.{name}" for name in names.split())


OPERATIONS = [
    unary("torch.selu torch.selu_ torch.celu torch.celu_ torch.rrelu torch.rrelu_"),
    unary("torch.hardshrink Tensor.hardshrink", 0.3),
    unary("torch.threshold torch.threshold_", 0.1, 2.0),
    of("torch.prelu Tensor.prelu", (2, 3, 2), (3,)),
    of("torch.dropout_ torch.alpha_dropout torch.feature_alpha_dropout", (4, 5), args=(0.4, True)),
    of("torch.bilinear", (2, 3), (2, 4), (5, 3, 4), (5,)),
    of("torch.cosine_similarity torch.pairwise_distance", (3, 4), (3, 4)),
    of("torch.norm_except_dim", (3, 4, 2), args=(2, 1)),
    *(unary(named(names), **kwargs) for names, kwargs in ACTIVATIONS),
    of("F.rrelu", (3, 4), training=True),
    of("F.glu", (3, 4)),
    of("F.glu", (4, 3), args=(0,)),
    of("F.prelu", (2, 3, 2), (3,)),
    of("F.prelu", (4,), (1,)),
    of("F.softmin", (2, 3), args=(1,)),
    of("F.gumbel_softmax", (2, 3)),
    of("F.alpha_dropout F.feature_alpha_dropout", (4, 5, 2), args=(0.4, True)),
    *(
        of("F.normalize", (3, 4), args=(p, dim))
        for p, dim in ((2.0, 1), (1.0, 0), (3.0, 1), (float("inf"), 1))
    ),
    *(of("F.pairwise_distance", (3, 4), (3, 4), args=(p,)) for p in (2.0, 1.0, 3.0)),
    of("F.cosine_similarity", (3, 4), (1, 4)),
    *(of("F.pdist", (4, 3), args=(p,)) for p in (2.0, 1.0, 3.0, float("inf"))),
    of("F.bilinear", (2, 3), (2, 4), (5, 3, 4), (5,)),
    of("F.linear", (2, 3), (3,)),
    *(
        of(named(names), (3, 4), (3, 4), **kwargs, reduction=reduction)
        for names, kwargs in PAIRS
        for reduction in REDUCTIONS
    ),
    of("F.l1_loss F.mse_loss F.huber_loss", (3, 4), (3, 4), reduction="sum"),
    *(
        Operation("F.kl_div", [(sample(3, 4), PROBABILITIES)], (), {"reduction": reduction})
        for reduction in ("none", "sum", "batchmean")
    ),
    of("F.kl_div", (3, 4), (3, 4), reduction="sum", log_target=True),
    Operation(
        "F.gaussian_nll_loss",
        [(sample(3, 4), sample(3, 4, seed=1), sample(3, 4, seed=2, positive=True))],
        (),
        {"full": True},
    ),
    of("F.triplet_margin_loss", (3, 4), (3, 4), (3, 4), swap=True, margin=2.0),
    of("F.triplet_margin_with_distance_loss", (3, 4), (3, 4), (3, 4), margin=2.0),
]

CALLS = [
    (
        "F.gumbel_softmax",
        ((2, 3),),
        lambda f, t, x: [(f(x, hard=True) * t.arange(3).double()).sum() * 0 + f(x).sum()],
    ),
    *(
        (f"F.{name}", ((3, 4),), lambda f, t, x, r=reduction: f(x, t.tensor(SIGNS), reduction=r))
        for name in ("soft_margin_loss", "hinge_embedding_loss")
        for reduction in REDUCTIONS
    ),
    *(
        (f"F.{name}", ((3, 4),), lambda f, t, x, k=kwargs: f(x, t.tensor(TARGETS), **k))
        for name in ("multi_margin_loss",)
        for kwargs in ({}, {"p": 2}, {"margin": 0.3}, {"reduction": "none"}, {"reduction": "sum"})
    ),
    (
        "F.multi_margin_loss",
        ((3, 4),),
        lambda f, t, x: [f(x, t.tensor(TARGETS), weight=t.arange(4).double())],
    ),
    *(
        (
            "F.multilabel_margin_loss",
            ((3, 4),),
            lambda f, t, x, r=reduction: [f(x, t.tensor(LISTED), reduction=r)],
        )
        for reduction in REDUCTIONS
    ),
    (
        "F.multilabel_soft_margin_loss",
        ((3, 4),),
        lambda f, t, x: [f(x, t.tensor(SIGNS * 0.5 + 0.5), t.arange(4).double())],
    ),
    (
        "F.margin_ranking_loss",
        ((3, 4), (3, 4)),
        lambda f, t, x, y: [f(x, y, t.tensor(SIGNS), margin=0.3)],
    ),
    (
        "F.cosine_embedding_loss",
        ((3, 4), (3, 4)),
        lambda f, t, x, y: [f(x, y, t.tensor(SIGNS[:, 0]), margin=-0.5)],
    ),
]
WITHOUT_GRADIENT = {}
OTHERS = {"F": "one_hot"}
# PyTorch's slope of hardsigmoid is a sixth in float32; its gradient of pdist at ties is another.
UNKNOWN_TO_PYTORCH = "F.hardsigmoid F.pdist"
