"""nn: modules register, print, save and load as PyTorch's, and compute the same."""

import copy
import pickle

import numpy as np
import pytest

import tinytorch
from beside import beside_torch
from tinytorch import nn

HAS_AUTOGRAD = hasattr(tinytorch, "no_grad")
needs_autograd = pytest.mark.skipif(not HAS_AUTOGRAD, reason="needs autograd")


def model(library):
    """One of everything."""

    class Net(library.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = library.nn.Linear(3, 4)
            self.act = library.nn.ReLU()
            self.block = library.nn.Sequential(
                library.nn.Linear(4, 4, bias=False),
                library.nn.Dropout(0.2),
                library.nn.GELU("tanh"),
            )
            layers = [library.nn.Linear(2, 2) for _ in range(3)]
            self.several = library.nn.ModuleList([*layers, library.nn.Tanh(), library.nn.Tanh()])
            self.named = library.nn.ModuleDict(
                {"a": library.nn.Softmax(dim=-1), "b": library.nn.Linear(2, 2)}
            )
            self.register_buffer("seen", library.zeros(2))
            self.register_buffer("scratch", library.ones(2), persistent=False)
            self.scale = library.nn.Parameter(library.zeros(2))
            self.extra = library.nn.ParameterList([library.zeros(2, 3), library.zeros(1)])
            self.flat = library.nn.Flatten()
            self.register_parameter("missing", None)

        def extra_repr(self):
            return "one\ntwo"

    return Net()


# --- registering ------------------------------------------------------------------------------


def test_what_is_assigned_is_registered():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 3)
            self.weight = nn.Parameter(tinytorch.zeros(1))
            self.plain = tinytorch.zeros(1)

    net = Net()
    names = ["weight", "layer.weight", "layer.bias"]
    assert [name for name, _ in net.named_parameters()] == names
    assert list(net.state_dict()) == names
    assert [name for name, _ in net.named_modules()] == ["", "layer"]


VIEWS = {
    "repr": repr,
    "state_dict": lambda net: list(net.state_dict()),
    "modules": lambda net: [name for name, _ in net.named_modules()],
    "children": lambda net: [name for name, _ in net.named_children()],
    "parameters": lambda net: [name for name, _ in net.named_parameters(prefix="net")],
    "own parameters": lambda net: [name for name, _ in net.named_parameters(recurse=False)],
    "buffers": lambda net: [name for name, _ in net.named_buffers()],
    "submodule": lambda net: net.get_submodule("block.0"),
    "no submodule": lambda net: net.get_submodule("block.9"),
    "not a submodule": lambda net: net.get_submodule("scale"),
    "parameter": lambda net: net.get_parameter("block.0.weight").shape,
    "not a parameter": lambda net: net.get_parameter("seen"),
    "buffer": lambda net: net.get_buffer("seen").shape,
    "no attribute": lambda net: net.nosuch,
    "dir": lambda net: [name for name in ("first", "seen", "scale", "forward") if name in dir(net)],
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_model_beside_pytorch(name):
    beside_torch(lambda library: VIEWS[name](model(library)))


MISTAKES = [
    lambda lib, net: setattr(net, "scale", 3),
    lambda lib, net: setattr(net, "scale", lib.zeros(2)),
    lambda lib, net: setattr(net, "first", 3),
    lambda lib, net: setattr(net, "seen", "x"),
    lambda lib, net: net.register_buffer("scale", lib.zeros(2)),
    lambda lib, net: net.register_buffer("a.b", lib.zeros(2)),
    lambda lib, net: net.register_buffer("", lib.zeros(2)),
    lambda lib, net: net.register_buffer(3, lib.zeros(2)),
    lambda lib, net: net.register_buffer("new", 3),
    lambda lib, net: net.register_parameter("new", 3),
    lambda lib, net: net.register_parameter("new", lib.zeros(2)),
    lambda lib, net: net.add_module("new", 3),
    lambda lib, net: net.add_module("a.b", lib.nn.ReLU()),
    lambda lib, net: net.add_module("scale", lib.nn.ReLU()),
    lambda lib, net: net(3),
    lambda lib, net: net.extra(3),
    lambda lib, net: net.train("yes"),
    lambda lib, net: net.to(lib.int64),
    lambda lib, net: lib.nn.Dropout(2),
    lambda lib, net: lib.nn.functional.dropout(lib.ones(2), -1),
    lambda lib, net: lib.nn.Sequential(3),
    lambda lib, net: lib.nn.ModuleDict({"keys": lib.nn.ReLU()}),
    lambda lib, net: net.block[5],
]


@pytest.mark.parametrize("number", range(len(MISTAKES)))
def test_mistakes_beside_pytorch(number):
    beside_torch(lambda library: MISTAKES[number](library, model(library)))


@pytest.mark.parametrize("kind", ["Parameter", "Linear"])
def test_assignment_needs_init(kind):
    def run(library):
        class Net(library.nn.Module):
            def __init__(self):
                part = {"Parameter": lambda: library.nn.Parameter(library.zeros(1))}
                self.part = part.get(kind, lambda: library.nn.Linear(1, 1))()

        Net()

    beside_torch(run)


def test_reassigning_beside_pytorch():
    def run(library):
        layer = library.nn.Linear(2, 2)
        seen = []
        for value in (
            None,
            library.nn.Parameter(library.zeros(2)),
        ):
            layer.bias = value
            seen.append((repr(layer), list(layer._parameters)))
        del layer.bias
        seen.append(hasattr(layer, "bias"))
        for value in (library.nn.ReLU(), None, library.nn.Tanh()):
            layer.part = value
            seen.append(repr(layer))
        layer.plain = 1
        layer.plain = library.nn.Tanh()
        layer.plain = library.nn.Parameter(library.zeros(1))
        return seen, list(layer._modules), list(layer._parameters)

    beside_torch(run)


def test_attributes_lie_in_the_instance():
    """Where Python finds them first; the registry and the instance stay one."""
    layer = nn.Linear(2, 3)
    assert layer.__dict__["weight"] is layer._parameters["weight"] is layer.weight
    layer.weight = nn.Parameter(tinytorch.zeros(3, 2))
    assert layer.__dict__["weight"] is layer._parameters["weight"]
    del layer.weight
    assert not hasattr(layer, "weight")
    copied = copy.deepcopy(nn.Sequential(nn.Linear(1, 1)))
    assert copied[0].weight is copied[0]._parameters["weight"]
    net = model(tinytorch).double()
    assert net.seen is net._buffers["seen"]
    assert net.seen.dtype == net.scale.dtype == tinytorch.float64


def test_shared_parameters_are_counted_once():
    def run(library):
        a, b = library.nn.Linear(2, 2), library.nn.Linear(2, 2)
        b.weight = a.weight
        net = library.nn.Sequential(a, b, a)
        return (
            [name for name, _ in net.named_parameters()],
            [name for name, _ in net.named_parameters(remove_duplicate=False)],
            list(net.state_dict()),
            [name for name, _ in net.named_modules()],
            len(list(net.children())),
        )

    beside_torch(run)


def test_copies_are_whole():
    net = model(tinytorch)
    net.seen.fill_(7)
    for other in (copy.deepcopy(net.first), pickle.loads(pickle.dumps(net.first))):
        assert isinstance(other.weight, nn.Parameter)
        assert other.weight is not net.first.weight
        assert other.weight.tolist() == net.first.weight.tolist()
    assert copy.deepcopy(net).seen.tolist() == [7, 7]


def test_a_buffer_registers_itself():
    net = nn.Module()
    net.kept = nn.Buffer(tinytorch.ones(1))
    net.passing = nn.Buffer(tinytorch.ones(1), persistent=False)
    assert [name for name, _ in net.named_buffers()] == ["kept", "passing"]
    assert list(net.state_dict()) == ["kept"]
    net.kept = tinytorch.zeros(1)
    assert net.state_dict()["kept"].tolist() == [0]


# --- containers -------------------------------------------------------------------------------


def edit_sequential(library):
    nn = library.nn
    net = nn.Sequential(nn.ReLU(), nn.Tanh(), nn.Linear(2, 2))
    del net[0]
    net.append(nn.Sigmoid()).insert(1, nn.ReLU(True)).extend([nn.Identity()])
    net[0] = nn.Softmax(1)
    last = net.pop(-1)
    net += nn.Sequential(nn.Flatten())
    return net, net * 2, net + net, net[1:3], net[-1], last, len(net)


def edit_list(library):
    nn = library.nn
    net = nn.ModuleList([nn.ReLU(), nn.Tanh(), nn.Linear(2, 2)])
    del net[0]
    net.append(nn.Sigmoid()).extend([nn.Identity()])
    net.insert(1, nn.ReLU(True))
    net[0] = nn.Softmax(1)
    last = net.pop(-1)
    net += [nn.Flatten()]
    names = [name for name, _ in net.named_children()]
    return net, net[1:3], net + net, names, last, len(net), nn.ModuleList()


def edit_dict(library):
    nn = library.nn
    net = nn.ModuleDict([("x", nn.ReLU()), ("y", nn.Tanh())])
    net["z"] = nn.Identity()
    net.pop("x")
    net.update({"w": nn.Sigmoid()})
    before = repr(net), list(net), len(net), "y" in net, net["y"], list(net.keys())
    net.clear()
    return before, net


def edit_parameters(library):
    extra = library.nn.ParameterList([library.zeros(2), library.zeros(3)])
    extra.append(library.zeros(1))
    extra[0] = library.nn.Parameter(library.ones(4))
    return extra, extra[1:], [p.shape for p in extra], extra[-1].shape, len(extra)


@pytest.mark.parametrize("edit", [edit_sequential, edit_list, edit_dict, edit_parameters])
def test_containers_beside_pytorch(edit):
    beside_torch(edit)


def test_named_steps_run_in_order():
    from collections import OrderedDict

    net = nn.Sequential(OrderedDict(start=nn.Identity(), last=nn.Flatten(0)))
    assert net(tinytorch.ones(2, 2)).shape == (4,)
    assert net.start is net[0]


# --- state ------------------------------------------------------------------------------------


STATES = [
    lambda lib, net: {},
    lambda lib, net: net.state_dict(),
    lambda lib, net: {"first.weight": lib.zeros(2, 2), "zzz": lib.zeros(1), "first.bias": 3},
    lambda lib, net: [1],
]


@pytest.mark.parametrize("number", range(len(STATES)))
@pytest.mark.parametrize("strict", [True, False])
def test_loading_beside_pytorch(number, strict):
    def run(library):
        net = model(library)
        return net.load_state_dict(STATES[number](library, net), strict=strict)

    beside_torch(run)


def test_loading_copies_into_the_parameters():
    source, target = nn.Linear(2, 3), nn.Linear(2, 3)
    kept = target.weight
    target.load_state_dict(source.state_dict())
    assert target.weight is kept
    assert kept.tolist() == source.weight.tolist()
    source.weight.detach().fill_(9) if HAS_AUTOGRAD else source.weight.fill_(9)
    assert kept.tolist() != source.weight.tolist()


def test_loading_can_assign():
    given = {"weight": tinytorch.ones(3, 2), "bias": tinytorch.zeros(3)}
    layer = nn.Linear(2, 3)
    layer.load_state_dict(given, assign=True)
    assert isinstance(layer.weight, nn.Parameter)
    given["weight"].fill_(4)
    assert layer.weight.tolist() == [[4, 4]] * 3


def test_a_state_shares_memory_with_its_module():
    layer = nn.Linear(2, 3)
    layer.state_dict()["bias"].fill_(5)
    assert layer.bias.tolist() == [5, 5, 5]


def test_modes_reach_every_module():
    net = model(tinytorch).eval()
    assert not any(module.training for module in net.modules())
    net.block.train()
    assert net.block[1].training
    assert not net.training


def test_apply_visits_children_first():
    def run(library):
        visited = []
        model(library).apply(lambda module: visited.append(type(module).__name__))
        return visited

    beside_torch(run)


def test_dtypes_change_in_place():
    net = model(tinytorch)
    kept = net.first.weight
    assert net.double() is net
    assert net.first.weight.dtype == tinytorch.float64
    if HAS_AUTOGRAD:
        assert net.first.weight is kept
    assert net.float().first.weight.dtype == tinytorch.float32
    assert net.to("cpu") is net
    assert net.to(tinytorch.zeros(1, dtype=tinytorch.float64)).scale.dtype == tinytorch.float64
    with pytest.raises(AssertionError, match="not compiled with CUDA"):
        net.to("cuda")


# --- hooks ------------------------------------------------------------------------------------


def test_hooks_beside_pytorch():
    def run(library):
        seen = []
        net = library.nn.Sequential(library.nn.Identity(), library.nn.Identity())
        first, second = net
        handles = [
            first.register_forward_pre_hook(lambda m, args: seen.append(("before", len(args)))),
            first.register_forward_hook(lambda m, args, out: seen.append(("after", float(out)))),
            net.register_forward_hook(lambda m, args, kwargs, out: out + 1, with_kwargs=True),
            net.register_forward_pre_hook(lambda m, args: args[0] * 2),
            second.register_forward_hook(lambda m, args, out: out * 10),
            second.register_forward_hook(lambda m, args, out: out + 1, prepend=True),
        ]
        results = [float(net(library.tensor(3.0)))]
        for handle in handles:
            handle.remove()
            results.append(float(net(library.tensor(3.0))))
        with net.register_forward_pre_hook(lambda m, args: args[0] * 2):
            results.append(float(net(library.tensor(3.0))))
        results.append(float(net(library.tensor(3.0))))
        return results, seen

    beside_torch(run)


def test_a_hook_can_be_called_always():
    def run(library):
        seen = []
        net = library.nn.Module()
        net.register_forward_hook(lambda m, args, out: seen.append(out), always_call=True)
        net.register_forward_hook(lambda m, args, out: seen.append("never"))
        try:
            net(1)
        except NotImplementedError:
            seen.append("raised")
        return seen

    beside_torch(run)


def test_hooks_may_change_keywords():
    def run(library):
        class Add(library.nn.Module):
            def forward(self, x, y=0):
                return x + y

        net = Add()
        net.register_forward_pre_hook(
            lambda m, args, kw: (args, {"y": kw["y"] + 1}), with_kwargs=True
        )
        return net(1, y=2)

    beside_torch(run)


# --- initial values ---------------------------------------------------------------------------


INITIALS = [
    ("uniform_", ()),
    ("normal_", ()),
    ("normal_", (2, 3)),
    ("trunc_normal_", ()),
    ("trunc_normal_", (0, 1, -0.5, 0.2)),
    ("trunc_normal_", (0, 0.02, -2, 2)),
    ("trunc_normal_", (0, 1, 1.5, 2)),
    ("xavier_uniform_", ()),
    ("xavier_normal_", (2.0,)),
    ("kaiming_uniform_", ()),
    ("kaiming_uniform_", (5**0.5,)),
    ("kaiming_normal_", (0, "fan_out", "relu")),
    ("constant_", (3,)),
    ("ones_", ()),
    ("zeros_", ()),
    ("eye_", ()),
]


@pytest.mark.parametrize(("name", "arguments"), INITIALS)
@pytest.mark.parametrize("shape", [(3, 4), (8, 8), (40, 7), (2, 3, 3, 3)])
def test_initial_values_beside_pytorch(name, arguments, shape):
    torch = pytest.importorskip("torch")
    results = []
    for library in (torch, tinytorch):
        library.manual_seed(1)
        weight = library.nn.Parameter(library.empty(*shape))
        try:
            results.append(np.array(getattr(library.nn.init, name)(weight, *arguments).tolist()))
            results[-1] = np.append(results[-1], library.rand(1).item())
        except ValueError as error:
            results.append(str(error))
    if isinstance(results[0], str):
        assert results[1] == results[0]
    else:
        np.testing.assert_allclose(results[1], results[0], rtol=2e-6, atol=2e-7)


@pytest.mark.parametrize(
    "name",
    ["linear", "conv1d", "conv_transpose2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu", "x"],
)
def test_gains_beside_pytorch(name):
    beside_torch(lambda library: library.nn.init.calculate_gain(name))
    beside_torch(lambda library: library.nn.init.calculate_gain(name, 0.2))
    beside_torch(lambda library: library.nn.init.calculate_gain(name, True))


def test_mistakes_of_init_beside_pytorch():
    beside_torch(lambda library: library.nn.init.kaiming_uniform_(library.empty(3)))
    beside_torch(lambda library: library.nn.init.kaiming_uniform_(library.empty(3, 3), mode="x"))
    beside_torch(lambda library: library.nn.init.eye_(library.empty(3)))
    beside_torch(lambda library: library.nn.init.kaiming_normal_(library.empty(0, 3)).shape)


def test_linear_starts_as_recorded():
    """PyTorch 2.13's draw for seed 0."""
    tinytorch.manual_seed(0)
    layer = nn.Linear(2, 2)
    weight = [[-0.005293981172144413, 0.37932288646698], [-0.5819807648658752, -0.5203874707221985]]
    bias = [-0.27234524488449097, 0.1896158903837204]
    np.testing.assert_allclose(layer.weight.tolist(), weight, rtol=1e-6)
    np.testing.assert_allclose(layer.bias.tolist(), bias, rtol=1e-6)


# --- computing --------------------------------------------------------------------------------


def uniform(*shape, low=-2.0, high=2.0, seed=0):
    return np.random.default_rng(seed).uniform(low, high, shape).astype(np.float32)


LAYERS = {
    "Linear": lambda nn: nn.Linear(4, 3),
    "Linear without bias": lambda nn: nn.Linear(4, 3, bias=False),
    "Dropout": lambda nn: nn.Dropout(0.4),
    "Flatten": lambda nn: nn.Flatten(),
    "Identity": lambda nn: nn.Identity(3, key=4),
    "ReLU": lambda nn: nn.ReLU(),
    "Sigmoid": lambda nn: nn.Sigmoid(),
    "Tanh": lambda nn: nn.Tanh(),
    "GELU": lambda nn: nn.GELU(),
    "GELU, tanh": lambda nn: nn.GELU("tanh"),
    "Softmax": lambda nn: nn.Softmax(1),
    "Softmax, no dim": lambda nn: nn.Softmax(),
    "LogSoftmax": lambda nn: nn.LogSoftmax(-1),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.filterwarnings("ignore:Implicit dimension")
def test_layers_beside_pytorch(name):
    torch = pytest.importorskip("torch")
    data = uniform(2, 3, 4)
    results = []
    for library in (torch, tinytorch):
        library.manual_seed(0)
        layer = LAYERS[name](library.nn)
        x = library.tensor(data)
        if HAS_AUTOGRAD:
            x.requires_grad_()
        y = layer(x)
        results.append([y.tolist()])
        if HAS_AUTOGRAD:
            (y * y).sum().backward()
            results[-1] += [x.grad.tolist(), *(p.grad.tolist() for p in layer.parameters())]
        results[-1].append(layer.eval()(x).tolist())
    for theirs, ours in zip(*results, strict=True):
        np.testing.assert_allclose(np.array(ours), np.array(theirs), rtol=2e-5, atol=2e-6)


@needs_autograd
@pytest.mark.parametrize(
    "make", [lambda nn: nn.ReLU(inplace=True), lambda nn: nn.Dropout(0.4, True)]
)
def test_layers_in_place_beside_pytorch(make):
    torch = pytest.importorskip("torch")
    data = uniform(3, 4)
    results = []
    for library in (torch, tinytorch):
        library.manual_seed(0)
        x = library.tensor(data, requires_grad=True)
        doubled = x * 2
        y = make(library.nn)(doubled)
        (y * y).sum().backward()
        results.append((y.tolist(), doubled.tolist(), x.grad.tolist()))
    np.testing.assert_allclose(np.array(results[1]), np.array(results[0]), rtol=1e-5, atol=1e-6)


def classes(library, *shape):
    return library.tensor(np.random.default_rng(3).integers(0, 4, shape))


LOSSES = {
    "MSELoss": lambda lib, o: (lib.nn.MSELoss(**o), uniform(5, 4), uniform(5, 4, seed=1)),
    "BCELoss": lambda lib, o: (
        lib.nn.BCELoss(**o),
        uniform(5, 4, low=0, high=1),
        uniform(5, 4, low=0, high=1, seed=1),
    ),
    "BCELoss, weight": lambda lib, o: (
        lib.nn.BCELoss(weight=lib.tensor(uniform(4, low=0)), **o),
        uniform(5, 4, low=0, high=1),
        uniform(5, 4, low=0, high=1, seed=1),
    ),
    "BCEWithLogitsLoss": lambda lib, o: (
        lib.nn.BCEWithLogitsLoss(**o),
        uniform(5, 4, low=-9, high=9),
        uniform(5, 4, low=0, high=1, seed=1),
    ),
    "BCEWithLogitsLoss, pos_weight": lambda lib, o: (
        lib.nn.BCEWithLogitsLoss(pos_weight=lib.tensor(uniform(4, low=0)), **o),
        uniform(5, 4),
        uniform(5, 4, low=0, high=1, seed=1),
    ),
    "NLLLoss": lambda lib, o: (lib.nn.NLLLoss(**o), uniform(5, 4), classes(lib, 5)),
    "NLLLoss, weight": lambda lib, o: (
        lib.nn.NLLLoss(weight=lib.tensor(uniform(4, low=0)), ignore_index=2, **o),
        uniform(5, 4),
        classes(lib, 5),
    ),
    "CrossEntropyLoss": lambda lib, o: (
        lib.nn.CrossEntropyLoss(**o),
        uniform(5, 4, low=-9, high=9),
        classes(lib, 5),
    ),
    "CrossEntropyLoss, all": lambda lib, o: (
        lib.nn.CrossEntropyLoss(
            weight=lib.tensor(uniform(4, low=0)), ignore_index=2, label_smoothing=0.1, **o
        ),
        uniform(5, 4),
        classes(lib, 5),
    ),
    "CrossEntropyLoss, images": lambda lib, o: (
        lib.nn.CrossEntropyLoss(**o),
        uniform(2, 4, 3, 2),
        classes(lib, 2, 3, 2),
    ),
    "CrossEntropyLoss, probabilities": lambda lib, o: (
        lib.nn.CrossEntropyLoss(**o),
        uniform(5, 4),
        uniform(5, 4, low=0, high=1, seed=1),
    ),
}


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_losses_beside_pytorch(name, reduction):
    torch = pytest.importorskip("torch")
    results = []
    for library in (torch, tinytorch):
        loss, data, target = LOSSES[name](library, {"reduction": reduction})
        x = library.tensor(data)
        if HAS_AUTOGRAD:
            x.requires_grad_()
        value = loss(x, library.tensor(target) if isinstance(target, np.ndarray) else target)
        results.append([value.tolist()])
        if HAS_AUTOGRAD:
            (value * value).sum().backward()
            results[-1].append(x.grad.tolist())
    for theirs, ours in zip(*results, strict=True):
        np.testing.assert_allclose(np.array(ours), np.array(theirs), rtol=5e-5, atol=5e-6)


def test_shapes_of_losses_beside_pytorch():
    beside_torch(lambda lib: lib.nn.MSELoss()(lib.ones(2, 1), lib.ones(2)).item())
    beside_torch(lambda lib: lib.nn.BCELoss()(lib.ones(2, 1), lib.ones(2)))
    beside_torch(lambda lib: lib.nn.BCEWithLogitsLoss()(lib.ones(2, 1), lib.ones(2)))
    beside_torch(lambda lib: lib.nn.MSELoss(size_average=False).reduction)
    beside_torch(
        lambda lib: lib.nn.functional.mse_loss(lib.ones(2), lib.zeros(2), reduce=False).tolist()
    )


# --- gradients and parameters together --------------------------------------------------------


def with_gradients(library):
    net = library.nn.Sequential(library.nn.Linear(3, 4), library.nn.Linear(4, 2))
    for number, p in enumerate(net.parameters()):
        p.grad = library.tensor(uniform(*p.shape, seed=number) * 10)
    net[1].bias.grad = None
    return net


@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.0, float("inf")])
@pytest.mark.parametrize("max_norm", [1.0, 1e6])
def test_clipping_beside_pytorch(norm_type, max_norm):
    torch = pytest.importorskip("torch")
    results = []
    for library in (torch, tinytorch):
        net = with_gradients(library)
        norm = library.nn.utils.clip_grad_norm_(net.parameters(), max_norm, norm_type)
        gradients = [p.grad.tolist() for p in net.parameters() if p.grad is not None]
        results.append([norm.item(), *gradients])
    for theirs, ours in zip(*results, strict=True):
        np.testing.assert_allclose(np.array(ours), np.array(theirs), rtol=1e-5)


def test_clipping_of_values():
    net = with_gradients(tinytorch)
    nn.utils.clip_grad_value_(net.parameters(), 0.5)
    gradients = np.concatenate(
        [p.grad.numpy().ravel() for p in net.parameters() if p.grad is not None]
    )
    assert np.abs(gradients).max() == 0.5
    assert np.abs(gradients).min() < 0.5


def test_a_norm_that_is_not_finite_can_be_an_error():
    net = with_gradients(tinytorch)
    net[0].bias.grad.fill_(float("nan"))
    before = net[0].weight.grad.tolist()
    with pytest.raises(RuntimeError, match="non-finite"):
        nn.utils.clip_grad_norm_(net.parameters(), 1.0, error_if_nonfinite=True)
    assert net[0].weight.grad.tolist() == before
    assert nn.utils.clip_grad_norm_([], 1.0).item() == 0


def test_parameters_as_one_vector():
    net = with_gradients(tinytorch)
    vector = nn.utils.parameters_to_vector(net.parameters())
    assert vector.shape == (4 * 3 + 4 + 2 * 4 + 2,)
    nn.utils.vector_to_parameters(vector * 0 + tinytorch.arange(26), net.parameters())
    assert net[0].weight.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]
    assert net[1].bias.tolist() == [24, 25]
    with pytest.raises(RuntimeError, match="expected a vector of 26 elements"):
        nn.utils.vector_to_parameters(tinytorch.zeros(25), net.parameters())


@needs_autograd
def test_gradients_can_be_forgotten():
    net = nn.Linear(2, 1)
    net(tinytorch.ones(1, 2)).sum().backward()
    gradient = net.weight.grad
    net.zero_grad(set_to_none=False)
    assert gradient.tolist() == [[0, 0]]
    net.zero_grad()
    assert net.weight.grad is None
    net.requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())


@needs_autograd
def test_a_program_prints_the_same_losses():
    """The whole of it: a seeded model trains as on PyTorch."""

    def run(library):
        library.manual_seed(0)
        nn = library.nn
        net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Dropout(0.1), nn.Linear(16, 3))
        optimizer = library.optim.Adam(net.parameters(), lr=0.01)
        scheduler = library.optim.lr_scheduler.StepLR(optimizer, 10)
        loss = nn.CrossEntropyLoss()
        x, y = library.randn(32, 4), library.randint(0, 3, (32,))
        losses = []
        for _ in range(20):
            optimizer.zero_grad()
            value = loss(net(x), y)
            value.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
            losses.append(f"{value.item():.4f}")
        return losses

    beside_torch(run)


def test_a_module_may_write_its_own_call():
    class Twice(nn.Identity):
        def __call__(self, x):
            return super().__call__(super().__call__(x) * 2)

    net = nn.Sequential(Twice(), nn.Identity())
    assert [float(net(tinytorch.tensor(3.0))) for _ in range(3)] == [6, 6, 6]
