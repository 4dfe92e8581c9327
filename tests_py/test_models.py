"""models.gpt and the parts of models: beside plain compositions, by GPT-2's names, refusals."""

import numpy as np
import pytest

import tinytorch as torch
from tinytorch.models import GPT, GPTConfig
from tinytorch.models.parts import MLP, RotaryPositions, SinusoidalPositions, SwiGLU
from tinytorch.nn import functional as F

SMALL = {"vocab_size": 11, "block_size": 8, "n_layer": 2, "n_head": 2, "n_embd": 8}


def made(**settings):
    torch.manual_seed(0)
    return GPT(GPTConfig(**{**SMALL, **settings}))


def by_hand(model, ids):
    """The same forward pass from nn.functional alone."""
    config, parts = model.config, model.transformer
    batch, length = ids.shape
    x = parts["wte"].weight[ids]
    if model.rotary is None:
        x = x + parts["wpe"].weight[:length]
    for block in parts["h"]:
        qkv = block.attn.c_attn(block.ln_1(x)).split(config.n_embd, 2)
        q, k, v = (t.view(batch, length, config.n_head, -1).transpose(1, 2) for t in qkv)
        if model.rotary is not None:
            q, k = model.rotary(q), model.rotary(k)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + block.attn.c_proj(y.transpose(1, 2).reshape(x.shape))
        x = x + block.mlp(block.ln_2(x))
    return model.lm_head(parts["ln_f"](x))


@pytest.mark.parametrize("kind", ["accelerated", "reference"])
@pytest.mark.parametrize(
    "settings", [{}, {"positions": "rotary"}, {"bias": False}, {"tied": False}], ids=str
)
def test_a_gpt_is_its_composition(settings, kind):
    model = made(**settings)
    ids = torch.randint(0, 11, (3, 6))
    with torch.kernels(kind):
        fused, plain = model(ids), by_hand(model, ids)
        np.testing.assert_allclose(fused.detach().numpy(), plain.detach().numpy(), atol=1e-5)
        parameters = list(model.parameters())
        grads = [torch.autograd.grad((y * y).sum(), parameters) for y in (fused, plain)]
    for a, b in zip(*grads, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("positions", ["learned", "rotary"])
def test_no_logit_sees_the_future_and_places_differ(positions):
    model = made(positions=positions)
    ids = torch.randint(0, 11, (2, 8))
    changed = ids.clone()
    changed[:, 5:] = (changed[:, 5:] + 1) % 11
    before, after = model(ids).detach().numpy(), model(changed).detach().numpy()
    np.testing.assert_array_equal(before[:, :5], after[:, :5])
    assert np.abs(before[:, 5:] - after[:, 5:]).min(axis=-1).max() > 0
    turned = model(ids.flip(1)).detach().numpy()
    assert np.abs(turned[:, -1] - before[:, -1]).max() > 1e-6


def test_parameters_are_counted_once():
    model = made()
    expected = torch.transformers.parameters(11, 8, 2, 8)
    assert model.num_parameters() == expected
    assert model.num_parameters(positions=False) == expected - 64
    assert made(tied=False).num_parameters() == expected + 88
    assert model.lm_head.weight is model.transformer["wte"].weight


def test_a_gpt_learns_a_line_by_heart():
    model = made(dropout=0.1)
    ids = torch.tensor([[1, 2, 3, 4, 5, 6, 7, 8, 9][:8]])
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02)
    for _ in range(80):
        loss = model.loss(ids[:, :-1], ids[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    assert model.loss(ids[:, :-1], ids[:, 1:]).item() < 0.1


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("prefix", ["", "transformer."])
def test_weights_by_gpt2s_names(turned, prefix):
    model = made()
    state = {}
    for name, value in model.state_dict().items():
        if name == "lm_head.weight":
            continue
        linear = ".c_" in name and name.endswith("weight")
        state[prefix + name.removeprefix("transformer.")] = (
            value.t() if linear and turned else value
        )
    state[prefix + "h.0.attn.bias"] = torch.ones(1, 1, 8, 8)  # a mask that GPT-2's files hold
    other = GPT.from_gpt2(state, n_head=2)
    ids = torch.randint(0, 11, (2, 5))
    np.testing.assert_array_equal(other(ids).detach().numpy(), model(ids).detach().numpy())


def test_a_missing_weight_is_an_error():
    state = dict(made().state_dict())
    del state["transformer.ln_f.weight"]
    with pytest.raises(KeyError, match="ln_f"):
        GPT.from_gpt2(state, n_head=2)


def test_weights_that_do_not_fit_are_named():
    state = dict(made().state_dict())
    with pytest.raises(RuntimeError, match=r"size mismatch for transformer\.ln_f\.weight"):
        GPT.from_gpt2(state | {"transformer.ln_f.weight": torch.ones(1)}, n_head=2)
    other = state | {"lm_head.weight": torch.ones(11, 8)}
    with pytest.raises(ValueError, match=r"lm_head\.weight is another table than wte\.weight"):
        GPT.from_gpt2(other, n_head=2)
    assert (GPT.from_gpt2(other, n_head=2, tied=False).lm_head.weight == 1).all()


def test_a_crop_is_of_one_model():
    config = GPTConfig(**SMALL)
    one, other = GPT(config), GPT(config)
    one.crop(4)
    assert other(torch.zeros(1, 8, dtype=torch.int64)).shape == (1, 8, 11)
    with pytest.raises(TypeError, match=r"expected an int as context, got 2\.5"):
        one.crop(2.5)
    assert one.config.block_size == 4


@pytest.mark.parametrize("positions", ["learned", "rotary"])
def test_a_context_can_be_cropped(positions):
    model = made(positions=positions)
    ids = torch.randint(0, 11, (2, 4))
    before = model(ids).detach().numpy()
    model.crop(4)
    np.testing.assert_array_equal(model(ids).detach().numpy(), before)
    with pytest.raises(ValueError, match="a sequence of 5 is longer than the context of 4"):
        model(torch.zeros(1, 5, dtype=torch.int64))
    with pytest.raises(ValueError, match="a context of 1 to 4, got 8"):
        model.crop(8)


WRONG = {
    "2 heads do not divide 7": {"n_embd": 7},
    "n_layer above 0": {"n_layer": 0},
    "dropout in": {"dropout": 2.0},
    "positions": {"positions": "none"},
    "an even width": {"positions": "rotary", "n_embd": 6},
    "an int as n_layer, got 1.5": {"n_layer": 1.5},
    "an int as vocab_size, got True": {"vocab_size": True},
    "a number as dropout, got 'a'": {"dropout": "a"},
}


@pytest.mark.parametrize("words", WRONG)
def test_sizes_that_make_no_gpt(words):
    with pytest.raises((TypeError, ValueError), match=words):
        made(**WRONG[words])


def test_targets_are_shaped_as_ids():
    ids = torch.zeros(2, 3, dtype=torch.int64)
    with pytest.raises(ValueError, match=r"as many targets as ids, got shapes \(3, 2\) and"):
        made().loss(ids, ids.t())


def test_ids_that_are_no_sequences():
    model = made()
    with pytest.raises(ValueError, match=r"expected ids of shape \(B, T\), got \(3,\)"):
        model(torch.tensor([1, 2, 3]))
    with pytest.raises(ValueError, match="at least one id"):
        model(torch.zeros(1, 0, dtype=torch.int64))
    with pytest.raises(IndexError, match=r"id 11 at position \(0, 1\)"):
        model(torch.tensor([[0, 11]]))


def test_parts_of_models():
    torch.manual_seed(0)
    x = torch.randn(2, 5, 6)
    gated = SwiGLU(6, 4)
    expected = gated.down(F.silu(gated.gate(x)) * gated.up(x))
    np.testing.assert_allclose(gated(x).detach().numpy(), expected.detach().numpy(), atol=1e-6)
    assert MLP(6)(x).shape == x.shape
    placed = SinusoidalPositions(9, 6)(x) - x
    np.testing.assert_allclose(placed[0, 0].numpy(), [0, 1, 0, 1, 0, 1], atol=1e-6)
    turned = RotaryPositions(9, 6)
    np.testing.assert_array_equal(turned(x)[:, :1].numpy(), x[:, :1].numpy())
    later = turned(x[:, 2:], start=2).numpy()
    np.testing.assert_allclose(later, turned(x)[:, 2:].numpy(), atol=1e-6)
    with pytest.raises(ValueError, match="longer than the context of 9"):
        turned(x, start=6)
    with pytest.raises(ValueError, match="a start of 0 or more, got -2"):
        turned(x, start=-2)
    with pytest.raises(ValueError, match=r"x of shape \(..., T, 6\), got \(6,\)"):
        turned(torch.ones(6))
    with pytest.raises(ValueError, match="an even width"):
        RotaryPositions(9, 5)
    with pytest.raises(ValueError, match=r"x of shape \(..., T, 6\), got \(5, 1\)"):
        SinusoidalPositions(9, 6)(torch.ones(5, 1))
