"""Generation: a language model writes, one token after another.

    ids = generate(model, prompt_ids, 100, temperature=0.8, top_k=40, generator=g)
    for piece in stream(model, tokenizer, "ROMEO:", 500, stop="\n\n"):
        print(piece, end="", flush=True)

A model is anything that makes logits (B, T, V) of ids (B, T).
"""

from tinytorch import _C
from tinytorch.generation.choice import Choice as Choice
from tinytorch.generation.loop import tokens as tokens
from tinytorch.generation.prompts import context_of as context_of
from tinytorch.generation.writing import generate as generate
from tinytorch.generation.writing import stream as stream
from tinytorch.generation.writing import write as write

apply_temperature = _C.generation.apply_temperature
held_back = _C.generation.held_back
incomplete = _C.generation.incomplete
keep_top_k = _C.generation.keep_top_k
keep_top_p = _C.generation.keep_top_p
penalize = _C.generation.penalize
race = _C.generation.race
sample = _C.generation.sample

__all__ = [
    "Choice",
    "apply_temperature",
    "context_of",
    "generate",
    "held_back",
    "incomplete",
    "keep_top_k",
    "keep_top_p",
    "penalize",
    "race",
    "sample",
    "stream",
    "tokens",
    "write",
]
