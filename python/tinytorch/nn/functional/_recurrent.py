"""Recurrent nets and cells as functions of their weights: torch.lstm, torch.gru_cell and others."""

import inspect
from collections.abc import Sequence
from typing import Any

from tinytorch import _C, _dtype
from tinytorch._C import Tensor
from tinytorch.nn.functional._sizes import check_tensor

GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}
States = tuple[Any, ...]  # (h,), or (h, c) of an LSTM


def two_states(name: str, hx: Any) -> States:
    """h and c of an LSTM.  Raises TypeError where they are no tuple, RuntimeError for others."""
    if not isinstance(hx, tuple | list):
        raise TypeError(
            f"{name}(): argument 'hx' (position 2) must be tuple of Tensors, "
            f"not {type(hx).__name__}"
        )
    if len(hx) != 2:
        raise RuntimeError(f"{name} expects two hidden states")
    return tuple(hx)


def _states(mode: str, name: str, hx: Any) -> States:
    states = two_states(name, hx) if mode == "LSTM" else (hx,)
    _check_tensors(name, hx=states)
    return states


def _check_tensors(name: str, **given: Any) -> None:
    for argument, values in given.items():
        for value in values if isinstance(values, tuple) else (values,):
            check_tensor(name, argument, value)


# --- cells


def step(
    mode: str, x: Any, states: States, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None
) -> States:
    """The states after one step.  x: (N, input_size), each state: (N, hidden_size)."""
    for matrix in (x, w_ih, w_hh):
        if matrix.dim() != 2:
            raise RuntimeError(
                f"{mode.lower()}_cell: expected input and weights of 2 dims, got shape "
                f"{tuple(matrix.shape)}"
            )
    if x.shape[1] != w_ih.shape[1]:
        raise RuntimeError(
            f"input has inconsistent input_size: got {x.shape[1]} expected {w_ih.shape[1]}"
        )
    width = w_hh.shape[1]
    for k, state in enumerate(states):
        if state.dim() != 2 or state.shape[0] != x.shape[0]:
            raise RuntimeError(
                f"Input batch size {x.shape[0]} doesn't match hidden{k} of shape "
                f"{tuple(state.shape)}"
            )
        if state.shape[1] != width:
            raise RuntimeError(
                f"hidden{k} has inconsistent hidden_size: got {state.shape[1]}, expected {width}"
            )
    if w_ih.shape[0] != GATES[mode] * width:
        raise RuntimeError(
            f"weight_ih first dim must be {GATES[mode]} * hidden_size = {GATES[mode] * width}, "
            f"but got {w_ih.shape[0]}"
        )
    h, *c = states
    inputs = _C.linear(x, w_ih, b_ih)
    _, *after = _C._recur(mode, [x.shape[0]], False, inputs, h, c[0] if c else None, w_hh, b_hh)
    return tuple(after[: len(states)])


def _cell(mode: str, input: Any, hx: Any, *weights: Any) -> States:
    name = f"{mode.lower()}_cell"
    states = _states(mode, name, hx)
    named = zip(("w_ih", "w_hh", "b_ih", "b_hh"), weights, strict=True)
    given = {key: value for key, value in named if key[0] == "w" or value is not None}
    _check_tensors(name, input=input, **given)
    return step(mode, input, states, *weights)


def rnn_tanh_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    """tanh(w_ih input + b_ih + w_hh hx + b_hh).  input: (N, I), hx: (N, H).

    Source: torch.rnn_tanh_cell
    """
    return _cell("RNN_TANH", input, hx, w_ih, w_hh, b_ih, b_hh)[0]  # type: ignore[no-any-return]


def rnn_relu_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    """relu(w_ih input + b_ih + w_hh hx + b_hh).  input: (N, I), hx: (N, H).

    Source: torch.rnn_relu_cell
    """
    return _cell("RNN_RELU", input, hx, w_ih, w_hh, b_ih, b_hh)[0]  # type: ignore[no-any-return]


def gru_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    """One step of a GRU.  input: (N, I), hx: (N, H), weights: (3 H, I), (3 H, H), (3 H,).

    Source: torch.gru_cell
    """
    return _cell("GRU", input, hx, w_ih, w_hh, b_ih, b_hh)[0]  # type: ignore[no-any-return]


def lstm_cell(
    input: Tensor,
    hx: Sequence[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """One step of an LSTM -> h, c.  input: (N, I), hx: (h, c), each (N, H), weights: (4 H, ...).

    Source: torch.lstm_cell
    """
    h, c = _cell("LSTM", input, hx, w_ih, w_hh, b_ih, b_hh)
    return h, c


# --- nets


def walk(
    mode: str,
    x: Any,
    sizes: list[int],
    states: States,
    params: Sequence[Any],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
) -> tuple[Any, States]:
    """x: (sum of sizes, input_size), step by step -> the last layer's output, and the states.

    sizes: the sequences that each step has, never rising.  params: of each direction of each layer
    w_ih, w_hh, then b_ih, b_hh with biases, then w_hr where the states' widths differ.
    """
    lstm = mode == "LSTM"
    projects = lstm and states[0].shape[-1] != states[1].shape[-1]
    each = 2 + 2 * has_biases + projects
    count = num_layers * (2 if bidirectional else 1)
    if len(params) != each * count:
        raise RuntimeError(
            f"{mode.lower()}: expected {each} weights for each of {count} directions and layers, "
            f"got {len(params)} in all"
        )
    for state in states:
        if state.dim() != 3 or tuple(state.shape[:2]) != (count, sizes[0]):
            raise RuntimeError(
                f"{mode.lower()}: expected hidden states of shape ({count}, {sizes[0]}, "
                f"hidden_size), got {tuple(state.shape)}"
            )
    last: list[tuple[Any, Any]] = []
    outputs = []
    for k in range(count):
        w_ih, w_hh, *others = params[k * each : (k + 1) * each]
        b_ih, b_hh = others[:2] if has_biases else (None, None)
        reverse = bidirectional and k % 2 == 1
        output, h, c = _C._recur(
            mode,
            sizes,
            reverse,
            _C.linear(x, w_ih, b_ih),
            states[0][k],
            states[1][k] if lstm else None,
            w_hh,
            b_hh,
            others[-1] if projects else None,
        )
        last.append((h, c))
        outputs.append(output)
        if bidirectional and not reverse:
            continue
        x = _C.cat(outputs, 1) if bidirectional else output
        outputs = []
        if dropout > 0 and train and k + 1 < count:
            x = _C.dropout(x, dropout)
    after = [_C.stack(list(kind)) for kind in list(zip(*last, strict=True))[: len(states)]]
    return x, tuple(after)


def over_steps(
    mode: str, x: Any, states: States, params: Sequence[Any], batch_first: bool, *how: Any
) -> tuple[Any, States]:
    """`walk` over x (L, N, input_size), or (N, L, input_size) with batch_first; how: its last."""
    if batch_first:
        x = x.transpose(0, 1)
    steps, batch, width = x.shape
    if steps == 0:
        raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
    flat = x.reshape(steps * batch, width)
    output, after = walk(mode, flat, [batch] * steps, states, params, *how)
    output = output.reshape(steps, batch, output.shape[-1])
    return output.transpose(0, 1) if batch_first else output, after


def _check_settings(name: str, params: Any, num_layers: Any, dropout: Any, **flags: Any) -> None:
    if not isinstance(params, tuple | list):
        kind = type(params).__name__
        raise TypeError(f"{name}(): argument 'params' must be tuple of Tensors, not {kind}")
    _check_tensors(name, params=tuple(params))
    if not isinstance(num_layers, int) or isinstance(num_layers, bool):
        kind = type(num_layers).__name__
        raise TypeError(f"{name}(): argument 'num_layers' must be int, not {kind}")
    if num_layers <= 0:
        raise RuntimeError(f"{name}: expected num_layers of 1 or more, got {num_layers}")
    if not isinstance(dropout, int | float) or isinstance(dropout, bool):
        kind = type(dropout).__name__
        raise TypeError(f"{name}(): argument 'dropout' must be float, not {kind}")
    if not 0 <= dropout <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {dropout}")
    for flag, value in flags.items():
        if not isinstance(value, bool):
            kind = type(value).__name__
            raise TypeError(f"{name}(): argument '{flag}' must be bool, not {kind}")


def _padded(
    mode: str,
    input: Any,
    hx: Any,
    params: Any,
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Any, States]:
    name = mode.lower()
    flags = {"has_biases": has_biases, "train": train, "bidirectional": bidirectional}
    _check_settings(name, params, num_layers, dropout, **flags, batch_first=batch_first)
    states = _states(mode, name, hx)
    _check_tensors(name, input=input)
    if input.dim() != 3:
        raise RuntimeError(f"{name}: expected an input of 3 dims, got shape {tuple(input.shape)}")
    how = (has_biases, num_layers, dropout, train, bidirectional)
    return over_steps(mode, input, states, params, batch_first, *how)


def _packed(
    mode: str,
    data: Any,
    batch_sizes: Any,
    hx: Any,
    params: Any,
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
) -> tuple[Any, States]:
    name = mode.lower()
    flags = {"has_biases": has_biases, "train": train, "bidirectional": bidirectional}
    _check_settings(name, params, num_layers, dropout, **flags)
    states = _states(mode, name, hx)
    _check_tensors(name, data=data, batch_sizes=batch_sizes)
    if batch_sizes.dim() != 1 or batch_sizes.numel() == 0 or batch_sizes.dtype != _dtype.int64:
        raise RuntimeError(
            f"{name}: expected batch_sizes as int64 of 1 dim, at least one, got "
            f"{batch_sizes.dtype} of shape {tuple(batch_sizes.shape)}"
        )
    how = (has_biases, num_layers, dropout, train, bidirectional)
    return walk(mode, data, batch_sizes.tolist(), states, params, *how)


def _net(mode: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """The output and the states, of input (L, N, I) or of data with its batch_sizes."""
    form = _packed if _are_packed(mode, args, kwargs) else _padded
    try:
        given = inspect.signature(form).bind(mode, *args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{mode.lower()}(): {error}") from None
    output, states = form(*given.args)
    return output, *states


def _are_packed(mode: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether what stands second are batch_sizes, and not hx."""
    if "data" in kwargs or "batch_sizes" in kwargs:
        return True
    third = args[2] if len(args) > 2 else kwargs.get("hx")
    tensor_second = len(args) > 1 and isinstance(args[1], Tensor)
    return tensor_second and (mode == "LSTM" or isinstance(third, Tensor))


def rnn_tanh(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """What nn.RNN computes, of its weights -> the output of every step, and the last h.

    (input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first), or
    (data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional).
    Source: torch.rnn_tanh
    """
    output, h = _net("RNN_TANH", args, kwargs)
    return output, h


def rnn_relu(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """rnn_tanh with relu in tanh's place.  Source: torch.rnn_relu"""
    output, h = _net("RNN_RELU", args, kwargs)
    return output, h


def gru(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """What nn.GRU computes, of its weights, with the arguments of rnn_tanh.  Source: torch.gru"""
    output, h = _net("GRU", args, kwargs)
    return output, h


def lstm(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor, Tensor]:
    """What nn.LSTM computes, of its weights -> the output of every step, the last h and c.

    The arguments are those of rnn_tanh, with hx = (h, c).  Source: torch.lstm
    """
    output, h, c = _net("LSTM", args, kwargs)
    return output, h, c


AT_THE_TOP = (
    rnn_tanh_cell,
    rnn_relu_cell,
    gru_cell,
    lstm_cell,
    rnn_tanh,
    rnn_relu,
    gru,
    lstm,
)
