"""The unit generation: logits filtered, tokens drawn, the loop, and text in whole characters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinytorch as torch
from tinytorch.tito.law import law, task

EXACT = {"rtol": 0, "atol": 0}


@st.composite
def logits(draw, limit=4.0):
    """(V,) with one decimal, so that some are equal; float32 or float64."""
    size = draw(st.integers(1, 9))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    return (
        (random.uniform(-limit, limit, size) * draw(st.sampled_from([1, 3]))).round(1).astype(dtype)
    )


# --- filters ----------------------------------------------------------------------------------


@task("generation.apply_temperature")
@given(x=logits(), temperature=st.sampled_from([0.1, 0.5, 1.0, 2.0, 30.0]))
def test_temperature_divides(lab, x, temperature):
    actual = lab.generation.apply_temperature(x, temperature)
    law("logits / temperature", actual, x / x.dtype.type(temperature), given={"logits": x})


@task("generation.apply_temperature")
def test_low_temperatures_sharpen(lab):
    x = np.array([[1.0, 2.0, 4.0], [0.0, -3.0, 5.0]])

    def largest(temperature):
        y = np.exp(lab.generation.apply_temperature(x, temperature))
        return (y / y.sum(-1, keepdims=True)).max(-1)

    law("likelier when colder", bool((largest(0.2) > largest(1.0)).all()), True)
    law("less likely when hotter", bool((largest(5.0) < largest(1.0)).all()), True)


@task("generation.keep_top_k")
@given(x=logits(), k=st.integers(1, 10))
def test_top_k_keeps_what_is_not_below_the_kth(lab, x, k):
    least = np.sort(x)[::-1][min(k, x.size) - 1]
    actual = lab.generation.keep_top_k(x, k)
    law("k largest", actual, np.where(x < least, -np.inf, x), given={"logits": x, "k": k}, **EXACT)


@task("generation.keep_top_k")
def test_top_k_edges(lab):
    keep = lab.generation.keep_top_k
    inf = np.inf
    law("the largest", keep(np.array([1.0, 3.0, 2.0]), 1), np.array([-inf, 3.0, -inf]))
    law("equals stay together", keep(np.array([2.0, 1.0, 2.0]), 1), np.array([2.0, -inf, 2.0]))
    law("all of them", keep(np.array([2.0, 1.0]), 2), np.array([2.0, 1.0]))
    law("what is gone stays", keep(np.array([-inf, 1.0, 0.0]), 2), np.array([-inf, 1.0, 0.0]))
    rows = np.array([[1.0, 2.0, 3.0], [6.0, 5.0, 4.0]])
    law("row by row", keep(rows, 1), np.array([[-inf, -inf, 3.0], [6.0, -inf, -inf]]))


def nucleus(x, p):
    """The logits of the fewest likeliest tokens that hold p of the probability."""
    order = sorted(range(x.size), key=lambda i: (-x[i], i))
    weights = np.exp(x.astype(np.float64) - x.max())
    kept, before = np.full_like(x, -np.inf), 0.0
    for i in order:
        if before / weights.sum() < p:
            kept[i] = x[i]
        before += weights[i]
    return kept


@task("generation.keep_top_p")
@given(x=logits(), p=st.sampled_from([0.0101, 0.1234, 0.5017, 0.7919, 0.9511, 0.9997]))
def test_top_p_keeps_the_nucleus(lab, x, p):
    actual = lab.generation.keep_top_p(x, p)
    law("the nucleus", actual, nucleus(x, p), given={"logits": x, "p": p}, **EXACT)


@task("generation.keep_top_p")
def test_top_p_edges(lab):
    keep, inf = lab.generation.keep_top_p, np.inf
    x = np.log(np.array([0.5, 0.3, 0.15, 0.05]))
    law("the one that passes p stays", keep(x, 0.6), np.array([x[0], x[1], -inf, -inf]))
    law("one at least", keep(x[::-1].copy(), 0.01), np.array([-inf, -inf, -inf, x[0]]))
    law("whatever the order", keep(x[[2, 0, 3, 1]], 0.9), np.array([x[2], x[0], -inf, x[1]]))
    law("of equals the first", keep(np.zeros(4), 0.49), np.array([0.0, 0.0, -inf, -inf]))
    big = np.array([1000.0, 999.0, -1000.0])
    law("logits of any size", keep(big, 0.9), np.array([1000.0, 999.0, -inf]))
    law("what is gone stays", keep(np.array([-inf, 0.0]), 0.99), np.array([-inf, 0.0]))


@task("generation.keep_top_p")
def test_top_p_adds_up_small_probabilities(lab):
    """Each of the tail is lost beside 1 in float32; together they are 1 / 256."""
    x = np.full(1 + 2**17, -25 * np.log(2), np.float32)
    x[0] = 0
    kept = np.isfinite(lab.generation.keep_top_p(x, (1 + 1 / 512) / (1 + 1 / 256))).sum()
    law("half of the tail stays", kept / 2**16, 1.0, atol=0.01, hint="sum in double")


@task("generation.penalize")
def test_the_sign_decides(lab):
    x, ids = np.array([-2.0, -0.1, 0.0, 0.1, 2.0]), np.arange(5)
    expected = np.array([-4.0, -0.2, 0.0, 0.05, 1.0])
    law("further down", lab.generation.penalize(x, ids, 2.0), expected, given=x)


@task("generation.penalize")
@given(x=logits(), ids=st.lists(st.integers(0, 8), max_size=6), penalty=st.sampled_from([0.5, 1.5]))
def test_what_was_said_is_penalized_once(lab, x, ids, penalty):
    ids = np.array(ids, np.int64) % x.size
    expected = x.copy()
    for i in set(ids.tolist()):
        expected[i] = x[i] * x.dtype.type(penalty) if x[i] < 0 else x[i] / x.dtype.type(penalty)
    given = {"logits": x, "ids": ids, "penalty": penalty}
    law("penalized once", lab.generation.penalize(x, ids, penalty), expected, given=given)


# --- sample -----------------------------------------------------------------------------------


@task("generation.race")
@given(size=st.integers(1, 9), seed=st.integers(0, 999))
def test_the_largest_share_of_its_wait_wins(lab, size, seed):
    random = np.random.default_rng(seed)
    probs, waits = random.uniform(0, 1, size), random.exponential(size=size) + 1e-9
    given = {"probs": probs, "waits": waits}
    law("the winner", lab.generation.race(probs, waits), int(np.argmax(probs / waits)), given=given)


@task("generation.race")
def test_race_edges(lab):
    race = lab.generation.race
    law("of equals the first", race(np.array([0.2, 0.4, 0.4]), np.array([1.0, 1.0, 1.0])), 1)
    law("the impossible never wins", race(np.array([0.0, 1e-30]), np.array([1e-9, 9.0])), 1)
    law("one runner", race(np.array([1.0], np.float32), np.array([3.0], np.float32)), 0)


def draws(probs, count, seed):
    generator = torch.Generator().manual_seed(seed)
    return np.array([torch.generation.sample(probs, generator).item() for _ in range(count)])


@task("generation.race")
def test_tokens_win_as_often_as_they_are_likely(lab):
    probs = np.array([0.5, 0.0, 0.3, 0.2])
    found = np.bincount(lab.run(draws, probs, 4000, 1), minlength=4) / 4000
    law("frequencies", found, probs, given={"probs": probs}, atol=0.03)


# --- stream -----------------------------------------------------------------------------------

CHARACTERS = ["a", "é", "中", "😀"]


@task("generation.incomplete")
@pytest.mark.parametrize("character", CHARACTERS)
@pytest.mark.parametrize("before", ["", "x", "中"])
def test_a_character_waits_for_its_last_byte(lab, before, character):
    data = character.encode()
    for size in range(len(data) + 1):
        text = before.encode() + data[:size]
        expected = size if size < len(data) else 0
        law("bytes to wait with", lab.generation.incomplete(text), expected, given={"bytes": text})


@task("generation.incomplete")
def test_what_begins_no_character_does_not_wait(lab):
    for text in (b"", b"\x80", b"a\x80", b"\x80\x80\x80\x80", b"\xc3\xa9\x80", b"\xe4\xb8\xad"):
        law("complete", lab.generation.incomplete(text), 0, given={"bytes": text})


def held(text, stops):
    found = [
        size
        for stop in stops
        for size in range(1, min(len(stop) - 1, len(text)) + 1)
        if text.endswith(stop[:size])
    ]
    return max(found, default=0)


letters = st.text(alphabet="ab", max_size=6).map(str.encode)


@task("generation.held_back")
@given(text=letters, stops=st.lists(letters, max_size=3))
def test_the_beginning_of_a_stop_waits(lab, text, stops):
    actual = lab.generation.held_back(text, stops)
    law("held back", actual, held(text, stops), given={"text": text, "stops": stops})


@task("generation.held_back")
def test_held_back_edges(lab):
    back = lab.generation.held_back
    law("no stops", back(b"abc", []), 0)
    law("no text", back(b"", [b"abc"]), 0)
    law("not a whole stop", back(b"xab", [b"ab"]), 0)
    law("all of a short text", back(b"Rom", [b"Romeo"]), 3)
    law("the longest of several", back(b"xaba", [b"ac", b"abab", b"bc"]), 3)
    law("the longest beginning of one", back(b"aaa", [b"aaaaa"]), 3)
    law("zero bytes", back(b"x\x00", [b"\x00y"]), 1)


# --- the loop ---------------------------------------------------------------------------------


def written(prompt, table, count, context):
    """The greedy loop on a model whose logits are table[id] times the ids it was shown."""
    from tinytorch.generation.loop import tokens

    shown, before = [], []

    def model(ids):
        shown.append(ids.tolist())
        weights = torch.arange(1, ids.shape[1] + 1).reshape(1, -1, 1)
        return (torch.tensor(table)[ids] * weights).cumsum(1)

    def choose(logits, ids):
        before.append(ids.tolist())
        return logits.argmax(-1)

    new = [
        chosen.tolist() for chosen in tokens(model, torch.tensor(prompt), count, choose, context)
    ]
    return new, shown, before


def expected_loop(prompt, table, count, context):
    ids, new, shown, before = prompt.tolist(), [], [], []
    for _ in range(count):
        seen = [row if context is None else row[-context:] for row in ids]
        logits = [sum(table[i] * (t + 1) for t, i in enumerate(row)) for row in seen]
        chosen = [int(np.argmax(row)) for row in logits]
        shown.append(seen)
        before.append([list(row) for row in ids])
        new.append(chosen)
        ids = [[*row, one] for row, one in zip(ids, chosen, strict=True)]
    return new, shown, before


@task("generation.tokens")
@pytest.mark.parametrize("context", [None, 1, 3, 50])
@pytest.mark.parametrize("rows", [1, 3])
def test_each_token_follows_from_those_before(lab, rows, context):
    random = np.random.default_rng(rows)
    prompt, table = random.integers(0, 7, (rows, 4)), random.integers(-99, 99, (7, 7)) * 1.0
    new, shown, before = lab.run(written, prompt, table, 6, context)
    expected = expected_loop(prompt, table, 6, context)
    given = {"prompt": prompt, "context": context}
    law("what the model is shown", shown, expected[1], given=given)
    law("what the choice is shown", before, expected[2], given=given)
    law("what is written", new, expected[0], given=given)


@task("generation.tokens")
def test_no_token_is_chosen_that_was_not_asked_for(lab):
    new, shown, _ = lab.run(written, np.array([[1, 2]]), np.eye(4), 0, None)
    law("nothing", (new, shown), ([], []))


# --- given code -------------------------------------------------------------------------------

REFUSED = {
    "apply_temperature: expected a finite temperature > 0, got 0": ("apply_temperature", 0.0),
    "keep_top_k: expected k >= 1, got 0": ("keep_top_k", 0),
    r"keep_top_p: expected p in \(0, 1\], got 0": ("keep_top_p", 0.0),
    r"keep_top_p: expected p in \(0, 1\], got 1.5": ("keep_top_p", 1.5),
}


@pytest.mark.parametrize("message", REFUSED)
def test_values_out_of_range_are_named(lab, message):
    function, value = REFUSED[message]
    with pytest.raises(ValueError, match=message):
        lab.call(f"generation.{function}", np.zeros(3), value)


def test_ids_and_probabilities_out_of_range_are_named(lab):
    with pytest.raises(ValueError, match="keep_top_k: the logit of id 1 in row 0 is NaN"):
        lab.generation.keep_top_k(np.array([1.0, np.nan]), 1)
    with pytest.raises(IndexError, match="penalize: id 3 is outside a vocabulary of 3"):
        lab.generation.penalize(np.zeros(3), np.array([3]), 2.0)
    with pytest.raises(ValueError, match="sample: the probability of id 1 in row 0 is -1"):
        lab.generation.sample(np.array([1.0, -1.0]))
    with pytest.raises(ValueError, match="sample: row 1 of the probabilities is all zeros"):
        lab.generation.sample(np.array([[1.0], [0.0]]))
    with pytest.raises(RuntimeError, match=r"sample: expected probabilities of shape \(..., V\)"):
        lab.generation.sample(np.zeros((2, 0)))
