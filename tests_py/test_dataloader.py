"""The unit dataloader: an epoch's order, its batches, images on the way, and results in order."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinytorch as torch
from tinytorch.tito.law import law, task

EXACT = {"rtol": 0, "atol": 0}


# --- permutation --------------------------------------------------------------------------------


def shuffled(n, seed):
    generator = torch.Generator()
    generator.manual_seed(seed)
    order = torch.dataloader.permutation(n, generator)
    return order, torch.dataloader.permutation(4, generator)


def fisher_yates(n, words):
    order = np.arange(n)
    for i in range(n - 1):
        j = i + int(next(words)) % (n - i)
        order[i], order[j] = order[j], order[i]
    return order


def words_of(seed):
    """What the generator draws: numpy has the same Mersenne Twister."""
    return iter(np.random.RandomState(seed).randint(0, 2**32, 4000, dtype=np.uint32))


@task("dataloader.permutation")
@given(n=st.integers(0, 300), seed=st.integers(0, 2**31))
def test_a_permutation_holds_every_index_once(lab, n, seed):
    order, _ = lab.run(shuffled, n, seed)
    law("every index once", np.sort(order), np.arange(n), given={"n": n, "seed": seed})


@task("dataloader.permutation")
@given(n=st.integers(0, 40), seed=st.integers(0, 999))
def test_a_permutation_is_fisher_and_yates(lab, n, seed):
    order, following = lab.run(shuffled, n, seed)
    words = words_of(seed)
    given = {"n": n, "seed": seed}
    law("swap i with i + r % (n - i)", order, fisher_yates(n, words), given=given)
    law("n - 1 words are drawn", following, fisher_yates(4, words), given=given)


def many(count):
    torch.manual_seed(0)
    return np.stack([torch.dataloader.permutation(3).numpy() for _ in range(count)])


@task("dataloader.permutation")
def test_every_order_is_equally_likely(lab):
    orders = lab.run(many, 6000)
    _, counts = np.unique(orders, axis=0, return_counts=True)
    law("all six orders of three", len(counts), 6)
    law("each a sixth of the time", counts / 6000, np.full(6, 1 / 6), atol=0.03)


# --- gather -------------------------------------------------------------------------------------

DTYPES = ["bool", "uint8", "int16", "float32", "float64", "int64"]


@task("dataloader.gather")
@given(
    n=st.integers(1, 9),
    shape=st.lists(st.integers(0, 4), max_size=3),
    dtype=st.sampled_from(DTYPES),
    data=st.data(),
)
def test_gather_is_indexing(lab, n, shape, dtype, data):
    draw = np.random.default_rng(n)
    x = (draw.uniform(0, 200, (n, *shape)) * (1 if dtype != "bool" else 0.01)).astype(dtype)
    rows = np.array(data.draw(st.lists(st.integers(-n, n - 1), max_size=12)), np.int64)
    actual = lab.dataloader.gather(x, rows)
    law("y[b] = x[rows[b]]", actual, x[rows], given={"x": x, "rows": rows}, **EXACT)
    law("the dtype stays", actual.dtype.name, dtype)


@task("dataloader.gather")
def test_gather_from_any_strides(lab):
    x = np.arange(60, dtype=np.float32).reshape(5, 12)
    rows = np.array([3, 3, 0, 7])
    law("y[b] = x[rows[b]]", lab.dataloader.gather(x.T, rows), x.T[rows], given=x.T, **EXACT)
    law("y[b] = x[rows[b]]", lab.dataloader.gather(x[:, ::2], rows[:3]), x[:, ::2][rows[:3]])


@task("dataloader.gather")
def test_gather_of_a_large_batch(lab):
    """So large that threads share it."""
    x = np.random.default_rng(0).integers(0, 256, (500, 3000), np.uint8)
    rows = np.random.default_rng(1).integers(0, 500, 700)
    law("y[b] = x[rows[b]]", lab.dataloader.gather(x, rows), x[rows], **EXACT)


@pytest.mark.parametrize("index", [5, -6, 2**40])
def test_gather_names_a_row_that_is_not_there(lab, index):
    with pytest.raises(IndexError, match=rf"gather_rows: index {index} is out of range for 5 rows"):
        lab.dataloader.gather(np.zeros((5, 2)), np.array([0, index]))


def test_gather_wants_a_list_of_rows(lab):
    with pytest.raises(TypeError, match="expected rows of shape"):
        lab.dataloader.gather(np.zeros((5, 2)), np.array([0.5]))
    with pytest.raises(IndexError, match="0-d tensor has no rows"):
        lab.dataloader.gather(np.array(1.0), np.array([0]))


# --- crop ---------------------------------------------------------------------------------------


def windows(x, corners, mirrored, height, width, fill):
    """Padded so far that every window lies inside, then cut out."""
    margin = 60
    around = ((0, 0), (0, 0), (margin, margin), (margin, margin))
    padded = np.pad(x, around, constant_values=fill)
    cut = np.zeros((*x.shape[:2], height, width), x.dtype)
    for n, (top, left) in enumerate(corners + margin):
        cut[n] = padded[n, :, top : top + height, left : left + width]
        if mirrored[n]:
            cut[n] = cut[n, :, :, ::-1]
    return cut


@st.composite
def pictures(draw):
    n, c = draw(st.integers(0, 4)), draw(st.integers(1, 3))
    h, w, height, width = (draw(st.integers(1, 7)) for _ in range(4))
    kind = draw(st.sampled_from(["uint8", "float32", "float64"]))
    random = np.random.default_rng(draw(st.integers(0, 99)))
    x = random.integers(0, 256, (n, c, h, w)).astype(kind)
    corners = random.integers(-5, 8, (n, 2))
    return x, corners, random.random(n) < 0.5, height, width, draw(st.sampled_from([0, 7]))


@task("dataloader.crop")
@given(picture=pictures())
def test_crop_is_a_window_of_the_padded_image(lab, picture):
    x, corners, mirrored, height, width, fill = picture
    law(
        "a window, mirrored where asked",
        lab.dataloader.crop(x, corners, mirrored, height, width, fill),
        windows(*picture),
        given={"x": x, "corners": corners, "mirrored": mirrored},
        **EXACT,
    )


@task("dataloader.crop")
def test_crop_of_everything_changes_nothing(lab):
    x = np.random.default_rng(0).random((3, 2, 5, 4), np.float32)
    corners, no, yes = np.zeros((3, 2), np.int64), np.zeros(3, bool), np.ones(3, bool)
    law("the whole image", lab.dataloader.crop(x, corners, no, 5, 4), x, given=x, **EXACT)
    law("its mirror image", lab.dataloader.crop(x, corners, yes, 5, 4), x[..., ::-1], given=x)
    away = np.full((3, 2), 2**62)
    law("nothing", lab.dataloader.crop(x, away, no, 2, 2, 3.0), np.full((3, 2, 2, 2), 3.0))


@task("dataloader.crop")
def test_crop_of_many_images(lab):
    """So many that threads share them."""
    random = np.random.default_rng(0)
    x = random.integers(0, 256, (150, 3, 32, 32), np.uint8)
    corners, mirrored = random.integers(-4, 5, (150, 2)), random.random(150) < 0.5
    actual = lab.dataloader.crop(x, corners, mirrored, 32, 32)
    law("a window", actual, windows(x, corners, mirrored, 32, 32, 0), **EXACT)


def test_crop_names_what_does_not_fit(lab):
    x, corners, no = np.zeros((2, 1, 4, 4)), np.zeros((2, 2), np.int64), np.zeros(2, bool)
    for arguments, told in (
        ((x[0], corners, no, 2, 2), r"expected images \(N, C, H, W\)"),
        ((x, corners[:1], no, 2, 2), r"corners of shape \(N, 2\)"),
        ((x, corners, no[:1], 2, 2), r"mirrored of shape \(N,\)"),
        ((x, corners, no, -1, 2), r"a size >= 0"),
    ):
        with pytest.raises(ValueError, match=told):
            lab.dataloader.crop(*arguments)


# --- normalize ----------------------------------------------------------------------------------


@task("dataloader.normalize")
@given(
    shape=st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(0, 4)),
    kind=st.sampled_from(["float32", "float64"]),
)
def test_normalize_shifts_and_scales_each_channel(lab, shape, kind):
    random = np.random.default_rng(sum(shape))
    x = random.random((*shape, 2)).astype(kind)
    mean, deviation = (random.uniform(0.2, 2, shape[1]).astype(kind) for _ in range(2))
    expected = (x - mean[:, None, None]) / deviation[:, None, None]
    actual = lab.dataloader.normalize(x, mean, deviation)
    law("(x - mean) / deviation", actual, expected, given={"x": x, "mean": mean}, rtol=1e-6)


@task("dataloader.normalize")
def test_bytes_are_looked_up_and_not_computed(lab):
    random = np.random.default_rng(0)
    x = random.integers(0, 256, (3, 2, 4, 5), np.uint8)
    mean, deviation = np.array([0.5, 0.25], np.float32), np.array([0.5, 2.0], np.float32)
    unit = x.astype(np.float32) / np.float32(255)
    expected = (unit - mean[:, None, None]) / deviation[:, None, None]
    law("as computed", lab.dataloader.to_float(x, mean, deviation), expected, given=x, **EXACT)
    last = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    law("channels last", lab.dataloader.to_float(last, mean, deviation), expected, **EXACT)


def test_bytes_as_shares_of_one(lab):
    x = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16)
    law("x / 255", lab.dataloader.to_float(x), x.astype(np.float32) / np.float32(255), **EXACT)


def test_normalize_names_what_does_not_fit(lab):
    x, two = np.zeros((1, 2, 3)), np.ones(2)
    with pytest.raises(ValueError, match="each of 2 channels"):
        lab.dataloader.normalize(x, np.ones(3), two)
    with pytest.raises(ValueError, match="the deviation of channel 1 is zero"):
        lab.dataloader.normalize(x, two, np.array([1.0, 0.0]))


# --- batches ------------------------------------------------------------------------------------


def grouped(indices, batch_size, drop_last):
    return list(torch.dataloader.batches(indices, batch_size, drop_last))


@task("dataloader.batches")
@given(n=st.integers(0, 30), batch_size=st.integers(1, 9), drop_last=st.booleans())
def test_batches_cut_the_epoch_into_pieces(lab, n, batch_size, drop_last):
    indices = [3 * i for i in range(n)]
    pieces = [indices[i : i + batch_size] for i in range(0, n, batch_size)]
    if drop_last:
        pieces = [piece for piece in pieces if len(piece) == batch_size]
    given = {"n": n, "batch_size": batch_size, "drop_last": drop_last}
    law("pieces", lab.run(grouped, indices, batch_size, drop_last), pieces, given=given)


def first_of_endless():
    import itertools

    batches = torch.dataloader.batches(itertools.count(), 2, False)
    first, second = next(batches), next(batches)
    first.append(-1)  # whoever gets a batch may keep it
    return first, second, next(batches)


@task("dataloader.batches")
def test_batches_take_indices_when_they_need_them(lab):
    law("from an endless epoch", lab.run(first_of_endless), ([0, 1, -1], [2, 3], [4, 5]))


# --- collate ------------------------------------------------------------------------------------


def collated(samples):
    def joiner_of(sample):
        return np.array if isinstance(sample, (int, float, np.ndarray, str)) else None

    result = torch.dataloader.collate(samples, joiner_of)
    return type(result).__name__, result


@task("dataloader.collate")
@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([1, 2, 3], np.array([1, 2, 3])),
        ([(1, 2.0), (3, 4.0)], [np.array([1, 3]), np.array([2.0, 4.0])]),
        ([[1], [2], [3]], [np.array([1, 2, 3])]),
        ([{"a": 1, "b": 2}, {"b": 4, "a": 3}], {"a": np.array([1, 3]), "b": np.array([2, 4])}),
        (
            [(1, {"a": (2, [3])})] * 2,
            [np.array([1, 1]), {"a": [np.array([2, 2]), [np.array([3, 3])]]}],
        ),
        ([()] * 2, []),
    ],
    ids=["numbers", "tuples", "lists", "dicts", "deep", "nothing"],
)
def test_collation_turns_rows_into_columns(lab, samples, expected):
    _, actual = lab.run(collated, samples)
    same = str(actual) == str(expected)
    law(f"{samples} -> columns", same, True, hint=f"expected {expected}, got {actual}")


@task("dataloader.collate")
def test_arrays_are_leaves(lab):
    arrays = [np.arange(3) + i for i in range(4)]
    _, actual = lab.run(collated, arrays)
    law("joined whole", actual, np.array(arrays), given=arrays[0])


@task("dataloader.collate")
def test_unequal_samples_cannot_be_collated(lab):
    with pytest.raises(RuntimeError, match="equal size"):
        lab.run(collated, [[1, 2], [3]])
    with pytest.raises(RuntimeError, match="equal size"):
        lab.run(collated, [[1], [3, 4]])
    with pytest.raises(TypeError, match="found <class 'NoneType'>"):
        lab.run(collated, [None])


def collated_types():
    import collections

    point = collections.namedtuple("Point", "x y")
    kinds = [point(1, 2), collections.OrderedDict(a=1), collections.deque([1, 2])]
    joiner_of = lambda sample: list if isinstance(sample, int) else None  # noqa: E731
    results = [torch.dataloader.collate([kind, kind], joiner_of) for kind in kinds]
    return [type(result).__name__ for result in results], results[0].y


@task("dataloader.collate")
def test_containers_stay_what_they_are(lab):
    kinds, y = lab.run(collated_types)
    law("their types", kinds, ["Point", "OrderedDict", "deque"])
    law("a named column", y, [2, 2])


# --- fetch --------------------------------------------------------------------------------------


def fetched(indices, at_once):
    asked = []

    class Data:
        def __getitem__(self, index):
            asked.append(index)
            return 10 * index

    class AtOnce(Data):
        def __getitems__(self, indices):
            asked.append(indices)
            return [10 * index for index in indices]

    dataset = AtOnce() if at_once else Data()
    return torch.dataloader.fetch(dataset, indices, lambda samples: ("batch", samples)), asked


@task("dataloader.fetch")
@given(indices=st.lists(st.integers(0, 99), max_size=6))
def test_fetch_reads_and_collates(lab, indices):
    expected = ("batch", [10 * index for index in indices])
    one_by_one, asked = lab.run(fetched, indices, False)
    law("one by one", one_by_one, expected, given={"indices": indices})
    law("in their order", asked, indices)
    at_once, asked = lab.run(fetched, indices, True)
    law("at once", at_once, expected, given={"indices": indices})
    law("in one call", asked, [indices])


# --- in_order -----------------------------------------------------------------------------------


def ordered(numbers):
    """The batches, and how many had arrived when each was given out."""
    arrived = []

    def arrivals():
        for number in numbers:
            arrived.append(number)
            yield number, f"batch {number}"

    return [(batch, len(arrived)) for batch in torch.dataloader.in_order(arrivals())]


@task("dataloader.in_order")
@given(numbers=st.permutations(range(7)))
def test_results_come_in_order_and_as_soon_as_they_can(lab, numbers):
    actual = lab.run(ordered, list(numbers))
    needed = itertools.accumulate((numbers.index(n) + 1 for n in range(7)), max)
    expected = [(f"batch {n}", count) for n, count in enumerate(needed)]
    law("in order, without waiting", actual, expected, given={"numbers": list(numbers)})


def ordered_without_end():
    import itertools

    batches = torch.dataloader.in_order((i ^ 1, i ^ 1) for i in itertools.count())
    return [next(batches) for _ in range(6)]


@task("dataloader.in_order")
def test_results_may_be_None_and_endless(lab):
    law("as they come", lab.run(ordered_without_end), [0, 1, 2, 3, 4, 5])
    law("None is a batch, too", lab.run(nothing), [None, None])


def nothing():
    return list(torch.dataloader.in_order([(1, None), (0, None)]))


# --- draws, given code --------------------------------------------------------------------------


def drawn(count, plan, seed):
    generator = torch.Generator()
    generator.manual_seed(seed)
    return torch.dataloader.draw(count, plan, generator)


def test_draws_are_made_sample_by_sample(lab):
    plan = [("integer", 9), ("chance", 0.5), ("integer", 1)]
    words = words_of(4)
    expected = []
    for _ in range(20):
        row = [int(next(words)) % 9, int((int(next(words)) & 0xFFFFFF) * 2.0**-24 < 0.5)]
        next(words)
        expected.append([*row, 0])
    law("in the order of the plan", lab.run(drawn, 20, plan, 4), np.array(expected))
    with pytest.raises(ValueError, match="a range of at least 1"):
        lab.run(drawn, 1, [("integer", 0)], 0)
