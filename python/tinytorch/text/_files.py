"""A tokenizer's files: vocab.json with merges.txt, tokenizer.json, and .tiktoken.

In the first two a token's bytes stand as characters that print, one each: GPT-2's alphabet.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from tinytorch import _C
from tinytorch.text._sources import write

# Vocabulary, merges, special tokens, and whether a piece that is a token needs no merge.
Merges = list[tuple[bytes, bytes]]
Parts = tuple[dict[bytes, int], Merges | None, dict[str, int], bool]

BYTES = bytes(_C.tokenization.bytes_in_order)
# The printable ones stand for themselves; the others for the characters from U+0100 on.
LETTERS = [chr(byte) for byte in BYTES[:188]] + [chr(0x100 + i) for i in range(256 - 188)]
LETTER_OF = dict(zip(BYTES, LETTERS, strict=True))
BYTE_OF = dict(zip(LETTERS, BYTES, strict=True))
SPLIT = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
SPLITS = {SPLIT, r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"}


def spelt(token: bytes) -> str:
    return "".join(map(LETTER_OF.__getitem__, token))


def unspelt(token: str) -> bytes | None:
    """The bytes; None for what is not spelt in GPT-2's alphabet."""
    try:
        return bytes(map(BYTE_OF.__getitem__, token))
    except KeyError:
        return None


def save(parts: Parts, path: str | os.PathLike[str]) -> None:
    place = Path(path)
    if place.suffix == ".tiktoken":
        write(place, _as_ranks(parts))
        return
    ids, _, specials, whole = parts
    vocabulary = {spelt(token): id for token, id in ids.items()} | specials
    ordered = dict(sorted(vocabulary.items(), key=lambda entry: entry[1]))
    pairs = [(spelt(left), spelt(right)) for left, right in _merges_of(parts)]
    if place.suffix == ".json":
        write(place, json.dumps(_as_tokenizer(ordered, pairs, specials, whole), ensure_ascii=False))
        return
    place.mkdir(parents=True, exist_ok=True)
    lines = ["#version: 0.2", *(f"{left} {right}" for left, right in pairs), ""]
    write(place / "vocab.json", json.dumps(ordered, ensure_ascii=False))
    write(place / "merges.txt", "\n".join(lines))


def load(path: str | os.PathLike[str]) -> Parts:
    place = Path(path)
    if place.is_dir():
        vocabulary = _json(place / "vocab.json")
        lines = _text(place / "merges.txt").split("\n")
        first = 1 if lines[0].startswith("#version") else 0
        return _parts(vocabulary, [line for line in lines[first:] if line], {}, False, place)
    if place.suffix == ".tiktoken":
        return _from_ranks(place)
    content = _json(place)
    try:
        return _from_tokenizer(content, place)
    except (AttributeError, KeyError, TypeError) as error:  # of another form than is looked for
        raise ValueError(f"BPETokenizer.load: {place} is no tokenizer.json: {error!r}") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"BPETokenizer.load: {path} is no text: {error}") from None


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"BPETokenizer.load: {path} is not JSON: {error}") from None


def _parts(
    vocabulary: Any, merges: Iterable[Any], specials: Mapping[str, int], whole: bool, path: Path
) -> Parts:
    """What is neither a byte nor made by a merge is a special token."""
    if not isinstance(vocabulary, dict) or not all(type(id) is int for id in vocabulary.values()):
        raise ValueError(f"BPETokenizer.load: {path} has no vocabulary of names and ids")
    pairs: Merges = []
    for entry in merges:
        halves = entry.split(" ") if isinstance(entry, str) else entry
        spelling = [unspelt(half) if isinstance(half, str) else None for half in halves]
        if len(spelling) != 2 or not spelling[0] or not spelling[1]:
            raise ValueError(f"BPETokenizer.load: {path}: {entry!r} is no merge of two tokens")
        pairs.append((spelling[0], spelling[1]))
    made = {left + right for left, right in pairs}
    special = dict(specials)
    ids: dict[bytes, int] = {}
    for name, id in vocabulary.items():
        token = unspelt(name)
        if name in special:
            continue
        if token and (len(token) == 1 or token in made):
            ids[token] = id
        else:
            special[name] = id
    return ids, pairs, special, whole


# --- tokenizer.json


def _as_tokenizer(
    vocabulary: dict[str, int], merges: list[tuple[str, str]], specials: dict[str, int], whole: bool
) -> dict[str, Any]:
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": id, "content": text, "single_word": False, "lstrip": False, "rstrip": False,
                "normalized": False, "special": True,
            }
            for text, id in sorted(specials.items(), key=lambda entry: entry[1])
        ],
        "normalizer": None,
        "pre_tokenizer": byte_level | {"use_regex": True},
        "post_processor": None,
        "decoder": byte_level | {"use_regex": True},
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
            "ignore_merges": whole, "vocab": vocabulary, "merges": [list(pair) for pair in merges],
        },
    }  # fmt: skip


def _from_tokenizer(content: Any, path: Path) -> Parts:
    if not isinstance(content, dict) or not isinstance(content.get("model"), dict):
        raise ValueError(f"BPETokenizer.load: {path} is no tokenizer.json")
    model = content["model"]

    def refuse(what: str) -> ValueError:
        return ValueError(f"BPETokenizer.load: {path} asks for {what}, which is not supported")

    if model.get("type", "BPE") != "BPE":
        raise refuse(f"a model {model['type']!r}")
    for name in ("dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"):
        if model.get(name):
            raise refuse(f"{name} = {model[name]!r}")
    for name in ("truncation", "padding"):
        if content.get(name):
            raise refuse(name)
    # After the merges ByteLevel changes no id, and it is how ids are decoded here.
    for name, known in (
        ("normalizer", None),
        ("post_processor", "ByteLevel"),
        ("decoder", "ByteLevel"),
    ):
        if content.get(name) and content[name].get("type") != known:
            raise refuse(f"a {name} {content[name].get('type')!r}")
    if not _splits_as_gpt(content.get("pre_tokenizer")):
        raise refuse("another pre_tokenizer than GPT-2's")
    specials: dict[str, int] = {}
    for token in content.get("added_tokens") or ():
        for name in ("single_word", "lstrip", "rstrip"):
            if token.get(name):
                raise refuse(f"{name} of the token {token['content']!r}")
        if not isinstance(token["content"], str) or type(token["id"]) is not int:
            raise ValueError(f"BPETokenizer.load: {path}: {token!r} is no added token")
        specials[token["content"]] = token["id"]
    whole = bool(model.get("ignore_merges"))
    return _parts(model.get("vocab"), model.get("merges") or (), specials, whole, path)


def _splits_as_gpt(steps: Any) -> bool:
    """ByteLevel with its own split; or a split of that pattern, then ByteLevel without."""
    if not isinstance(steps, dict):
        return False
    if steps.get("type") == "Sequence":
        parts = steps.get("pretokenizers") or []
        split: Any
        level: Any
        split, level = parts if len(parts) == 2 else ({}, {})
        pattern = (split.get("pattern") or {}).get("Regex")
        isolated = split.get("behavior") == "Isolated" and not split.get("invert")
        apart = split.get("type") == "Split" and pattern in SPLITS and isolated
        return apart and level.get("type") == "ByteLevel" and _plain(level, use_regex=False)
    return steps.get("type") == "ByteLevel" and _plain(steps, use_regex=True)


def _plain(level: dict[str, Any], use_regex: bool) -> bool:
    return not level.get("add_prefix_space", True) and level.get("use_regex", True) == use_regex


# --- .tiktoken


def _as_ranks(parts: Parts) -> bytes:
    ids, merges, _, _ = parts
    order = [ids[left + right] for left, right in merges or ()]
    if order != sorted(set(order)):
        raise ValueError(
            "BPETokenizer.save: in a .tiktoken file ids are ranks, and the ids of this tokenizer "
            "are not in the order of its merges"
        )
    entries = sorted(ids.items(), key=lambda entry: entry[1])
    return b"".join(base64.b64encode(token) + b" %d\n" % id for token, id in entries)


def _from_ranks(path: Path) -> Parts:
    ids: dict[bytes, int] = {}
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        if not line:
            continue
        try:
            spelling, rank = line.split()
            token, id = base64.b64decode(spelling, validate=True), int(rank)
        except (ValueError, binascii.Error):
            raise ValueError(
                f"BPETokenizer.load: {path}:{number}: expected a token in base64 and its rank"
            ) from None
        if token in ids:
            raise ValueError(f"BPETokenizer.load: {path}:{number}: {token!r} is there twice")
        ids[token] = id
    if not ids:
        raise ValueError(f"BPETokenizer.load: {path} holds no tokens")
    return ids, None, {}, True


def _merges_of(parts: Parts) -> Merges:
    """The merges; where ids are ranks, the two tokens that each token was made of."""
    ids, merges, _, _ = parts
    if merges is not None:
        return merges
    found: Merges = []
    for token, rank in sorted(ids.items(), key=lambda entry: entry[1]):
        if len(token) == 1:
            continue
        halves = _merged_below(token, ids, rank)
        if len(halves) != 2:
            raise ValueError(
                f"BPETokenizer.save: the token {token!r} is not made of two others, so it has no "
                "merge; only a .tiktoken file can hold it"
            )
        found.append((halves[0], halves[1]))
    return found


def _merged_below(token: bytes, ids: Mapping[bytes, int], limit: int) -> list[bytes]:
    """The parts of a token after all merges of lower rank."""
    parts = [token[i : i + 1] for i in range(len(token))]
    while len(parts) > 1:
        ranks = [ids.get(a + b, limit) for a, b in pairwise(parts)]
        lowest = min(ranks)
        if lowest >= limit:
            break
        at = ranks.index(lowest)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts
