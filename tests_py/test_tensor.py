"""The unit tensor: shapes and strides are arithmetic, views copy nothing, loops are as numpy's."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy

import tinytorch as torch
from tinytorch.tito.law import arrays, law, task

SHAPES = st.lists(st.integers(0, 5), max_size=5).map(tuple)


def uniform(*shape, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).uniform(-3, 3, shape).astype(dtype)


def count(*shape):
    return np.arange(math.prod(shape), dtype=np.int64).reshape(shape)


# In the worker.


def unary(name, x):
    return getattr(torch, name)(torch.from_numpy(x))


def binary(name, a, b):
    return getattr(torch, name)(torch.from_numpy(a), torch.from_numpy(b))


def matmul(a, b):
    return torch.matmul(torch.from_numpy(a), torch.from_numpy(b))


# --- layout ---


def strides_of(shape):
    x = torch.empty(shape)
    return list(x.stride()), x.is_contiguous()


@task("tensor.contiguous_strides")
@given(shape=SHAPES)
def test_strides_of_a_fresh_tensor_count_what_lies_between(lab, shape):
    expected = [math.prod(max(size, 1) for size in shape[d + 1 :]) for d in range(len(shape))]
    strides, contiguous = lab.run(strides_of, list(shape))
    law("products of the sizes to the right", strides, expected, given={"shape": shape})
    law("that is contiguous", contiguous, True, given={"shape": shape})


@task("tensor.contiguous_strides")
@given(shape=numpy.array_shapes(max_dims=4, max_side=5))
def test_a_fresh_tensor_is_laid_out_as_numpys(lab, shape):
    def filled(shape):
        x = torch.zeros(shape)
        x[...] = torch.arange(x.numel()).reshape(shape)
        return x.reshape(-1)

    size = math.prod(shape)
    actual = lab.run(filled, list(shape))
    law("row after row", actual, np.arange(size, dtype=np.float32), given={"shape": shape})


@task("tensor.broadcast_shapes")
@given(shapes=numpy.mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=5))
def test_two_shapes_meet_where_numpys_do(lab, shapes):
    a, b = (np.zeros(shape) for shape in shapes.input_shapes)
    given = {"a": a.shape, "b": b.shape}
    for x, y in ((a, b), (b, a)):
        actual = lab.run(binary, "add", x, y).shape
        law("the shape of a + b", actual, shapes.result_shape, given=given)


@task("tensor.broadcast_shapes")
@pytest.mark.parametrize(
    ("a", "b", "dim"),
    [((2,), (3,), 0), ((2, 3), (2,), 1), ((4, 1, 3), (2, 1, 2), 2), ((0,), (2,), 0),
     ((2, 3), (3, 3), 0)],
)  # fmt: skip
def test_shapes_that_do_not_meet_are_refused(lab, a, b, dim):
    for x, y in ((a, b), (b, a)):
        with pytest.raises(RuntimeError, match=rf"add: .*\({x[0]}.*\({y[0]}.*at dim {dim}"):
            lab.run(binary, "add", np.zeros(x), np.zeros(y))


def expanded(x, shape):
    y = torch.from_numpy(x).expand(shape)
    return list(y.stride()), y.clone()


@task("tensor.broadcast_strides")
@given(data=st.data())
def test_a_stretched_dim_has_stride_zero(lab, data):
    shape = data.draw(numpy.array_shapes(max_dims=4, max_side=4), label="shape")
    kept = data.draw(
        st.lists(st.booleans(), min_size=len(shape), max_size=len(shape)), label="kept"
    )
    added = data.draw(st.integers(0, len(shape)), label="added")
    sizes = [size if keep else 1 for size, keep in zip(shape, kept, strict=True)][added:]
    x = count(*sizes)
    given = {"from": sizes, "to": shape}
    strides, values = lab.run(expanded, x, list(shape))
    law("the same elements again and again", values, np.broadcast_to(x, shape), given=given)
    stretched = [
        0 if d < added or (sizes[d - added] == 1 and size != 1) else x.strides[d - added] // 8
        for d, size in enumerate(shape)
    ]
    law("stride 0 where stretched", strides, stretched, given=given)


@task("tensor.broadcast_strides")
def test_broadcast_strides_keep_the_strides_of_a_view(lab):
    x = count(4, 6).T[:, :1]
    strides, values = lab.run(expanded, x, [2, 6, 3])
    law("0, the view's own, 0", strides, [0, 1, 0], given=x)
    law("the elements", values, np.broadcast_to(x, (2, 6, 3)), given=x)


# --- views ---


@st.composite
def permutations(draw):
    x = count(*draw(numpy.array_shapes(min_dims=1, max_dims=5, max_side=4)))
    return x, draw(st.permutations(range(x.ndim)))


def permuted(x, dims):
    y = torch.from_numpy(x).permute(dims)
    return list(y.shape), list(y.stride()), y


@task("tensor.permute")
@given(case=permutations())
def test_permute_reorders_sizes_and_strides(lab, case):
    x, dims = case
    shape, strides, y = lab.run(permuted, x, dims)
    given = {"x": x.shape, "dims": dims}
    law("size i is x's size dims[i]", shape, [x.shape[d] for d in dims], given=given)
    law("stride i is x's stride dims[i]", strides, [x.strides[d] // 8 for d in dims], given=given)
    law("the elements follow", y, x.transpose(dims), given=given)


@task("tensor.permute")
@given(case=permutations())
def test_permuting_back_gives_the_original(lab, case):
    def there_and_back(x, dims, back):
        return torch.from_numpy(x).permute(dims).permute(back)

    x, dims = case
    back = [dims.index(d) for d in range(x.ndim)]
    law("x again", lab.run(there_and_back, x, dims, back), x, given={"x": x.shape, "dims": dims})


@task("tensor.permute")
def test_permute_counts_dims_from_either_end(lab):
    x = count(2, 3, 4)
    law("-1 is the last", lab.run(permuted, x, [-1, 0, -2])[2], x.transpose(2, 0, 1), given=x)


@task("tensor.permute")
def test_permute_of_a_slice_starts_where_that_started(lab):
    def sliced_and_permuted(x):
        return torch.from_numpy(x)[:, 2:].permute([1, 0])

    x = count(3, 5)
    law("x[:, 2:] transposed", lab.run(sliced_and_permuted, x), x[:, 2:].T, given=x)


@task("tensor.permute")
def test_permute_copies_nothing(lab):
    def write(x):
        torch.from_numpy(x).permute([1, 0])[2, 0] = -1
        return x

    expected = count(2, 3)
    expected[0, 2] = -1
    law("a write is seen by x", lab.run(write, count(2, 3)), expected)


@task("tensor.permute")
@pytest.mark.parametrize(("dims", "kind"), [([0, 0], RuntimeError), ([0, 2], IndexError)])
def test_permute_refuses_what_is_no_permutation(lab, dims, kind):
    with pytest.raises(kind, match="permute"):
        lab.run(permuted, count(2, 3), dims)


def sliced(x, start, stop, step):
    y = torch.from_numpy(x)[:, start:stop:step]
    return list(y.stride()), y


@task("tensor.slice")
@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize("size", [0, 1, 5])
def test_slice_takes_what_pythons_slices_take(lab, size, step):
    def sliced(x, bounds, step):
        return [torch.from_numpy(x)[:, start:stop:step] for start, stop in bounds]

    x, places = count(2, size), (None, *range(-size - 2, size + 3))
    bounds = [(start, stop) for start in places for stop in places]
    actual = lab.run(sliced, x, bounds, step)
    for (start, stop), found in zip(bounds, actual, strict=True):
        given = {"x": x.shape, "start": start, "stop": stop, "step": step}
        law("x[:, start:stop:step]", found, x[:, start:stop:step], given=given)


@task("tensor.slice")
def test_slice_steps_in_strides_of_a_view(lab):
    x = count(4, 6, 3).transpose(2, 1, 0)
    strides, actual = lab.run(sliced, x, 1, 6, 2)
    law("the elements", actual, x[:, 1:6:2], given=x)
    law("the stride times step", strides, [1, 6, 18], given=x)


@task("tensor.slice")
def test_slice_of_a_slice_starts_where_that_started(lab):
    def twice(x):
        return torch.from_numpy(x)[:, 2:][:, 1:4]

    x = count(3, 7)
    law("x[:, 2:][:, 1:4] = x[:, 3:6]", lab.run(twice, x), x[:, 3:6], given=x)


@task("tensor.slice")
def test_slice_copies_nothing(lab):
    def write(x):
        torch.from_numpy(x)[:, 1:4:2][1, 1] = -1
        return x

    expected = count(2, 5)
    expected[1, 3] = -1
    law("a write is seen by x", lab.run(write, count(2, 5)), expected)


# --- elementwise ---

UNARY = {
    "neg": np.negative,
    "exp": np.exp,
    "sqrt": lambda x: np.sqrt(x),
    "abs": np.abs,
    "sin": np.sin,
    "reciprocal": lambda x: 1 / x,
}


@pytest.mark.parametrize("name", UNARY)
@given(x=arrays(dtype="float64", limit=20.0))
def test_map_applies_a_function_to_every_element(lab, name, x):
    with np.errstate(all="ignore"):
        expected = UNARY[name](x)
    law(f"{name}(x)", lab.run(unary, name, x), expected, given=x)


def test_map_reads_any_strides(lab):
    x = uniform(6, 8, 4)
    for view in (x.transpose(2, 0, 1), x[::2, 1::3], np.broadcast_to(x[0, 0], (5, 4)), x[:0]):
        law("-x of a view", lab.run(unary, "neg", view), -view, given=view)


def test_map_keeps_the_dtype(lab):
    for dtype in (np.float32, np.int64, np.int8):
        x = count(3, 4).astype(dtype)
        y = lab.run(unary, "neg", x)
        law("-x", y, -x, given=x)
        law("the dtype", y.dtype.name, x.dtype.name, given=x)


BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "maximum": np.maximum,
}


@st.composite
def operands(draw):
    shapes = draw(numpy.mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=4))
    seed = draw(st.integers(0, 99))
    a, b = (uniform(*shape, seed=seed + i) for i, shape in enumerate(shapes.input_shapes))
    return np.asarray(a), np.asarray(b)


@task("tensor.zip")
@pytest.mark.parametrize("name", BINARY)
@given(pair=operands())
def test_zip_applies_a_function_to_every_pair(lab, name, pair):
    a, b = pair
    actual = lab.run(binary, name, a, b)
    law(f"{name}(a, b)", actual, np.asarray(BINARY[name](a, b)), given={"a": a, "b": b})


@task("tensor.zip")
def test_zip_keeps_its_operands_apart(lab):
    """a - b is not b - a, and neither is written to."""

    def both_ways(a, b):
        x, y = torch.from_numpy(a), torch.from_numpy(b)
        return x - y, y - x, a, b

    a, b = uniform(3, 4), uniform(3, 4, seed=1)
    forth, back, after_a, after_b = lab.run(both_ways, a, b)
    given = {"a": a, "b": b}
    law("a - b", forth, a - b, given=given)
    law("b - a", back, b - a, given=given)
    law("a stays", after_a, a, given=given)
    law("b stays", after_b, b, given=given)


@task("tensor.zip")
def test_zip_reads_any_strides(lab):
    a, b = uniform(6, 8).T[1::2], uniform(4, 12, seed=1)[:, ::2]
    law("a + b", lab.run(binary, "add", a, b), a + b, given={"a": a, "b": b})
    row, column = uniform(6, seed=2), uniform(4, 1, seed=3)
    law("a row", lab.run(binary, "sub", a, row), a - row, given={"a": a, "b": row})
    law("a column", lab.run(binary, "sub", column, a), column - a, given={"a": column, "b": a})


def test_a_comparison_is_bool(lab):
    a, b = count(3, 4), count(4)
    actual = lab.run(binary, "gt", a, b)
    law("a > b", actual, a > b, given={"a": a, "b": b})
    law("bool", actual.dtype.name, "bool")


# --- reductions ---


def summed(x, dim=None, keepdim=False):
    x = torch.from_numpy(x)
    return x.sum() if dim is None else x.sum(dim, keepdim)


@st.composite
def arrays_with_dims(draw):
    x = draw(arrays(dtype="float64"))
    return x, draw(st.lists(st.sampled_from(range(x.ndim)), min_size=1, unique=True))


@task("tensor.sum")
@given(case=arrays_with_dims(), keepdim=st.booleans())
def test_sum_over_dims_is_numpys(lab, case, keepdim):
    x, dims = case
    given = {"x": x, "dim": dims, "keepdim": keepdim}
    expected = x.sum(tuple(dims), keepdims=keepdim)
    law("the sum", lab.run(summed, x, dims, keepdim), np.asarray(expected), given=given, atol=1e-9)


@task("tensor.sum")
@given(x=arrays(dtype="float64"))
def test_sum_of_everything_is_the_sum_of_the_sums(lab, x):
    rows = lab.run(summed, x, 0)
    law("sum(sum(x, 0)) = sum(x)", lab.run(summed, rows), lab.run(summed, x), given=x, atol=1e-9)


@task("tensor.sum")
def test_a_million_small_terms_are_not_lost(lab):
    x = np.full(1_000_000, 0.1, np.float32)
    hint = "a float32 total of 1e5 moves in steps of 0.008: what type should the total have?"
    law("1e6 times 0.1f", lab.run(summed, x), x.astype(np.float64).sum(), rtol=1e-6, hint=hint)
    x = np.array([1e8, 1.0, -1e8] * 5, np.float32)
    law("large terms that cancel", lab.run(summed, x), np.array(5.0), given=x)


@task("tensor.sum")
def test_sum_of_nothing_is_zero(lab):
    law("() of (0,)", lab.run(summed, np.zeros(0)), np.array(0.0))
    law("(3,) of (3, 0)", lab.run(summed, np.zeros((3, 0)), 1), np.zeros(3))
    law("(0,) of (3, 0)", lab.run(summed, np.zeros((3, 0)), 0), np.zeros(0))


@task("tensor.sum")
def test_integers_are_summed_exactly(lab):
    x = np.array([[2**53, 1], [3, 2**40]])
    actual = lab.run(summed, x, 1)
    law("int64 keeps every bit", actual.tolist(), x.sum(1).tolist(), given=x)
    actual = lab.run(summed, np.full(300, 100, np.uint8))
    law("uint8 is summed as int64", actual, np.array(30_000))
    actual = lab.run(summed, np.ones((2, 300), np.bool_), 1)
    law("True counts 1", actual, np.array([300, 300]))


@task("tensor.sum")
def test_sum_spoils_only_the_row_of_a_nan(lab):
    x = uniform(3, 4)
    x[1, 2] = np.nan
    law("one NaN", lab.run(summed, x, 1), x.sum(1), given=x)


# --- matmul ---


@st.composite
def matrices(draw):
    """(M, K) and (K, N), each as it is or as the transpose of one."""
    m, k, n = (draw(st.integers(1, 9)) for _ in range(3))
    seed = draw(st.integers(0, 99))
    a, b = uniform(m, k, seed=seed), uniform(k, n, seed=seed + 1)
    a = np.asfortranarray(a) if draw(st.booleans()) else a
    return a, np.asfortranarray(b) if draw(st.booleans()) else b


@task("tensor.matmul")
@given(pair=matrices())
def test_matmul_is_rows_times_columns(lab, pair):
    a, b = pair
    law("a b", lab.run(matmul, a, b), a @ b, given={"a": a, "b": b})


@task("tensor.matmul")
@given(pair=matrices())
def test_the_identity_changes_nothing(lab, pair):
    a, _ = pair
    law("I a", lab.run(matmul, np.eye(len(a)), a), a, given={"a": a})
    law("a I", lab.run(matmul, a, np.eye(a.shape[1])), a, given={"a": a})


@task("tensor.matmul")
def test_matmul_of_transposes_is_the_transpose_of_matmul(lab):
    a, b = uniform(5, 7), uniform(7, 3, seed=1)
    actual = lab.run(matmul, b.T, a.T)
    law("b^T a^T = (a b)^T", actual, lab.run(matmul, a, b).T, given={"a": a, "b": b})


@task("tensor.matmul")
def test_matmul_in_float32_and_over_many_terms(lab):
    for m, k, n in ((1, 300, 1), (33, 65, 17), (1, 5, 40), (40, 5, 1)):
        a, b = uniform(m, k, dtype=np.float32), uniform(k, n, seed=1, dtype=np.float32)
        exact = a.astype(np.float64) @ b.astype(np.float64)
        actual = lab.run(matmul, a, b)
        law("a b", actual, exact, given={"a": a, "b": b}, atol=1e-4)
        law("float32 stays", actual.dtype.name, "float32")


@task("tensor.matmul")
def test_matmul_without_terms_is_zero_whatever_the_memory_held(lab):
    def between_others(a, b):
        torch.full((3, 4), 7.0, dtype=torch.float64)  # gives its memory back at once
        return torch.matmul(torch.from_numpy(a), torch.from_numpy(b))

    law(
        "(3, 0) (0, 4)",
        lab.run(between_others, np.zeros((3, 0)), np.zeros((0, 4))),
        np.zeros((3, 4)),
    )
    a, b = uniform(3, 5), uniform(5, 4, seed=1)
    law("c is overwritten", lab.run(between_others, a, b), a @ b, given={"a": a, "b": b})


@task("tensor.matmul")
def test_matmul_lets_a_nan_through(lab):
    a, b = np.zeros((2, 2)), np.array([[np.inf, 1.0], [2.0, 3.0]])
    hint = "a factor of 0 does not make a term 0 when the other is inf"
    expected = np.array([[np.nan, 0.0], [np.nan, 0.0]])
    law("0 inf is nan", lab.run(matmul, a, b), expected, given={"a": a, "b": b}, hint=hint)


@task("tensor.matmul")
def test_matmul_of_integers_is_exact(lab):
    a, b = np.array([[2**40, 1], [3, -5]]), np.array([[2**20 + 1, 7], [9, 11]])
    actual = lab.run(matmul, a, b).tolist()
    law("int64 keeps every bit", actual, (a @ b).tolist(), given={"a": a, "b": b})


# --- given code: the ranks that lead to the loops ---

RANKS = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 4)),
    ((5, 2, 3), (3, 4)),
    ((5, 2, 3), (3,)),
    ((3,), (5, 3, 4)),
    ((2, 3), (5, 3, 4)),
    ((6, 1, 2, 3), (5, 3, 4)),
    ((0, 2, 3), (3, 4)),
]


@pytest.mark.parametrize(("a", "b"), RANKS)
def test_matmul_of_every_combination_of_ranks(lab, a, b):
    x, y = uniform(*a), uniform(*b, seed=1)
    law("a b", lab.run(matmul, x, y), np.asarray(x @ y), given={"a": x, "b": y})


@pytest.mark.parametrize(("a", "b"), [((2, 3), (4, 5)), ((3,), (4,)), ((2, 3), (2,))])
def test_matmul_names_what_does_not_fit(lab, a, b):
    message = rf"matmul: expected a.shape\[-1\] == b.shape\[-[12]\], got \({a[0]}.*\({b[0]}"
    with pytest.raises(RuntimeError, match=message):
        lab.run(matmul, np.zeros(a), np.zeros(b))


def test_large_operands_are_shared_among_threads_without_a_seam(lab):
    a, b = uniform(300, 400), uniform(400, seed=1)
    law("a + b", lab.run(binary, "add", a, b), a + b)
    law("exp(a)", lab.run(unary, "exp", a), np.exp(a))
    law("sums", lab.run(summed, a, 1), a.sum(1), atol=1e-9)
    law("a^T sums", lab.run(summed, a, 0), a.sum(0), atol=1e-9)
