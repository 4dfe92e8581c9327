"""GPT: a causal transformer that predicts the next id, with GPT-2's names for its parameters.

    model = GPT(GPTConfig(vocab_size=65, block_size=128, n_layer=4, n_head=4, n_embd=128))
    logits = model(ids)                      # (B, T, vocab_size)
    model.loss(ids, targets).backward()

Radford et al., 2019.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from tinytorch import _C, _creation, _dtype
from tinytorch._C import Tensor
from tinytorch.models.parts import MLP, RotaryPositions, checked_length
from tinytorch.nn import functional as F
from tinytorch.nn import init
from tinytorch.nn.modules.container import ModuleDict, ModuleList
from tinytorch.nn.modules.dropout import Dropout
from tinytorch.nn.modules.linear import Linear
from tinytorch.nn.modules.module import Module
from tinytorch.nn.modules.normalization import LayerNorm
from tinytorch.nn.modules.sparse import Embedding
from tinytorch.nn.parameter import Parameter


@dataclass
class GPTConfig:
    """A GPT's sizes.  positions: "learned", a table, or "rotary".  tied: output and ids share one
    table.  initializer_range: the deviation of the weights that are drawn."""

    vocab_size: int = 50_257
    block_size: int = 1024
    n_layer: int = 12
    n_head: int = 12
    n_embd: int = 768
    dropout: float = 0.0
    bias: bool = True
    positions: str = "learned"
    tied: bool = True
    initializer_range: float = 0.02

    def __post_init__(self) -> None:
        for name in ("vocab_size", "block_size", "n_layer", "n_head", "n_embd"):
            size = getattr(self, name)
            if isinstance(size, bool) or not hasattr(size, "__index__"):
                raise TypeError(f"GPTConfig: expected an int as {name}, got {size!r}")
            if size <= 0:
                raise ValueError(f"GPTConfig: expected {name} above 0, got {size}")
        for name in ("dropout", "initializer_range"):
            if not hasattr(getattr(self, name), "__float__"):
                raise TypeError(
                    f"GPTConfig: expected a number as {name}, got {getattr(self, name)!r}"
                )
        if self.n_embd % self.n_head != 0:
            raise ValueError(f"GPTConfig: {self.n_head} heads do not divide {self.n_embd}")
        if not 0 <= self.dropout <= 1:
            raise ValueError(f"GPTConfig: expected dropout in [0, 1], got {self.dropout}")
        if not 0 <= self.initializer_range < math.inf:
            raise ValueError(
                f"GPTConfig: expected initializer_range of at least 0, got {self.initializer_range}"
            )
        if self.positions not in ("learned", "rotary"):
            raise ValueError(
                f'GPTConfig: expected positions "learned" or "rotary", got {self.positions!r}'
            )
        if self.positions == "rotary" and self.n_embd // self.n_head % 2 != 0:
            raise ValueError("GPTConfig: rotary positions need heads of an even width")


class Attention(Module):
    """The projections of a block's attention; the block calls them."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.c_attn = Linear(config.n_embd, 3 * config.n_embd, config.bias)
        self.c_proj = Linear(config.n_embd, config.n_embd, config.bias)


class Block(Module):
    """Norm, causal attention, residual; norm, MLP, residual: one operation of the extension."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.ln_1 = LayerNorm(config.n_embd, bias=config.bias)
        self.attn = Attention(config)
        self.ln_2 = LayerNorm(config.n_embd, bias=config.bias)
        self.mlp = MLP(config.n_embd, None, config.bias, config.dropout)
        self.n_head = config.n_head
        self.dropout = config.dropout

    def weights(self) -> list[Any]:
        """The twelve weights, in the order of the extension's block."""
        parts = (
            self.ln_1,
            self.attn.c_attn,
            self.attn.c_proj,
            self.ln_2,
            self.mlp.c_fc,
            self.mlp.c_proj,
        )
        return [weight for part in parts for weight in (part.weight, part.bias)]

    def forward(self, x: Tensor, angles: Tensor | None = None) -> Tensor:
        dropout = self.dropout if self.training else 0.0
        y: Tensor = _C._block(x, self.weights(), self.n_head, dropout, angles)
        return y


class GPT(Module):
    """ids: (B, T) of int64, T <= block_size -> logits (B, T, vocab_size)."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.config = replace(config)  # its own: a context that is cropped is this model's
        width, learned = config.n_embd, config.positions == "learned"
        parts: dict[str, Module] = {"wte": Embedding(config.vocab_size, width)}
        if learned:
            parts["wpe"] = Embedding(config.block_size, width)
        parts["drop"] = Dropout(config.dropout)
        parts["h"] = ModuleList([Block(config) for _ in range(config.n_layer)])
        parts["ln_f"] = LayerNorm(width, bias=config.bias)
        self.transformer = ModuleDict(parts)
        self.rotary = (
            None if learned else RotaryPositions(config.block_size, width // config.n_head)
        )
        self.lm_head = Linear(width, config.vocab_size, bias=False)
        if config.tied:
            self.lm_head.weight = self.transformer["wte"].weight
        self._draw()

    def _draw(self) -> None:
        """Normal weights, smaller where they end a residual branch."""
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                init.zeros_(parameter)
            elif parameter.dim() == 2:
                last = name.endswith("c_proj.weight")
                shrink = math.sqrt(2 * self.config.n_layer) if last else 1.0
                init.normal_(parameter, 0.0, self.config.initializer_range / shrink)

    def forward(self, ids: Tensor) -> Tensor:
        if ids.dim() != 2:
            raise ValueError(f"GPT: expected ids of shape (B, T), got {tuple(ids.shape)}")
        if ids.shape[1] == 0:
            raise ValueError("GPT: expected at least one id in each sequence, got none")
        length = checked_length(ids.shape[1], self.config.block_size)
        parts: Any = self.transformer
        x = parts["wte"](ids)
        angles = None
        if self.rotary is None:
            x = x + parts["wpe"](_creation.arange(length, dtype=_dtype.int64))
        else:
            angles = self.rotary.angles(length)
        x = parts["drop"](x)
        for block in parts["h"]:
            x = block(x, angles)
        return self.lm_head(parts["ln_f"](x))  # type: ignore[no-any-return]

    def loss(self, ids: Tensor, targets: Tensor, ignore_index: int = -100) -> Tensor:
        """The mean cross-entropy of the targets (B, T), in nats an id."""
        if tuple(targets.shape) != tuple(ids.shape):
            raise ValueError(
                f"GPT.loss: expected as many targets as ids, got shapes {tuple(targets.shape)} "
                f"and {tuple(ids.shape)}"
            )
        logits = self(ids)
        return F.cross_entropy(
            logits.reshape(-1, logits.shape[-1]), targets.reshape(-1), ignore_index=ignore_index
        )

    def num_parameters(self, positions: bool = True) -> int:
        """The numbers that it learns, shared ones counted once; without the table of positions on
        request."""
        count = sum(parameter.numel() for parameter in self.parameters())
        if not positions and self.rotary is None:
            count -= self.transformer["wpe"].weight.numel()
        return count

    def crop(self, block_size: int) -> None:
        """Makes the context shorter.  Raises ValueError for a longer one."""
        if isinstance(block_size, bool) or not hasattr(block_size, "__index__"):
            raise TypeError(f"GPT.crop: expected an int as context, got {block_size!r}")
        if not 0 < block_size <= self.config.block_size:
            raise ValueError(
                f"GPT.crop: expected a context of 1 to {self.config.block_size}, got {block_size}"
            )
        self.config.block_size = block_size
        if self.rotary is None:
            table: Any = self.transformer["wpe"]
            table.weight = Parameter(table.weight.detach()[:block_size].clone())
            table.num_embeddings = block_size
        else:
            self.rotary.context = block_size

    @classmethod
    def from_gpt2(cls, state: Mapping[str, Any], n_head: int, **settings: Any) -> Self:
        """A GPT with the weights of a state of GPT-2's, whose sizes it takes from their shapes.

        Names may begin with "transformer."; weights stored as (in, out), as OpenAI has them, are
        turned.  Raises KeyError for a weight that is missing, RuntimeError for one of another
        shape, and ValueError for an output that is not the ids' table, unless tied=False.
        """
        plain = {name.removeprefix("transformer."): value for name, value in state.items()}
        layers = {int(name.split(".")[1]) for name in plain if name.startswith("h.")}
        vocab_size, width = plain["wte.weight"].shape
        config = GPTConfig(
            vocab_size=vocab_size,
            block_size=plain["wpe.weight"].shape[0],
            n_layer=len(layers),
            n_head=n_head,
            n_embd=width,
            bias="ln_f.bias" in plain,
            **settings,
        )
        model = cls(config)
        if config.tied:
            plain["lm_head.weight"] = _tied_table(plain)
        turned = _is_turned(plain, width)
        weights = {}
        for name in model.state_dict():
            key = name.removeprefix("transformer.")
            linear = key.endswith(".weight") and ".c_" in key
            weights[name] = plain[key].t() if linear and turned else plain[key]
        model.load_state_dict(weights)
        return model

    def describe(self) -> dict[str, Any]:
        """The configuration, as `GPTConfig(**...)` takes it."""
        return asdict(self.config)


def _is_turned(state: Mapping[str, Any], width: int) -> bool:
    """Whether linear weights are stored as (in, out): seen at one that is not square."""
    return tuple(state["h.0.attn.c_attn.weight"].shape) == (width, 3 * width)


def _tied_table(state: Mapping[str, Any]) -> Any:
    """The ids' table, where the state has no other for the output."""
    table, other = state["wte.weight"], state.get("lm_head.weight")
    if other is not None and not (other.shape == table.shape and bool((other == table).all())):
        raise ValueError(
            "GPT.from_gpt2: lm_head.weight is another table than wte.weight; tied=False keeps both"
        )
    return table
