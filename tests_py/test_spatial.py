"""The unit spatial: windows that slide over pictures, their gradients, maxima and channel norms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinytorch.tito.law import gradient, law, task


def uniform(*shape, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).uniform(-2, 2, shape).astype(dtype)


# --- what numpy says: windows cut out of the padded picture, (N, C, R, S, P, Q) ---


def padded(x, padding, value=0.0):
    around = [(0, 0)] * (x.ndim - 2) + [(p, p) for p in padding]
    return np.pad(x, around, constant_values=value)


def places(length, size, stride, padding, dilation):
    return (length + 2 * padding - dilation * (size - 1) - 1) // stride + 1


def slices(r, s, p, q, stride, dilation):
    """Where windows of P x Q places read with their weight (r, s)."""
    top, left = r * dilation[0], s * dilation[1]
    rows = slice(top, top + (p - 1) * stride[0] + 1, stride[0])
    return rows, slice(left, left + (q - 1) * stride[1] + 1, stride[1])


def windows(x, size, stride, padding, dilation, value=0.0):
    p, q = (places(x.shape[2 + d], size[d], stride[d], padding[d], dilation[d]) for d in (0, 1))
    whole = padded(x, padding, value)
    result = np.zeros((*x.shape[:2], *size, p, q), x.dtype)
    for r in range(size[0]):
        for s in range(size[1]):
            result[:, :, r, s] = whole[:, :, *slices(r, s, p, q, stride, dilation)]
    return result


def grouped(x, weight, groups):
    """(channels of x, windows of weight) of each group."""
    own, of_y = x.shape[1] // groups, weight.shape[0] // groups
    return [(slice(g * own, (g + 1) * own), slice(g * of_y, (g + 1) * of_y)) for g in range(groups)]


def conv(x, weight, bias, stride, padding, dilation, groups):
    patches = windows(x, weight.shape[2:], stride, padding, dilation)
    parts = [
        np.einsum("ncrspq,kcrs->nkpq", patches[:, c], weight[k])
        for c, k in grouped(x, weight, groups)
    ]
    y = np.concatenate(parts, axis=1)
    return y if bias is None else y + bias[:, None, None]


def unconv(grad, weight, shape, stride, padding, dilation, groups):
    """The gradient of conv by x: every window laid back where it was cut out."""
    whole = padded(np.zeros(shape, grad.dtype), padding)
    p, q = grad.shape[2:]
    for c, k in grouped(whole, weight, groups):
        for r in range(weight.shape[2]):
            for s in range(weight.shape[3]):
                part = np.einsum("nkpq,kc->ncpq", grad[:, k], weight[k, :, r, s])
                whole[:, c, *slices(r, s, p, q, stride, dilation)] += part
    (top, left), (rows, columns) = padding, shape[2:]
    return whole[:, :, top : top + rows, left : left + columns]


def conv_weight(grad, x, shape, stride, padding, dilation, groups):
    patches = windows(x, shape[2:], stride, padding, dilation)
    weight = np.zeros(shape, x.dtype)
    for c, k in grouped(x, weight, groups):
        weight[k] = np.einsum("ncrspq,nkpq->kcrs", patches[:, c], grad[:, k])
    return weight


@st.composite
def layers(draw, dtype=np.float64):
    """x, weight, bias, grad of a convolution, and how its window moves."""
    of = st.integers
    groups = draw(of(1, 3))
    size = draw(of(1, 3)), draw(of(1, 3))
    stride, padding = (draw(of(1, 3)), draw(of(1, 3))), (draw(of(0, 2)), draw(of(0, 2)))
    dilation = draw(of(1, 2)), draw(of(1, 2))
    least = [max(1, dilation[d] * (size[d] - 1) + 1 - 2 * padding[d]) for d in (0, 1)]
    height, width = (draw(of(n, n + 4)) for n in least)
    channels, outputs = groups * draw(of(1, 2)), groups * draw(of(1, 2))
    seed, batch = draw(of(0, 99)), draw(of(0, 2))
    x = uniform(batch, channels, height, width, seed=seed, dtype=dtype)
    weight = uniform(outputs, channels // groups, *size, seed=seed + 1, dtype=dtype)
    bias = uniform(outputs, seed=seed + 2, dtype=dtype)
    how = (stride, padding, dilation, groups)
    grad = uniform(*conv(x, weight, bias, *how).shape, seed=seed + 3, dtype=dtype)
    return x, weight, bias, grad, how


def story(how, **arrays):
    names = ("stride", "padding", "dilation", "groups")
    return arrays | dict(zip(names, how, strict=True))


# --- convolution ---


@task("spatial.conv2d")
@given(layer=layers())
def test_convolution_is_a_sum_over_windows(lab, layer):
    x, weight, bias, _, how = layer
    given = story(how, x=x, weight=weight, bias=bias)
    law("every window, summed", lab.spatial.conv2d(x, weight, None, *how),
        conv(x, weight, None, *how), given=given)  # fmt: skip
    law("and a bias", lab.spatial.conv2d(x, weight, bias, *how),
        conv(x, weight, bias, *how), given=given)  # fmt: skip


@task("spatial.conv2d")
def test_a_window_of_one_weight_at_its_centre_copies_the_picture(lab):
    x = uniform(2, 3, 4, 5)
    weight = np.zeros((3, 3, 3, 3))
    weight[range(3), range(3), 1, 1] = 1
    law("x", lab.spatial.conv2d(x, weight, None, 1, 1), x, given={"x": x})


@task("spatial.conv2d")
def test_what_is_found_moves_with_the_picture(lab):
    """The same weights look at every place."""
    x = np.zeros((1, 1, 6, 8))
    x[0, 0, 2, 3] = 1
    moved, weight = np.roll(x, (1, 2), axis=(2, 3)), uniform(2, 1, 3, 3)
    before = lab.spatial.conv2d(x, weight, None, 1, 1)
    after = lab.spatial.conv2d(moved, weight, None, 1, 1)
    law("moved along", after, np.roll(before, (1, 2), axis=(2, 3)), given={"x": x})


@task("spatial.conv2d")
def test_a_window_is_not_turned_around(lab):
    """Mathematicians mirror it; here weight (r, s) meets the place r below and s beside."""
    x, weight = np.zeros((1, 1, 3, 4)), uniform(1, 1, 3, 4)
    x[0, 0, 0, 3] = 1
    actual = lab.spatial.conv2d(x, weight)
    law("the weight at (0, 3)", actual, weight[:, :, :1, 3:], given={"weight": weight})


@task("spatial.conv2d")
def test_convolution_of_float32_and_of_an_empty_batch(lab):
    x, weight = uniform(2, 3, 9, 7, dtype=np.float32), uniform(4, 3, 3, 2, dtype=np.float32)
    y = lab.spatial.conv2d(x, weight, None, (2, 1), (1, 0))
    law("the dtype stays", y.dtype.name, "float32", given=x)
    expected = conv(x.astype(np.float64), weight, None, (2, 1), (1, 0), (1, 1), 1)
    law("every window, summed", y, expected, given=x)
    law("no picture", lab.spatial.conv2d(x[:0], weight).shape, (0, 4, 7, 6), given=x)


@task("spatial.conv2d_backward_x")
@given(layer=layers())
def test_the_gradient_by_x_adds_where_windows_read(lab, layer):
    x, weight, _, grad, how = layer
    actual = lab.spatial.conv2d_backward_x(grad, weight, x.shape, *how)
    expected = unconv(grad, weight, x.shape, *how)
    law("conv2d_backward_x", actual, expected, given=story(how, grad=grad, weight=weight))


@task("spatial.conv2d_backward_weight")
@given(layer=layers())
def test_the_gradient_by_the_weight_sums_what_it_met(lab, layer):
    x, weight, _, grad, how = layer
    actual = lab.spatial.conv2d_backward_weight(grad, x, weight.shape, *how)
    expected = conv_weight(grad, x, weight.shape, *how)
    law("conv2d_backward_weight", actual, expected, given=story(how, grad=grad, x=x))


HOWS = [
    ((1, 1), (1, 1), (1, 1), 1),
    ((2, 1), (0, 2), (1, 2), 1),
    ((1, 3), (1, 0), (2, 1), 2),
]


@task("spatial.conv2d_backward_x")
@pytest.mark.parametrize("how", HOWS)
def test_the_gradient_by_x_is_the_derivative(lab, how):
    x, weight = uniform(2, 2, 5, 6), uniform(4, 2 // how[3], 3, 3, seed=1)
    grad = uniform(*conv(x, weight, None, *how).shape, seed=2)
    expected = gradient(lambda x: conv(x, weight, None, *how), x, grad)
    actual = lab.spatial.conv2d_backward_x(grad, weight, x.shape, *how)
    law("the derivative", actual, expected, given=story(how, x=x), rtol=1e-6, atol=1e-8)


@task("spatial.conv2d_backward_weight")
@pytest.mark.parametrize("how", HOWS)
def test_the_gradient_by_the_weight_is_the_derivative(lab, how):
    x, weight = uniform(2, 2, 5, 6), uniform(4, 2 // how[3], 3, 3, seed=1)
    grad = uniform(*conv(x, weight, None, *how).shape, seed=2)
    expected = gradient(lambda weight: conv(x, weight, None, *how), weight, grad)
    actual = lab.spatial.conv2d_backward_weight(grad, x, weight.shape, *how)
    law("the derivative", actual, expected, given=story(how, x=x), rtol=1e-6, atol=1e-8)


@task("spatial.conv2d_backward_x")
def test_the_gradient_by_x_starts_from_zero_each_time(lab):
    """The memory of a result was often used before; some of x no window reads."""
    weight, grad = uniform(3, 2, 2, 2), uniform(2, 3, 3, 3, seed=1)
    expected = unconv(grad, weight, (2, 2, 8, 8), (3, 3), (0, 0), (1, 1), 1)
    for _ in range(3):
        actual = lab.spatial.conv2d_backward_x(grad, weight, (2, 2, 8, 8), 3)
        law("conv2d_backward_x", actual, expected, given={"grad": grad})


@task("spatial.conv2d_backward_weight")
def test_the_gradient_by_the_weight_starts_from_zero_each_time(lab):
    x, grad = uniform(3, 2, 5, 5), uniform(3, 4, 4, 4, seed=1)
    expected = conv_weight(grad, x, (4, 2, 2, 2), (1, 1), (0, 0), (1, 1), 1)
    for _ in range(3):
        actual = lab.spatial.conv2d_backward_weight(grad, x, (4, 2, 2, 2))
        law("conv2d_backward_weight", actual, expected, given={"grad": grad})


@task("spatial.conv2d_backward_weight")
def test_an_empty_batch_teaches_a_weight_nothing(lab):
    actual = lab.spatial.conv2d_backward_weight(np.ones((0, 4, 3, 3)), np.ones((0, 2, 5, 5)),
                                                (4, 2, 3, 3))  # fmt: skip
    law("zeros", actual, np.zeros((4, 2, 3, 3)))


def test_the_gradient_by_the_bias_is_a_sum(lab):
    grad = uniform(2, 3, 4, 5)
    law("sum", lab.spatial.conv2d_backward_bias(grad), grad.sum((0, 2, 3)), given={"grad": grad})


# --- lowering ---


def columns_of(x, size, how):
    stride, padding, dilation, _ = how
    patches = windows(x[None], size, stride, padding, dilation)[0]
    return patches.reshape(x.shape[0] * size[0] * size[1], -1)


@task("spatial.im2col")
@given(layer=layers())
def test_im2col_writes_what_windows_read(lab, layer):
    x, weight, _, _, how = layer
    x = uniform(*x.shape[1:])
    size = weight.shape[2:]
    actual = lab.spatial.im2col(x, size, *how[:3])
    law("columns", actual, columns_of(x, size, how), given=story(how, x=x) | {"size": size})


@task("spatial.im2col")
def test_im2col_writes_every_entry_also_where_padding_is(lab):
    """The memory of a result was often used before."""
    x = uniform(2, 3, 4)
    expected = columns_of(x, (3, 3), ((1, 1), (2, 1), (1, 1), 1))
    for _ in range(3):
        law("columns", lab.spatial.im2col(x, 3, 1, (2, 1)), expected, given={"x": x})


@task("spatial.im2col")
def test_nothing_of_the_padding_is_read(lab):
    x = np.full((1, 2, 2), np.nan)
    actual = np.isnan(lab.spatial.im2col(x, 1, 1, 1)).reshape(4, 4)
    expected = np.zeros((4, 4), bool)
    expected[1:3, 1:3] = True
    law("NaN where the picture is", actual, expected, given={"x": x})


@task("spatial.col2im")
@given(layer=layers())
def test_col2im_adds_where_im2col_reads(lab, layer):
    """<columns, im2col(x)> = <col2im(columns), x> for every x: here for each single pixel."""
    x, weight, _, _, how = layer
    shape, size = x.shape[1:], weight.shape[2:]
    columns = uniform(*columns_of(np.zeros(shape), size, how).shape)
    p, q = (places(shape[1 + d], size[d], *(how[i][d] for i in range(3))) for d in (0, 1))
    parts = columns.reshape(1, shape[0], *size, p, q)
    whole = padded(np.zeros((1, *shape)), how[1])
    for r in range(size[0]):
        for s in range(size[1]):
            whole[:, :, *slices(r, s, p, q, how[0], how[2])] += parts[:, :, r, s]
    (top, left), (rows, width) = how[1], shape[1:]
    expected = whole[0, :, top : top + rows, left : left + width]
    actual = lab.spatial.col2im(columns, shape, size, *how[:3])
    law("the sum of a pixel's entries", actual, expected, given=story(how, columns=columns))


@task("spatial.col2im")
def test_col2im_starts_from_zero_each_time(lab):
    columns = uniform(8, 4)
    expected = np.zeros((2, 5, 5))
    for c in range(2):
        for entry in range(4):
            r, s = divmod(entry, 2)
            expected[c, r : r + 4 : 3, s : s + 4 : 3] = columns[c * 4 + entry].reshape(2, 2)
    for _ in range(3):
        actual = lab.spatial.col2im(columns, (2, 5, 5), 2, 3)
        law("pixels that no window reads stay zero", actual, expected, given={"columns": columns})


@pytest.mark.parametrize("how", HOWS)
def test_a_lowered_convolution_is_the_same_convolution(lab, how):
    x, weight, bias = uniform(3, 4, 6, 7), uniform(6, 4 // how[3], 3, 2, seed=1), uniform(6)
    y = conv(x, weight, bias, *how)
    grad = uniform(*y.shape, seed=2)
    law("y", lab.spatial.conv2d(x, weight, bias, *how, lowered=True), y, given=story(how, x=x))
    actual = lab.spatial.conv2d_backward_x(grad, weight, x.shape, *how, lowered=True)
    law("grad_x", actual, unconv(grad, weight, x.shape, *how), given=story(how, x=x))
    actual = lab.spatial.conv2d_backward_weight(grad, x, weight.shape, *how, lowered=True)
    law("grad_weight", actual, conv_weight(grad, x, weight.shape, *how), given=story(how, x=x))


# --- pooling ---


@st.composite
def pools(draw):
    """A picture of few different values, so that there are ties, and a window."""
    of = st.integers
    size = draw(of(1, 4)), draw(of(1, 4))
    stride = draw(of(1, 3)), draw(of(1, 3))
    padding = draw(of(0, size[0] // 2)), draw(of(0, size[1] // 2))
    dilation = draw(of(1, 2)), draw(of(1, 2))
    least = [dilation[d] * (size[d] - 1) + 1 for d in (0, 1)]
    height, width = (draw(of(n, n + 4)) for n in least)
    shape = draw(of(0, 2)), draw(of(1, 3)), height, width
    x = np.random.default_rng(draw(of(0, 99))).integers(-9, -4, shape).astype(np.float64)
    return x, (size, stride, padding, dilation)


def maxima(x, size, stride, padding, dilation):
    at = np.arange(x.shape[2] * x.shape[3], dtype=np.float64).reshape(1, 1, *x.shape[2:])
    patches = windows(x, size, stride, padding, dilation, -np.inf)
    where = windows(at, size, stride, padding, dilation, -1)
    p, q = patches.shape[4:]
    patches = patches.reshape(*x.shape[:2], size[0] * size[1], p, q)
    first = patches.argmax(2)
    where = np.broadcast_to(where.reshape(1, 1, size[0] * size[1], p, q), patches.shape)
    positions = np.take_along_axis(where, first[:, :, None], 2)[:, :, 0]
    return patches.max(2), positions.astype(np.int32)


@task("spatial.max_pool2d")
@given(case=pools())
def test_max_pool_takes_the_first_largest_of_a_window(lab, case):
    x, pool = case
    given = {"x": x} | dict(zip(("size", "stride", "padding", "dilation"), pool, strict=True))
    y, positions = lab.spatial.max_pool2d(x, *pool)
    expected, where = maxima(x, *pool)
    law("maxima", y, expected, given=given)
    law("row * W + column of each, the first of equals", positions, where, given=given)


@task("spatial.max_pool2d")
def test_padding_never_wins(lab):
    """All values are far below the zero that convolution pads with."""
    x = uniform(1, 2, 3, 3, dtype=np.float32) - 1000
    y, positions = lab.spatial.max_pool2d(x, 3, 2, 1)
    expected, where = maxima(x, (3, 3), (2, 2), (1, 1), (1, 1))
    law("maxima", y, expected, given={"x": x})
    law("positions", positions, where, given={"x": x})


@task("spatial.max_pool2d")
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_max_pool_of_what_is_no_number(lab, value):
    x = uniform(1, 1, 4, 4)
    x[0, 0, 1, 2] = value
    y, positions = lab.spatial.max_pool2d(x, 2)
    wins = value != -np.inf
    rest = x[0, 0, :2, 2:][x[0, 0, :2, 2:] != value]
    law("a NaN wins", y[0, 0, 0, 1], value if wins else rest.max(), given={"x": x})
    law("where it was", positions[0, 0, 0, 1] == 6, wins, given={"x": x})
    all_low, where = lab.spatial.max_pool2d(np.full((1, 1, 2, 2), -np.inf), 2)
    law("-inf is a number", all_low, np.full((1, 1, 1, 1), -np.inf))
    law("and stood somewhere", where, np.zeros((1, 1, 1, 1), np.int32))


@task("spatial.max_pool2d")
def test_with_ceil_mode_the_last_window_hangs_over(lab):
    x = uniform(2, 1, 5, 6)
    y, _ = lab.spatial.max_pool2d(x, 2, ceil_mode=True)
    hanging = np.pad(x, [(0, 0), (0, 0), (0, 1), (0, 0)], constant_values=-np.inf)
    law("maxima", y, maxima(hanging, (2, 2), (2, 2), (0, 0), (1, 1))[0], given={"x": x})


def test_the_gradient_goes_to_whoever_won(lab):
    grad = uniform(2, 3, 2, 2)
    positions = np.array([[0, 5], [5, 11]], np.int32) * np.ones((2, 3, 1, 1), np.int32)
    expected = np.zeros((2, 3, 12))
    for place in np.ndindex(positions.shape):
        expected[place[0], place[1], positions[place]] += grad[place]
    actual = lab.spatial.max_pool2d_backward(grad, positions, (2, 3, 3, 4))
    law("the sum of what each won", actual, expected.reshape(2, 3, 3, 4), given={"grad": grad})


# --- normalisation ---

PICTURES = [(2, 3, 4), (5, 2, 1), (1, 3, 7), (4, 1, 3), (3, 2, 2, 5)]


@task("spatial.channel_statistics")
@pytest.mark.parametrize("shape", PICTURES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_statistics_of_a_channel_are_over_batch_and_places(lab, shape, dtype):
    x = uniform(*shape, dtype=dtype)
    mean, variance = lab.spatial.channel_statistics(x)
    over = (0, *range(2, x.ndim))
    exact = x.astype(np.float64)
    law("mean", mean, exact.mean(over), given={"x": x})
    law("variance, divided by n", variance, exact.var(over), given={"x": x})


@task("spatial.channel_statistics")
def test_a_large_mean_does_not_hide_the_deviations(lab):
    x = (uniform(8, 2, 50) + 3000).astype(np.float32)
    mean, variance = lab.spatial.channel_statistics(x)
    exact = x.astype(np.float64)
    law("mean", mean, exact.mean((0, 2)), given={"x": x})
    hint = "E[x^2] - E[x]^2 is a small difference of large numbers; is there another way?"
    law("variance", variance, exact.var((0, 2)), given={"x": x}, rtol=1e-4, hint=hint)


@task("spatial.channel_statistics")
def test_a_million_floats_are_summed_to_the_last_digits(lab):
    x = np.full((4, 1, 250_000), 0.1, np.float32)
    x[:, :, ::2] = 0.3
    mean, variance = lab.spatial.channel_statistics(x)
    exact = x.astype(np.float64)
    law("mean", mean, exact.mean((0, 2)), given={"x": x}, rtol=1e-6)
    law("variance", variance, exact.var((0, 2)), given={"x": x}, rtol=1e-5)


def normalised(x, weight, eps=1e-5):
    over = (0, *range(2, x.ndim))
    mean, variance = x.mean(over, keepdims=True), x.var(over, keepdims=True)
    each = (1, -1, *[1] * (x.ndim - 2))
    return (x - mean) / np.sqrt(variance + eps) * weight.reshape(each)


@task("spatial.batch_norm_backward")
@pytest.mark.parametrize("shape", PICTURES)
def test_the_gradient_of_batch_norm_is_the_derivative(lab, shape):
    x, weight, grad = uniform(*shape), uniform(shape[1], seed=1), uniform(*shape, seed=2)
    over = (0, *range(2, x.ndim))
    grad_x, grad_weight, grad_bias = lab.spatial.batch_norm_backward(
        grad, x, x.mean(over), x.var(over), weight
    )
    given = {"x": x, "grad": grad, "weight": weight}
    expected = gradient(lambda x: normalised(x, weight), x, grad)
    law("grad_x", grad_x, expected, given=given, rtol=1e-5, atol=1e-7)
    z = normalised(x, np.ones_like(weight))
    law("grad_weight", grad_weight, (grad * z).sum(over), given=given)
    law("grad_bias", grad_bias, grad.sum(over), given=given)


@task("spatial.batch_norm_backward")
def test_the_gradient_of_batch_norm_has_no_part_along_1_or_z(lab):
    """To shift or scale a channel changes nothing that comes out."""
    x, grad = uniform(6, 2, 5, dtype=np.float32), uniform(6, 2, 5, seed=1, dtype=np.float32)
    mean, variance = x.mean((0, 2)), x.var((0, 2))
    grad_x = lab.spatial.batch_norm_backward(grad, x, mean, variance)[0].astype(np.float64)
    z = normalised(x, np.ones(2))
    nothing = np.zeros(2)
    law("sum of grad_x", grad_x.sum((0, 2)), nothing, given={"x": x}, atol=1e-4)
    law("sum of grad_x z", (grad_x * z).sum((0, 2)), nothing, given={"x": x}, atol=1e-3)


def test_batch_norm_shifts_and_scales(lab):
    x, weight, bias = uniform(3, 2, 4, 5), uniform(2, seed=1), uniform(2, seed=2)
    y = lab.spatial.batch_norm(x, x.mean((0, 2, 3)), x.var((0, 2, 3)), weight, bias)
    law("normalised", y, normalised(x, weight) + bias[:, None, None], given={"x": x})


# --- given code ---

WRONG = {
    "to have 3 channels, but got 2 channels": ((1, 2, 5, 5), (4, 3, 3, 3), {}),
    "Kernel size can't be greater than actual input size": ((1, 3, 2, 5), (4, 3, 3, 3), {}),
    "non-positive stride": ((1, 3, 5, 5), (4, 3, 3, 3), {"stride": 0}),
    "negative padding": ((1, 3, 5, 5), (4, 3, 3, 3), {"padding": -1}),
    "dilation should be greater than zero": ((1, 3, 5, 5), (4, 3, 3, 3), {"dilation": 0}),
    "non-positive groups": ((1, 3, 5, 5), (4, 3, 3, 3), {"groups": 0}),
    "expected weight to be divisible by 3": ((1, 3, 5, 5), (4, 1, 3, 3), {"groups": 3}),
    "conv2d: expected x of shape": ((3, 5, 5), (4, 3, 3, 3), {}),
}


@pytest.mark.parametrize("message", WRONG)
def test_convolution_names_what_does_not_fit(lab, message):
    x, weight, how = WRONG[message]
    with pytest.raises(RuntimeError, match=message):
        lab.spatial.conv2d(np.zeros(x), np.zeros(weight), **how)


def test_gradients_name_what_does_not_fit(lab):
    weight = np.zeros((4, 3, 3, 3))
    with pytest.raises(RuntimeError, match="conv2d_backward_x: no convolution of x"):
        lab.spatial.conv2d_backward_x(np.zeros((1, 4, 9, 9)), weight, (1, 3, 5, 5))
    with pytest.raises(RuntimeError, match="conv2d_backward_weight: no convolution of x"):
        lab.spatial.conv2d_backward_weight(
            np.zeros((1, 5, 3, 3)), np.zeros((1, 3, 5, 5)), (4, 3, 3, 3)
        )
    with pytest.raises(RuntimeError, match="col2im: expected columns of shape"):
        lab.spatial.col2im(np.zeros((9, 9)), (1, 4, 4), 3)
    with pytest.raises(IndexError, match="a position is outside"):
        lab.spatial.max_pool2d_backward(
            np.zeros((1, 1, 1, 1)), np.full((1, 1, 1, 1), 4, np.int32), (1, 1, 2, 2)
        )


def test_pooling_names_what_does_not_fit(lab):
    x = np.zeros((1, 1, 2, 2))
    for message, arguments in {
        "stride should not be zero": (2, 0),
        "Output size is too small": (5,),
        "pad should be at most half": (2, 2, 2),
        "lies outside the input altogether": (2, 1, 1, 3),
    }.items():
        with pytest.raises(RuntimeError, match=message):
            lab.spatial.max_pool2d(x, *arguments)
