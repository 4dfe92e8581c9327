"""Tokenizers beside those they agree with, their files, and text that generation streams."""

import base64
import copy
import json
import os
import pickle
import random

import pytest

import tinytorch as torch
from tinytorch.milestone.data import DataError
from tinytorch.text import BPETokenizer, CharTokenizer, datasets

GPT = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
POOLS = [
    "abcdefg 's't'll ",
    "\n\t \r\x0b  \u3000\u2028\x85\xa0\x1c\x1f",
    "ÀéßЖ中日本ก ي",
    "0123५Ⅷ²",
    "!?.,;:-_@#$%^&*()\"'\u2019“",
    "\U0001f600\u200d\u0301\U0001e900\U0010ffff\ue000\ufffd",
    "aaaaaaaa",
]


def some_text(source, size):
    characters = []
    while len(characters) < size:
        pool = source.choice(POOLS)
        characters += [source.choice(pool) for _ in range(source.randint(1, 6))]
        if source.random() < 0.05:
            characters.append(chr(source.randint(0, 0xD7FF)))
    return "".join(characters[:size])


# --- beside Hugging Face's tokenizers, and tiktoken


def theirs(text, size, specials=(), frequency=0):
    library = pytest.importorskip("tokenizers")
    tokenizer = library.Tokenizer(library.models.BPE())
    level = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.pre_tokenizer = level
    trainer = library.trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(specials),
        initial_alphabet=level.alphabet(),
        show_progress=False,
        min_frequency=frequency,
    )
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer


def tiktoken_of(tokenizer):
    return pytest.importorskip("tiktoken").Encoding(
        "test",
        pat_str=GPT,
        mergeable_ranks=tokenizer.vocabulary,
        special_tokens=tokenizer.special_tokens,
    )


@pytest.mark.parametrize("seed", range(30))
def test_the_same_merges_and_ids_as_tokenizers(seed, tmp_path):
    source = random.Random(seed)
    text, size = some_text(source, source.randint(0, 600)), 258 + source.randint(0, 80)
    frequency, specials = source.choice([0, 2, 3]), ["<|endoftext|>", "<|é|>"]
    ours = BPETokenizer.train(text, size, specials, frequency)
    other = theirs(text, size, specials, frequency)
    other.save(str(tmp_path / "tokenizer.json"))
    assert BPETokenizer.load(tmp_path / "tokenizer.json") == ours
    ours.save(tmp_path / "ours.json")
    read = type(other).from_file(str(tmp_path / "ours.json"))
    for line in (text, some_text(source, 200)):
        assert ours.encode(line) == other.encode(line).ids == read.encode(line).ids


@pytest.mark.parametrize("seed", range(30))
def test_the_same_ids_as_tiktoken(seed):
    source = random.Random(seed)
    text = some_text(source, 500)
    ours = BPETokenizer.train(text, 300 + seed)
    other, by_rank = tiktoken_of(ours), BPETokenizer(ours.vocabulary)
    for line in (text, some_text(source, 200), ""):
        assert ours.encode(line) == by_rank.encode(line) == other.encode(line)
        with torch.kernels("reference"):
            assert ours.encode(line) == by_rank.encode(line) == other.encode(line)


def test_ranks_that_no_training_would_give():
    """tiktoken merges whatever is a token together, however it came to be one."""
    source = random.Random(0)
    ranks = {bytes([byte]): byte for byte in range(256)}
    for _ in range(200):
        token = bytes(source.choice(b"ab c") for _ in range(source.randint(2, 5)))
        ranks.setdefault(token, len(ranks))
    ours = BPETokenizer(ranks)
    other = tiktoken_of(ours)
    for _ in range(100):
        line = "".join(source.choice("abc ") for _ in range(40))
        assert ours.encode(line) == other.encode(line)
        with torch.kernels("reference"):
            assert ours.encode(line) == other.encode(line)


def test_shakespeare_as_tokenizers_merges_it():
    text = datasets.shakespeare()
    ours = BPETokenizer.train(text, 256 + 2000)
    assert json.loads(theirs(text, 256 + 2000).to_str())["model"]["merges"][:2000] == [
        [_spelt(a), _spelt(b)] for a, b in ours.merges
    ]


def _spelt(token):
    from tinytorch.text._files import spelt

    return spelt(token)


def test_special_tokens_as_tiktoken_has_them():
    ours = BPETokenizer.train("some text", 300, ["<|a|>", "<|ab|>", "<|b|>"])
    other = tiktoken_of(ours)
    text = "x<|a|>y<|b|><|b|>"
    for allowed in ("all", {"<|a|>", "<|b|>"}):
        assert ours.encode(text, allowed_special=allowed) == other.encode(
            text, allowed_special=allowed
        )
    plain = ours.encode(text, disallowed_special=())
    assert plain == other.encode(text, disallowed_special=()) == ours.encode_ordinary(text)
    chosen = {"allowed_special": {"<|a|>"}, "disallowed_special": {"<|ab|>"}}
    assert ours.encode(text, **chosen) == other.encode(text, **chosen)
    for encode in (ours.encode, other.encode):
        with pytest.raises(ValueError, match="special token"):
            encode(text, allowed_special={"<|a|>"})
    assert ours.decode(ours.encode(text, allowed_special="all")) == text


# --- every byte string comes back


@pytest.mark.parametrize("size", [256, 300, 600])
def test_bytes_come_back(size):
    tokenizer = BPETokenizer.train(datasets.shakespeare()[:5000], size)
    source = random.Random(size)
    for length in (0, 1, 2, 7, 50, 999):
        data = source.randbytes(length) + some_text(source, length).encode()[: length // 2]
        assert tokenizer.decode_bytes(tokenizer.encode_bytes(data)) == data
        text = some_text(source, length)
        assert tokenizer.decode(tokenizer.encode(text)) == text
        assert tokenizer.encode_bytes(text.encode()) == tokenizer.encode(text)


def test_a_long_piece_is_encoded_in_time():
    tokenizer = BPETokenizer.train("aaaaaaaaaaaaaaaa", 260)
    ids = tokenizer.encode("a" * 200_000)
    assert tokenizer.decode(ids) == "a" * 200_000


# --- files


@pytest.mark.parametrize("name", ["folder", "tokenizer.json", "ranks.tiktoken"])
def test_what_was_saved_is_loaded(name, tmp_path):
    specials = {} if name.endswith("tiktoken") else {"<|end|>": 0}
    tokenizer = BPETokenizer.train("the cat and the dog and the rest", 300, specials)
    path = tmp_path / name
    for _ in range(2):  # the second time over the first
        tokenizer.save(path)
    loaded = BPETokenizer.load(path)
    text = "the cats <|end|> and é"
    assert loaded.encode(text, disallowed_special=()) == tokenizer.encode(
        text, disallowed_special=()
    )
    assert loaded.special_tokens == tokenizer.special_tokens
    assert len(loaded) == len(tokenizer)
    files = [path, *path.iterdir()] if path.is_dir() else [path]
    assert len(list(tmp_path.rglob("*"))) == len(files)
    loaded.save(tmp_path / "again")  # where ids are ranks, the merges are found again
    assert BPETokenizer.load(tmp_path / "again") == tokenizer


def test_a_save_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "tokenizer.json"
    BPETokenizer.train("abab", 258).save(path)
    before = path.read_bytes()

    def fail(_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space"):
        BPETokenizer.train("xyxy", 258).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def saved(tmp_path, **changes):
    path = tmp_path / "tokenizer.json"
    BPETokenizer.train("the the", 260, ["<|x|>"]).save(path)
    content = json.loads(path.read_text())
    for place, value in changes.items():
        inner, _, key = place.rpartition("__")
        (content[inner] if inner else content)[key] = value
    path.write_text(json.dumps(content))
    return path


UNSUPPORTED = {
    "a model 'WordPiece'": {"model__type": "WordPiece"},
    "dropout = 0.1": {"model__dropout": 0.1},
    "byte_fallback = True": {"model__byte_fallback": True},
    "a normalizer 'NFC'": {"normalizer": {"type": "NFC"}},
    "asks for truncation": {"truncation": {"max_length": 4}},
    "asks for padding": {"padding": {"length": 4}},
    "a post_processor 'TemplateProcessing'": {"post_processor": {"type": "TemplateProcessing"}},
    "a decoder 'Metaspace'": {"decoder": {"type": "Metaspace"}},
    "another pre_tokenizer": {"pre_tokenizer": {"type": "Whitespace"}},
    "pre_tokenizer than": {"pre_tokenizer__add_prefix_space": True},
    "is no merge of two": {"model__merges": ["t h e"]},
    "no vocabulary": {"model__vocab": None},
    "is no tokenizer.json": {"model": None},
    "{'content': 'x', 'id': 'q'} is no added token": {
        "added_tokens": [{"content": "x", "id": "q"}]
    },
}
# Parts of another kind than is looked for.
BROKEN = [
    {"model__merges": [3]},
    {"model__merges": 3},
    {"added_tokens": [3]},
    {"added_tokens": [{}]},
    {"added_tokens": 3},
    {"normalizer": 3},
    {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [1, 2]}},
]


@pytest.mark.parametrize("story", UNSUPPORTED)
def test_what_a_file_asks_for_and_is_not_here_is_named(story, tmp_path):
    with pytest.raises(ValueError, match=story):
        BPETokenizer.load(saved(tmp_path, **UNSUPPORTED[story]))


@pytest.mark.parametrize("changes", BROKEN, ids=str)
def test_a_broken_part_is_named(changes, tmp_path):
    with pytest.raises(ValueError, match=r"tokenizer\.json is no tokenizer\.json: "):
        BPETokenizer.load(saved(tmp_path, **changes))


def test_a_split_and_bytes_apart_are_the_same(tmp_path):
    steps = [
        {"type": "Split", "pattern": {"Regex": GPT}, "behavior": "Isolated", "invert": False},
        {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False},
    ]
    path = saved(tmp_path, pre_tokenizer={"type": "Sequence", "pretokenizers": steps})
    assert BPETokenizer.load(path).encode("the") == BPETokenizer.load(saved(tmp_path)).encode("the")


def test_broken_files_are_named(tmp_path):
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(ValueError, match=r"a\.json is not JSON"):
        BPETokenizer.load(tmp_path / "a.json")
    (tmp_path / "a.tiktoken").write_bytes(base64.b64encode(b"a") + b" 0\n!! 1\n")
    with pytest.raises(ValueError, match=r"a\.tiktoken:2: expected a token in base64"):
        BPETokenizer.load(tmp_path / "a.tiktoken")
    for content, story in {
        b"YQ== 0\nYQ== 1\n": r"a\.tiktoken:2: b'a' is there twice",
        b"": r"a\.tiktoken holds no tokens",
    }.items():
        (tmp_path / "a.tiktoken").write_bytes(content)
        with pytest.raises(ValueError, match=story):
            BPETokenizer.load(tmp_path / "a.tiktoken")
    BPETokenizer.train("the the", 260).save(tmp_path / "folder")
    (tmp_path / "folder" / "merges.txt").write_bytes(b"t h\xff")
    with pytest.raises(ValueError, match=r"merges\.txt is no text: "):
        BPETokenizer.load(tmp_path / "folder")
    with pytest.raises(FileNotFoundError):
        BPETokenizer.load(tmp_path / "missing.json")
    (tmp_path / "text").write_bytes(b"ab\xffc")
    with pytest.raises(ValueError, match="is not UTF-8: byte 2 is 0xff"):
        BPETokenizer.train(tmp_path / "text", 300)


def test_ids_out_of_the_order_of_merges_are_no_ranks(tmp_path):
    tokenizer = BPETokenizer({b"a": 0, b"aaaa": 1, b"aa": 2}, [(b"a", b"a"), (b"aa", b"aa")])
    assert tokenizer.encode("aaaa") == [1]
    with pytest.raises(ValueError, match="not in the order of its merges"):
        tokenizer.save(tmp_path / "x.tiktoken")
    with pytest.raises(ValueError, match="is not made of two others"):
        BPETokenizer({b"a": 0, b"aaa": 1}).save(tmp_path / "x.json")


def test_training_reads_what_text_comes_in(tmp_path):
    text = "the cat and the cap and the can"
    expected = BPETokenizer.train(text, 270)
    path = tmp_path / "text"
    path.write_text(text)
    assert BPETokenizer.train(path, 270) == expected
    assert BPETokenizer.train(iter([text]), 270) == expected
    for mode in ("r", "rb"):
        with path.open(mode) as file:
            assert BPETokenizer.train(file, 270) == expected
    assert CharTokenizer.train(path) == CharTokenizer.train(text) == CharTokenizer(text)
    with torch.kernels("reference"):
        assert BPETokenizer.train(text, 270, progress=True) == expected


# --- as objects


@pytest.mark.parametrize(
    "tokenizer",
    [
        BPETokenizer.train("the cat and the cat", 300, ["<|end|>"]),
        BPETokenizer({b"a": 0, b"b": 1, b"ab": 2}),
        CharTokenizer("héllo, the cat"),
    ],
    ids=["merges", "ranks", "characters"],
)
def test_tokenizers_are_copied_and_pickled(tokenizer):
    for other in (copy.deepcopy(tokenizer), pickle.loads(pickle.dumps(tokenizer))):
        assert other == tokenizer
        assert other.decode(other.encode("ab" if len(tokenizer) == 3 else "hello")) in "abhello"
    assert len(tokenizer) == tokenizer.vocab_size
    assert repr(tokenizer).startswith(type(tokenizer).__name__)
    assert tokenizer != "another"


def test_characters_are_saved_and_refused(tmp_path):
    tokenizer = CharTokenizer.train("hello wörld\n")
    assert repr(tokenizer) == r"CharTokenizer('\n dehlorwö')"
    ids = tokenizer.encode("wö\n")
    assert tokenizer.decode(torch.tensor(ids)) == "wö\n"
    assert tokenizer.decode_bytes(ids) == "wö\n".encode()
    tokenizer.save(tmp_path / "characters.json")
    assert CharTokenizer.load(tmp_path / "characters.json") == tokenizer
    with pytest.raises(ValueError, match=r"'x' \(U\+0078\) at index 2 is not among the 10"):
        tokenizer.encode("hex")
    with pytest.raises(IndexError, match="id 10 at place 1 is outside the vocabulary of 10"):
        tokenizer.decode([0, 10])
    (tmp_path / "other.json").write_text("[]")
    with pytest.raises(ValueError, match="holds no characters"):
        CharTokenizer.load(tmp_path / "other.json")


TOKENIZER = BPETokenizer.train("some text", 300, ["<|end|>"])
BAD = {
    "encode: expected a str, got int": lambda: TOKENIZER.encode(3),
    "got bytes, which encode_bytes takes": lambda: TOKENIZER.encode(b"x"),
    "index 1 of the text is the lone surrogate U\\+D800": lambda: TOKENIZER.encode("a\ud800"),
    "the special token '<.end.>' at index 1": lambda: TOKENIZER.encode("x<|end|>"),
    "'q' is no special token": lambda: TOKENIZER.encode("x", allowed_special={"q"}),
    "expected 'all' or a set": lambda: TOKENIZER.encode("x", allowed_special="q"),
    "id 9999 at place 2 is outside": lambda: TOKENIZER.decode([1, 2, 9999]),
    "id -1 at place 0": lambda: TOKENIZER.decode([-1]),
    "expected ints, got str at place 0": lambda: TOKENIZER.decode(["x"]),
    "expected ints, got bool": lambda: TOKENIZER.decode([True]),
    "expected a sequence of ints": lambda: TOKENIZER.decode(3),
    "encode_bytes: expected bytes, got str": lambda: TOKENIZER.encode_bytes("x"),
    "vocab_size of at least 257": lambda: BPETokenizer.train("x", 256, ["<|end|>"]),
    "an int as vocab_size, got 300.5": lambda: BPETokenizer.train("x", 300.5),
    "a vocab_size of 10+ is too large": lambda: BPETokenizer.train("x", 10**12),
    "an iterable of str, got bytes": lambda: BPETokenizer.train(b"x", 300),
    "expected a list of special tokens": lambda: BPETokenizer.train("x", 300, "ab"),
    "a special token is given twice": lambda: BPETokenizer.train("x", 300, ["a", "a"]),
    "'the' is a special token, and also": lambda: BPETokenizer.train("the " * 9, 300, ["the"]),
    "id 0 is of b'a' and of b'b'": lambda: BPETokenizer({b"a": 0, b"b": 0}),
    "needs b'ab', which is not": lambda: BPETokenizer({b"a": 0, b"b": 1}, [(b"a", b"b")]),
    "ids of 0 or more, got -1": lambda: BPETokenizer({b"a": -1}),
    "far beyond the 1 tokens": lambda: BPETokenizer({b"a": 2**30}),
    "tokens of bytes, got 'a'": lambda: BPETokenizer({"a": 0}),
    "tokens of bytes, got 3": lambda: BPETokenizer({3: 0}),
    "an int as id, got 1.5": lambda: BPETokenizer({b"a": 1.5}),
    "an int as id, got True": lambda: BPETokenizer({b"a": True}),
    "BPETokenizer: expected a str, got int": lambda: BPETokenizer({b"a": 0}, None, {3: 1}),
    "a set of special tokens, got 3": lambda: TOKENIZER.encode("x", allowed_special=3),
    "byte 98 has no token": lambda: BPETokenizer({b"a": 0}).encode("ab"),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_input_is_named(message):
    with pytest.raises((TypeError, ValueError, IndexError), match=message):
        BAD[message]()


# --- data


def test_shakespeare_comes_along():
    text = datasets.shakespeare()
    assert 50_000 < len(text) < 100_000
    assert text.startswith("First Citizen:\nBefore we proceed any further, hear me speak.")


@pytest.mark.skipif("TINYTORCH_DATA" not in os.environ, reason="TINYTORCH_DATA is not set")
def test_tinyshakespeare_is_the_original_and_merges_as_elsewhere():
    text = datasets.tinyshakespeare()
    assert len(text) == 1_115_394
    assert text.startswith(datasets.shakespeare())
    ours = BPETokenizer.train(text, 256 + 4096)
    assert ours.encode(text) == theirs(text, 256 + 4096).encode(text).ids


def test_another_text_is_refused(tmp_path, monkeypatch):
    (tmp_path / "input.txt").write_text("something else")
    with pytest.raises(DataError, match="is not the original file"):
        datasets.tinyshakespeare(tmp_path)
    monkeypatch.setattr(datasets, "PAUSE", 0)
    wrong = (tmp_path / "input.txt").as_uri()
    with pytest.raises(DataError, match=r"could not be downloaded in 3 attempts .*another file"):
        datasets.download(tmp_path / "new" / "input.txt", [wrong])
    assert not (tmp_path / "new").exists()
    monkeypatch.setenv("TINYTORCH_DATA", str(tmp_path))
    assert datasets.folder() == tmp_path / "tinyshakespeare"
