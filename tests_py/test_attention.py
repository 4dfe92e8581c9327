"""The unit attention: scores, mask, softmax and sum, each with its backward; heads; the future."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinytorch.tito.law import gradient, law, task

INF = np.inf


def uniform(*shape, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).uniform(-2, 2, shape).astype(dtype)


@st.composite
def heads(draw):
    """q: (L, E), k: (S, E), v: (S, F); all sizes may differ."""
    length, others, width, out = (draw(st.integers(1, 5)) for _ in range(4))
    seed = draw(st.integers(0, 99))
    shapes = (length, width), (others, width), (others, out)
    return [
        np.asarray(uniform(*shape, seed=seed + i), order=draw(st.sampled_from("CF")))
        for i, shape in enumerate(shapes)
    ]


def softmax(x):
    with np.errstate(invalid="ignore"):
        power = np.exp(x - np.max(x, -1, keepdims=True))
    return power / power.sum(-1, keepdims=True)


# --- scores ---


@task("attention.scores")
@given(head=heads(), scale=st.floats(-2, 2))
def test_scores_are_scaled_products(lab, head, scale):
    q, k, _ = head
    given = {"q": q, "k": k, "scale": scale}
    law("scale q k^T", lab.attention.scores(q, k, scale), scale * q @ k.T, given=given)


@task("attention.scores")
def test_scores_of_no_width_are_zero(lab):
    actual = lab.attention.scores(np.zeros((2, 0)), np.zeros((3, 0)), 1.0)
    law("an empty sum", actual, np.zeros((2, 3)))


# --- mask ---


@task("attention.mask")
@pytest.mark.parametrize("shape", [(4, 4), (2, 5), (5, 2), (1, 1)])
def test_a_causal_mask_hides_the_future_and_only_that(lab, shape):
    scores = uniform(*shape)
    actual = lab.attention.mask(scores, None, True)
    expected = np.where(np.tril(np.ones(shape)) > 0, scores, -INF)
    law("j > i is minus infinity", actual, expected, given=scores)


@task("attention.mask")
@pytest.mark.parametrize("causal", [False, True])
def test_a_bias_is_added(lab, causal):
    scores, bias = uniform(3, 4), uniform(3, 4, seed=1)
    bias[1, 0] = bias[2, 3] = -INF
    expected = scores + bias
    if causal:
        expected = np.where(np.tril(np.ones((3, 4))) > 0, expected, -INF)
    actual = lab.attention.mask(scores, bias, causal)
    law("scores + bias", actual, expected, given={"scores": scores, "bias": bias})


@task("attention.mask")
def test_without_a_mask_nothing_changes(lab):
    scores = uniform(3, 4)
    law("as before", lab.attention.mask(scores), scores, given=scores)


@task("attention.mask")
def test_what_is_hidden_stays_hidden_whatever_is_added(lab):
    scores, bias = np.zeros((2, 2)), np.array([[0, 1e30], [0, 0]])
    actual = lab.attention.mask(scores, bias, True)
    law("minus infinity", actual[0, 1], -INF, given={"bias": bias})


# --- softmax ---


@task("attention.softmax")
@given(head=heads())
def test_rows_are_probabilities(lab, head):
    scores = head[0] @ head[1].T
    p, total = lab.attention.softmax(scores)
    law("softmax", p, softmax(scores), given=scores)
    law("log sum exp", total, np.log(np.exp(scores).sum(-1)), given=scores)


@task("attention.softmax")
@pytest.mark.parametrize("shift", [-1e4, 1e4])
def test_large_scores_do_not_overflow(lab, shift):
    scores = uniform(3, 4) + shift
    p, total = lab.attention.softmax(scores)
    law("softmax", p, softmax(scores), given=scores)
    law("log sum exp", total, np.log(np.exp(scores - shift).sum(-1)) + shift, given=scores)


@task("attention.softmax")
def test_what_is_masked_weighs_nothing(lab):
    scores = uniform(3, 4)
    scores[0, 1:] = -INF
    scores[1, ::2] = -INF
    p, total = lab.attention.softmax(scores)
    law("softmax", p, softmax(scores), given=scores)
    law("the only one has it all", p[0], np.array([1, 0, 0, 0.0]), given=scores)
    law("log sum exp", total, np.log(np.exp(scores).sum(-1)), given=scores)


@task("attention.softmax")
def test_a_row_that_sees_nothing_is_zero(lab):
    scores = uniform(3, 4)
    scores[1] = -INF
    p, total = lab.attention.softmax(scores)
    law("zeros and no NaN", p[1], np.zeros(4), given=scores)
    law("log 0", total[1], -INF, given=scores)
    law("the others sum to one", p[[0, 2]].sum(-1), np.ones(2), given=scores)


@task("attention.softmax")
def test_a_nan_is_not_hidden(lab):
    scores = uniform(2, 3)
    scores[1, 1] = np.nan
    p, _ = lab.attention.softmax(scores)
    law("its row is NaN", np.isnan(p).all(-1), np.array([False, True]), given=scores)


# --- weighted_sum ---


@task("attention.weighted_sum")
@given(head=heads())
def test_values_are_weighed(lab, head):
    q, k, v = head
    p = softmax(q @ k.T)
    law("p v", lab.attention.weighted_sum(p, v), p @ v, given={"p": p, "v": v})


@task("attention.weighted_sum_backward")
@given(head=heads())
def test_weighted_sum_backward_is_the_derivative(lab, head):
    q, k, v = head
    p, grad = softmax(q @ k.T), uniform(len(q), v.shape[1], seed=7)
    grad_p, grad_v = lab.attention.weighted_sum_backward(grad, p, v)
    given = {"grad": grad, "p": p, "v": v}
    law("by p", grad_p, gradient(lambda p: p @ v, p, grad), given=given, rtol=1e-6, atol=1e-8)
    law("by v", grad_v, gradient(lambda v: p @ v, v, grad), given=given, rtol=1e-6, atol=1e-8)


# --- softmax_backward, scores_backward ---


@task("attention.softmax_backward")
@given(head=heads())
def test_softmax_backward_is_the_derivative(lab, head):
    scores = head[0] @ head[1].T
    grad = uniform(*scores.shape, seed=3)
    actual = lab.attention.softmax_backward(grad, softmax(scores))
    expected = gradient(softmax, scores, grad)
    law("softmax_backward is the derivative", actual, expected, given=grad, rtol=1e-6, atol=1e-8)


@task("attention.softmax_backward")
def test_rows_of_a_softmax_cannot_all_grow(lab):
    p, grad = softmax(uniform(4, 6)), uniform(4, 6, seed=1)
    actual = lab.attention.softmax_backward(grad, p)
    law("rows sum to zero", actual.sum(-1), np.zeros(4), given=grad, atol=1e-12)


@task("attention.scores_backward")
@given(head=heads(), scale=st.floats(-2, 2))
def test_scores_backward_is_the_derivative(lab, head, scale):
    q, k, _ = head
    grad = uniform(len(q), len(k), seed=5)
    grad_q, grad_k = lab.attention.scores_backward(grad, q, k, scale)
    given = {"grad": grad, "q": q, "k": k, "scale": scale}
    law("by q", grad_q, scale * grad @ k, given=given)
    law("by k", grad_k, scale * grad.T @ q, given=given)


# --- split_heads ---


@task("attention.split_heads")
@pytest.mark.parametrize(("shape", "count"), [((2, 3, 6), 2), ((1, 4, 6), 3), ((2, 5, 4), 1)])
def test_each_head_has_its_run_of_numbers(lab, shape, count):
    x = uniform(*shape)
    batch, length, width = shape
    expected = x.reshape(batch, length, count, width // count).transpose(0, 2, 1, 3)
    law("(B, heads, T, C / heads)", lab.attention.split_heads(x, count), expected, given=x)


@task("attention.split_heads")
def test_heads_of_a_view_and_no_copy(lab):
    def heads_of(x):
        whole = torch.tensor(x)  # noqa: F821
        part = whole.transpose(0, 1)[:, :, 1:7]
        split = torch.attention.split_heads(part, 2)  # noqa: F821
        return split, split.data_ptr() == part.data_ptr()

    x = uniform(4, 2, 8)
    split, same = lab.run(heads_of, x)
    expected = x.transpose(1, 0, 2)[:, :, 1:7].reshape(2, 4, 2, 3).transpose(0, 2, 1, 3)
    law("whatever the strides", split, expected, given=x)
    law("the same memory", same, True)


# --- all of it ---


def explicit(q, k, v, bias, causal, scale):
    scores = scale * q @ np.swapaxes(k, -1, -2)
    if bias is not None:
        scores = scores + bias
    if causal:
        scores = np.where(np.tril(np.ones(scores.shape[-2:])) > 0, scores, -INF)
    return softmax(scores) @ v


PARTS = ("scores", "softmax", "weighted_sum")


@pytest.mark.parametrize("causal", [False, True])
def test_heads_of_a_batch_are_attended_to_one_by_one(lab, causal):
    q, k, v = uniform(2, 3, 4, 5), uniform(2, 1, 6, 5, seed=1), uniform(3, 6, 2, seed=2)
    bias = uniform(4, 6, seed=3)
    y, _ = lab.attention.attend(q, k, v, bias, causal, 0.4)
    law("softmax(scale q k^T + bias) v", y, explicit(q, k, v, bias, causal, 0.4), given=q)


def test_the_gradients_of_a_batch_are_the_derivative(lab):
    q, k, v = uniform(2, 3, 4), uniform(1, 5, 4, seed=1), uniform(2, 5, 2, seed=2)
    grad = uniform(2, 3, 2, seed=3)
    y, total = lab.attention.attend(q, k, v, None, True, 0.5)
    actual = lab.attention.attend_backward(grad, q, k, v, y, total, None, True, 0.5)
    operands = {"q": q, "k": k, "v": v}
    for name, by in zip(operands, actual, strict=True):

        def forward(x, name=name):
            return explicit(**{**operands, name: x}, bias=None, causal=True, scale=0.5)

        expected = gradient(forward, operands[name], grad)
        law(f"by {name}", by, expected, given=grad, rtol=1e-6, atol=1e-8)


def test_no_position_sees_its_future(lab):
    """Changing what comes later changes nothing before."""
    q, k, v = uniform(6, 4), uniform(6, 4, seed=1), uniform(6, 3, seed=2)
    before, _ = lab.attention.attend(q, k, v, None, True, 0.5)
    k[4:], v[4:] = 9, -9
    after, _ = lab.attention.attend(q, k, v, None, True, 0.5)
    law("the past stays", after[:4], before[:4], given=q)
    law("the rest does not", bool(np.abs(after[4:] - before[4:]).min() > 1e-3), True, given=q)


def test_shapes_that_do_not_fit(lab):
    x = np.zeros((3, 4))
    with pytest.raises(RuntimeError, match="query and key of one width"):
        lab.attention.attend(x, np.zeros((3, 5)), x)
    with pytest.raises(RuntimeError, match="as many values as keys"):
        lab.attention.attend(x, x, np.zeros((2, 4)))
    with pytest.raises(
        RuntimeError, match=r"a mask that broadcasts to \(3, 3\), got \(2, 3\)|size"
    ):
        lab.attention.attend(x, x, x, np.zeros((2, 3)))
    with pytest.raises(ValueError, match="5 heads do not divide a width of 4"):
        lab.attention.split_heads(np.zeros((1, 3, 4)), 5)
