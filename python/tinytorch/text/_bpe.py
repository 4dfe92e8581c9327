"""The byte-level tokenizer: trained here, or loaded from what others have trained."""

from __future__ import annotations

import operator
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Literal

from tinytorch import _C
from tinytorch.text import _files
from tinytorch.text._characters import listed
from tinytorch.text._progress import Bar
from tinytorch.text._sources import Source, lone_surrogate, texts, utf8

_C_unit = _C.tokenization
ALPHABET: tuple[bytes, ...] = tuple(bytes([byte]) for byte in _C_unit.bytes_in_order)

Some = Literal["all"] | AbstractSet[str] | Sequence[str]


class BPETokenizer:
    """Byte-pair encoding of bytes, split as GPT-2 splits text.

    tokenizer = BPETokenizer.train(text, vocab_size=1024, special_tokens=["<|endoftext|>"])

    vocabulary: the bytes of each token, and its id.  merges: pairs of tokens in the order they were
    learnt, or None: then two neighbours merge whenever their bytes together are a token, and ids
    are ranks, as in tiktoken.  special_tokens: text and id of tokens that no text is encoded to
    unless asked for.  whole_pieces: a piece that is a token needs no merges (always so without
    merges).

    Whatever was encoded is decoded to the same bytes.
    """

    def __init__(
        self,
        vocabulary: Mapping[bytes, int],
        merges: Iterable[tuple[bytes, bytes]] | None = None,
        special_tokens: Mapping[str, int] | None = None,
        *,
        whole_pieces: bool = False,
    ) -> None:
        self._ids = {_bytes(token): _integer(id, "id") for token, id in vocabulary.items()}
        pairs = None if merges is None else [(_bytes(a), _bytes(b)) for a, b in merges]
        self._merges = pairs
        self._specials = {
            utf8(text, "BPETokenizer").decode(): _integer(id, "id")
            for text, id in (special_tokens or {}).items()
        }
        self._whole = bool(whole_pieces) or merges is None
        self._check()
        self._model = _C_unit.BytePairs(self._tokens(), self._triples(), self._whole)
        for text, id in self._specials.items():
            self._model.add_special(id, utf8(text, "BPETokenizer"))

    def _check(self) -> None:
        taken: dict[int, object] = {}
        for token, id in (*self._ids.items(), *self._specials.items()):
            if not token:
                raise ValueError("BPETokenizer: a token is empty")
            if not 0 <= id < 2**31 - 1:
                raise ValueError(f"BPETokenizer: expected ids of 0 or more, got {id} for {token!r}")
            if id in taken:
                raise ValueError(f"BPETokenizer: id {id} is of {taken[id]!r} and of {token!r}")
            taken[id] = token
        if taken and max(taken) > 4 * len(taken) + 1024:
            raise ValueError(
                f"BPETokenizer: id {max(taken)} is far beyond the {len(taken)} tokens there are"
            )

    def _tokens(self) -> list[bytes]:
        tokens = [b""] * (max(self._ids.values(), default=-1) + 1)
        for token, id in self._ids.items():
            tokens[id] = token
        return tokens

    def _triples(self) -> list[tuple[int, int, int]] | None:
        if self._merges is None:
            return None
        triples = []
        for left, right in self._merges:
            for token in (left, right, left + right):
                if token not in self._ids:
                    raise ValueError(
                        f"BPETokenizer: merge ({left!r}, {right!r}) needs {token!r}, which is not "
                        "in the vocabulary"
                    )
            triples.append((self._ids[left], self._ids[right], self._ids[left + right]))
        return triples

    # --- train

    @classmethod
    def train(
        cls,
        text: Source,
        vocab_size: int,
        special_tokens: Iterable[str] = (),
        min_frequency: int = 0,
        *,
        progress: bool | None = None,
    ) -> BPETokenizer:
        """A vocabulary of `vocab_size`, learnt: special tokens, the 256 bytes, then merges.

        text: a str, a path, an open file, or an iterable of str, over whose borders no token
        reaches.  Pairs that occur less than `min_frequency` times are not merged, so that a small
        text gives fewer tokens than asked for.  progress: whether to draw a bar; by default in a
        terminal, when it takes long.
        Raises ValueError where vocab_size has no room for the bytes and special tokens.
        Source: tokenizers.trainers.BpeTrainer, with its ids and its choice among equal counts
        """
        specials = _distinct(special_tokens)
        size = _integer(vocab_size, "vocab_size", "BPETokenizer.train")
        first = len(specials) + len(ALPHABET)
        if size < first:
            raise ValueError(
                f"BPETokenizer.train: expected a vocab_size of at least {first} (256 bytes and "
                f"{len(specials)} special tokens), got {size}"
            )
        if size >= 2**31 - 1:
            raise ValueError(f"BPETokenizer.train: a vocab_size of {size} is too large")
        words = _C_unit.Words()
        for part in texts(text, "BPETokenizer.train"):
            words.add(part)
        least = _integer(min_frequency, "min_frequency", "BPETokenizer.train")
        at_least = min(max(1, least), 2**63 - 1)
        with Bar("training", size - first, progress) as bar:
            merges = words.train(first, size - first, at_least, bar)
        tokens = dict(enumerate(ALPHABET, len(specials)))
        for left, right, id in merges:
            tokens[id] = tokens[left] + tokens[right]
        for special in specials:
            if utf8(special, "BPETokenizer.train") in tokens.values():
                raise ValueError(
                    f"BPETokenizer.train: {special!r} is a special token, and also a token that "
                    "the text has taught; choose one that the text does not contain"
                )
        return cls(
            {token: id for id, token in tokens.items()},
            [(tokens[left], tokens[right]) for left, right, _ in merges],
            {text: id for id, text in enumerate(specials)},
        )

    # --- encode

    def encode(
        self,
        text: str,
        *,
        allowed_special: Some = frozenset(),
        disallowed_special: Some = "all",
    ) -> list[int]:
        """The ids of a text.

        Special tokens in it are encoded as such when they are in `allowed_special`; others raise
        ValueError when they are in `disallowed_special` (all of them by default), else they are
        text like any other.  "all" stands for all.             Source: tiktoken.Encoding.encode
        """
        if not self._specials:
            return self.encode_ordinary(text)
        allowed = self._some(allowed_special, frozenset())
        disallowed = self._some(disallowed_special, allowed)
        if not isinstance(text, str):
            return self.encode_ordinary(text)
        if disallowed and (found := _any_of(disallowed).search(text)):
            raise ValueError(
                f"encode: the text has the special token {found[0]!r} at index {found.start()}; "
                "pass it in allowed_special to encode it as such, or disallowed_special=() to "
                "encode it as text"
            )
        if not allowed:
            return self.encode_ordinary(text)
        ids: list[int] = []
        start = 0
        for found in _any_of(allowed).finditer(text):
            ids += self.encode_ordinary(text[start : found.start()])
            ids.append(self._specials[found[0]])
            start = found.end()
        return ids + self.encode_ordinary(text[start:])

    def _some(self, chosen: Some, without: AbstractSet[str]) -> AbstractSet[str]:
        if isinstance(chosen, str):
            if chosen != "all":
                raise ValueError(
                    f"encode: expected 'all' or a set of special tokens, got {chosen!r}"
                )
            return self._specials.keys() - without
        if not isinstance(chosen, Iterable):
            raise TypeError(f"encode: expected 'all' or a set of special tokens, got {chosen!r}")
        unknown = set(chosen) - self._specials.keys()
        if unknown:
            raise ValueError(f"encode: {min(unknown)!r} is no special token of this tokenizer")
        return set(chosen) - without

    def encode_ordinary(self, text: str) -> list[int]:
        """The ids of a text in which nothing is special."""
        try:
            ids: list[int] = self._model.encode_str(text)
        except UnicodeEncodeError as error:
            raise lone_surrogate(text, error.start, "encode") from None
        except TypeError:
            utf8(text, "encode")
            raise
        return ids

    def encode_bytes(self, data: bytes) -> list[int]:
        """The ids of any bytes, UTF-8 or not; nothing in them is special."""
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(f"encode_bytes: expected bytes, got {type(data).__name__}")
        ids: list[int] = self._model.encode(bytes(data))
        return ids

    def encode_batch(
        self,
        texts: Iterable[str],
        *,
        allowed_special: Some = frozenset(),
        disallowed_special: Some = "all",
    ) -> list[list[int]]:
        return [
            self.encode(
                text, allowed_special=allowed_special, disallowed_special=disallowed_special
            )
            for text in texts
        ]

    # --- decode

    def decode_bytes(self, ids: Sequence[int] | Any) -> bytes:
        """The bytes.  ids: a sequence, array or tensor of ints.  Raises IndexError for another."""
        data: bytes = self._model.decode(listed(ids))
        return data

    def decode(self, ids: Sequence[int] | Any, errors: str = "replace") -> str:
        """The text; bytes that are no UTF-8 become U+FFFD, or what `errors` says (bytes.decode)."""
        return self.decode_bytes(ids).decode("utf-8", errors)

    def decode_batch(
        self, batch: Iterable[Sequence[int] | Any], errors: str = "replace"
    ) -> list[str]:
        return [self.decode(ids, errors) for ids in batch]

    # --- what it is made of

    @property
    def vocab_size(self) -> int:
        """One more than the largest id: what an embedding needs rows for."""
        return len(self._model)

    def __len__(self) -> int:
        return len(self._model)

    @property
    def vocabulary(self) -> dict[bytes, int]:
        """Bytes and id of every token that is not special."""
        return dict(self._ids)

    @property
    def merges(self) -> list[tuple[bytes, bytes]] | None:
        """Pairs in the order they were learnt; None where ids are ranks."""
        return None if self._merges is None else list(self._merges)

    @property
    def special_tokens(self) -> dict[str, int]:
        return dict(self._specials)

    @property
    def whole_pieces(self) -> bool:
        return self._whole

    def __repr__(self) -> str:
        special = f", special_tokens={self._specials}" if self._specials else ""
        return f"BPETokenizer(vocab_size={len(self)}{special})"

    def _parts(self) -> tuple[Any, ...]:
        return self._ids, self._merges, self._specials, self._whole

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BPETokenizer):
            return NotImplemented
        return self._parts() == other._parts()

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Callable[..., BPETokenizer], tuple[Any, ...]]:
        return _made_of, self._parts()

    # --- files

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes it in the form that the path asks for, each file whole or not at all.

        name.json: as Hugging Face's tokenizers has it.  name.tiktoken: as tiktoken has it, which
        has no place for special tokens.  Any other path is a folder: vocab.json and merges.txt, as
        GPT-2 has them.
        """
        _files.save(self._parts(), path)

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], special_tokens: Mapping[str, int] | None = None
    ) -> BPETokenizer:
        """What `save`, tokenizers or tiktoken wrote; special_tokens: beside those of the file.

        Raises ValueError that names what a file asks for and is not here.
        """
        ids, merges, specials, whole = _files.load(path)
        return cls(ids, merges, {**specials, **(special_tokens or {})}, whole_pieces=whole)


def _made_of(*parts: Any) -> BPETokenizer:
    return BPETokenizer(*parts[:3], whole_pieces=parts[3])


def _any_of(special: AbstractSet[str]) -> re.Pattern[str]:
    """Any of these; where one begins like another, the longest."""
    return re.compile("|".join(map(re.escape, sorted(special, key=lambda t: (-len(t), t)))))


def _distinct(special_tokens: Iterable[str]) -> list[str]:
    if isinstance(special_tokens, str):
        raise TypeError("BPETokenizer.train: expected a list of special tokens, got one str")
    specials = list(special_tokens)
    for token in specials:
        if not utf8(token, "BPETokenizer.train"):
            raise ValueError("BPETokenizer.train: a special token is empty")
    if len(set(specials)) < len(specials):
        raise ValueError("BPETokenizer.train: a special token is given twice")
    return specials


def _integer(value: Any, name: str, operation: str = "BPETokenizer") -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{operation}: expected an int as {name}, got {value!r}")
    return operator.index(value)


def _bytes(token: Any) -> bytes:
    if not isinstance(token, (bytes, bytearray)):
        raise TypeError(f"BPETokenizer: expected tokens of bytes, got {token!r}")
    return bytes(token)
