"""torch.nn.utils beside PyTorch: clipping, vectors, sequences, parametrizations, pruning."""

import contextlib
import copy
import importlib
import warnings

import numpy as np
import pytest

import tinytorch
from beside import beside_torch

if not hasattr(tinytorch, "no_grad"):
    pytest.skip("needs autograd", allow_module_level=True)
with contextlib.suppress(ImportError):
    importlib.import_module("torch.nn.utils.prune")  # PyTorch has it only where it is imported


def numbers(x):
    return np.round(np.asarray(x.detach().numpy(), float), 4).tolist()


def state(module):
    """Everything learned or kept, as it prints alike on both libraries."""
    named = [*module.named_parameters(), *module.named_buffers()]
    return [(name, tuple(x.shape), numbers(x)) for name, x in named]


def linear(library):
    library.manual_seed(1)
    return library.nn.Linear(4, 3)


def trained(library, module):
    """The losses of three steps, after which `module` is not what it was."""
    optimizer, losses = library.optim.SGD(module.parameters(), lr=0.1), []
    for _ in range(3):
        optimizer.zero_grad()
        loss = (module(library.ones(2, 4) * 0.5) ** 2).sum()
        loss.backward()
        optimizer.step()
        losses.append(round(loss.item(), 4))
    return losses


def quiet(call):
    def run(library):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return call(library)

    return run


# --- weights kept in a form -------------------------------------------------------------------


@pytest.mark.parametrize("dim", [0, 1, None, -1])
def test_weight_norm_beside_pytorch(dim):
    def hooked(library):
        layer = library.nn.utils.weight_norm(linear(library), dim=dim)
        before = state(layer), trained(library, layer), state(layer)
        library.nn.utils.remove_weight_norm(layer)
        return before, state(layer), type(layer.weight).__name__

    def parametrized(library):
        layer = library.nn.utils.parametrizations.weight_norm(linear(library), dim=dim)
        before = state(layer), trained(library, layer), state(layer), repr(layer)
        library.nn.utils.parametrize.remove_parametrizations(layer, "weight")
        return before, state(layer), type(layer).__name__

    beside_torch(quiet(hooked))
    beside_torch(parametrized)


def test_spectral_norm_beside_pytorch():
    def hooked(library):
        layer = library.nn.utils.spectral_norm(linear(library), n_power_iterations=2)
        before = state(layer), trained(library, layer), state(layer)
        evaluated = numbers(layer.eval()(library.ones(1, 4)))
        library.nn.utils.remove_spectral_norm(layer)
        return before, evaluated, state(layer)

    def parametrized(library):
        layer = library.nn.utils.parametrizations.spectral_norm(linear(library))
        return state(layer), trained(library, layer), state(layer), repr(layer)

    beside_torch(hooked)
    beside_torch(parametrized)


def chained(library):
    class Add(library.nn.Module):
        def forward(self, x):
            return x + 1

        def right_inverse(self, x):
            return x - 1

    parametrize = library.nn.utils.parametrize
    layer = linear(library)
    parametrize.register_parametrization(layer, "weight", Add())
    parametrize.register_parametrization(layer, "weight", Add())
    found = [repr(layer), list(layer.state_dict()), type(layer).__name__]
    found += [parametrize.is_parametrized(layer), parametrize.is_parametrized(layer, "bias")]
    layer.weight = library.zeros(3, 4)
    found += [numbers(layer.parametrizations.weight.original), trained(library, layer)]
    found.append(numbers(copy.deepcopy(layer).weight) == numbers(layer.weight))
    with parametrize.cached():
        found.append(layer.weight is layer.weight)
    parametrize.remove_parametrizations(layer, "weight")
    return found, repr(layer), state(layer)


def left_as_it_was(library):
    class Add(library.nn.Module):
        def forward(self, x):
            return x + 1

    parametrize, layer = library.nn.utils.parametrize, linear(library)
    weight = layer.weight
    parametrize.register_parametrization(layer, "weight", Add())
    same = layer.parametrizations.weight.original is weight
    parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    return same, layer.weight is weight


def of_no_parameter(library):
    library.nn.utils.parametrize.register_parametrization(linear(library), "x", library.nn.ReLU())


@pytest.mark.parametrize("case", [chained, left_as_it_was, of_no_parameter])
def test_parametrizations_beside_pytorch(case):
    beside_torch(case)


# --- pruning ----------------------------------------------------------------------------------

PRUNED = [
    ("l1_unstructured", {}), ("random_unstructured", {}), ("ln_structured", {"n": 2, "dim": 0}),
    ("ln_structured", {"n": 1, "dim": 1}), ("ln_structured", {"n": float("inf"), "dim": -1}),
    ("random_structured", {"dim": 1}), ("ln_structured", {"n": 2, "dim": 4}),
]  # fmt: skip


@pytest.mark.parametrize("amount", [0.4, 2, 99, -1, "x"])
@pytest.mark.parametrize(("name", "kwargs"), PRUNED)
def test_pruning_beside_pytorch(name, kwargs, amount):
    def run(library):
        prune, layer = library.nn.utils.prune, linear(library)
        pruned = getattr(prune, name)
        pruned(layer, "weight", amount=amount, **kwargs)
        found = [state(layer), trained(library, layer), list(layer.state_dict())]
        found.append(prune.is_pruned(layer))
        prune.remove(layer, "weight")
        return found, state(layer), prune.is_pruned(layer), type(layer.weight).__name__

    if not (kwargs.get("dim") == 4 and amount in (-1, "x")):
        beside_torch(run)


def pruned_together(library):
    prune, first = library.nn.utils.prune, linear(library)
    net = library.nn.Sequential(first, library.nn.Linear(3, 2))
    pairs = [(net[0], "weight"), (net[1], "weight")]
    found = []
    for _ in range(2):
        prune.global_unstructured(pairs, prune.L1Unstructured, amount=0.5)
        found.append(state(net))
    return found


def pruned_thrice(library):
    prune, layer = library.nn.utils.prune, linear(library)
    prune.l1_unstructured(layer, "weight", 3)
    prune.ln_structured(layer, "weight", 1, 2, 0)
    prune.custom_from_mask(layer, "weight", library.tensor([[1.0, 0, 1, 1]] * 3))
    return state(layer), type(next(iter(layer._forward_pre_hooks.values()))).__name__


def not_pruned(library):
    library.nn.utils.prune.remove(linear(library), "weight")


@pytest.mark.parametrize("case", [pruned_together, pruned_thrice, not_pruned])
def test_pruning_in_turn_beside_pytorch(case):
    beside_torch(case)


# --- gradients, vectors, sequences ------------------------------------------------------------


def with_gradients(library, scale=1.0):
    net = library.nn.Sequential(linear(library), library.nn.Linear(3, 2))
    for number, p in enumerate(net.parameters()):
        p.grad = (library.arange(p.numel()).reshape(p.shape) * 0.3 - 1 + number) * scale
    net[1].bias.grad = None
    return net


@pytest.mark.parametrize("order", [2.0, 1, 3, float("inf"), 0.0, -float("inf"), 0.5, "inf"])
@pytest.mark.parametrize("bound", [1.0, 1e6, 0])
def test_norms_of_gradients_beside_pytorch(order, bound):
    def run(library):
        net, utils = with_gradients(library), library.nn.utils
        gradients = [p.grad for p in net.parameters() if p.grad is not None]
        total = utils.get_total_norm(gradients, order)
        clipped = utils.clip_grad_norm_(net.parameters(), bound, order)
        return round(float(total), 3), round(float(clipped), 3), list(map(numbers, gradients))

    beside_torch(run)


CALLS = {
    "a norm given": lambda lib, u, net: u.clip_grads_with_norm_(
        net.parameters(), 1.0, lib.tensor(4.0)
    ),
    "no gradients": lambda lib, u, net: (u.clip_grad_norm_([], 1.0), u.get_total_norm([])),
    "an empty generator": lambda lib, u, net: u.clip_grad_norm_((p for p in []), 1.0),
    "the older name": lambda lib, u, net: round(float(u.clip_grad_norm(net.parameters(), 1.0)), 3),
    "one tensor": lambda lib, u, net: u.clip_grad_value_(net[0].weight, 0.3),
    "a vector": lambda lib, u, net: u.vector_to_parameters(lib.arange(23.0), net.parameters()),
    "too long": lambda lib, u, net: u.vector_to_parameters(lib.arange(30.0), net.parameters()),
    "not a vector": lambda lib, u, net: u.vector_to_parameters(3, net.parameters()),
    "as a vector": lambda lib, u, net: numbers(u.parameters_to_vector(net.parameters())),
    "no initial values": lambda lib, u, net: (
        u.skip_init(lib.nn.Linear, 2, 3),
        numbers(lib.rand(2)),
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_calls_beside_pytorch(name):
    def run(library):
        net = with_gradients(library)
        result = CALLS[name](library, library.nn.utils, net)
        gradients = [numbers(p.grad) for p in net.parameters() if p.grad is not None]
        return result, gradients, state(net)

    beside_torch(run)


@pytest.mark.parametrize(
    "kwargs",
    [{}, {"batch_first": True}, {"padding_value": -1.0}, {"padding_side": "left"},
     {"padding_side": "x"}],
)  # fmt: skip
def test_padded_sequences_beside_pytorch(kwargs):
    def run(library):
        rnn = library.nn.utils.rnn
        given = [library.ones(2, 3), library.ones(4, 3) * 2, library.ones(0, 3)]
        padded = rnn.pad_sequence(given, **kwargs)
        shown = numbers(padded)  # before PyTorch transposes it in place
        lengths = library.tensor([2, 4, 0])
        parts = rnn.unpad_sequence(padded, lengths, kwargs.get("batch_first", False))
        return shown, list(map(numbers, parts))

    beside_torch(run)


def test_models_on_one_device_beside_pytorch():
    def run(library):
        net = library.nn.DataParallel(linear(library))
        return net, list(net.state_dict()), numbers(net(library.ones(1, 4))), net.module

    beside_torch(run)


def test_a_module_may_be_called_with_other_tensors():
    layer = linear(tinytorch)
    weight = tinytorch.ones(3, 4, requires_grad=True)
    call = tinytorch.nn.utils.stateless.functional_call
    result = call(layer, {"weight": weight}, (tinytorch.ones(1, 4),))
    result.sum().backward()
    np.testing.assert_allclose(result.tolist(), [[4 + b for b in layer.bias.tolist()]], rtol=1e-6)
    assert weight.grad.tolist() == [[1.0] * 4] * 3
    assert layer.weight.grad is None
    assert layer.weight is layer._parameters["weight"]
    with pytest.raises(RuntimeError, match="unexpected"):
        call(layer, {"nosuch": weight}, (tinytorch.ones(1, 4),), strict=True)


def test_a_batch_norm_fused_into_the_layer_before():
    def fused(library, kind, bias, affine):
        library.manual_seed(3)
        nn = library.nn
        layer = getattr(nn, kind)(*{"Linear": (4, 6)}.get(kind, (4, 6, 3)), bias=bias)
        bn = (nn.BatchNorm1d if kind == "Linear" else nn.BatchNorm2d)(6, affine=affine)
        x = library.randn(5, 4, *([] if kind == "Linear" else [5, 5]))
        for _ in range(3):
            bn(layer(x))
        layer.eval(), bn.eval()
        utils = nn.utils.fusion
        if kind == "Linear":
            one = utils.fuse_linear_bn_eval(layer, bn)
        else:
            one = utils.fuse_conv_bn_eval(layer, bn, "Transpose" in kind)
        assert (one(x) - bn(layer(x))).abs().max() < 1e-5
        return state(one), [p.requires_grad for p in one.parameters()], repr(one)

    for kind in ("Conv2d", "ConvTranspose2d", "Linear"):
        for bias in (True, False):
            beside_torch(lambda library: fused(library, kind, bias, True))  # noqa: B023
    beside_torch(lambda library: fused(library, "Conv2d", False, False))

    def refused(library):
        fuse, nn, said = library.nn.utils.fuse_conv_bn_eval, library.nn, []
        conv, bn = nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2, track_running_stats=False)
        for pair in ((conv, bn), (conv.eval(), bn.eval())):
            with pytest.raises(AssertionError) as error:
                fuse(*pair)
            said.append(str(error.value))
        with pytest.raises(AssertionError, match="num_features"):
            nn.utils.fuse_linear_bn_eval(nn.Linear(1, 2).eval(), nn.BatchNorm1d(3).eval())
        return said

    beside_torch(refused)
