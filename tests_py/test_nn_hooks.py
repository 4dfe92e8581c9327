"""Hooks of modules beside PyTorch: forward, backward, of all modules, of the state."""

import numpy as np
import pytest

import tinytorch
from beside import beside_torch

if not hasattr(tinytorch, "no_grad"):
    pytest.skip("needs autograd", allow_module_level=True)


def rounded(tensors):
    """Gradients as numbers that print alike on both libraries."""
    return tuple(
        None if x is None else (tuple(x.shape), np.round(x.detach().numpy(), 4).ravel().tolist())
        for x in tensors
    )


def small(library):
    library.manual_seed(0)
    nn = library.nn
    return nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))


def record(seen, name, change=None):
    def hook(module, *gradients):
        seen.append((name, type(module).__name__, *map(rounded, gradients)))
        return change(gradients[0]) if change else None

    return hook


def full_backward(library):
    seen, net = [], small(library)
    handles = [
        net[0].register_full_backward_hook(record(seen, "first")),
        net[1].register_full_backward_hook(record(seen, "doubled", lambda g: (g[0] * 2,))),
        net[2].register_full_backward_pre_hook(record(seen, "tripled", lambda g: (g[0] * 3,))),
        net.register_full_backward_hook(record(seen, "whole")),
        net.register_full_backward_hook(record(seen, "before it"), prepend=True),
    ]
    x = library.ones(2, 3, requires_grad=True)
    net(x).sum().backward()
    found = [list(seen), rounded([x.grad]), rounded(p.grad for p in net.parameters())]
    for handle in handles:
        handle.remove()
    net(x).sum().backward()
    return found, len(seen)


def several_arguments(library):
    seen = []

    class Several(library.nn.Module):
        def forward(self, x, count, y, z=None):
            return x * y, y + 1, "text", x.detach()

    net = Several()
    net.register_full_backward_hook(record(seen, "after"))
    net.register_full_backward_pre_hook(record(seen, "before"))
    x = library.ones(2, requires_grad=True)
    results = net(x, 3, library.ones(2), z=x)
    (results[0].sum() * 2).backward()
    return seen, [getattr(y, "requires_grad", None) for y in results], rounded([x.grad])


def inputs_without_gradients(library):
    seen, net = [], library.nn.ReLU()
    net.register_full_backward_hook(record(seen, "never"))
    net(library.ones(2))
    with library.no_grad():
        y = net(library.ones(2, requires_grad=True))
    return seen, y.requires_grad


def only_parameters(library):
    seen, net = [], small(library)
    net.register_full_backward_hook(record(seen, "whole"))
    net(library.ones(1, 3)).sum().backward()
    return [entry[3] for entry in seen]


def wrong_number(library):
    net = small(library)
    net.register_full_backward_hook(lambda module, grad_in, grad_out: grad_in * 2)
    net(library.ones(1, 3, requires_grad=True)).sum().backward()


def wrong_number_before(library):
    net = small(library)
    net.register_full_backward_pre_hook(lambda module, grad_out: grad_out * 2)
    net(library.ones(1, 3, requires_grad=True)).sum().backward()


def both_kinds(library):
    net = small(library)
    net.register_full_backward_hook(record([], ""))
    net.register_backward_hook(record([], ""))


def of_the_older_kind(library):
    seen, net = [], library.nn.ReLU()
    net.register_backward_hook(record(seen, "old", lambda g: (g[0] * 2,)))
    x = library.tensor([1.0, -1.0], requires_grad=True)
    net(x * 1).sum().backward()
    return seen, rounded([x.grad])


def result_in_a_dict(library):
    class Named(library.nn.Module):
        def forward(self, x):
            return {"x": x}

    net = Named()
    net.register_full_backward_hook(record([], ""))
    return list(net(library.ones(1, requires_grad=True)))


def of_all_modules(library):
    seen, net, of_all = [], small(library), library.nn.modules.module
    log = seen.append
    handles = [
        of_all.register_module_forward_pre_hook(lambda m, a: log(("before", type(m).__name__))),
        of_all.register_module_forward_hook(lambda m, a, y: log(("after", type(m).__name__))),
        of_all.register_module_forward_hook(lambda m, a, k, y: log(k), with_kwargs=True),
        of_all.register_module_full_backward_hook(record(seen, "backward")),
        of_all.register_module_full_backward_pre_hook(record(seen, "enters")),
    ]
    net[0].register_forward_hook(lambda m, a, y: log("its own"))
    x = library.ones(1, 3, requires_grad=True)
    net(x).sum().backward()
    found = list(seen)
    for handle in handles:
        handle.remove()
    seen.clear()
    net(x)
    return found, seen


def always_called(library):
    seen, of_all = [], library.nn.modules.module

    class Broken(library.nn.Module):
        def forward(self, x):
            raise ValueError("no")

    net = Broken()
    handle = of_all.register_module_forward_hook(
        lambda m, a, y: seen.append(("all", y)), always_call=True
    )
    net.register_forward_hook(lambda m, a, y: seen.append("never"))
    net.register_forward_hook(lambda m, a, k, y: 1 / 0, always_call=True, with_kwargs=True)
    net.register_forward_hook(lambda m, a, y: seen.append(("own", y)), always_call=True)
    try:
        net(1)
    except ValueError as error:
        seen.append(str(error))
    handle.remove()
    return seen


def of_registration(library):
    seen, of_all = [], library.nn.modules.module
    kinds = ("parameter", "buffer", "module")
    handles = [
        getattr(of_all, f"register_module_{kind}_registration_hook")(
            lambda module, name, value, kind=kind: seen.append((kind, name))
        )
        for kind in kinds
    ]
    net = small(library)
    net.register_buffer("kept", library.ones(1))
    net.add_module("absent", None)
    net.register_parameter("none", None)
    for handle in handles:
        handle.remove()
    small(library)
    return seen


def of_the_state(library):
    seen, net = [], small(library)
    log = seen.append

    def after_saving(module, state, prefix, metadata):
        log(("saved", prefix, metadata, list(state)))
        del state["2.weight"]

    def before_loading(module, state, prefix, metadata, *lists):
        log(("loads", prefix, metadata))
        state["2.weight"] = library.ones(1, 2)

    def after_loading(module, keys):
        log(("loaded", list(keys.missing_keys), list(keys.unexpected_keys)))
        keys.unexpected_keys.clear()

    net.register_state_dict_pre_hook(lambda module, prefix, keep: log(("saves", prefix, keep)))
    net[2].register_state_dict_post_hook(after_saving)
    net[2].register_load_state_dict_pre_hook(before_loading)
    net.register_load_state_dict_post_hook(after_loading)
    state = net.state_dict()
    state["unknown"] = 1
    return str(net.load_state_dict(state)), seen, net[2].weight.tolist()


def a_state_hook_that_returns(library):
    net = small(library)
    net.register_state_dict_post_hook(lambda *given: 1)
    net.state_dict()


def a_load_hook_that_returns(library):
    net = small(library)
    net.register_load_state_dict_post_hook(lambda *given: 1)
    net.load_state_dict(net.state_dict())


def extra_state(library):
    class Counting(library.nn.Linear):
        def get_extra_state(self):
            return {"count": 3}

        def set_extra_state(self, state):
            self.got = state

    net, other = (library.nn.Sequential(Counting(1, 1)) for _ in range(2))
    state = net.state_dict()
    other.load_state_dict(state)
    found = [list(state), other[0].got]
    del state["0._extra_state"]
    try:
        other.load_state_dict(state)
    except RuntimeError as error:
        found.append(str(error))
    return found


def versions(library):
    class Versioned(library.nn.Linear):
        _version = 2

        def _load_from_state_dict(self, state, prefix, metadata, *lists):
            self.seen = prefix, metadata.get("version")
            super()._load_from_state_dict(state, prefix, metadata, *lists)

    net = library.nn.Sequential(Versioned(1, 1))
    net.load_state_dict(net.state_dict())
    with_metadata = net[0].seen
    net.load_state_dict(dict(net.state_dict()))
    return with_metadata, net[0].seen, net.state_dict()._metadata


CASES = [
    full_backward, several_arguments, inputs_without_gradients, only_parameters, wrong_number,
    wrong_number_before, both_kinds, of_the_older_kind, result_in_a_dict, of_all_modules,
    always_called, of_registration, of_the_state, a_state_hook_that_returns,
    a_load_hook_that_returns, extra_state, versions,
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_hooks_beside_pytorch(case):
    beside_torch(case)
