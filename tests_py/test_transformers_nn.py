"""Norms, encoder and decoder layers and whole transformers beside PyTorch."""

import io

import numpy as np
import pytest

import tinytorch
from twice import gradients, twice

NORMS = [
    ((4, 6), 6, {}),
    ((2, 3, 6), (6,), {}),
    ((2, 3, 6), [3, 6], {}),
    ((2, 3, 6), (2, 3, 6), {"eps": 0.1}),
    ((5, 6), 6, {"elementwise_affine": False}),
    ((0, 6), 6, {}),
    ((700, 37), 37, {}),
    ((3, 300), 300, {}),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])  # float64 runs the reference
@pytest.mark.parametrize("name", ["LayerNorm", "RMSNorm"])
@pytest.mark.parametrize(("shape", "over", "settings"), NORMS, ids=str)
def test_norms_as_in_pytorch(name, shape, over, settings, dtype):
    def program(t):
        layer = getattr(t.nn, name)(over, **settings, dtype=getattr(t, dtype))
        for parameter in layer.parameters():
            t.nn.init.normal_(parameter)
        x = t.randn(shape, dtype=getattr(t, dtype), requires_grad=True)
        y = layer(x)
        return repr(layer), y, gradients([y], x, *layer.parameters())

    twice(program, rtol=1e-4, atol=1e-4)


def test_norms_without_all_factors():
    def program(t):
        f = t.nn.functional
        x = t.randn(3, 4, 5, requires_grad=True)
        weight, bias = (t.randn(5, requires_grad=True) for _ in range(2))
        results = [f.layer_norm(x, (5,)), f.layer_norm(x, [5], weight), f.rms_norm(x, (4, 5))]
        results += [f.layer_norm(x, (5,), None, bias), f.rms_norm(x.transpose(0, 1), (5,), weight)]
        results += [f.rms_norm(x, (5,), weight.double())]
        results += [t.layer_norm(x, (5,), weight, bias, 1e-3), t.rms_norm(x, (5,), weight, 1e-3)]
        plain = t.nn.LayerNorm(5, bias=False)
        return results, repr(plain), gradients(results, x, weight, bias)

    twice(program)


WRONG = [
    lambda t: t.nn.LayerNorm(5)(t.ones(2, 4)),
    lambda t: t.nn.LayerNorm((2, 4))(t.ones(4)),
    lambda t: t.nn.functional.layer_norm(t.ones(2, 4), ()),
    lambda t: t.nn.functional.layer_norm(t.ones(2, 4), (4,), t.ones(3)),
    lambda t: t.nn.functional.layer_norm(t.ones(2, 4), (4,), None, t.ones(2, 4)),
    lambda t: t.nn.functional.rms_norm(t.ones(2, 4), (3,)),
    lambda t: t.nn.functional.rms_norm(t.ones(2, 4), (4,), t.ones(3)),
    lambda t: t.nn.functional.rms_norm(t.ones(2, 4).long(), (4,)),
    lambda t: t.nn.RMSNorm(4)(t.ones(2, 4).long()),
    lambda t: t.nn.TransformerEncoderLayer(8, 2, activation="tanh"),
    lambda t: t.nn.TransformerEncoderLayer(8, 3),
    lambda t: t.nn.Transformer(8, 2, 1, 1, 16)(t.ones(3, 2, 8), t.ones(3, 3, 8)),
    lambda t: t.nn.Transformer(8, 2, 1, 1, 16)(t.ones(3, 2, 8), t.ones(3, 2, 7)),
    lambda t: t.nn.Transformer(8, 2, 1, 1, 16)(t.ones(3, 2, 6), t.ones(3, 2, 6)),
]


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_arguments_raise_what_pytorch_raises(wrong):
    twice(wrong)


LAYERS = [
    {},
    {"norm_first": True},
    {"batch_first": True},
    {"activation": "gelu"},
    {"bias": False},
    {"dropout": 0.0, "norm_first": True, "batch_first": True},
    {"layer_norm_eps": 1e-3},
]


def causal(t, size):
    return t.nn.Transformer.generate_square_subsequent_mask(size)


@pytest.mark.parametrize("settings", LAYERS, ids=str)
def test_layers_as_in_pytorch(settings):
    def program(t):
        encoder = t.nn.TransformerEncoderLayer(8, 2, 16, **settings)
        decoder = t.nn.TransformerDecoderLayer(8, 2, 16, **settings)
        shape = (2, 5, 8) if settings.get("batch_first") else (5, 2, 8)
        x = t.randn(shape, requires_grad=True)
        hidden = t.tensor([[False, False, False, True, True], [False] * 5])
        memory = encoder(x, src_key_padding_mask=hidden)
        y = decoder(x, memory, tgt_mask=causal(t, 5), memory_key_padding_mask=hidden)
        parameters = [*encoder.parameters(), *decoder.parameters()]
        names = [*encoder.state_dict(), *decoder.state_dict()]
        return repr(encoder), names, y, gradients([y], x, *parameters)

    twice(program, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("settings", LAYERS[:4], ids=str)
def test_a_transformer_as_in_pytorch(settings):
    def program(t):
        model = t.nn.Transformer(8, 2, 2, 2, 16, **settings)
        first = settings.get("batch_first")
        src, tgt = (t.randn(*((2, n) if first else (n, 2)), 8) for n in (6, 4))
        y = model(src, tgt, tgt_mask=causal(t, 4), tgt_is_causal=True)
        parameters = list(model.parameters())
        trained = gradients([y], *parameters[:3], *parameters[-3:])
        names = list(model.state_dict())
        model.eval()
        return names, parameters, y, trained, model(src[:, :1], tgt[:, :1])[0].detach()

    twice(program, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("grad", [True, False])
def test_an_encoder_of_padded_sequences(grad):
    def program(t):
        layer = t.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        encoder = t.nn.TransformerEncoder(layer, 2, t.nn.LayerNorm(8)).eval()
        x = t.randn(3, 5, 8)
        hidden = t.tensor([[False] * 3 + [True] * 2, [False] * 5, [False] * 1 + [True] * 4])
        with t.set_grad_enabled(grad):
            mask = encoder(x, mask=causal(t, 5)), encoder(x, mask=causal(t, 5), is_causal=True)
            return encoder(x, src_key_padding_mask=hidden), encoder(x), mask

    twice(program, rtol=1e-4, atol=1e-5)


def test_masks_and_unbatched_input():
    def program(t):
        model = t.nn.Transformer(8, 2, 1, 1, 16, dropout=0.0)
        src, tgt = t.randn(6, 8), t.randn(4, 8)
        hidden = t.tensor([False] * 4 + [True] * 2)
        mask = t.triu(t.ones(4, 4), 1).bool()
        return (
            causal(t, 4), model(src, tgt), model(src, tgt, tgt_mask=mask),
            model(src, tgt, src_key_padding_mask=hidden, memory_key_padding_mask=hidden),
            model(src, tgt, memory_mask=t.rand(4, 6)),
        )  # fmt: skip

    twice(program, rtol=1e-4, atol=1e-5)


def test_state_goes_to_pytorch_and_back():
    torch = pytest.importorskip("torch")
    settings = {"d_model": 8, "nhead": 2, "dim_feedforward": 16, "batch_first": True}
    theirs, ours = (t.nn.Transformer(**settings).eval() for t in (torch, tinytorch))
    memory = io.BytesIO()
    torch.save(theirs.state_dict(), memory)
    memory.seek(0)
    ours.load_state_dict(tinytorch.load(memory))
    rng = np.random.default_rng(0)
    src, tgt = (rng.normal(size=(2, n, 8)).astype(np.float32) for n in (5, 3))
    mine = ours(tinytorch.tensor(src), tinytorch.tensor(tgt)).detach().numpy()
    other = theirs(torch.tensor(src), torch.tensor(tgt)).detach().numpy()
    np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-5)
