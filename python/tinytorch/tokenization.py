"""The unit tokenization: pure functions on strings, bytes and lists of ints.

Characters as ids, where a piece of text ends, pairs and their counts, merges learnt and applied,
tokens as bytes. `tinytorch.text` has the tokenizers made of them.
"""

from tinytorch import _C

characters = _C.tokenization.characters
count_pairs = _C.tokenization.count_pairs
decode = _C.tokenization.decode
decode_characters = _C.tokenization.decode_characters
encode_characters = _C.tokenization.encode_characters
encode_piece = _C.tokenization.encode_piece
learn_merge = _C.tokenization.learn_merge
merge = _C.tokenization.merge
piece_end = _C.tokenization.piece_end
pieces = _C.tokenization.pieces

__all__ = [
    "characters",
    "count_pairs",
    "decode",
    "decode_characters",
    "encode_characters",
    "encode_piece",
    "learn_merge",
    "merge",
    "piece_end",
    "pieces",
]
