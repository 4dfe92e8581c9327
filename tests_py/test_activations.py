"""The unit activations: nonlinearities stay finite, and every backward is the derivative."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinytorch.tito.law import arrays, gradient, law, task

EXTREMES = np.array([-1e4, -100.0, -20.0, -1.0, -0.0, 0.0, 1.0, 20.0, 100.0, 1e4], np.float32)
WITH_NAN = np.array([1.0, np.nan, -1.0], np.float32)
EMPTY = (np.zeros((0,), np.float32), np.zeros((0, 3), np.float32), np.zeros((2, 0), np.float32))


def uniform(*shape, seed=0, limit=3.0, dtype=np.float64):
    return np.random.default_rng(seed).uniform(-limit, limit, shape).astype(dtype)


def away_from_zero(*shape):
    """No finite difference may step over the kink of relu."""
    x = uniform(*shape)
    return x + np.where(x < 0, -0.1, 0.1)


# What numpy says: the definitions, in float64.


def sigmoid(x):
    return np.exp(-np.logaddexp(0.0, -np.asarray(x, np.float64)))


def gelu(x):
    return np.asarray(x, np.float64) * (1 + np.vectorize(math.erf)(x / np.sqrt(2))) / 2


def gelu_tanh(x):
    x = np.asarray(x, np.float64)
    return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def log_softmax(x, dim):
    x = np.asarray(x, np.float64)
    shifted = x - x.max(dim, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(dim, keepdims=True))


def softmax(x, dim):
    return np.exp(log_softmax(x, dim))


def keeps_dtype_and_shape(function, *others):
    """For float32 and float64, any rank, and arrays without elements."""
    for dtype in (np.float32, np.float64):
        for x in (uniform(2, 3, 4, dtype=dtype), uniform(5, dtype=dtype)):
            y = function(x, *others)
            law("the result has the input's dtype", y.dtype.name, x.dtype.name, given=x)
            law("the result has the input's shape", y.shape, x.shape, given=x)
    for x in EMPTY:
        law("no elements in, none out", function(x, *others).shape, x.shape, given=x)


# --- relu ---


@task("activations.relu")
@given(x=arrays())
def test_relu_is_the_larger_of_x_and_zero(lab, x):
    law("relu(x) is x where x > 0, else 0", lab.activations.relu(x), np.maximum(x, 0), given=x)


@task("activations.relu")
def test_relu_of_a_scaled_input_is_the_scaled_relu(lab):
    x = uniform(4, 5)
    y = lab.activations.relu(x)
    law("relu(3 x) = 3 relu(x)", lab.activations.relu(3 * x), 3 * y, given=x)
    law("relu(x) - relu(-x) = x", y - lab.activations.relu(-x), x, given=x)


@task("activations.relu")
def test_relu_keeps_a_nan(lab):
    law("a NaN stays visible", lab.activations.relu(WITH_NAN), [1.0, np.nan, 0.0], given=WITH_NAN)


@task("activations.relu")
def test_relu_has_no_upper_end(lab):
    x = np.array([np.inf, -np.inf, 3e38, -3e38], np.float32)
    law("however large", lab.activations.relu(x), np.maximum(x, 0), given=x)


@task("activations.relu")
def test_relu_keeps_dtype_and_shape(lab):
    keeps_dtype_and_shape(lab.activations.relu)


@task("activations.relu_backward")
def test_relu_backward_equals_finite_differences(lab):
    x, grad = away_from_zero(4, 5), uniform(4, 5, seed=1)
    expected = gradient(lambda x: np.maximum(x, 0), x, grad)
    law(
        "relu_backward is the derivative",
        lab.activations.relu_backward(grad, x),
        expected,
        given={"grad": grad, "x": x},
        rtol=1e-6,
        atol=1e-8,
    )


@task("activations.relu_backward")
@given(x=arrays())
def test_relu_backward_is_a_gate(lab, x):
    grad = np.linspace(-1, 1, x.size, dtype=x.dtype).reshape(x.shape)
    actual = lab.activations.relu_backward(grad, x)
    law("grad where x > 0, else 0", actual, np.where(x > 0, grad, 0), given={"grad": grad, "x": x})


@task("activations.relu_backward")
def test_relu_backward_keeps_dtype_and_shape(lab):
    keeps_dtype_and_shape(lambda x: lab.activations.relu_backward(x, x))


# --- sigmoid ---


@task("activations.sigmoid")
@given(x=arrays())
def test_sigmoid_of_minus_x_is_the_rest_to_one(lab, x):
    total = lab.activations.sigmoid(x) + lab.activations.sigmoid(-x)
    law("sigmoid(x) + sigmoid(-x) = 1", total, np.ones_like(x), given=x)


@task("activations.sigmoid")
@given(x=arrays(dtype="float64", limit=700.0))
def test_sigmoid_equals_its_definition(lab, x):
    law("sigmoid(x) = 1 / (1 + exp(-x))", lab.activations.sigmoid(x), sigmoid(x), given=x)


@task("activations.sigmoid")
def test_sigmoid_is_finite_at_both_ends(lab):
    actual = lab.activations.sigmoid(EXTREMES)
    law("no overflow at +-1e4", actual, sigmoid(EXTREMES), given=EXTREMES, read="overflow")
    tiny = lab.activations.sigmoid(np.array([-80.0], np.float32))
    law("exp(-80) is small, not zero", tiny, np.exp([-80.0]), atol=0, read="overflow")


@task("activations.sigmoid")
def test_sigmoid_keeps_a_nan(lab):
    law("NaN stays NaN", np.isnan(lab.activations.sigmoid(WITH_NAN)), np.isnan(WITH_NAN))


@task("activations.sigmoid")
def test_sigmoid_keeps_dtype_and_shape(lab):
    keeps_dtype_and_shape(lab.activations.sigmoid)


@task("activations.sigmoid_backward")
def test_sigmoid_backward_equals_finite_differences(lab):
    x, grad = uniform(4, 5), uniform(4, 5, seed=1)
    law(
        "sigmoid_backward is the derivative, taken by the output y",
        lab.activations.sigmoid_backward(grad, sigmoid(x)),
        gradient(sigmoid, x, grad),
        given={"grad": grad, "y": sigmoid(x)},
        rtol=1e-6,
        atol=1e-8,
    )


@task("activations.sigmoid_backward")
def test_sigmoid_backward_is_a_quarter_at_most(lab):
    y = np.array([0.0, 0.25, 0.5, 0.75, 1.0], np.float32)
    actual = lab.activations.sigmoid_backward(np.ones_like(y), y)
    law("y (1 - y)", actual, [0.0, 0.1875, 0.25, 0.1875, 0.0], given={"y": y})


@task("activations.sigmoid_backward")
def test_sigmoid_backward_keeps_dtype_and_shape(lab):
    keeps_dtype_and_shape(lambda x: lab.activations.sigmoid_backward(x, x))


# --- gelu ---


@task("activations.gelu")
@given(x=arrays(dtype="float64"))
def test_gelu_of_x_and_minus_x_differ_by_x(lab, x):
    difference = lab.activations.gelu(x) - lab.activations.gelu(-x)
    law("gelu(x) - gelu(-x) = x", difference, x, given=x)


@task("activations.gelu")
@given(x=arrays(dtype="float64", limit=5.0))
def test_gelu_equals_its_definition(lab, x):
    law("gelu(x) = x Phi(x)", lab.activations.gelu(x), gelu(x), given=x)


@task("activations.gelu")
def test_gelu_is_finite_at_both_ends(lab):
    law("0 and x at +-1e4", lab.activations.gelu(EXTREMES), gelu(EXTREMES), given=EXTREMES)


@task("activations.gelu")
def test_gelu_keeps_a_nan(lab):
    law("NaN stays NaN", np.isnan(lab.activations.gelu(WITH_NAN)), np.isnan(WITH_NAN))


@task("activations.gelu")
def test_gelu_keeps_dtype_and_shape(lab):
    keeps_dtype_and_shape(lab.activations.gelu)


# --- softmax ---


@st.composite
def arrays_with_dim(draw):
    """An array and one of its dims, counted from either end."""
    x = draw(arrays())
    return x, draw(st.integers(-x.ndim, x.ndim - 1))


@task("activations.softmax")
@given(x=arrays())
def test_softmax_sums_to_one(lab, x):
    """Whatever the logits, softmax is a probability along its dim."""
    y = lab.activations.softmax(x, -1)
    law("rows sum to one", y.sum(-1), np.ones(x.shape[:-1]), given=x)
    law("no probability is negative", bool((y >= 0).all()), True, given=x)


@task("activations.softmax")
def test_softmax_does_not_see_a_shift(lab):
    x = uniform(3, 4, dtype=np.float32)
    shifted = x + np.array([[1000.0], [-1000.0], [8.0]], np.float32)
    law(
        "softmax(x + c) = softmax(x)",
        lab.activations.softmax(shifted, -1),
        softmax(shifted, -1),
        given=shifted,
        read="overflow",
        hint="exp(1000) is inf, and inf / inf is nan: what could be subtracted from a row without "
        "changing its softmax?",
    )


@task("activations.softmax")
@given(x_dim=arrays_with_dim())
def test_softmax_equals_its_definition(lab, x_dim):
    x, dim = x_dim
    actual = lab.activations.softmax(x, dim)
    law("exp(x) / sum exp(x)", actual, softmax(x, dim), given={"x": x, "dim": dim})


@task("activations.softmax")
def test_softmax_of_extreme_rows(lab):
    x = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4], [0.0, 0.0, 1e4]], np.float32)
    law("finite at +-1e4", lab.activations.softmax(x, 1), softmax(x, 1), given=x, read="overflow")


@task("activations.softmax")
def test_softmax_of_one_column_is_one(lab):
    x = uniform(4, 1, dtype=np.float32)
    law("one column", lab.activations.softmax(x, -1), np.ones((4, 1)), given=x)


@task("activations.softmax")
def test_softmax_spoils_only_the_row_of_a_nan(lab):
    x = uniform(3, 4, dtype=np.float32)
    x[1, 2] = np.nan
    expected = softmax(uniform(3, 4, dtype=np.float32), -1)
    expected[1] = np.nan
    law("one row is NaN", lab.activations.softmax(x, -1), expected, given=x)


@task("activations.softmax")
def test_softmax_keeps_dtype_and_shape(lab):
    keeps_dtype_and_shape(lab.activations.softmax, -1)


@task("activations.softmax_backward")
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_softmax_backward_equals_finite_differences(lab, dim):
    x, grad = uniform(3, 4), uniform(3, 4, seed=1)
    y = softmax(x, dim)
    law(
        "softmax_backward is the derivative",
        lab.activations.softmax_backward(grad, y, dim),
        gradient(lambda x: softmax(x, dim), x, grad),
        given={"grad": grad, "y": y, "dim": dim},
        rtol=1e-6,
        atol=1e-8,
    )


@task("activations.softmax_backward")
@given(x=arrays())
def test_softmax_backward_sums_to_zero(lab, x):
    """Raising all logits of a row changes nothing, so their gradients cancel."""
    grad = np.linspace(-1, 1, x.size, dtype=x.dtype).reshape(x.shape)
    grad_x = lab.activations.softmax_backward(grad, softmax(x, -1).astype(x.dtype), -1)
    law("rows sum to zero", grad_x.sum(-1), np.zeros(x.shape[:-1]), given={"x": x}, atol=1e-5)


@task("activations.softmax_backward")
def test_softmax_backward_keeps_dtype_and_shape(lab):
    keeps_dtype_and_shape(lambda x: lab.activations.softmax_backward(x, x, -1))


# --- log_softmax ---


@task("activations.log_softmax")
@given(x=arrays(dtype="float64"))
def test_log_softmax_exponentiates_to_a_probability(lab, x):
    total = np.exp(lab.activations.log_softmax(x, -1)).sum(-1)
    law("rows of exp(y) sum to one", total, np.ones(x.shape[:-1]), given=x)


@task("activations.log_softmax")
@given(x_dim=arrays_with_dim())
def test_log_softmax_equals_its_definition(lab, x_dim):
    x, dim = x_dim
    actual = lab.activations.log_softmax(x, dim)
    given = {"x": x, "dim": dim}
    law("x - log sum exp(x)", actual, log_softmax(x, dim), given=given, atol=2e-5)


@task("activations.log_softmax")
def test_log_softmax_is_exact_where_softmax_is_zero(lab):
    x = np.array([[0.0, -200.0], [1e4, -1e4], [-1e4, -1e4]], np.float32)
    actual = lab.activations.log_softmax(x, -1)
    law("finite at +-1e4", actual, log_softmax(x, -1), given=x, read="overflow")


@task("activations.log_softmax")
def test_log_softmax_keeps_dtype_and_shape(lab):
    keeps_dtype_and_shape(lab.activations.log_softmax, -1)


# --- given code: what no task asks for, but every user relies on ---

ELEMENTWISE = {
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": sigmoid,
    "tanh": lambda x: np.tanh(np.asarray(x, np.float64)),
    "gelu": gelu,
    "softmax": lambda x: softmax(x, 0),
    "log_softmax": lambda x: log_softmax(x, 0),
}
ALONG_A_DIM = ("softmax", "log_softmax")


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_strided_inputs_are_read_as_they_are_indexed(lab, name):
    x = uniform(6, 8, 4, dtype=np.float32)
    dim = (0,) if name in ALONG_A_DIM else ()
    for view in (x.transpose(2, 0, 1), x[::2, 1::3], np.broadcast_to(x[0, 0], (5, 4))):
        actual = lab.call(f"activations.{name}", view, *dim)
        law(f"{name} of a view", actual, ELEMENTWISE[name](view), given=view)


@given(x=arrays(dtype="float64", limit=20.0))
def test_tanh_equals_numpy(lab, x):
    law("tanh(x)", lab.activations.tanh(x), np.tanh(x), given=x)
    law("tanh is odd", lab.activations.tanh(-x), -lab.activations.tanh(x), given=x)


def test_tanh_backward_equals_finite_differences(lab):
    x, grad = uniform(4, 5), uniform(4, 5, seed=1)
    actual = lab.activations.tanh_backward(grad, np.tanh(x))
    law("tanh_backward", actual, gradient(np.tanh, x, grad), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("approximate", "form"), [("none", gelu), ("tanh", gelu_tanh)])
def test_gelu_and_its_backward_in_both_forms(lab, approximate, form):
    x, grad = uniform(4, 5), uniform(4, 5, seed=1)
    law("gelu", lab.activations.gelu(x, approximate=approximate), form(x), given=x)
    actual = lab.activations.gelu_backward(grad, x, approximate=approximate)
    law("gelu_backward", actual, gradient(form, x, grad), given=x, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("dim", [0, 1])
def test_log_softmax_backward_equals_finite_differences(lab, dim):
    x, grad = uniform(3, 4), uniform(3, 4, seed=1)
    actual = lab.activations.log_softmax_backward(grad, log_softmax(x, dim), dim)
    expected = gradient(lambda x: log_softmax(x, dim), x, grad)
    law("log_softmax_backward", actual, expected, rtol=1e-6, atol=1e-8)


def test_softmax_of_a_number_is_one(lab):
    law("0-d", lab.activations.softmax(np.float32(3.0), -1), np.float32(1.0))
    law("0-d", lab.activations.log_softmax(np.float32(3.0), 0), np.float32(0.0))


def test_large_inputs_are_shared_among_threads_without_a_seam(lab):
    x = uniform(300, 400, dtype=np.float32)
    for name, function in ELEMENTWISE.items():
        dim = (0,) if name in ALONG_A_DIM else ()
        law(name, lab.call(f"activations.{name}", x, *dim), function(x), atol=2e-5)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("dim", [2, -3])
def test_a_dim_outside_the_array_is_an_index_error(lab, name, dim):
    with pytest.raises(IndexError, match=rf"{name}.*{dim}"):
        lab.call(f"activations.{name}", np.zeros((2, 3), np.float32), dim)


@pytest.mark.parametrize("name", ["relu_backward", "sigmoid_backward", "tanh_backward"])
def test_a_gradient_of_another_shape_is_refused(lab, name):
    with pytest.raises(RuntimeError, match=rf"{name}: expected grad .*\(2, 3\).*\(3, 2\)"):
        lab.call(f"activations.{name}", np.zeros((3, 2), np.float32), np.zeros((2, 3), np.float32))


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_integers_become_float32(lab, name):
    x = np.arange(-2, 3)
    y = lab.call(f"activations.{name}", x)
    law(f"{name} of integers", y, ELEMENTWISE[name](x))
    law("their dtype", y.dtype.name, "float32")


@pytest.mark.parametrize(("name", "dim"), [("gelu", ()), ("softmax", (0,)), ("log_softmax", (0,))])
def test_integers_are_refused_by_name(lab, name, dim):
    with pytest.raises((NotImplementedError, RuntimeError), match=rf"{name}: .*int64"):
        lab.call(f"activations.{name}", np.arange(3), *dim)
