"""The unit embeddings: rows looked up and added back, bags, sines for places, rotations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinytorch.tito.law import gradient, law, task


def uniform(*shape, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).uniform(-2, 2, shape).astype(dtype)


@st.composite
def tables(draw):
    """weight: (V, D), ids: (N,), some of them repeated."""
    rows, width, count = draw(st.integers(1, 6)), draw(st.integers(1, 5)), draw(st.integers(0, 9))
    ids = draw(st.lists(st.integers(0, rows - 1), min_size=count, max_size=count))
    return uniform(rows, width, seed=draw(st.integers(0, 9))), np.array(ids, np.int64)


def one_hot(ids, rows):
    return np.eye(rows)[ids]


# --- lookup ---


@task("embeddings.lookup")
@given(table=tables())
def test_lookup_is_a_product_with_one_hot_rows(lab, table):
    weight, ids = table
    actual = lab.embeddings.lookup(weight, ids)
    law("onehot(ids) W", actual, one_hot(ids, len(weight)) @ weight, given={"ids": ids})


@task("embeddings.lookup")
@pytest.mark.parametrize("shape", [(), (2, 3), (2, 1, 2)])
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_lookup_of_ids_of_any_shape(lab, shape, dtype):
    weight = uniform(7, 3, dtype=np.float32)
    ids = np.random.default_rng(1).integers(0, 7, shape).astype(dtype)
    actual = lab.embeddings.lookup(weight, ids)
    law("(...) -> (..., D)", actual.shape, (*shape, 3), given={"ids": ids})
    law("row by row", actual, weight[ids], given={"ids": ids})


@task("embeddings.lookup")
def test_lookup_of_a_table_that_is_a_view(lab):
    weight, ids = uniform(3, 6).T, np.array([5, 0, 5])
    law("row by row", lab.embeddings.lookup(weight, ids), weight[ids], given={"ids": ids})


# --- lookup_backward ---


@task("embeddings.lookup_backward")
@given(table=tables())
def test_lookup_backward_is_the_derivative(lab, table):
    weight, ids = table
    grad = uniform(len(ids), weight.shape[1], seed=5)
    actual = lab.embeddings.lookup_backward(grad, ids, len(weight))
    law("onehot(ids)^T grad", actual, one_hot(ids, len(weight)).T @ grad, given={"ids": ids})


@task("embeddings.lookup_backward")
def test_an_id_that_occurs_twice_adds_twice(lab):
    grad, ids = np.ones((5, 2)), np.array([1, 1, 3, 1, 0])
    actual = lab.embeddings.lookup_backward(grad, ids, 5)
    law("how often each id occurs", actual[:, 0], np.array([1, 3, 0, 1, 0.0]), given={"ids": ids})


@task("embeddings.lookup_backward")
@pytest.mark.parametrize("padding", [0, 2, 4])
def test_padding_learns_nothing(lab, padding):
    grad, ids = uniform(7, 3), np.array([2, 4, 0, 2, 1, 4, 0])
    actual = lab.embeddings.lookup_backward(grad, ids, 5, padding)
    expected = one_hot(ids, 5).T @ grad
    expected[padding] = 0
    law("all but its row", actual, expected, given={"ids": ids, "padding": padding})


@task("embeddings.lookup_backward")
def test_lookup_backward_starts_from_zero_each_time(lab):
    """The memory of a result was often used before."""
    grad, ids = uniform(40, 8), np.arange(40) % 5
    for _ in range(3):
        actual = lab.embeddings.lookup_backward(grad, ids, 6)
        law("the sum, and zeros", actual, one_hot(ids, 6).T @ grad, given={"ids": ids})


@task("embeddings.lookup_backward")
def test_a_wide_table_is_shared_among_threads(lab):
    grad, ids = uniform(300, 70), np.random.default_rng(0).integers(0, 90, 300)
    actual = lab.embeddings.lookup_backward(grad, ids, 90)
    law("the same sum", actual, one_hot(ids, 90).T @ grad, given={"ids": ids})


@task("embeddings.lookup_backward")
def test_by_frequency_each_id_counts_once(lab):
    grad, ids = uniform(6, 2), np.array([1, 1, 3, 1, 0, 3])
    actual = lab.embeddings.lookup_backward(grad, ids, 4, -1, True)
    counts = np.bincount(ids, minlength=4)[ids]
    law("the mean by id", actual, one_hot(ids, 4).T @ (grad / counts[:, None]), given={"ids": ids})


# --- bag ---

BAGS = [
    ([2, 0, 2, 1, 3], [0, 2]),
    ([2, 0, 2, 1, 3], [0, 0, 5]),
    ([2, 0], [0, 1, 2, 2]),
    ([], [0, 0]),
    ([3], [0]),
]


def bags_of(weight, ids, offsets, factors):
    rows = weight[np.array(ids, np.int64)] * factors[:, None]
    ends = [*offsets[1:], len(ids)]
    return np.stack([rows[a:b].sum(0) for a, b in zip(offsets, ends, strict=True)])


@task("embeddings.bag")
@pytest.mark.parametrize(("ids", "offsets"), BAGS)
def test_a_bag_is_the_sum_of_its_rows(lab, ids, offsets):
    weight = uniform(4, 3)
    ids, offsets = np.array(ids, np.int64), np.array(offsets, np.int64)
    expected = bags_of(weight, ids, offsets, np.ones(len(ids)))
    law(
        "sum of rows",
        lab.embeddings.bag(weight, ids, offsets),
        expected,
        given={"ids": ids, "offsets": offsets},
    )


@task("embeddings.bag")
def test_each_row_counts_with_its_factor(lab):
    weight, ids, offsets = uniform(4, 3), np.array([2, 0, 2, 1, 3]), np.array([0, 2, 3])
    factors = uniform(5, seed=1)
    actual = lab.embeddings.bag(weight, ids, offsets, "sum", factors)
    law("weighted sum", actual, bags_of(weight, ids, offsets, factors), given={"factors": factors})
    mean = lab.embeddings.bag(weight, ids, offsets, "mean")
    sizes = np.array([2, 1, 2.0])[:, None]
    law("mean", mean, bags_of(weight, ids, offsets, np.ones(5)) / sizes, given={"ids": ids})


@task("embeddings.bag")
def test_padding_is_no_member_of_a_bag(lab):
    weight, ids = uniform(4, 3), np.array([2, 0, 2, 1, 2])
    actual = lab.embeddings.bag(weight, ids, np.array([0, 2, 4]), "mean", None, False, 2)
    expected = np.stack([weight[0], weight[1], np.zeros(3)])
    law("the mean of the others", actual, expected, given={"ids": ids})


# --- sinusoidal ---


@task("embeddings.sinusoidal")
@pytest.mark.parametrize(("length", "width"), [(5, 6), (3, 7), (1, 1), (0, 4), (9000, 16)])
def test_sines_and_cosines_take_turns(lab, length, width):
    places = np.arange(length)[:, None]
    angles = places * 10_000.0 ** (-2 * (np.arange(width) // 2) / width)
    expected = np.where(np.arange(width) % 2 == 0, np.sin(angles), np.cos(angles))
    given = {"length": length, "width": width}
    actual = lab.embeddings.sinusoidal(length, width)
    law("sin and cos of t w_i", actual, expected, given=given, atol=1e-5)


@task("embeddings.sinusoidal")
def test_the_base_sets_the_longest_wave(lab):
    y = lab.embeddings.sinusoidal(64, 8, 100.0)
    angles = np.arange(64) * 100.0 ** (-6 / 8)
    law("the last pair", y[:, 6:], np.stack([np.sin(angles), np.cos(angles)], 1), atol=1e-5)


# --- rotate ---


def turns(length, width, seed=0):
    """A table (T, D) of sines and cosines of arbitrary angles, and the angles (T, D / 2)."""
    angles = np.random.default_rng(seed).uniform(-3, 3, (length, width // 2))
    return np.stack([np.sin(angles), np.cos(angles)], -1).reshape(length, width), angles


def turned(x, angles):
    pairs = (x[..., ::2] + 1j * x[..., 1::2]) * np.exp(1j * angles)
    return np.stack([pairs.real, pairs.imag], -1).reshape(x.shape)


@task("embeddings.rotate")
@pytest.mark.parametrize("lead", [(), (3,), (2, 3)])
def test_rotate_multiplies_by_a_complex_number(lab, lead):
    x = uniform(*lead, 4, 6)
    table, angles = turns(4, 6)
    law("(a + b i) e^(i angle)", lab.embeddings.rotate(x, table), turned(x, angles), given=x)


@task("embeddings.rotate")
def test_rotate_keeps_lengths_and_turns_products_by_the_distance(lab):
    q, k = uniform(1, 8), uniform(1, 8, seed=1)
    angles = np.arange(6)[:, None] * np.array([1.0, 0.5, 0.25, 0.1])
    table = np.stack([np.sin(angles), np.cos(angles)], -1).reshape(6, 8)
    at = [lab.embeddings.rotate(np.repeat(x, 6, 0), table) for x in (q, k)]
    law("lengths stay", np.sum(at[0] ** 2, -1), np.full(6, np.sum(q**2)), given=q)
    products = at[0] @ at[1].T
    law("q_3 k_1 = q_5 k_3", products[3, 1], products[5, 3], given=q)


@task("embeddings.rotate_backward")
@pytest.mark.parametrize("lead", [(), (2,), (2, 2)])
def test_rotate_backward_is_the_derivative(lab, lead):
    x, grad = uniform(*lead, 3, 4), uniform(*lead, 3, 4, seed=1)
    table, angles = turns(3, 4)
    actual = lab.embeddings.rotate_backward(grad, table)
    expected = gradient(lambda x: turned(x, angles), x, grad)
    law("rotate_backward is the derivative", actual, expected, given=grad, rtol=1e-6, atol=1e-8)


@task("embeddings.rotate_backward")
def test_rotate_backward_turns_back(lab):
    table, angles = turns(5, 6)
    x = uniform(5, 6)
    law("x again", lab.embeddings.rotate_backward(turned(x, angles), table), x, given=x)


# --- given code ---


def test_of_nothing_there_is_nothing(lab):
    none = np.zeros(0, np.int64)
    law("no rows", lab.embeddings.lookup(np.zeros((3, 2)), none).shape, (0, 2))
    law(
        "no sequences", lab.embeddings.rotate(np.zeros((0, 3, 4)), np.ones((3, 4))).shape, (0, 3, 4)
    )


@pytest.mark.parametrize(("ids", "words"), [([0, 3], r"id 3 at position \(1,\)"), ([-1], "id -1")])
def test_an_id_outside_the_vocabulary_is_named(lab, ids, words):
    with pytest.raises(IndexError, match=f"{words}.*vocabulary of 3"):
        lab.embeddings.lookup(np.zeros((3, 2)), np.array(ids))
    with pytest.raises(IndexError, match=f"{words}.*vocabulary of 3"):
        lab.embeddings.lookup_backward(np.zeros((len(ids), 2)), np.array(ids), 3)


def test_shapes_and_dtypes_that_do_not_fit(lab):
    with pytest.raises(RuntimeError, match=r"expected weight of shape \(V, D\), got.*\(3,\)"):
        lab.embeddings.lookup(np.zeros(3), np.array([0]))
    with pytest.raises(RuntimeError, match="expected ids of dtype int64 or int32, got float64"):
        lab.embeddings.lookup(np.zeros((3, 2)), np.array([0.0]))
    with pytest.raises(RuntimeError, match=r"expected grad of shape \(\*ids.shape, D\)"):
        lab.embeddings.lookup_backward(np.zeros((3, 2)), np.array([0]), 3)
    with pytest.raises(RuntimeError, match="rotate: expected x"):
        lab.embeddings.rotate(np.zeros((3, 5)), np.zeros((3, 5)))
    with pytest.raises(RuntimeError, match="offsets can not be greater than the number of ids 2"):
        lab.embeddings.bag(np.zeros((3, 2)), np.array([0, 1]), np.array([0, 5]))
