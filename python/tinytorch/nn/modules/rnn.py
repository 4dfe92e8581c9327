"""Recurrent nets: RNN, LSTM and GRU over sequences."""

import math
import warnings
from typing import Any

from tinytorch import _creation
from tinytorch._C import Tensor
from tinytorch._device import check_cpu
from tinytorch.nn import init
from tinytorch.nn.functional._recurrent import GATES, over_steps, two_states, walk
from tinytorch.nn.modules._recurrent_cells import GRUCell as GRUCell
from tinytorch.nn.modules._recurrent_cells import LSTMCell as LSTMCell
from tinytorch.nn.modules._recurrent_cells import RNNCell as RNNCell
from tinytorch.nn.modules._recurrent_cells import RNNCellBase as RNNCellBase
from tinytorch.nn.modules.module import Module
from tinytorch.nn.parameter import Parameter
from tinytorch.nn.utils.rnn import PackedSequence


def _check_settings(
    mode: str, sizes: dict[str, Any], flags: dict[str, Any], dropout: Any, proj_size: int
) -> None:
    """Raises what PyTorch raises for arguments that make no recurrent net."""
    number = isinstance(dropout, int | float) and not isinstance(dropout, bool)
    if not number or not 0 <= dropout <= 1:
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an "
            "element being zeroed"
        )
    if dropout > 0 and sizes["num_layers"] == 1:
        warnings.warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout "
            f"expects num_layers greater than 1, but got dropout={dropout} and num_layers=1",
            stacklevel=4,
        )
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise TypeError(f"{name} should be of type bool, got: {type(flag).__name__}")
    for name, size in sizes.items():
        if not isinstance(size, int) and name != "num_layers":
            raise TypeError(f"{name} should be of type int, got: {type(size).__name__}")
        if size <= 0:
            raise ValueError(f"{name} must be greater than zero")
    if proj_size < 0:
        raise ValueError("proj_size should be a positive integer or zero to disable projections")
    if proj_size >= sizes["hidden_size"]:
        raise ValueError("proj_size has to be smaller than hidden_size")
    if mode not in GATES:
        raise ValueError("Unrecognized RNN mode: " + mode)


class RNNBase(Module):
    """What RNN, LSTM and GRU share: the layers' weights, and the walk through them.

    Weights are drawn uniformly from +-1 / sqrt(hidden_size) in PyTorch's order and have its names.
    Source: torch.nn.RNNBase
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        check_cpu(device)
        super().__init__()
        sizes = {"input_size": input_size, "hidden_size": hidden_size, "num_layers": num_layers}
        flags = {"bias": bias, "batch_first": batch_first}
        _check_settings(mode, sizes, flags, dropout, proj_size)
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._all_weights: list[list[str]] = []
        shown = proj_size if proj_size > 0 else hidden_size
        gates = GATES[mode] * hidden_size
        for layer in range(num_layers):
            for suffix in ("", "_reverse")[: 1 + bool(bidirectional)]:
                seen = input_size if layer == 0 else shown * (2 if bidirectional else 1)
                shapes: dict[str, tuple[int, ...]] = {
                    "weight_ih": (gates, seen),
                    "weight_hh": (gates, shown),
                }
                if bias:
                    shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}
                if proj_size > 0:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                names = {name: f"{name}_l{layer}{suffix}" for name in shapes}
                for name, shape in shapes.items():
                    setattr(self, names[name], Parameter(_creation.empty(shape, dtype=dtype)))
                self._all_weights.append(list(names.values()))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws every weight, in the order of `parameters`."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def flatten_parameters(self) -> None:
        """Does nothing: the weights lie well as they are."""

    @property
    def all_weights(self) -> list[list[Any]]:
        """The weights of each direction of each layer."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights(self) -> list[Any]:
        return [weight for weights in self.all_weights for weight in weights]

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    def _check_input(self, input: Any, packed: bool) -> None:
        weight = getattr(self, self._all_weights[0][0])
        if input.dtype != weight.dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({weight.dtype}). "
                f"Convert input: input.to({weight.dtype}), or convert model: "
                f"model.to({input.dtype})"
            )
        expected = 2 if packed else 3
        if input.dim() != expected:
            raise RuntimeError(f"input must have {expected} dimensions, got {input.dim()}")
        if self.input_size != input.shape[-1]:
            raise RuntimeError(
                "input.size(-1) must be equal to input_size. "
                f"Expected {self.input_size}, got {input.shape[-1]}"
            )

    def _run(
        self, input: Any, hx: tuple[Any, ...] | None, given: Any = None
    ) -> tuple[Any, tuple[Any, ...]]:
        """hx: (h,), or (h, c) of an LSTM -> the output as input was given, and both at the end.

        given: what an LSTM was given for (h, c), to be refused where it is something else.
        """
        packed = isinstance(input, PackedSequence)
        name = "RNN" if self.mode.startswith("RNN") else self.mode
        order = back = None
        batched = True
        if packed:
            x, sizes_tensor, order, back = input
            sizes = sizes_tensor.tolist()
            batch = sizes[0]
        else:
            x = input
            if x.dim() not in (2, 3):
                raise ValueError(f"{name}: Expected input to be 2D or 3D, got {x.dim()}D instead")
            batched = x.dim() == 3
            dims = 3 if batched else 2
            for state in hx or ():
                if state.dim() != dims:
                    kind = "batched 3-D" if batched else "unbatched 2-D"
                    raise RuntimeError(
                        f"For {kind} input, hx should also be {dims}-D but got {state.dim()}-D "
                        "tensor"
                    )
            if not batched:
                x = x.unsqueeze(0 if self.batch_first else 1)
                hx = None if hx is None else tuple(state.unsqueeze(1) for state in hx)
            batch = x.shape[0 if self.batch_first else 1]
        self._check_input(x, packed)
        layers = len(self._all_weights)
        shown = self.proj_size if self.proj_size > 0 else self.hidden_size
        widths = (shown, self.hidden_size) if self.mode == "LSTM" else (shown,)
        if hx is None:
            hx = tuple(_creation.zeros((layers, batch, w), dtype=x.dtype) for w in widths)
        elif order is not None:
            hx = tuple(state.index_select(1, order) for state in hx)
        for k, (state, width) in enumerate(zip(hx, widths, strict=True)):
            if tuple(state.shape) != (layers, batch, width):
                which = f"hidden[{k}]" if self.mode == "LSTM" else "hidden"
                raise RuntimeError(
                    f"Expected {which} size {(layers, batch, width)}, got {list(state.shape)}"
                )
        if given is not None and batched:
            two_states("lstm", given)
        how = (self.bias, self.num_layers, self.dropout, self.training, bool(self.bidirectional))
        if packed:
            output, states = walk(self.mode, x, sizes, hx, self._flat_weights, *how)
            output = PackedSequence(output, sizes_tensor, order, back)
            if back is not None:
                states = tuple(state.index_select(1, back) for state in states)
            return output, states
        output, states = over_steps(self.mode, x, hx, self._flat_weights, self.batch_first, *how)
        if not batched:
            output = output.squeeze(0 if self.batch_first else 1)
            states = tuple(state.squeeze(1) for state in states)
        return output, states

    def extra_repr(self) -> str:
        told = f"{self.input_size}, {self.hidden_size}"
        if self.proj_size != 0:
            told += f", proj_size={self.proj_size}"
        if self.num_layers != 1:
            told += f", num_layers={self.num_layers}"
        if self.bias is not True:
            told += f", bias={self.bias}"
        if self.batch_first is not False:
            told += f", batch_first={self.batch_first}"
        if self.dropout != 0:
            told += f", dropout={self.dropout}"
        if self.bidirectional is not False:
            told += f", bidirectional={self.bidirectional}"
        return told


class RNN(RNNBase):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh) along a sequence; nonlinearity: "tanh" or "relu".

    input: (L, N, input_size), (N, L, input_size) with batch_first, (L, input_size), or packed.
    hx: (num_layers * directions, N, hidden_size), zeros unless given.
    Returns the output of every step and the last h.  Source: torch.nn.RNN
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        **others: Any,
    ) -> None:
        _refuse(others)
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        super().__init__(
            f"RNN_{nonlinearity.upper()}",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            0,
            device,
            dtype,
        )
        self.nonlinearity = nonlinearity

    def forward(self, input: Any, hx: Tensor | None = None) -> tuple[Any, Tensor]:
        output, states = self._run(input, None if hx is None else (hx,))
        return output, states[0]


class LSTM(RNNBase):
    """A memory c beside h, written to and read through gates (Hochreiter and Schmidhuber, 1997).

    input: (L, N, input_size), (N, L, input_size) with batch_first, (L, input_size), or packed.
    hx: (h, c), each (num_layers * directions, N, hidden_size), zeros unless given; with proj_size
    h is projected to that width.
    Returns the output of every step and the last (h, c).  Source: torch.nn.LSTM
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "LSTM",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )

    def forward(
        self, input: Any, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Any, tuple[Tensor, Tensor]]:
        output, (h, c) = self._run(input, None if hx is None else (hx[0], hx[1]), hx)
        return output, (h, c)


class GRU(RNNBase):
    """An RNN whose memory is kept or replaced through two gates (Cho et al., 2014).

    input: (L, N, input_size), (N, L, input_size) with batch_first, (L, input_size), or packed.
    hx: (num_layers * directions, N, hidden_size), zeros unless given.
    Returns the output of every step and the last h.  Source: torch.nn.GRU
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        **others: Any,
    ) -> None:
        _refuse(others)
        super().__init__(
            "GRU",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            0,
            device,
            dtype,
        )

    def forward(self, input: Any, hx: Tensor | None = None) -> tuple[Any, Tensor]:
        output, states = self._run(input, None if hx is None else (hx,))
        return output, states[0]


def _refuse(others: dict[str, Any]) -> None:
    if "proj_size" in others:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
    if others:
        raise TypeError(f"got an unexpected keyword argument '{next(iter(others))}'")
