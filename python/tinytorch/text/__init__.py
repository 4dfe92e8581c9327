"""Text: tokenizers, what they are saved as, and a text to learn from.

tokenizer = BPETokenizer.train(text, vocab_size=1024)
ids = tokenizer.encode("To be, or not to be")
assert tokenizer.decode(ids) == "To be, or not to be"
"""

from tinytorch.text import datasets as datasets
from tinytorch.text._bpe import BPETokenizer as BPETokenizer
from tinytorch.text._characters import CharTokenizer as CharTokenizer

__all__ = ["BPETokenizer", "CharTokenizer", "datasets"]
