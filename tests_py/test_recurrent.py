"""Recurrent nets beside PyTorch: values, gradients, seeds, packed sequences, texts and errors."""

import io

import numpy as np
import pytest

import tinytorch
from tinytorch import nn
from twice import gradients, twice

KINDS = ["RNN", "LSTM", "GRU"]
SETTINGS = [
    {},
    {"bias": False},
    {"num_layers": 2},
    {"bidirectional": True},
    {"batch_first": True},
    {"num_layers": 3, "dropout": 0.4},
    {"num_layers": 2, "bidirectional": True, "dropout": 0.3, "batch_first": True},
    {"dtype": "float64", "num_layers": 2},
]
OTHERS = [
    ("RNN", {"nonlinearity": "relu"}),
    ("RNN", {"nonlinearity": "relu", "bidirectional": True, "num_layers": 2}),
    ("LSTM", {"proj_size": 2}),
    ("LSTM", {"proj_size": 3, "num_layers": 2, "bidirectional": True, "bias": False}),
]
ALL = [(kind, settings) for kind in KINDS for settings in SETTINGS] + OTHERS


def made(t, kind, settings):
    settings = dict(settings)
    dtype = getattr(t, settings.pop("dtype", "float32"))
    return getattr(t.nn, kind)(4, 5, **settings, dtype=dtype), dtype


def states(t, layer, batch, dtype):
    """Initial states that learn: h, or (h, c) of an LSTM."""
    count = layer.num_layers * (2 if layer.bidirectional else 1)
    shown = layer.proj_size or layer.hidden_size
    h = t.randn(count, batch, shown, dtype=dtype, requires_grad=True)
    if layer.mode != "LSTM":
        return h, [h]
    c = t.randn(count, batch, layer.hidden_size, dtype=dtype, requires_grad=True)
    return (h, c), [h, c]


def parts(hx):
    return list(hx) if isinstance(hx, tuple) else [hx]


@pytest.mark.parametrize(("kind", "settings"), ALL, ids=str)
def test_sequences_as_in_pytorch(kind, settings):
    def program(t):
        layer, dtype = made(t, kind, settings)
        shape = (3, 6, 4) if settings.get("batch_first") else (6, 3, 4)
        x = t.randn(shape, dtype=dtype, requires_grad=True)
        y, last = layer(x)
        hx, learning = states(t, layer, 3, dtype)
        z, end = layer(x, hx)
        outputs = [y, *parts(last), z, *parts(end)]
        parameters = list(layer.parameters())
        told = repr(layer), list(layer.state_dict()), parameters, outputs
        return told, gradients(outputs, x, *learning, *parameters)

    twice(program, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_last_state_is_used(kind):
    def program(t):
        layer, _dtype = made(t, kind, {"num_layers": 2})
        x = t.randn(6, 3, 4)
        return gradients(parts(layer(x)[1])[:1], *layer.parameters())

    twice(program, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("batch_first", [False, True])
def test_unbatched_sequences(kind, batch_first):
    def program(t):
        layer, dtype = made(t, kind, {"batch_first": batch_first, "bidirectional": True})
        x = t.randn(6, 4)
        hx, _ = states(t, layer, 1, dtype)
        one = tuple(s[:, 0] for s in hx) if isinstance(hx, tuple) else hx[:, 0]
        return layer(x), layer(x, one)

    twice(program)


@pytest.mark.parametrize(("kind", "settings"), ALL[::3] + OTHERS[1::2], ids=str)
@pytest.mark.parametrize("lengths", [[6, 4, 1], [2, 6, 3]], ids=str)
def test_packed_sequences(kind, settings, lengths):
    def program(t):
        layer, dtype = made(t, kind, settings)
        first = settings.get("batch_first", False)
        shape = (3, 6, 4) if first else (6, 3, 4)
        x = t.randn(shape, dtype=dtype, requires_grad=True)
        rnn = t.nn.utils.rnn
        packed = rnn.pack_padded_sequence(x, lengths, first, enforce_sorted=False)
        hx, learning = states(t, layer, 3, dtype)
        output, last = layer(packed, hx)
        y, long = rnn.pad_packed_sequence(output, first, padding_value=-1.0)
        outputs = [y, *parts(last)]
        return packed, outputs, long, gradients(outputs, x, *learning, *layer.parameters())

    twice(program, rtol=1e-4, atol=1e-5)


def test_packing_and_padding():
    def program(t):
        rnn = t.nn.utils.rnn
        sequences = [t.randn(n, 2) for n in (4, 2, 1)]
        packed = rnn.pack_sequence(sequences)
        padded = rnn.pad_packed_sequence(packed, total_length=6)
        mixed = rnn.pack_sequence(sequences[::-1], enforce_sorted=False)
        return packed, padded, mixed, rnn.unpack_sequence(mixed), packed.double()

    twice(program)


@pytest.mark.parametrize("kind", ["RNNCell", "LSTMCell", "GRUCell"])
@pytest.mark.parametrize("settings", [{}, {"bias": False}], ids=str)
def test_cells_as_in_pytorch(kind, settings):
    def program(t):
        cell = getattr(t.nn, kind)(4, 5, **settings)
        x, one = t.randn(3, 4, requires_grad=True), t.randn(4)
        outputs, state = [], None
        for _ in range(3):
            state = cell(x, state)
            outputs += parts(state)
        outputs += parts(cell(one))
        return (
            repr(cell),
            list(cell.state_dict()),
            outputs,
            gradients(outputs, x, *cell.parameters()),
        )

    twice(program)


def test_a_cell_with_relu():
    def program(t):
        cell = t.nn.RNNCell(4, 5, nonlinearity="relu")
        return repr(cell), cell(t.randn(3, 4), t.randn(3, 5))

    twice(program)


@pytest.mark.parametrize("kind", ["rnn_tanh", "rnn_relu", "gru", "lstm"])
def test_cells_as_functions(kind):
    gates = {"gru": 3, "lstm": 4}.get(kind, 1)

    def program(t):
        def drawn(*shape):
            return t.randn(*shape, requires_grad=True)

        cell = getattr(t, f"{kind}_cell")
        weights = [drawn(5 * gates, 4), drawn(5 * gates, 5), drawn(5 * gates), drawn(5 * gates)]
        x, hx = drawn(3, 4), [drawn(3, 5) for _ in range(2 if kind == "lstm" else 1)]
        state = tuple(hx) if kind == "lstm" else hx[0]
        outputs = parts(cell(x, state, *weights))
        outputs += parts(cell(input=x, hx=state, w_ih=weights[0], w_hh=weights[1], b_hh=weights[3]))
        return outputs, gradients(outputs, x, *hx, *weights)

    twice(program)


@pytest.mark.parametrize("kind", ["rnn_tanh", "rnn_relu", "gru", "lstm"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("biases", "both_ways"), [(True, False), (False, True)])
def test_nets_as_functions(kind, packed, biases, both_ways):
    gates, directions = {"gru": 3, "lstm": 4}.get(kind, 1), 2 if both_ways else 1

    def program(t):
        def drawn(*shape):
            return (0.3 * t.randn(*shape)).requires_grad_()

        params = []
        for seen in (4, 5 * directions):
            for _ in range(directions):
                params += [drawn(5 * gates, seen), drawn(5 * gates, 5)]
                params += [drawn(5 * gates), drawn(5 * gates)] if biases else []
        hx = [drawn(2 * directions, 3, 5) for _ in range(2 if kind == "lstm" else 1)]
        state = tuple(hx) if kind == "lstm" else hx[0]
        net, how = getattr(t, kind), (params, biases, 2, 0.4, True, both_ways)
        if packed:
            x, sizes = drawn(7, 4), t.tensor([3, 2, 2])
            outputs = [*net(x, sizes, state, *how), *net(x, batch_sizes=sizes, **named(state, how))]
        else:
            x = drawn(3, 6, 4)
            outputs = [*net(x, state, *how, True), *net(x, batch_first=True, **named(state, how))]
        return outputs, gradients(outputs, x, *hx, *params)

    twice(program)


def named(state, how):
    names = ("params", "has_biases", "num_layers", "dropout", "train", "bidirectional")
    return {"hx": state, **dict(zip(names, how, strict=True))}


def test_what_pytorch_reads_past_its_weights_is_refused():
    """oneDNN computes something of states and weights that do not fit."""
    t, x = tinytorch, tinytorch.ones(4, 2, 3)
    weights = [t.ones(8, 3), t.ones(8, 2), t.ones(8), t.ones(8)]
    settings = (True, 1, 0.0, True, False, False)
    two = (t.ones(1, 3, 2), t.ones(1, 3, 2))
    with pytest.raises(RuntimeError, match=r"expected hidden states of shape \(1, 2, hidden_size"):
        t.lstm(x, two, weights, *settings)
    two = (t.ones(1, 2, 2), t.ones(1, 2, 2))
    with pytest.raises(RuntimeError, match=r"expected 2 weights for each of 1 .*, got 4 in all"):
        t.lstm(x, two, weights, False, *settings[1:])
    with pytest.raises(RuntimeError, match="expected batch_sizes as int64 of 1 dim, at least one"):
        t.lstm(x[0], t.tensor([], dtype=t.int64), two, weights, *settings[:-1])


WRONG = [
    lambda t: t.nn.LSTM(0, 3),
    lambda t: t.nn.LSTM(3, -1),
    lambda t: t.nn.LSTM(3.0, 2),
    lambda t: t.nn.LSTM(3, 2, num_layers=0),
    lambda t: t.nn.LSTM(3, 2, bias=1),
    lambda t: t.nn.LSTM(3, 2, dropout=1.5),
    lambda t: t.nn.LSTM(3, 2, dropout=True),
    lambda t: t.nn.LSTM(3, 2, proj_size=2),
    lambda t: t.nn.GRU(3, 2, proj_size=1),
    lambda t: t.nn.RNN(3, 2, nonlinearity="gelu"),
    lambda t: t.nn.LSTM(3, 2)(t.ones(4)),
    lambda t: t.nn.LSTM(3, 2)(t.ones(4, 2, 5)),
    lambda t: t.nn.LSTM(3, 2)(t.ones(4, 2, 3).double()),
    lambda t: t.nn.LSTM(3, 2)(t.ones(4, 2, 3), (t.ones(1, 3, 2), t.ones(1, 2, 2))),
    lambda t: t.nn.LSTM(3, 2)(t.ones(4, 2, 3), (t.ones(1, 2, 2), t.ones(1, 2, 3))),
    lambda t: t.nn.LSTM(3, 2)(t.ones(4, 2, 3), (t.ones(1, 2), t.ones(1, 2))),
    lambda t: t.nn.LSTM(3, 2)(t.ones(4, 2, 3), (t.ones(1, 2, 2),) * 3),
    lambda t: t.nn.LSTM(3, 2)(t.ones(4, 2, 3), t.ones(2, 1, 2, 2)),
    lambda t: t.nn.GRU(3, 2)(t.ones(4, 2, 3), t.ones(2, 2, 2)),
    lambda t: t.nn.RNN(3, 2)(t.ones(0, 2, 3)),
    lambda t: t.nn.RNNCell(3, 2)(t.ones(1, 2, 3)),
    lambda t: t.nn.RNNCell(3, 2)(t.ones(2, 4)),
    lambda t: t.nn.LSTMCell(3, 2)(t.ones(2, 3), (t.ones(2, 2),)),
    lambda t: t.nn.LSTMCell(3, 2)(t.ones(2, 3), t.ones(2, 2, 2)),
    lambda t: t.lstm_cell(t.ones(2, 3), t.ones(2, 2, 2), t.ones(8, 3), t.ones(8, 2)),
    lambda t: t.lstm_cell(t.ones(2, 3), (t.ones(2, 2),), t.ones(8, 3), t.ones(8, 2)),
    lambda t: t.gru_cell(t.ones(2, 3), t.ones(2, 2), t.ones(6, 4), t.ones(6, 2)),
    lambda t: t.gru_cell(t.ones(2, 3), t.ones(3, 2), t.ones(6, 3), t.ones(6, 2)),
    lambda t: t.gru_cell(t.ones(2, 3), t.ones(2, 2), t.ones(5, 3), t.ones(5, 2)),
    lambda t: t.gru_cell(t.ones(2, 3), None, t.ones(6, 3), t.ones(6, 2)),
    lambda t: t.rnn_tanh_cell(t.ones(2, 3), t.ones(2, 2), t.ones(2, 3)),
    lambda t: t.gru(t.ones(4, 2, 3), t.ones(1, 2, 2), [3], True, 1, 0.0, True, False, False),
    lambda t: t.gru(t.ones(4, 2, 3), t.ones(1, 2, 2), [], True, 1, 0.0, True, False, False),
    lambda t: t.gru(t.ones(4, 2, 3), t.ones(1, 2, 2), [], True, 0, 0.0, True, False, False),
    lambda t: t.gru(t.ones(4, 2, 3), t.ones(1, 2, 2), [], True, 1, 0.0, True, False),
    lambda t: t.gru(t.ones(4, 2, 3), t.ones(1, 2, 2), [], 1, 1, 0.0, True, False, False),
    lambda t: t.lstm(t.ones(4, 2, 3), t.ones(2, 1, 2, 2), [], True, 1, 0.0, True, False, False),
    lambda t: t.nn.GRUCell(3, 2)(t.ones(2, 3), t.ones(3, 2)),
    lambda t: t.nn.RNNCell(3, 2, nonlinearity="gelu")(t.ones(2, 3)),
    lambda t: t.nn.utils.rnn.pack_padded_sequence(t.ones(4, 2, 3), [2, 4]),
    lambda t: t.nn.utils.rnn.pack_padded_sequence(t.ones(4, 2, 3), [2, 0]),
    lambda t: t.nn.utils.rnn.pack_padded_sequence(t.ones(4, 2, 3), [2]),
    lambda t: t.nn.utils.rnn.pad_packed_sequence(
        t.nn.utils.rnn.pack_padded_sequence(t.ones(4, 2, 3), [4, 2]), total_length=3
    ),
]


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_arguments_raise_what_pytorch_raises(wrong):
    twice(wrong)


def test_a_length_beyond_the_input_is_named():
    with pytest.raises(RuntimeError, match="a length of 6 is more than the 4 steps"):
        nn.utils.rnn.pack_padded_sequence(tinytorch.ones(4, 2, 3), [6, 2])


def test_dropout_without_a_next_layer_warns():
    twice(lambda t: repr(t.nn.GRU(3, 2, dropout=0.2)))


@pytest.mark.parametrize("kind", KINDS)
def test_state_goes_to_pytorch_and_back(kind):
    torch = pytest.importorskip("torch")
    theirs, ours = (getattr(t.nn, kind)(4, 5, 2, bidirectional=True) for t in (torch, tinytorch))
    memory = io.BytesIO()
    torch.save(theirs.state_dict(), memory)
    memory.seek(0)
    ours.load_state_dict(tinytorch.load(memory))
    x = np.random.default_rng(0).normal(size=(6, 3, 4)).astype(np.float32)
    mine, other = ours(tinytorch.tensor(x))[0], theirs(torch.tensor(x))[0]
    np.testing.assert_allclose(mine.detach().numpy(), other.detach().numpy(), rtol=1e-5, atol=1e-6)


def test_the_loop_may_go_backward_once():
    layer = nn.GRU(3, 2)
    total = layer(tinytorch.randn(4, 2, 3))[0].sum()
    total.backward(retain_graph=True)
    total.backward()
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        total.backward()


@pytest.mark.parametrize("kind", KINDS)
def test_both_kernel_sets_agree(kind):
    results = []
    for kernels in ("reference", "accelerated"):
        with tinytorch.kernels(kernels):
            tinytorch.manual_seed(0)
            layer = getattr(nn, kind)(7, 37)
            x = tinytorch.randn(5, 40, 7)
            y = layer(x)[0]
            results.append([y.detach().numpy(), *gradients([y], *layer.parameters())])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-3, atol=1e-4)
