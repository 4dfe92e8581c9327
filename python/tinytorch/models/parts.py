"""Parts that language models share: MLPs, and the ways to tell places apart."""

from typing import Any

from tinytorch import _C
from tinytorch._C import Tensor
from tinytorch.nn import functional as F
from tinytorch.nn.modules.dropout import Dropout
from tinytorch.nn.modules.linear import Linear
from tinytorch.nn.modules.module import Module


class MLP(Module):
    """width -> hidden -> width with a GELU in between, as in GPT-2.  x: (..., width)."""

    def __init__(
        self, width: int, hidden: int | None = None, bias: bool = True, dropout: float = 0.0
    ) -> None:
        super().__init__()
        hidden = 4 * width if hidden is None else hidden
        self.c_fc = Linear(width, hidden, bias)
        self.c_proj = Linear(hidden, width, bias)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.c_proj(F.gelu(self.c_fc(x), "tanh")))  # type: ignore[no-any-return]


class SwiGLU(Module):
    """down(silu(gate(x)) * up(x)), as in LLaMA.  x: (..., width); Shazeer, 2020."""

    def __init__(self, width: int, hidden: int | None = None, bias: bool = False) -> None:
        super().__init__()
        hidden = 8 * width // 3 if hidden is None else hidden
        self.gate = Linear(width, hidden, bias)
        self.up = Linear(width, hidden, bias)
        self.down = Linear(hidden, width, bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(_C._swiglu(self.gate(x), self.up(x)))  # type: ignore[no-any-return]


class SinusoidalPositions(Module):
    """Adds a sine or a cosine to each number, by its place.  x: (..., T, width), T <= context.

    Vaswani et al., 2017.
    """

    table: Any

    def __init__(self, context: int, width: int, base: float = 10_000.0) -> None:
        super().__init__()
        self.context = context
        self.register_buffer("table", _C.embeddings.sinusoidal(context, width, base), False)

    def forward(self, x: Tensor) -> Tensor:
        width = self.table.shape[1]
        if x.dim() < 2 or x.shape[-1] != width:
            raise ValueError(
                f"SinusoidalPositions: expected x of shape (..., T, {width}), got {tuple(x.shape)}"
            )
        return x + self.table[: checked_length(x.shape[-2], self.context)]  # type: ignore[no-any-return]


class RotaryPositions(Module):
    """Turns pairs of numbers by angles that grow with the place.  x: (..., T, width), width even.

    Products of what is turned so depend on the distance of places alone. `start` is the place of
    the first.  Su et al., 2021.
    """

    table: Any

    def __init__(self, context: int, width: int, base: float = 10_000.0) -> None:
        super().__init__()
        if width % 2 != 0:
            raise ValueError(f"RotaryPositions: expected an even width, got {width}")
        self.context = context
        self.register_buffer("table", _C.embeddings.sinusoidal(context, width, base), False)

    def angles(self, length: int, start: int = 0) -> Any:
        """The table's rows for `length` places from `start` on."""
        if start < 0:
            raise ValueError(f"RotaryPositions: expected a start of 0 or more, got {start}")
        checked_length(start + length, self.context)
        return self.table[start : start + length]

    def forward(self, x: Tensor, start: int = 0) -> Tensor:
        if x.dim() < 2:
            raise ValueError(
                f"RotaryPositions: expected x of shape (..., T, {self.table.shape[1]}), "
                f"got {tuple(x.shape)}"
            )
        return _C._rotate(x, self.angles(x.shape[-2], start))  # type: ignore[no-any-return]


def checked_length(length: int, context: int) -> int:
    """`length`.  Raises ValueError when it is more than the context."""
    if length > context:
        raise ValueError(f"a sequence of {length} is longer than the context of {context}")
    return length
