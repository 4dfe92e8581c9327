"""Generation beside loops as PyTorch programs write them; streams, stops and bad input."""

import numpy as np
import pytest

import tinytorch
from tinytorch import nn
from tinytorch.generation import context_of, generate, stream, write
from tinytorch.text import BPETokenizer, CharTokenizer

VOCABULARY = 30
TABLE = np.random.default_rng(0).normal(size=(VOCABULARY, VOCABULARY)).astype(np.float32) * 2


def model_of(torch):
    table = torch.tensor(TABLE)

    def model(ids):
        return table[ids].cumsum(1) / torch.arange(1, ids.shape[1] + 1).reshape(1, -1, 1)

    return model


def by_hand(torch, ids, count, temperature, top_k, context):
    """The loop of minGPT and nanoGPT."""
    model, ids = model_of(torch), torch.tensor(ids)
    for _ in range(count):
        logits = model(ids[:, -context:])[:, -1, :] / temperature
        if top_k is not None:
            v, _ = torch.topk(logits, min(top_k, logits.size(-1)))
            logits[logits < v[:, [-1]]] = -float("Inf")
        probs = torch.nn.functional.softmax(logits, dim=-1)
        ids = torch.cat((ids, torch.multinomial(probs, num_samples=1)), dim=1)
    return ids.tolist()


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("temperature", "top_k"), [(1.0, None), (0.8, 5), (1.3, 99)])
def test_the_same_seed_writes_the_same(rows, temperature, top_k):
    prompt = np.random.default_rng(rows).integers(0, VOCABULARY, (rows, 4))
    tinytorch.manual_seed(7)
    options = {"temperature": temperature, "top_k": top_k, "context": 8, "crop": True}
    ours = generate(model_of(tinytorch), prompt.tolist(), 30, **options).tolist()
    tinytorch.manual_seed(7)
    assert ours == by_hand(tinytorch, prompt, 30, temperature, top_k, 8)
    torch = pytest.importorskip("torch")
    torch.manual_seed(7)
    assert ours == by_hand(torch, prompt, 30, temperature, top_k, 8)


def test_filters_beside_formulas_of_pytorch_programs():
    torch = pytest.importorskip("torch")
    logits = np.random.default_rng(1).normal(size=(20, 50)).astype(np.float32) * 3
    x = torch.tensor(logits)
    for p in (0.1, 0.5, 0.9, 0.99):
        ordered, places = torch.sort(x, descending=False)
        gone = ordered.softmax(dim=-1).cumsum(dim=-1) <= 1 - p
        gone[..., -1:] = False
        expected = x.masked_fill(gone.scatter(1, places, gone), -float("inf"))
        actual = tinytorch.generation.keep_top_p(tinytorch.tensor(logits), p)
        assert np.array_equal(actual.numpy(), expected.numpy())
    ids = np.random.default_rng(2).integers(0, 50, (20, 9))
    score = torch.gather(x, 1, torch.tensor(ids))
    score = torch.where(score < 0, score * 1.3, score / 1.3)
    expected = x.scatter(1, torch.tensor(ids), score)
    actual = tinytorch.generation.penalize(tinytorch.tensor(logits), tinytorch.tensor(ids), 1.3)
    np.testing.assert_allclose(actual.numpy(), expected.numpy(), rtol=1e-6)


def test_a_generator_of_its_own_and_greedy_draws():
    model = model_of(tinytorch)
    state = tinytorch.get_rng_state()
    runs = [
        generate(model, [1, 2], 20, generator=tinytorch.Generator().manual_seed(s)).tolist()
        for s in (1, 1, 2)
    ]
    assert runs[0] == runs[1] != runs[2]
    greedy = generate(model, [1, 2], 20, temperature=0).tolist()
    assert greedy == generate(model, tinytorch.tensor([[1, 2]]), 20, top_k=1)[0].tolist()
    tinytorch.set_rng_state(state)
    assert generate(model, [1, 2], 0).tolist() == [1, 2]


def test_a_module_is_quiet_meanwhile():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.context = 4
            self.embed = nn.Embedding(9, 9)
            self.drop = nn.Dropout(0.5)
            self.frozen = nn.Dropout(0.5).eval()

        def forward(self, ids):
            assert not self.training
            assert not self.drop.training
            assert not tinytorch.is_grad_enabled()
            return self.drop(self.embed(ids)), None  # (logits, loss)

    model = Model().train()
    model.frozen.eval()
    assert context_of(model) == 4
    seen = []
    ids = generate(model, [1, 2], 3, on_token=seen.append)
    assert ids.tolist()[2:] == seen
    assert not ids.requires_grad
    assert (model.training, model.drop.training, model.frozen.training) == (True, True, False)
    with pytest.raises(ValueError, match=r"a prompt of 2 and 4 new tokens is beyond .* of 4; crop"):
        generate(model, [1, 2], 4)
    assert generate(model, [1, 2], 9, crop=True).shape == (11,)


def script(ids):
    """A model that writes these ids, whatever the seed, and then begins again."""

    def model(seen):
        logits = np.full((*seen.shape, 300), -np.inf, np.float32)
        for t in range(seen.shape[1]):
            logits[:, t, ids[t % len(ids)]] = 0
        return tinytorch.tensor(logits)

    return model


def test_a_stop_ends_it_and_stays():
    model = script([5, 3, 4, 7, 5])
    assert generate(model, [0], 9, stop=7).tolist() == [0, 5, 3, 4, 7]
    assert generate(model, [0], 9, stop=[4, 9]).tolist() == [0, 5, 3, 4]
    assert generate(model, [0], 9, stop=[[3, 4], [7]]).tolist() == [0, 5, 3, 4]
    assert generate(model, [3], 2, stop=[[3, 5]]).tolist() == [3, 5, 3]  # the prompt is not read


TOKENIZERS = [BPETokenizer.train("", 256), CharTokenizer("xyz Romeo:\né中😀!")]
TEXT = "xy é中😀! Romeo: xyz"


@pytest.mark.parametrize("tokenizer", TOKENIZERS, ids=["bytes", "characters"])
def test_a_stream_is_the_text_in_whole_characters(tokenizer):
    ids = tokenizer.encode(TEXT)

    def pieces(**options):
        return list(stream(script(ids), tokenizer, "x", len(ids), **options))

    assert pieces() == list(TEXT)
    assert "".join(pieces(stop="Romeo:")) == TEXT[: TEXT.index("Romeo:")]
    assert "".join(pieces(stop=["中😀", "! R"])) == "xy é"
    assert "".join(pieces(stop="Romeo is here")) == TEXT  # waited for in vain
    assert "".join(pieces(stop="xyzzy")) == TEXT  # it ends while waiting
    assert write(script(ids), tokenizer, "x", 4) == TEXT[:4] if len(ids) == len(TEXT) else "xy é"


def test_bytes_that_are_no_text_are_replaced():
    tokenizer = TOKENIZERS[0]
    ids = tokenizer.encode_bytes(b"a\xffb\xc3")
    assert "".join(stream(script(ids), tokenizer, "x", len(ids))) == "a\ufffdb\ufffd"


def refusals():
    model = model_of(tinytorch)
    tokenizer = CharTokenizer("ab")
    return {
        r"the prompt is empty, shape \(0,\)": lambda: generate(model, [], 3),
        r"the prompt is empty, shape \(2, 0\)": lambda: generate(model, [[], []], 3),
        "the prompt is empty": lambda: stream(model, tokenizer, "", 3),
        "a prompt of 9 is beyond the model's context of 4": lambda: generate(
            model, [1] * 9, 3, context=4
        ),
        "temperature of 0 .* or more, got -1": lambda: generate(model, [1], 3, temperature=-1),
        "a finite temperature, got nan": lambda: generate(model, [1], 3, temperature=float("nan")),
        r"top_p in \(0, 1\], or None, got 0": lambda: generate(model, [1], 3, top_p=0),
        r"top_p in \(0, 1\], or None, got 1.5": lambda: generate(model, [1], 3, top_p=1.5),
        "top_k of 1 or more, or None, got 0": lambda: generate(model, [1], 3, top_k=0),
        "an int as top_k, got float": lambda: generate(model, [1], 3, top_k=2.5),
        "repetition_penalty > 0": lambda: generate(model, [1], 3, repetition_penalty=0),
        "max_new_tokens of 0 or more, got -3": lambda: generate(model, [1], -3),
        "ints as prompt ids, got torch.float32": lambda: generate(model, [1.5], 3),
        "expected ids as the prompt": lambda: generate(model, "abc", 3),
        "prompt ids of 0 or more, got -1": lambda: generate(model, [-1], 3),
        r"shape \(T,\) or \(B, T\), got \(1, 1, 1\)": lambda: generate(model, [[[1]]], 3),
        "the logit of id 0 in row 0 is NaN": lambda: generate(
            lambda ids: model(ids) * float("nan"), [1], 3
        ),
        "nothing but -inf": lambda: generate(lambda ids: model(ids) - float("inf"), [1], 3),
        r"expected logits \(B, T, V\) of ids \(1, 1\)": lambda: generate(lambda i: i, [1], 3),
        "stop is for one prompt, got 2": lambda: generate(model, [[1], [2]], 3, stop=4),
        "expected ids as stop, got str": lambda: generate(model, [1], 3, stop="x"),
        "a stop sequence is empty": lambda: generate(model, [1], 3, stop=[[]]),
        "an int as stop, got float": lambda: generate(model, [1], 3, stop=1.5),
        "an int as stop, got NoneType": lambda: generate(model, [1], 3, stop=[None]),
        "texts as stop, got 3": lambda: stream(model, tokenizer, "a", 3, stop=3),
        "ids as the prompt: .*NoneType": lambda: generate(model, None, 3),
        "a temperature of 1e-300 .* cannot hold": lambda: generate(
            model, [1], 3, temperature=1e-300
        ),
        "repetition_penalty of 1e-300 .* cannot hold": lambda: generate(
            model, [1], 3, repetition_penalty=1e-300
        ),
        "stop texts that are not empty": lambda: stream(model, tokenizer, "a", 3, stop=""),
        "expected a torch.Generator, got int": lambda: generate(model, [1], 3, generator=3),
    }


@pytest.mark.parametrize("message", refusals())
def test_bad_input_is_named(message):
    with pytest.raises((TypeError, ValueError, IndexError), match=message):
        refusals()[message]()
