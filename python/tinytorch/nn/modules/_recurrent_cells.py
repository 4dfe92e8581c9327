"""Single steps of recurrent nets: RNNCell, LSTMCell and GRUCell."""

import math
from typing import Any

from tinytorch import _creation
from tinytorch._C import Tensor
from tinytorch._device import check_cpu
from tinytorch.nn import init
from tinytorch.nn.functional._recurrent import step, two_states
from tinytorch.nn.modules.module import Module
from tinytorch.nn.parameter import Parameter


class RNNCellBase(Module):
    """What the cells share: weights as those of the first layer of a net.

    Source: torch.nn.RNNCellBase
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        check_cpu(device)
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        gates = num_chunks * hidden_size

        def empty(*shape: int) -> Any:
            return Parameter(_creation.empty(shape, dtype=dtype))

        self.weight_ih = empty(gates, input_size)
        self.weight_hh = empty(gates, hidden_size)
        self.register_parameter("bias_ih", empty(gates) if bias else None)
        self.register_parameter("bias_hh", empty(gates) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws every weight uniformly from +-1 / sqrt(hidden_size)."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self) -> str:
        told = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            told += f", bias={self.bias}"
        nonlinearity = getattr(self, "nonlinearity", "tanh")
        return told if nonlinearity == "tanh" else f"{told}, nonlinearity={nonlinearity}"

    def _step(
        self, mode: str, input: Any, hx: tuple[Any, ...] | None, given: Any = None
    ) -> tuple[Any, ...]:
        """hx: (h,), or (h, c) of an LSTM.  given: what an LSTM was given for it."""
        name = type(self).__name__
        if input.dim() not in (1, 2):
            raise ValueError(f"{name}: Expected input to be 1D or 2D, got {input.dim()}D instead")
        for state in hx or ():
            if state.dim() not in (1, 2):
                raise ValueError(
                    f"{name}: Expected hidden to be 1D or 2D, got {state.dim()}D instead"
                )
        batched = input.dim() == 2
        x = input if batched else input.unsqueeze(0)
        if given is not None and batched:
            two_states("lstm_cell", given)
        states: Any = hx
        if states is None:
            nothing = _creation.zeros((x.shape[0], self.hidden_size), dtype=x.dtype)
            states = (nothing, nothing) if mode == "LSTM" else (nothing,)
        elif not batched:
            states = tuple(state.unsqueeze(0) for state in states)
        after = step(mode, x, states, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return after if batched else tuple(state.squeeze(0) for state in after)


class RNNCell(RNNCellBase):
    """One step of an RNN.  input: (N, input_size), hx: (N, hidden_size) -> (N, hidden_size).

    Source: torch.nn.RNNCell
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        mode = f"RNN_{self.nonlinearity.upper()}"
        return self._step(mode, input, None if hx is None else (hx,))[0]  # type: ignore[no-any-return]


class LSTMCell(RNNCellBase):
    """One step of an LSTM.  input: (N, input_size), hx: (h, c) -> (h, c), each (N, hidden_size).

    Source: torch.nn.LSTMCell
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        h, c = self._step("LSTM", input, None if hx is None else tuple(hx), hx)
        return h, c


class GRUCell(RNNCellBase):
    """One step of a GRU.  input: (N, input_size), hx: (N, hidden_size) -> (N, hidden_size).

    Source: torch.nn.GRUCell
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._step("GRU", input, None if hx is None else (hx,))[0]  # type: ignore[no-any-return]
