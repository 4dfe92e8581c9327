"""The unit losses: finite for logits of any size, and every backward is the derivative."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy

from tinytorch.tito.law import gradient, law, task

LOGITS = np.array([-1e4, -200.0, -20.0, -1.0, 0.0, 1.0, 20.0, 200.0, 1e4], np.float32)
IGNORED = -100


def uniform(*shape, seed=0, low=-3.0, high=3.0, dtype=np.float64):
    return np.random.default_rng(seed).uniform(low, high, shape).astype(dtype)


def pairs(low=-3.0, high=3.0, target_low=-3.0, target_high=3.0):
    """A prediction and a target of one shape."""
    shape = st.shared(numpy.array_shapes(max_dims=3, max_side=5), key="shape")
    return st.tuples(
        numpy.arrays(np.float64, shape, elements=st.floats(low, high)),
        numpy.arrays(np.float64, shape, elements=st.floats(target_low, target_high)),
    )


@st.composite
def classified(draw):
    """Logits (N, C) and a class (N,) for each row."""
    rows, classes, seed = draw(st.integers(1, 5)), draw(st.integers(1, 6)), draw(st.integers(0, 99))
    target = np.random.default_rng(seed).integers(0, classes, rows)
    return uniform(rows, classes, seed=seed + 1), target


# What numpy says: the definitions, in float64, one loss for each element or row.


def square(x, target):
    return (x - target) ** 2


def bce(x, target):
    with np.errstate(divide="ignore"):
        logs = np.maximum(np.log(x), -100), np.maximum(np.log1p(-x), -100)
    return -(target * logs[0] + (1 - target) * logs[1])


def bce_with_logits(x, target):
    x = np.asarray(x, np.float64)
    return target * np.logaddexp(0, -x) + (1 - target) * np.logaddexp(0, x)


def sigmoid(x):
    return np.exp(-np.logaddexp(0, -np.asarray(x, np.float64)))


def log_softmax(x):
    x = np.asarray(x, np.float64)
    shifted = x - x.max(1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(1, keepdims=True))


def softmax(x):
    return np.exp(log_softmax(x))


def nll(x, target):
    return -x[np.arange(len(x)), target]


def cross_entropy(x, target):
    return nll(log_softmax(x), target)


REDUCE = {"none": lambda loss: loss, "sum": np.sum, "mean": np.mean}


def reduces(function, loss, *operands):
    """`function` with every reduction, against the single losses."""
    for reduction, reduce in REDUCE.items():
        given = {"x": operands[0], "target": operands[1], "reduction": reduction}
        actual = function(*operands, reduction=reduction)
        actual = actual[0] if isinstance(actual, tuple) else actual
        law("the single losses, reduced", actual, reduce(loss), given=given)


# --- mse ---


@task("losses.mse")
@given(pair=pairs())
def test_mse_is_the_squared_distance(lab, pair):
    reduces(lab.losses.mse, square(*pair), *pair)


@task("losses.mse")
@given(pair=pairs())
def test_mse_is_zero_at_the_target_and_symmetric(lab, pair):
    x, target = pair
    law("mse(x, x) = 0", lab.losses.mse(x, x), np.float64(0), given=x, atol=0)
    law("mse(x, t) = mse(t, x)", lab.losses.mse(x, target), lab.losses.mse(target, x), given=x)


@task("losses.mse_backward")
@pytest.mark.parametrize("reduction", REDUCE)
def test_mse_backward_is_the_derivative(lab, reduction):
    x, target = uniform(4, 5), uniform(4, 5, seed=1)
    grad = uniform(4, 5, seed=2) if reduction == "none" else np.array(0.7)
    law(
        "mse_backward is the derivative",
        lab.losses.mse_backward(grad, x, target, reduction),
        gradient(lambda x: REDUCE[reduction](square(x, target)), x, grad),
        given={"x": x, "target": target, "reduction": reduction},
        rtol=1e-6,
        atol=1e-8,
    )


@task("losses.mse_backward")
@given(pair=pairs())
def test_mse_backward_pulls_towards_the_target(lab, pair):
    x, target = pair
    grad_x = lab.losses.mse_backward(np.array(1.0), x, target, "sum")
    law("x - grad_x / 2 = target", x - grad_x / 2, target, given={"x": x, "target": target})


@task("losses.mse_backward")
def test_mse_backward_pulls_as_hard_as_it_is_far(lab):
    x, target = np.array([1e4, -300.0, 20.0, 0.0]), np.array([0.0, 50.0, -20.0, 7.0])
    actual = lab.losses.mse_backward(np.array(1.0), x, target, "sum")
    law("2 (x - target)", actual, 2 * (x - target), given={"x": x, "target": target})


# --- bce ---


@task("losses.bce")
@given(pair=pairs(0, 1, 0, 1))
def test_bce_equals_its_definition(lab, pair):
    reduces(lab.losses.bce, bce(*pair), *pair)


@task("losses.bce")
@given(pair=pairs(0.001, 0.999, 0, 1))
def test_bce_does_not_change_when_yes_and_no_are_exchanged(lab, pair):
    x, target = pair
    exchanged = lab.losses.bce(1 - x, 1 - target)
    given = {"x": x, "target": target}
    law("bce(x, t) = bce(1 - x, 1 - t)", lab.losses.bce(x, target), exchanged, given=given)


@task("losses.bce")
def test_bce_of_certainty_is_zero_or_a_hundred(lab):
    x, target = np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0, 0.0])
    actual = lab.losses.bce(x, target, reduction="none")
    hint = "log(0) is -inf, and 0 * inf is nan"
    law("0 where right, 100 where wrong", actual, np.array([0.0, 0.0, 100.0, 100.0]), hint=hint)


@task("losses.bce")
def test_bce_is_exact_for_small_probabilities(lab):
    x, target = np.array([1e-6, 1e-20], np.float32), np.zeros(2, np.float32)
    actual = lab.losses.bce(x, target, reduction="none")
    law("log(1 - x) is -x here", actual, x.astype(np.float64), given=x, rtol=1e-5, atol=0)


# --- bce_with_logits ---


@task("losses.bce_with_logits")
@given(pair=pairs(-30, 30, 0, 1))
def test_bce_with_logits_equals_its_definition(lab, pair):
    reduces(lab.losses.bce_with_logits, bce_with_logits(*pair), *pair)


@task("losses.bce_with_logits")
@pytest.mark.parametrize("target", [0.0, 0.25, 1.0])
def test_bce_with_logits_is_finite_and_exact_at_both_ends(lab, target):
    targets = np.full_like(LOGITS, target)
    actual = lab.losses.bce_with_logits(LOGITS, targets, reduction="none")
    expected = bce_with_logits(LOGITS, targets)
    given = {"x": LOGITS, "target": targets}
    law("log(1 + exp(x)) without overflow", actual, expected, given=given, atol=1e-30)


@task("losses.bce_with_logits")
def test_bce_with_logits_of_ignorance_is_log_two(lab):
    for target in (0.0, 0.3, 1.0):
        actual = lab.losses.bce_with_logits(np.zeros(3), np.full(3, target))
        law("log 2 whatever the target", actual, np.log(2.0), given={"target": target})


@task("losses.bce_with_logits_backward")
@pytest.mark.parametrize("reduction", REDUCE)
def test_bce_with_logits_backward_is_the_derivative(lab, reduction):
    x, target = uniform(4, 5), uniform(4, 5, seed=1, low=0, high=1)
    grad = uniform(4, 5, seed=2) if reduction == "none" else np.array(0.7)
    law(
        "bce_with_logits_backward is the derivative",
        lab.losses.bce_with_logits_backward(grad, x, target, reduction=reduction),
        gradient(lambda x: REDUCE[reduction](bce_with_logits(x, target)), x, grad),
        given={"x": x, "target": target, "reduction": reduction},
        rtol=1e-6,
        atol=1e-8,
    )


@task("losses.bce_with_logits_backward")
def test_bce_with_logits_backward_is_finite_at_both_ends(lab):
    target, one = np.zeros_like(LOGITS), np.float32(1)
    actual = lab.losses.bce_with_logits_backward(one, LOGITS, target, reduction="sum")
    law("probability minus target", actual, sigmoid(LOGITS), given=LOGITS, atol=1e-30)


# --- nll ---


@task("losses.nll")
@given(case=classified())
def test_nll_picks_the_targets(lab, case):
    reduces(lab.losses.nll, nll(*case), *case)


@task("losses.nll")
def test_nll_ignores_what_an_ignored_row_holds(lab):
    x = log_softmax(uniform(4, 3))
    expected = nll(x, np.array([2, 0, 1, 0]))
    x[1], x[3] = np.nan, -np.inf
    target = np.array([2, IGNORED, 1, IGNORED])
    expected[[1, 3]] = 0
    given = {"x": x, "target": target}
    actual = lab.losses.nll(x, target, reduction="none")
    law("0 where ignored", actual, expected, given=given, hint="0 times nan is nan")
    actual = lab.losses.nll(x, target)
    law("the mean over rows that count", actual, expected.sum() / 2, given=given)


@task("losses.nll")
def test_nll_of_an_ignored_row_is_not_what_was_there(lab):
    """The memory of a result was often used before."""
    x = log_softmax(uniform(6, 3))
    for _ in range(3):
        lab.losses.nll(x, np.array([2, 0, 1, 0, 1, 2]), reduction="none")
        actual = lab.losses.nll(x, np.full(6, IGNORED), reduction="none")
        law("0 where ignored", actual, np.zeros(6), given=x)


@task("losses.nll")
def test_nll_weighs_rows_by_their_class(lab):
    x, target = log_softmax(uniform(5, 3)), np.array([0, 1, 2, 2, 0])
    weight = np.array([1.0, 0.5, 3.0])
    given = {"x": x, "target": target, "weight": weight}
    single = nll(x, target) * weight[target]
    law("weighted", lab.losses.nll(x, target, weight, reduction="none"), single, given=given)
    mean = lab.losses.nll(x, target, weight)
    law("the weighted mean", mean, single.sum() / weight[target].sum(), given=given)


# --- cross_entropy ---


def loss_of(lab, *operands, **options):
    return lab.losses.cross_entropy(*operands, **options)[0]


@task("losses.cross_entropy")
@given(case=classified())
def test_cross_entropy_is_nll_of_log_softmax(lab, case):
    reduces(lab.losses.cross_entropy, cross_entropy(*case), *case)
    law(
        "the softmax beside it", lab.losses.cross_entropy(*case)[1], softmax(case[0]), given=case[0]
    )


@task("losses.cross_entropy")
@pytest.mark.parametrize("classes", [1, 2, 10])
def test_cross_entropy_of_ignorance_is_log_c(lab, classes):
    x = np.full((3, classes), 7.0)
    actual = loss_of(lab, x, np.array([0, classes - 1, 0]))
    law("log C", actual, np.log(np.float64(classes)), given=x)


@task("losses.cross_entropy")
@given(case=classified(), shift=st.floats(-1000, 1000))
def test_cross_entropy_does_not_see_a_shift(lab, case, shift):
    x, target = case
    given = {"x": x, "target": target, "shift": shift}
    law("x + c", loss_of(lab, x + shift, target), loss_of(lab, x, target), given=given, atol=1e-10)


@task("losses.cross_entropy")
def test_cross_entropy_is_finite_and_exact_for_logits_of_any_size(lab):
    x = np.array([[0, 200], [1e4, -1e4], [1e4, -1e4], [-1e4, -1e4], [0, 17]], np.float32)
    target = np.array([0, 0, 1, 0, 1])
    actual = loss_of(lab, x, target, reduction="none")
    hint = "softmax is 0 where its logarithm is -200: what is the logarithm of the quotient?"
    expected = cross_entropy(x, target)
    law("no overflow", actual[:4], expected[:4], given={"x": x, "target": target}, hint=hint)
    law("near certainty", actual[4:], expected[4:], given={"x": x[4:]}, atol=2e-7)


@task("losses.cross_entropy")
def test_cross_entropy_ignores_what_an_ignored_row_holds(lab):
    x, target = uniform(4, 3), np.array([2, IGNORED, 1, IGNORED])
    expected = cross_entropy(x, np.array([2, 0, 1, 0])) * np.array([1, 0, 1, 0])
    x[1] = np.nan
    given = {"x": x, "target": target}
    law("0 where ignored", loss_of(lab, x, target, reduction="none"), expected, given=given)
    law("the mean over rows that count", loss_of(lab, x, target), expected.sum() / 2, given=given)
    other = np.array([2, 1, 1, 1])
    law("any index", loss_of(lab, x, other, ignore_index=1, reduction="none")[0], expected[0])


@task("losses.cross_entropy")
def test_cross_entropy_weighs_rows_by_their_class(lab):
    x, target, weight = uniform(5, 3), np.array([0, 1, 2, 2, 0]), np.array([1.0, 0.5, 3.0])
    single = cross_entropy(x, target) * weight[target]
    given = {"x": x, "target": target, "weight": weight}
    law("weighted", loss_of(lab, x, target, weight, reduction="none"), single, given=given)
    mean = single.sum() / weight[target].sum()
    law("the weighted mean", loss_of(lab, x, target, weight), mean, given=given)


@task("losses.cross_entropy")
def test_cross_entropy_spoils_only_the_row_of_a_nan(lab):
    x, target = uniform(3, 4), np.array([0, 1, 2])
    expected = cross_entropy(x, target)
    x[1, 3] = expected[1] = np.nan
    law("one NaN", loss_of(lab, x, target, reduction="none"), expected, given=x)


@task("losses.cross_entropy_backward")
@given(case=classified())
def test_cross_entropy_backward_is_the_derivative(lab, case):
    x, target = case
    grad = uniform(len(x), seed=3)
    law(
        "cross_entropy_backward is the derivative",
        lab.losses.cross_entropy_backward(grad, softmax(x), target, reduction="none"),
        gradient(lambda x: cross_entropy(x, target), x, grad),
        given={"grad": grad, "softmax": softmax(x), "target": target},
        rtol=1e-6,
        atol=1e-8,
    )


@task("losses.cross_entropy_backward")
@given(case=classified())
def test_cross_entropy_backward_sums_to_zero(lab, case):
    """Raising all logits of a row changes nothing, so their gradients cancel."""
    x, target = case
    grad_x = lab.losses.cross_entropy_backward(np.array(1.0), softmax(x), target)
    law("rows sum to zero", grad_x.sum(1), np.zeros(len(x)), given={"softmax": softmax(x)})


@task("losses.cross_entropy_backward")
def test_cross_entropy_backward_of_the_mean_counts_the_rows(lab):
    x, target = uniform(4, 3), np.array([2, IGNORED, 1, 0])
    weight = np.array([1.0, 0.5, 3.0])
    y = softmax(x)
    y[1] = np.nan
    factor = np.array([3.0, 0.0, 0.5, 1.0])[:, None] / 4.5
    expected = factor * (softmax(x) - np.eye(3)[[2, 0, 1, 0]])
    actual = lab.losses.cross_entropy_backward(np.array(1.0), y, target, weight)
    given = {"softmax": y, "target": target, "weight": weight}
    law("weight (probability - target) / total weight", actual, expected, given=given)
    grad = np.array([1.0, np.nan, 1.0, 1.0])
    actual = lab.losses.cross_entropy_backward(grad, y, target, weight, reduction="none")
    law(
        "nothing comes out of an ignored row", actual, 4.5 * expected, given={"grad": grad, **given}
    )


# --- given code ---


def test_nll_backward_is_the_derivative(lab):
    x, target, grad = uniform(4, 3), np.array([2, 0, 1, 1]), uniform(4, seed=1)
    actual = lab.losses.nll_backward(grad, x, target, reduction="none")
    expected = gradient(lambda x: nll(x, target), x, grad)
    law("nll_backward", actual, expected, rtol=1e-6, atol=1e-8)


def test_bce_backward_is_the_derivative(lab):
    x, target = uniform(4, 5, low=0.1, high=0.9), uniform(4, 5, low=0, high=1, seed=1)
    grad = uniform(4, 5, seed=2)
    actual = lab.losses.bce_backward(grad, x, target, reduction="none")
    expected = gradient(lambda x: bce(x, target), x, grad)
    law("bce_backward", actual, expected, rtol=1e-6, atol=1e-8)
    ends = lab.losses.bce_backward(np.array(1.0), np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    law("finite at certainty", np.isfinite(ends).all(), np.True_)


def test_pos_weight_and_weight_scale_their_terms(lab):
    x, target, grad = uniform(4, 3), uniform(4, 3, low=0, high=1, seed=1), uniform(4, 3, seed=2)
    weight, pos_weight = uniform(3, low=0, high=2, seed=3), uniform(3, low=0, high=4, seed=4)

    def expected(x):
        positive, negative = np.logaddexp(0, -x), np.logaddexp(0, x)
        return weight * (pos_weight * target * positive + (1 - target) * negative)

    options = {"weight": weight, "pos_weight": pos_weight, "reduction": "none"}
    law("the loss", lab.losses.bce_with_logits(x, target, **options), expected(x))
    actual = lab.losses.bce_with_logits_backward(grad, x, target, **options)
    law("its gradient", actual, gradient(expected, x, grad), rtol=1e-6, atol=1e-8)
    x = 1 / (1 + np.exp(-x))
    actual = lab.losses.bce(x, target, weight, "none")
    law("bce", actual, weight * bce(x, target))


def test_mse_broadcasts_and_its_backward_sums(lab):
    x, target, grad = uniform(3, 1), uniform(4, seed=1), uniform(3, 4, seed=2)
    law("the loss", lab.losses.mse(x, target, "none"), square(x, target))
    for one, other in ((x, target), (target, x)):
        actual = lab.losses.mse_backward(grad, one, other, "none")
        expected = gradient(lambda one, other=other: square(one, other), one, grad)
        law("the gradient", actual, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("shape", [(5,), (2, 5, 3), (2, 5, 3, 2)])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_classes_stand_in_the_second_dim(lab, shape, smoothing):
    """(C,) and (N, C, ...) are rows in another arrangement."""
    x = uniform(*shape)
    target = np.random.default_rng(1).integers(0, 5, () if len(shape) == 1 else (2, *shape[2:]))
    rows = x[None] if x.ndim == 1 else np.moveaxis(x, 1, -1)
    flat, classes = rows.reshape(-1, 5), target.reshape(-1)
    shares = (1 - smoothing) * np.eye(5)[classes] + smoothing / 5
    options = {"reduction": "none", "label_smoothing": smoothing}
    loss, y = lab.losses.cross_entropy(x, target, **options)
    law("the loss", loss, -(shares * log_softmax(flat)).sum(1).reshape(target.shape), given=x)
    grad = uniform(*target.shape, seed=2)
    grad = grad if target.ndim else np.array(0.7)
    actual = lab.losses.cross_entropy_backward(grad, y, target, **options)
    expected = (softmax(flat) - shares) * grad.reshape(-1, 1)
    expected = np.moveaxis(expected.reshape(rows.shape), -1, 1) if x.ndim > 1 else expected[0]
    law("the gradient", actual, expected, given=x)


def test_targets_may_be_probabilities(lab):
    x, target = uniform(4, 3), softmax(uniform(4, 3, seed=1))
    loss, y = lab.losses.cross_entropy(x, target)
    law("the loss", loss, np.mean(-(target * log_softmax(x)).sum(1)))
    actual = lab.losses.cross_entropy_backward(np.array(1.0), y, target)
    law("its gradient", actual, (softmax(x) - target) / 4)


def test_a_batch_of_nothing_has_no_mean(lab):
    x, target = np.zeros((0, 3)), np.zeros(0, np.int64)
    for reduction, expected in (("mean", np.nan), ("sum", 0.0)):
        law(reduction, loss_of(lab, x, target, reduction=reduction), np.float64(expected))
        law(reduction, lab.losses.mse(x, x, reduction), np.float64(expected))
    law("none", loss_of(lab, x, target, reduction="none"), np.zeros(0))
    ignored = np.full(2, IGNORED)
    law("all ignored", loss_of(lab, np.zeros((2, 3)), ignored), np.float64(np.nan))


@pytest.mark.parametrize("name", ["nll", "cross_entropy"])
@pytest.mark.parametrize("wrong", [5, 3, -1])
def test_a_class_outside_its_range_is_an_index_error(lab, name, wrong):
    message = rf"{name}: expected targets in \[0, 3\) or -100 to ignore, got {wrong} at position 1"
    with pytest.raises(IndexError, match=message):
        lab.call(f"losses.{name}", np.zeros((2, 3)), np.array([0, wrong]))


REFUSED = {
    "as many targets as x has rows": (ValueError, (np.zeros((2, 3)), np.zeros(4, np.int64)), {}),
    r"expected target of shape \(2, 4\)": (
        RuntimeError,
        (np.zeros((2, 3, 4)), np.zeros((2, 5), np.int64)),
        {},
    ),
    "expected target of int64 or uint8, got int32": (
        RuntimeError,
        (np.zeros((2, 3)), np.zeros(2, np.int32)),
        {},
    ),
    r"expected weight of shape \(C,\) = \(3,\)": (
        RuntimeError,
        (np.zeros((2, 3)), np.zeros(2, np.int64), np.ones(4)),
        {},
    ),
    "expected label_smoothing": (
        RuntimeError,
        (np.zeros((2, 3)), np.zeros(2, np.int64)),
        {"label_smoothing": 1.5},
    ),
    "expected reduction": (
        ValueError,
        (np.zeros((2, 3)), np.zeros(2, np.int64)),
        {"reduction": "max"},
    ),
    r"expected x of shape \(N, C": (RuntimeError, (np.zeros(()), np.zeros((), np.int64)), {}),
    "at least one class": (RuntimeError, (np.zeros((2, 0)), np.zeros(2, np.int64)), {}),
}


@pytest.mark.parametrize("message", REFUSED)
def test_cross_entropy_names_what_does_not_fit(lab, message):
    kind, operands, options = REFUSED[message]
    with pytest.raises(kind, match=message):
        lab.losses.cross_entropy(*operands, **options)


def test_bce_names_what_does_not_fit(lab):
    half = np.full(2, 0.5)
    with pytest.raises(ValueError, match=r"bce: expected target of x's shape, got x \(2,\)"):
        lab.losses.bce(half, np.full((1, 2), 0.5))
    for x, target, operand, value in (
        (half * 3, half, "x", "1.5"),
        (half, -half, "target", "-0.5"),
    ):
        message = rf"bce: expected {operand} with elements in \[0, 1\], got {value}"
        with pytest.raises(RuntimeError, match=message):
            lab.losses.bce(x, target)
    with pytest.raises(RuntimeError, match="bce: expected x with elements"):
        lab.losses.bce(half * np.nan, half)
    with pytest.raises(RuntimeError, match="bce_with_logits: expected weight that broadcasts"):
        lab.losses.bce_with_logits(half, half, np.ones((3, 2)))


def test_a_gradient_of_another_shape_is_refused(lab):
    x, target = np.zeros((2, 3)), np.zeros(2, np.int64)
    with pytest.raises(RuntimeError, match="mse_backward: expected grad of shape"):
        lab.losses.mse_backward(np.ones(3), x, x)
    with pytest.raises(RuntimeError, match="cross_entropy_backward: expected grad of shape"):
        lab.losses.cross_entropy_backward(np.ones(3), x, target, reduction="none")
