"""What a Module is made of, beside PyTorch: registries, copies, loading, converting, printing."""

import copy
import pickle
from collections import OrderedDict

import numpy as np
import pytest

import tinytorch
from beside import beside_torch

if not hasattr(tinytorch, "no_grad"):
    pytest.skip("needs autograd", allow_module_level=True)


def numbers(x):
    return np.round(np.asarray(x.detach().numpy(), float), 4).tolist()


def model(library):
    library.manual_seed(0)
    nn = library.nn
    inner = nn.Sequential(nn.ReLU(), nn.Linear(2, 1, bias=False))
    net = nn.Sequential(OrderedDict(a=nn.Linear(2, 2), b=inner))
    net.register_buffer("k", library.zeros(3))
    net.b.register_buffer("h", library.ones(1), persistent=False)
    return net


def names(pairs):
    return [name for name, _ in pairs]


# --- registries and attributes


def edited_registries(library):
    net = model(library)
    net._modules["a"] = library.nn.Identity()
    del net.b._modules["0"]
    net.b._parameters["p"] = library.nn.Parameter(library.ones(1))
    net._buffers["k"] = library.ones(2)
    net.c = library.nn.Linear(2, 2)
    net.c._parameters["weight"] = library.nn.Parameter(library.zeros(2, 2))
    same = numbers(net.c(library.ones(1, 2))[0]) == numbers(net.c.bias)
    shape = net.c._parameters.pop("weight").shape
    del net._modules["c"]
    return net, numbers(net.k), net.b.p.shape, net.a, same, shape, hasattr(net, "c")


def deleted_attributes(library):
    net = model(library)
    del net.a, net.k
    found = [hasattr(net, "a"), list(net._modules), list(net._buffers)]
    try:
        del net.nosuch
    except AttributeError as error:
        found.append(str(error))
    return found


def names_of_all(library):
    net = model(library)
    net.c, net.a.tied = net.b, net.a.weight
    return (
        names(net.named_modules(prefix="p")),
        names(net.named_modules(remove_duplicate=False)),
        names(net.named_parameters("x", recurse=False)),
        names(net.named_parameters(remove_duplicate=False)),
        names(net.named_buffers(remove_duplicate=False)),
        names(net.named_children()),
        names(net.a.named_parameters(prefix="q")),
        len(list(net.modules(remove_duplicate=False))),
    )


def buffers(library):
    net = library.nn.Module()
    net.passing = library.nn.Buffer(library.ones(1), persistent=False)
    net.kept = library.nn.Buffer(library.ones(1))
    net.passing = library.zeros(1)
    found = [list(net.state_dict()), numbers(net.passing)]
    net.passing = None
    net.passing = library.ones(2)
    net.register_buffer("passing", library.ones(3), persistent=True)
    return found, list(net.state_dict()), repr(library.nn.Buffer(library.ones(1)))


def parameters(library):
    parameter = library.nn.Parameter(library.ones(2))
    frozen = library.nn.Parameter(library.ones(2), requires_grad=False)
    kinds = [type(x).__name__ for x in (parameter * 2, parameter[0], parameter.data)]
    return parameter, frozen, library.nn.Parameter(), kinds, parameter.is_leaf


def no_leaf(library):
    net, weight = library.nn.Module(), library.nn.Parameter(library.ones(1))
    net.plain = weight * 2
    net.register_parameter("y", weight * 2)


def other_bases(library):
    class Other:
        def __init__(self, *args, **kwargs):
            self.given = args, kwargs

    class Net(library.nn.Module, Other):
        call_super_init = True

    return Net(1, z=2).given


def before_init(library):
    class Net(library.nn.Module):
        def __init__(self):
            self.register_buffer("x", library.ones(1))

    Net()


def a_property_that_fails(library):
    class Net(library.nn.Module):
        @property
        def broken(self):
            return self.nosuch

    return Net().broken


# --- copies


def deep_copy(library):
    net = model(library)
    net.a.weight.grad = library.ones(2, 2)
    net.again = net.a
    other = copy.deepcopy(net)
    tied = other.again is other.a, other.a is net.a
    return tied, other.a.weight.grad, names(other.named_parameters()), other


def pickled(library):
    net = pickle.loads(pickle.dumps(model(library)))
    net.a.weight = library.nn.Parameter(library.zeros(2, 2))
    return net, names(net.named_parameters()), names(net.named_buffers()), list(net.state_dict())


def tied_weights(library):
    nn = library.nn
    library.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    optimizer = library.optim.SGD(net.parameters(), lr=0.1)
    net(library.ones(1, 2)).sum().backward()
    optimizer.step()
    other = copy.deepcopy(net)
    return numbers(net[0].weight), len(list(net.parameters())), other[0].weight is other[1].weight


# --- state


def state(library):
    net = model(library)
    saved = net.state_dict()
    kept = net.state_dict(keep_vars=True, prefix="x.")
    described = [(name, tuple(x.shape), x.requires_grad) for name, x in saved.items()]
    return described, saved._metadata, type(saved).__name__, list(kept), kept["x.a.bias"]


def given_destination(library):
    destination = {}
    result = model(library).state_dict(destination=destination)
    return result is destination, list(destination)


def moved_prefix(library):
    given = OrderedDict({"module.a": 1, "module.b.c": 2, "other": 3})
    given._metadata = OrderedDict({"": 1, "module": 2, "module.b": 3})
    change = library.nn.modules.utils.consume_prefix_in_state_dict_if_present
    change(given, "module.")
    return given, given._metadata


# --- conversions, modes


def conversions(library):
    net, found = model(library), []
    net.register_buffer("i", library.arange(3))
    net.a.weight.grad = library.ones(2, 2)
    kept = net.a.weight
    for name in ("double", "float", "half", "bfloat16", "double"):
        getattr(net, name)()
        found.append((net.a.weight.dtype, net.a.weight.grad.dtype, net.k.dtype, net.i.dtype))
    net.to_empty(device="cpu")
    return found, kept is net.a.weight, net.a.weight.shape, net.type(library.float32).i.dtype


def modes(library):
    net = model(library).eval()
    frozen = net.requires_grad_(False).a.weight.requires_grad
    return net.training, net.b.training, net.train().b.training, frozen, net.train(False) is net


# --- containers


def parameters_by_name(library):
    ones, nn = library.ones, library.nn
    given = nn.ParameterDict({"b": ones(2), "a": nn.Parameter(ones(1, 3))})
    given["c"] = 3
    found = [str(given), list(given), len(given), "a" in given, names(given.named_parameters())]
    found += [list(given | nn.ParameterDict({"z": ones(1)})), given.pop("c"), given.popitem()[0]]
    given.update([("q", ones(1))])
    found += [list(reversed(given)), given.get("nope", 5), given.setdefault("w", 1)]
    found += [list(given.copy()), str(given.fromkeys(["m", "n"], 1))]
    given.clear()
    return found, len(given)


def steps(library):
    nn = library.nn
    net = nn.Sequential(nn.ReLU(), nn.Tanh())
    net *= 2
    found = [str(net), len(2 * net)]
    del net[1:3]
    net.insert(-1, nn.Sigmoid())
    found += [str(net), str(net.pop(0))]
    net.extend(nn.Sequential(nn.GELU()))
    return found, str(net[::2]), str(net[-1])


# --- lazy modules


def lazy(library):
    library.manual_seed(0)
    layer = library.nn.LazyLinear(3)
    before = str(layer), str(layer.weight), list(layer.state_dict())
    result = numbers(layer(library.ones(2, 5)))
    return before, result, layer, type(layer.weight).__name__, len(layer._forward_pre_hooks)


def lazy_from_a_state(library):
    layer = library.nn.LazyLinear(3)
    layer.load_state_dict(library.nn.Linear(4, 3).state_dict())
    shape = layer.weight.shape
    layer(library.ones(1, 4))
    return shape, layer


def lazy_without_a_shape(library):
    return library.nn.LazyLinear(3).weight.shape


CASES = [
    edited_registries, deleted_attributes, names_of_all, buffers, parameters, no_leaf, other_bases,
    before_init, a_property_that_fails, deep_copy, pickled, tied_weights, state, given_destination,
    moved_prefix, conversions, modes, parameters_by_name, steps, lazy, lazy_from_a_state,
    lazy_without_a_shape,
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_modules_beside_pytorch(case):
    beside_torch(case)


PATHS = ["a.weight", "a", "q", "b.1.bias", "k", "b.h", "a.weight.data", ""]


@pytest.mark.parametrize("path", PATHS)
def test_paths_beside_pytorch(path):
    for method in ("get_parameter", "get_buffer", "get_submodule"):
        beside_torch(lambda lib, name=method: type(getattr(model(lib), name)(path)).__name__)
    beside_torch(lambda lib: model(lib).set_submodule(path, lib.nn.Tanh()))
    beside_torch(lambda lib: model(lib).set_submodule(path, lib.nn.Tanh(), strict=True))

    def replaced(library):
        net = model(library)
        net.set_submodule("b.0", library.nn.Tanh())
        net.set_submodule("b.new", library.nn.ReLU())
        return net

    beside_torch(replaced)


CHANGES = [
    lambda lib, given: given.pop("a.weight"),
    lambda lib, given: given.update({"q.w": 1, "zz": 2, "a.x": 1}),
    lambda lib, given: given.update({"a.weight": lib.ones(3, 2), "k": lib.ones(1)}),
    lambda lib, given: given.update({"a.weight": 3}),
    lambda lib, given: given.update({"a.weight": lib.ones(2, 2, dtype=lib.float64)}),
    lambda lib, given: given.update({"b.h": lib.ones(1)}),
]


@pytest.mark.parametrize("number", range(len(CHANGES)))
@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("assign", [True, False])
def test_loading_beside_pytorch(number, strict, assign):
    def run(library):
        net = model(library)
        given = net.state_dict()
        CHANGES[number](library, given)
        result = net.load_state_dict(given, strict=strict, assign=assign)
        loaded = [(name, p.dtype, p.requires_grad) for name, p in net.named_parameters()]
        return result, result.missing_keys, loaded, [(n, b.dtype) for n, b in net.named_buffers()]

    beside_torch(run)


MISUSES = [
    lambda nn, net: net.__add__([1]),
    lambda nn, net: net * 0,
    lambda nn, net: net * "a",
    lambda nn, net: net.insert(9, nn.ReLU()),
    lambda nn, net: net["a"],
    lambda nn, net: net.__setitem__(7, nn.ReLU()),
    lambda nn, net: net.append(3),
    lambda nn, net: net.extend(3),
    lambda nn, net: net.pop(9),
    lambda nn, net: nn.ModuleList(net).insert(9, nn.ReLU()),
    lambda nn, net: nn.ModuleList(net).extend(3),
    lambda nn, net: nn.ModuleList(net)(1),
    lambda nn, net: nn.ParameterDict()(1),
    lambda nn, net: nn.Module(1),
    lambda nn, net: nn.Module(a=1),
    *(
        lambda nn, net, kind=kind, given=given: getattr(nn, kind)(given)
        for kind in ("ParameterDict", "ModuleDict", "ParameterList", "ModuleList", "Sequential")
        for given in (3, [1], [(1,)], [(1, 2)], {1: 2})
    ),
]


@pytest.mark.parametrize("number", range(len(MISUSES)))
def test_misuse_beside_pytorch(number):
    def run(library):
        nn = library.nn
        return MISUSES[number](nn, nn.Sequential(nn.ReLU(), nn.Tanh()))

    torch = pytest.importorskip("torch")
    outcomes = []
    for library in (torch, tinytorch):
        try:
            outcomes.append(str(run(library)))
        except Exception as error:
            text = f"{type(error).__name__}: {error}".replace("tinytorch", "torch")
            outcomes.append(text)
    assert outcomes[1] == outcomes[0]


PRINTED = """
    ReLU(inplace=True) LeakyReLU() LeakyReLU(.2,True) ELU() ELU(2.,True) SELU() SELU(True) CELU()
    SiLU() SiLU(True) Mish() Softplus() Softplus(2,10) Hardtanh() Hardtanh(-2,2,True)
    Hardtanh(min_value=-3) Hardtanh(2,1) ReLU6() ReLU6(True) Hardswish(True) Hardsigmoid(True)
    LogSigmoid() Softsign() Tanhshrink() Softshrink(.1) Hardshrink() Threshold(.1,20)
    Threshold(.1,20,True) PReLU() PReLU(3,.1) RReLU() RReLU(.1,.2,True) GLU(1) Softmax(1) Softmin(1)
    Softmax2d() LogSoftmax(1) Dropout() AlphaDropout(.1) FeatureAlphaDropout() Flatten()
    Unflatten(1,(2,3)) Unflatten(1,[2,3]) Unflatten(1,3) Unflatten(1,(2.,3)) Identity(1)
    Linear(2,3,False) Bilinear(2,3,4) Bilinear(0,3,4) LazyLinear(3) PairwiseDistance()
    CosineSimilarity() L1Loss() HuberLoss(delta="a") TripletMarginLoss(margin=-1)
    MultiMarginLoss(p=3) CrossEntropyLoss() TripletMarginWithDistanceLoss()
"""


@pytest.mark.parametrize("text", PRINTED.split())
def test_printed_forms_beside_pytorch(text):
    beside_torch(lambda library: eval(f"nn.{text}", {"nn": library.nn}))


def test_a_module_is_freed_as_soon_as_nobody_uses_it():
    import gc
    import weakref

    gc.disable()
    try:
        net = model(tinytorch)
        watched = weakref.ref(net.a)
        del net
        assert watched() is None
    finally:
        gc.enable()
