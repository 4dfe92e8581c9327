"""The unit tokenization: pieces, pairs and merges, so that every text comes back as it was."""

import re
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinytorch as torch
from tinytorch.tito.law import law, task

LETTERS, NUMBERS, SPACES = "abdelmrstvXéЖ中\U0001d49c", "0189५Ⅷ²", " \n\t\u00a0\u3000"
OTHERS = "'!?.-_\u0301€😀"
GPT = re.compile(
    rf"'(?:[sdmt]|ll|ve|re)| ?[{LETTERS}]+| ?[{NUMBERS}]+| ?[^{SPACES}{LETTERS}{NUMBERS}]+"
    rf"|[{SPACES}]+(?![^{SPACES}])|[{SPACES}]+"
)
texts = st.text(alphabet=LETTERS + NUMBERS + SPACES * 3 + OTHERS, max_size=30)
words = st.lists(st.integers(0, 3), max_size=12)
pairs = st.tuples(st.integers(0, 3), st.integers(0, 3))


# --- characters -------------------------------------------------------------------------------


@task("tokenization.characters")
@given(text=texts)
def test_the_vocabulary_is_each_character_once_ascending(lab, text):
    actual = lab.tokenization.characters(text)
    law("distinct, ascending", actual, "".join(sorted(set(text))), given={"text": repr(text)})


@task("tokenization.characters")
def test_characters_are_told_apart_by_their_code_points(lab):
    for text in ("", "a", "zz", "bBaA", "é\u0301e", "\U0001f600\uffff"):
        expected = "".join(sorted(set(text)))
        law("distinct, ascending", lab.tokenization.characters(text), expected)


@task("tokenization.encode_characters")
@given(text=texts, known=texts)
def test_an_id_is_a_place_in_the_vocabulary(lab, text, known):
    vocabulary = "".join(sorted(set(known)))
    actual = lab.tokenization.encode_characters(text, vocabulary)
    given = {"text": repr(text), "vocabulary": repr(vocabulary)}
    law("a place, or -1", actual, [vocabulary.find(c) for c in text], given=given)


@task("tokenization.encode_characters")
def test_every_place_of_a_vocabulary_is_found(lab):
    for size in (0, 1, 2, 3, 8, 65):
        vocabulary = "".join(chr(2 * i + 40) for i in range(size))
        actual = lab.tokenization.encode_characters(vocabulary, vocabulary)
        law("0, 1, 2, ...", actual, list(range(size)), given={"vocabulary": vocabulary})
        between = "".join(chr(2 * i + 39) for i in range(size + 1))
        actual = lab.tokenization.encode_characters(between, vocabulary)
        law("what lies between is unknown", actual, [-1] * (size + 1), given={"text": between})


# --- pieces -----------------------------------------------------------------------------------


def split(text):
    found, start = [], 0
    while start < len(text):
        end = torch.tokenization.piece_end(text, start)
        found.append(text[start:end])
        if not start < end <= len(text):
            break
        start = end
    return found


@task("tokenization.piece_end")
@given(text=texts)
def test_text_is_split_as_gpt_splits_it(lab, text):
    law("pieces", lab.run(split, text), GPT.findall(text), given={"text": repr(text)})


SPLITS = {
    "a word takes the space before it": ("I am  here", ["I", " am", " ", " here"]),
    "letters, numbers and signs part": ("ab12?!x", ["ab", "12", "?!", "x"]),
    "contractions": ("I'll we've it's 'tis", ["I", "'ll", " we", "'ve", " it", "'s", " '", "tis"]),
    "not every apostrophe": ("'x 'S '", ["'", "x", " '", "S", " '"]),
    "a contraction ends where it ends": ("don'tx 'reed", ["don", "'t", "x", " '", "reed"]),
    "the last space goes with what follows": ("a   b", ["a", "  ", " b"]),
    "a line break stays alone": ("a\n\nb", ["a", "\n", "\n", "b"]),
    "only a space goes along": ("a\tb\u00a0c", ["a", "\t", "b", "\u00a0", "c"]),
    "space at the end": ("a  \n ", ["a", "  \n "]),
    "a space before a line break": ("a \nb", ["a", " ", "\n", "b"]),
    "one space": (" ", [" "]),
    "letters of any alphabet": ("Жé中 中", ["Жé中", " 中"]),
    "numbers of any alphabet": ("५² Ⅷ", ["५²", " Ⅷ"]),
    "marks are neither": ("e\u0301", ["e", "\u0301"]),
}


@task("tokenization.piece_end")
@pytest.mark.parametrize("story", SPLITS)
def test_pieces(lab, story):
    text, expected = SPLITS[story]
    law(story, lab.run(split, text), expected, given={"text": repr(text)})


# --- train ------------------------------------------------------------------------------------


def counted(word, times=1, counts=()):
    result = Counter(dict(counts))
    for pair in pairwise(word):
        result[pair] += times
    return {pair: count for pair, count in result.items() if count}


def merged(word, pair, new):
    result, i = [], 0
    while i < len(word):
        found = tuple(word[i : i + 2]) == tuple(pair)
        result.append(new if found else word[i])
        i += 2 if found else 1
    return result


@task("tokenization.count_pairs")
@given(word=words, times=st.integers(1, 5))
def test_a_word_has_a_pair_less_than_ids(lab, word, times):
    actual = lab.tokenization.count_pairs(word, times)
    law("counts", actual, counted(word, times), given={"word": word, "times": times})


@task("tokenization.count_pairs")
@given(word=words, other=words, times=st.integers(1, 3))
def test_a_word_goes_into_the_counts_and_out_again(lab, word, other, times):
    before = counted(other)
    given = {"word": word, "times": times, "counts": before}
    inside = lab.tokenization.count_pairs(word, times, before)
    law("added to what is there", inside, counted(word, times, before), given=given)
    after = lab.tokenization.count_pairs(word, -times, inside)
    law("and taken out; what occurs no more is not in it", after, before, given=given)


@task("tokenization.merge")
@given(word=words, pair=pairs)
def test_merge_replaces_every_occurrence(lab, word, pair):
    actual = lab.tokenization.merge(word, pair, 9)
    law("merged", actual, merged(word, pair, 9), given={"word": word, "pair": pair})


@task("tokenization.merge")
@pytest.mark.parametrize("size", range(7))
def test_merge_goes_from_left_to_right(lab, size):
    actual = lab.tokenization.merge([1] * size, (1, 1), 7)
    law("two by two", actual, [7] * (size // 2) + [1] * (size % 2), given={"word": [1] * size})


@task("tokenization.merge")
def test_the_order_of_a_pair_counts(lab):
    law("(1, 2) is not (2, 1)", lab.tokenization.merge([2, 1, 2, 1], (1, 2), 9), [2, 9, 1])
    law("half a pair at the end", lab.tokenization.merge([1, 2, 1], (1, 2), 9), [9, 1])


@st.composite
def corpora(draw):
    """Words and how often each occurs."""
    some = draw(st.lists(words, max_size=5))
    return some, [draw(st.integers(1, 4)) for _ in some]


def counts_of(some, times):
    total = {}
    for word, often in zip(some, times, strict=True):
        total = counted(word, often, total)
    return total


@task("tokenization.learn_merge")
@given(corpus=corpora(), at_least=st.integers(1, 4))
def test_a_round_merges_the_most_frequent_pair(lab, corpus, at_least):
    some, times = corpus
    counts = counts_of(some, times)
    pair, after, recounted = lab.tokenization.learn_merge(some, times, counts, 9, at_least)
    best = min(counts, key=lambda p: (-counts[p], p), default=None)
    if best is not None and counts[best] < at_least:
        best = None
    given = {"words": some, "times": times, "at_least": at_least}
    law("the most frequent, of several the smallest", pair, best, given=given)
    expected = some if best is None else [merged(word, best, 9) for word in some]
    law("the words", after, expected, given=given)
    law("the counts of the words", recounted, counts_of(expected, times), given=given)


@task("tokenization.learn_merge")
def test_a_word_counts_as_often_as_it_occurs(lab):
    some, times = [[1, 2], [3, 4], [3, 4]], [5, 2, 2]
    pair, _, _ = lab.tokenization.learn_merge(some, times, counts_of(some, times), 9)
    law("five times beats two and two", pair, (1, 2), given={"words": some, "times": times})


@task("tokenization.learn_merge")
def test_training_goes_on_where_it_was(lab):
    """Rounds on the result of the round before, until nothing is left."""
    some, times, learnt = [[1, 2, 3, 1, 2], [1, 2, 3], [1, 1, 1, 1]], [1, 2, 1], []
    counts = counts_of(some, times)
    for new in range(10, 20):
        pair, some, counts = lab.tokenization.learn_merge(some, times, counts, new)
        if pair is None:
            break
        learnt.append(pair)
    expected = [(1, 2), (1, 1), (10, 3), (11, 11), (12, 10)]
    law("the merges in their order", learnt, expected)
    law("one id a word", some, [[14], [12], [13]])


# --- encode -----------------------------------------------------------------------------------


def encoded(ids, merges):
    ids = list(ids)
    ranks = {}
    for rank, (left, right, new) in enumerate(merges):
        ranks.setdefault((left, right), (rank, new))
    while True:
        found = [
            (ranks[pair][0], i) for i, pair in enumerate(pairwise(ids))
            if pair in ranks
        ]  # fmt: skip
        if not found:
            return ids
        _, at = min(found)
        ids[at : at + 2] = [ranks[tuple(ids[at : at + 2])][1]]


@st.composite
def tables(draw):
    """Merges whose halves are bytes 0 .. 3 or came out of a merge before."""
    merges = []
    for new in range(4, 4 + draw(st.integers(0, 8))):
        halves = st.integers(0, new - 1)
        merges.append((draw(halves), draw(halves), new))
    return merges


@task("tokenization.encode_piece")
@given(piece=words, merges=tables())
def test_the_earliest_merge_comes_first(lab, piece, merges):
    actual = lab.tokenization.encode_piece(piece, merges)
    expected = encoded(piece, merges)
    law(
        "by rank, the leftmost of equals",
        actual,
        expected,
        given={"piece": piece, "merges": merges},
    )


@task("tokenization.encode_piece")
def test_encoding_edges(lab):
    encode = lab.tokenization.encode_piece
    law("nothing", encode([], [(0, 0, 1)]), [])
    law("one byte", encode([0], [(0, 0, 1)]), [0])
    law("no merges", encode([0, 1, 0], []), [0, 1, 0])
    law("from the left", encode([0, 0, 0], [(0, 0, 1)]), [1, 0])
    law("rank, not place", encode([0, 1, 2], [(1, 2, 5), (0, 1, 4)]), [0, 5])
    law("rank, not id", encode([0, 1, 2], [(1, 2, 5), (0, 1, 9)]), [0, 5])
    law("merges of merges", encode([0, 1, 2, 3], [(0, 1, 4), (2, 3, 5), (4, 5, 6)]), [6])
    law("to the left, too", encode([0, 1, 2], [(1, 2, 3), (0, 3, 4)]), [4])


@task("tokenization.decode")
@given(ids=st.lists(st.integers(0, 4), max_size=8))
def test_decoding_joins_bytes(lab, ids):
    vocabulary = [b"a", b"\xc3", b"\xa9", b" the", b"\x00\xff"]
    actual = lab.tokenization.decode(ids, vocabulary)
    law("joined", actual, b"".join(vocabulary[i] for i in ids), given={"ids": ids})


@task("tokenization.decode")
def test_a_character_may_lie_in_two_tokens(lab):
    actual = lab.tokenization.decode([0, 1, 0], [b"\xe4\xb8", b"\xad"])
    law("bytes, whole or not", actual, b"\xe4\xb8\xad\xe4\xb8")


# --- given code -------------------------------------------------------------------------------


def test_ids_and_starts_out_of_range_are_named(lab):
    with pytest.raises(IndexError, match="decode: id 2 at place 1 is outside the vocabulary of 2"):
        lab.tokenization.decode([0, 2], [b"a", b"b"])
    with pytest.raises(IndexError, match="decode: id -1 at place 0"):
        lab.tokenization.decode([-1], [b"a"])
    with pytest.raises(IndexError, match="piece_end: start 3 is outside a text of 3 characters"):
        lab.tokenization.piece_end("abc", 3)
    with pytest.raises(IndexError, match="piece_end: start -1"):
        lab.tokenization.piece_end("abc", -1)
    with pytest.raises(TypeError, match="merge: expected ints, got str at place 1"):
        lab.tokenization.merge([1, "x"], (1, 2), 3)
    with pytest.raises(ValueError, match="learn_merge: expected as many times as 1 words, got 2"):
        lab.tokenization.learn_merge([[1, 2]], [1, 2], {}, 3)
