"""The tokenizer of characters: one id each, in the order of their code points."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tinytorch import _C
from tinytorch.text._sources import Source, texts, utf8, write

_C_unit = _C.tokenization


class CharTokenizer:
    """Every character of `characters` is a token; its id is its place among them, ascending.

    tokenizer = CharTokenizer.train(text)
    """

    def __init__(self, characters: str) -> None:
        if not isinstance(characters, str):
            raise TypeError(
                f"CharTokenizer: expected a str of characters, got {type(characters).__name__}"
            )
        self.characters: str = "".join(sorted(set(characters)))

    @classmethod
    def train(cls, text: Source) -> CharTokenizer:
        """The characters that occur.  text: a str, a path, an open file or an iterable of str."""
        if isinstance(text, str):
            return cls(_C_unit.characters(text))
        found: set[str] = set()
        for part in texts(text, "CharTokenizer.train"):
            found.update(_C_unit.characters(part.decode()))
        return cls("".join(found))

    def encode(self, text: str) -> list[int]:
        """Its ids.  Raises ValueError that names a character that is not in the vocabulary."""
        if not isinstance(text, str):
            raise TypeError(f"encode: expected a str, got {type(text).__name__}")
        ids: list[int] = _C_unit.encode_characters(text, self.characters)
        if ids and min(ids) < 0:
            place = ids.index(-1)
            raise ValueError(
                f"encode: {text[place]!r} (U+{ord(text[place]):04X}) at index {place} is not among "
                f"the {len(self)} characters of this tokenizer"
            )
        return ids

    def encode_batch(self, texts: Iterable[str]) -> list[list[int]]:
        return [self.encode(text) for text in texts]

    def decode(self, ids: Sequence[int] | Any) -> str:
        """The text.  ids: a sequence, array or tensor of ints.  Raises IndexError for another."""
        return str(_C_unit.decode_characters(listed(ids), self.characters))

    def decode_bytes(self, ids: Sequence[int] | Any) -> bytes:
        """The text as UTF-8."""
        return utf8(self.decode(ids), "decode_bytes")

    def decode_batch(self, batch: Iterable[Sequence[int] | Any]) -> list[str]:
        return [self.decode(ids) for ids in batch]

    @property
    def vocab_size(self) -> int:
        return len(self.characters)

    def __len__(self) -> int:
        return len(self.characters)

    def __repr__(self) -> str:
        shown = self.characters if len(self) <= 80 else self.characters[:77] + "..."
        return f"CharTokenizer({shown!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CharTokenizer):
            return NotImplemented
        return self.characters == other.characters

    def __hash__(self) -> int:
        return hash(self.characters)

    def __reduce__(self) -> tuple[type[CharTokenizer], tuple[str]]:
        return CharTokenizer, (self.characters,)

    def save(self, path: str | os.PathLike[str]) -> None:
        """As JSON."""
        write(Path(path), json.dumps({"characters": self.characters}) + "\n")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> CharTokenizer:
        """What `save` wrote.  Raises ValueError for another file."""
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
            return cls(content["characters"])
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"CharTokenizer.load: {path} holds no characters") from None


def listed(ids: Any) -> Any:
    """A tensor or array of ids as nested lists; anything else as it is."""
    return ids.tolist() if hasattr(ids, "tolist") else ids
