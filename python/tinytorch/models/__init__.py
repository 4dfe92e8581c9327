"""Models made of the library's own parts: GPT, and the parts that models share."""

from tinytorch.models import gpt as gpt
from tinytorch.models import parts as parts
from tinytorch.models.gpt import GPT as GPT
from tinytorch.models.gpt import GPTConfig as GPTConfig
