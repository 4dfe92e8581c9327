"""torch.nn.functional and the losses' modules beside PyTorch: values, gradients, errors."""

import inspect
import itertools
import warnings

import numpy as np
import pytest

import tinytorch
from beside import beside_torch

if not hasattr(tinytorch, "no_grad"):
    pytest.skip("needs autograd", allow_module_level=True)

DRAWS = np.random.default_rng(0)
A, B, C = (DRAWS.uniform(-2, 2, (4, 5)).astype(np.float32) for _ in range(3))
P, Q = (DRAWS.uniform(0.05, 0.95, (4, 5)).astype(np.float32) for _ in range(2))
SIGNS = np.where(C > 0, 1.0, -1.0).astype(np.float32)
CLASSES = np.array([2, 0, 4, 3])
LISTED = np.array([[0, 2, -1, 1, 3], [4, 3, 2, 1, 0], [-1, 1, 2, 3, 4], [1, -1, 0, 0, 0]])
WEIGHT = np.array([0.5, 1.5, 0.1, 1.0, 2.0], np.float32)
# At, and around, every kink; and what is not finite.
KINKS = np.array([[-4, -3, -1, -0.5, 0, 0.2], [0.5, 1, 2.5, 3, 6, 25]], np.float32)
WILD = np.array([np.nan, np.inf, -np.inf, -0.0, 1e4, -1e4, 88, -104], np.float32)


def measured(library, call, arrays):
    """call's result and the gradients of the sum of its squares, or the error's type."""
    library.manual_seed(0)
    given = [library.tensor(x) for x in arrays]
    for x in given:
        if x.is_floating_point():
            x.requires_grad_()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            y = call(library, *given)
            if y.requires_grad:
                (y * y).sum().backward()
    except Exception as error:
        return type(error).__name__
    gradients = [x.grad for x in given if x.requires_grad]
    return [y.detach(), *[x for x in gradients if x is not None]]


def compare(call, *arrays):
    torch = pytest.importorskip("torch")
    ours, theirs = (measured(library, call, arrays) for library in (tinytorch, torch))
    if isinstance(theirs, str) or isinstance(ours, str):
        assert ours == theirs
        return
    for mine, other in zip(ours, theirs, strict=True):
        assert str(mine.dtype) == str(other.dtype)
        assert tuple(mine.shape) == tuple(other.shape)
        finite = other.numpy()[np.isfinite(other.numpy())]
        size = np.abs(finite).max(initial=1)
        np.testing.assert_allclose(mine.numpy(), other.numpy(), rtol=2e-5, atol=1e-6 * size)


def function(name, **kwargs):
    return lambda library, *given: getattr(library.nn.functional, name)(*given, **kwargs)


# --- activations ------------------------------------------------------------------------------

ACTIVATIONS = [
    ("leaky_relu", {}), ("leaky_relu", {"negative_slope": -0.3}), ("elu", {}),
    ("elu", {"alpha": 2.0}), ("elu", {"alpha": -1.0}), ("selu", {}), ("celu", {"alpha": 0.5}),
    ("celu", {"alpha": 0}), ("silu", {}), ("mish", {}), ("softplus", {}),
    ("softplus", {"beta": 2, "threshold": 3}), ("hardtanh", {}),
    ("hardtanh", {"min_val": 2, "max_val": 0.5}), ("relu6", {}), ("hardswish", {}),
    ("hardsigmoid", {}), ("logsigmoid", {}), ("softsign", {}), ("tanhshrink", {}),
    ("softshrink", {}), ("softshrink", {"lambd": -1}), ("hardshrink", {"lambd": 1}),
    ("threshold", {"threshold": 0.5, "value": 3}), ("rrelu", {}), ("rrelu", {"training": True}),
    ("rrelu", {"lower": 0.5, "upper": 0.1}), ("glu", {}), ("glu", {"dim": 0}), ("glu", {"dim": 2}),
    ("softmin", {"dim": 1}), ("softmin", {}), ("gumbel_softmax", {}),
    ("gumbel_softmax", {"hard": True, "dim": 0}), ("normalize", {}),
    ("normalize", {"p": 1, "dim": 0}), ("normalize", {"p": float("inf")}), ("normalize", {"p": 3}),
    ("alpha_dropout", {"training": True}), ("alpha_dropout", {"p": 1.0, "training": True}),
    ("alpha_dropout", {"p": 2.0}), ("feature_alpha_dropout", {"p": 0.3, "training": True}),
]  # fmt: skip
IN_PLACE = "leaky_relu elu selu celu silu mish hardtanh relu6 hardswish hardsigmoid threshold rrelu"


@pytest.mark.parametrize(("name", "kwargs"), ACTIVATIONS)
def test_activations_beside_pytorch(name, kwargs):
    call = function(name, **kwargs)
    for data in (KINKS, KINKS.reshape(2, 3, 2), KINKS[0, 3], KINKS[:0]):
        compare(call, data)
        compare(call, data.astype(np.float64))
    compare(call, WILD[None])
    compare(call, KINKS.astype(np.int64))
    compare(call, np.abs(KINKS).astype(np.uint8))
    if "dropout" not in name and name != "rrelu" and name != "gumbel_softmax":
        compare(lambda library, x: call(library, x.t()), KINKS)
        compare(lambda library, x: call(library, x.expand(4, 6)), KINKS[:1])


@pytest.mark.parametrize(
    ("name", "kwargs"), [case for case in ACTIVATIONS if case[0] in IN_PLACE.split()]
)
def test_activations_in_place_beside_pytorch(name, kwargs):
    if kwargs.get("negative_slope", 0) < 0 or kwargs.get("alpha", 1) <= 0:
        return  # PyTorch refuses their backward, which reads the result
    call = function(name, **kwargs, inplace=True)
    compare(lambda library, x: call(library, x * 1) + 0, KINKS)
    compare(call, KINKS)  # a leaf
    compare(call, KINKS.astype(np.int64))

    def through_a_view(library, x):
        base = x * 1
        call(library, base[:, 1::2])
        return base

    compare(through_a_view, KINKS)


@pytest.mark.parametrize("weight", [[0.25], [0.1, 0.2], [0.1, 0.2, 0.3], 0.3, [[0.1]]])
@pytest.mark.parametrize("shape", [(2, 6), (3, 2, 2), (12,), (0, 2)])
def test_prelu_beside_pytorch(weight, shape):
    data = KINKS.reshape(-1)[: int(np.prod(shape))].reshape(shape)
    compare(function("prelu"), data, np.array(weight, np.float32))
    compare(function("prelu"), data, np.array(weight))


# --- losses -----------------------------------------------------------------------------------

PAIRS = [
    ("l1_loss", {}, (A, B)), ("mse_loss", {}, (A, B)), ("smooth_l1_loss", {}, (A, B)),
    ("smooth_l1_loss", {"beta": 0.3}, (A, B)), ("smooth_l1_loss", {"beta": 0.0}, (A, B)),
    ("smooth_l1_loss", {"beta": -1.0}, (A, B)), ("huber_loss", {"delta": 0.4}, (A, B)),
    ("huber_loss", {"delta": 0.0}, (A, B)), ("kl_div", {}, (A, P)),
    ("kl_div", {"log_target": True}, (A, B)), ("poisson_nll_loss", {}, (A, P * 5)),
    ("poisson_nll_loss", {"full": True}, (A, P * 5)),
    ("poisson_nll_loss", {"log_input": False}, (P, Q)), ("hinge_embedding_loss", {}, (A, SIGNS)),
    ("binary_cross_entropy", {}, (P, Q)), ("binary_cross_entropy_with_logits", {}, (A, Q)),
    ("multilabel_soft_margin_loss", {}, (A, SIGNS * 0.5 + 0.5)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kwargs", "given"), PAIRS)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none", "batchmean", "x"])
def test_losses_of_pairs_beside_pytorch(name, kwargs, given, reduction):
    call = function(name, **kwargs, reduction=reduction)
    compare(call, *given)
    compare(call, *(x.astype(np.float64) for x in given))


@pytest.mark.parametrize(("name", "kwargs", "given"), PAIRS)
def test_shapes_of_losses_beside_pytorch(name, kwargs, given):
    call, (x, t) = function(name, **kwargs), given
    compare(call, x[:0], t[:0])
    compare(call, x, t[:1])
    compare(call, x, t[:, :3])
    compare(lambda library, x, t: call(library, x.t(), t.t()), x, t)
    for flags in ({"size_average": False}, {"reduce": False}, {"reduce": True}):
        if name != "huber_loss":
            compare(function(name, **kwargs, **flags), x, t)


def weighted(name, constant=True, **kwargs):
    def call(library, x, t, w):
        loss = getattr(library.nn.functional, name)
        return loss(x, t, weight=w.detach() if constant else w, **kwargs)

    return call


@pytest.mark.parametrize("reduction", ["mean", "sum", "none", "x"])
def test_weighted_losses_beside_pytorch(reduction):
    for name in ("l1_loss", "mse_loss", "huber_loss"):
        compare(weighted(name, constant=False, reduction=reduction), A, B, P)
        compare(weighted(name, reduction=reduction), A, B, P[:1])


PAIRS = (
    "mse_loss l1_loss smooth_l1_loss huber_loss soft_margin_loss binary_cross_entropy kl_div"
    " binary_cross_entropy_with_logits cosine_similarity dropout"
)


@pytest.mark.parametrize("name", PAIRS.split())
def test_dtypes_of_losses_beside_pytorch(name):
    """Whatever dtypes meet, at whatever shapes; floats of a 0-d target count as any other's."""
    torch = pytest.importorskip("torch")
    dtypes = ("float32", "float64", "float16", "int64", "bool")

    def kind(t, first, second, shape):
        x = t.tensor([[0.5, 0.25], [0, 1]]).to(getattr(t, first))
        y = t.ones(shape).to(getattr(t, second))
        try:
            if name == "dropout":
                return t.nn.functional.dropout(x, 0.5, second == "bool" and not shape).dtype
            return t.nn.functional.__dict__[name](x, y).dtype
        except Exception as error:
            integers = not (x.is_floating_point() or y.is_floating_point())
            return Exception if integers else type(error).__name__

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for given in itertools.product(dtypes, dtypes, [(2, 2), ()]):
            assert str(kind(tinytorch, *given)) == str(kind(torch, *given)), given


def test_a_weight_that_would_want_a_gradient_is_refused():
    compare(weighted("nll_loss", constant=False), A, CLASSES, WEIGHT)
    compare(weighted("cross_entropy", constant=False), A, CLASSES, WEIGHT)
    compare(weighted("multi_margin_loss", constant=False), A, CLASSES, WEIGHT)
    compare(weighted("binary_cross_entropy", constant=False), P, Q, A)
    compare(weighted("binary_cross_entropy_with_logits", constant=False), A, Q, P)


@pytest.mark.parametrize("variance", [P, P[:, :1], P[:, 0], P[:, :3], -P, P * 1e-9, 0.5])
@pytest.mark.parametrize("full", [True, False])
def test_gaussian_nll_beside_pytorch(variance, full):
    call = function("gaussian_nll_loss", full=full, reduction="none")
    if isinstance(variance, float):
        compare(lambda library, x, t: call(library, x, t, variance), A, B)
    else:
        compare(call, A, B, variance)


LOGITS = [
    (A, CLASSES), (A[0], CLASSES[0]), (A[:0], CLASSES[:0]), (A, CLASSES[:3]), (A, CLASSES[:, None]),
    (A, CLASSES.astype(np.int32)), (A, CLASSES * 9), (A, CLASSES - 9), (A, CLASSES * 0 - 100),
    (A.reshape(2, 5, 2), CLASSES.reshape(2, 2)), (A[0, 0], CLASSES[0]),
    (A.reshape(1, 5, 2, 2), CLASSES.reshape(1, 2, 2)),
    (A.reshape(1, 5, 2, 2), CLASSES.reshape(1, 4, 1)),
]  # fmt: skip


@pytest.mark.parametrize("reduction", ["mean", "sum", "none", "x"])
def test_losses_of_classes_beside_pytorch(reduction):
    for x, t in LOGITS:
        for name in ("nll_loss", "cross_entropy"):
            compare(function(name, reduction=reduction), x, t)
            compare(function(name, reduction=reduction, ignore_index=0), x, t)
            if x.ndim:
                compare(weighted(name, reduction=reduction), x, t, WEIGHT)
        if x.ndim:
            smooth = {"reduction": reduction, "label_smoothing": 0.2}
            compare(function("cross_entropy", **smooth), x, t)
            compare(weighted("cross_entropy", **smooth), x, t, WEIGHT)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none", "x"])
def test_margin_losses_beside_pytorch(reduction):
    options = {"reduction": reduction}
    for margin in (0.0, 0.5):
        compare(function("margin_ranking_loss", margin=margin, **options), A, B, SIGNS)
        compare(function("cosine_embedding_loss", margin=margin, **options), A, B, SIGNS[:, 0])
        compare(
            function("cosine_embedding_loss", margin=margin, **options), A[0], B[0], SIGNS[0, 0]
        )
    for kwargs in ({}, {"p": 2}, {"margin": 0.3}, {"p": 3}):
        call = function("multi_margin_loss", **kwargs, **options)
        for x, t in ((A, CLASSES), (A[0], CLASSES[0]), (A, CLASSES[:2]), (A, CLASSES * 7)):
            compare(call, x, t)
        compare(weighted("multi_margin_loss", **kwargs, **options), A, CLASSES, WEIGHT)
    for x, t in ((A, LISTED), (A[0], LISTED[0]), (A, LISTED[:2]), (A, LISTED * 7), (A, A)):
        compare(function("multilabel_margin_loss", **options), x, t)
    for kwargs in ({}, {"p": 1}, {"swap": True}, {"margin": 0.2}, {"margin": 0}):
        compare(function("triplet_margin_loss", **kwargs, **options), A, B, C)
    compare(function("triplet_margin_with_distance_loss", **options), A, B, C)
    compare(function("soft_margin_loss", **options), A, SIGNS.astype(np.int64))


def test_shapes_of_margin_losses_beside_pytorch():
    compare(function("triplet_margin_loss"), A, B[0], C)
    compare(function("margin_ranking_loss"), A, B[0], C)
    compare(function("cosine_embedding_loss"), A, B, SIGNS)
    compare(function("cosine_embedding_loss"), A, B, SIGNS[0, 0])
    compare(function("cosine_embedding_loss"), A * 0, B, SIGNS[:, 0])
    compare(function("soft_margin_loss"), A, SIGNS)  # not differentiable by the target


# --- distances and products -------------------------------------------------------------------

PAIRS_OF_VECTORS = [
    (A, B), (A, A), (A[0], B[0]), (A, B[:1]), (A, B[0]), (A, B[:, :3]), (A[:0], B[:0]),
    (A.astype(np.int64), B.astype(np.int64)), (A, B.astype(np.float64)), (A * 0, B),
]  # fmt: skip


@pytest.mark.parametrize("p", [2.0, 1.0, 3.0, float("inf"), 0.5])
def test_distances_beside_pytorch(p):
    for x, y in PAIRS_OF_VECTORS:
        compare(function("pairwise_distance", p=p), x, y)
        compare(function("pairwise_distance", p=p, keepdim=True, eps=0.0), x, y)
    for x in (A, np.concatenate([A, A]), A[:1], A[:, :0], A[0], A.astype(np.int64)):
        compare(function("pdist", p=p), x)
    compare(function("pdist", p=-p), A)


@pytest.mark.parametrize("kwargs", [{}, {"dim": 0}, {"dim": -1}, {"eps": 1.0}, {"dim": 3}])
def test_cosine_similarity_beside_pytorch(kwargs):
    for x, y in PAIRS_OF_VECTORS:
        compare(function("cosine_similarity", **kwargs), x, y)


def test_products_beside_pytorch():
    weight, bias = DRAWS.normal(size=(3, 5, 2)).astype(np.float32), WEIGHT[:3]
    x2 = B[:, :2]
    for given in ((A, x2, weight, bias), (A, x2, weight), (A[0], x2[0], weight, bias)):
        compare(function("bilinear"), *given)
    compare(function("bilinear"), A[None], x2[None], weight)
    for given in (
        (A, x2[:3], weight),
        (A, A, weight),
        (A, x2, weight, bias[:2]),
        (A, x2[0], weight),
    ):
        compare(function("bilinear"), *given)
    for given in ((A, B[:3], bias), (A, B[0]), (A[0], B[0]), (A, B[:3], bias[:2]), (A, C[:, :3])):
        compare(function("linear"), *given)


@pytest.mark.parametrize("count", [-1, 0, 3, 5, 7, -2])
def test_one_hot_beside_pytorch(count):
    for x in (CLASSES, CLASSES - 1, CLASSES[:0], CLASSES[0], LISTED, CLASSES.astype(np.int32), A):
        compare(lambda library, x: library.nn.functional.one_hot(x, count), x)


# --- the surface ------------------------------------------------------------------------------


def test_signatures_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    for name, ours in vars(tinytorch.nn.functional).items():
        if name.startswith("_") or not inspect.isfunction(ours):
            continue
        try:
            theirs = inspect.signature(getattr(torch.nn.functional, name))
        except (ValueError, AttributeError):
            continue
        expected = [(p.name, p.default, p.kind) for p in theirs.parameters.values()]
        if [kind for _, _, kind in expected] == [inspect.Parameter.VAR_POSITIONAL,
                                                 inspect.Parameter.VAR_KEYWORD]:  # fmt: skip
            continue  # PyTorch picks among several
        found = [(p.name, p.default, p.kind) for p in inspect.signature(ours).parameters.values()]
        assert found == expected, name


MODULES = [
    "L1Loss()", "SmoothL1Loss(beta=0.5)", "HuberLoss(delta=0.5)", "KLDivLoss(reduction='sum')",
    "PoissonNLLLoss(full=True)", "HingeEmbeddingLoss()", "SoftMarginLoss()",
    "MSELoss(reduction='none')", "MultiLabelSoftMarginLoss()", "PairwiseDistance(1.0)",
    "CosineSimilarity()", "MarginRankingLoss(1.0)", "TripletMarginLoss(margin=2.0)",
    "TripletMarginWithDistanceLoss()", "CosineEmbeddingLoss()", "GaussianNLLLoss(full=True)",
    "Bilinear(5,5,3)",
]  # fmt: skip


@pytest.mark.parametrize("text", MODULES)
def test_modules_of_losses_beside_pytorch(text):
    count = (
        3 if any(word in text for word in ("Triplet", "Ranking", "Gaussian", "Embedding")) else 2
    )
    given = [P, Q, P[:, ::-1].copy()][:count]
    if text.startswith(("Soft", "Hinge")):
        given = [P, SIGNS.astype(np.int64)]
    if text.startswith("CosineE"):
        given[2] = SIGNS[:, 0]
    compare(lambda library, *x: eval(f"nn.{text}", {"nn": library.nn})(*x), *given)


def test_old_names_warn_as_in_pytorch():
    beside_torch(lambda library: library.nn.NLLLoss2d())
    beside_torch(lambda library: library.nn.L1Loss(size_average=False).reduction)
    beside_torch(
        lambda library: library.nn.functional.kl_div(library.zeros(2), library.ones(2)).item()
    )
