"""Optimizers and schedulers: the same steps, the same state, the same printed form as PyTorch's."""

import copy
import importlib
import io
import pickle

import numpy as np
import pytest

import tinytorch
from beside import beside_torch
from tinytorch import nn, optim, serialization

SHAPES = [(3, 4), (5,), (2, 2, 2)]
OPTIMIZERS = {
    "SGD": lambda optim, p: optim.SGD(p, lr=0.1),
    "SGD, weight decay": lambda optim, p: optim.SGD(p, lr=0.1, weight_decay=0.1),
    "SGD, momentum": lambda optim, p: optim.SGD(p, lr=0.1, momentum=0.9),
    "SGD, dampening": lambda optim, p: optim.SGD(
        p, lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.01
    ),
    "SGD, nesterov": lambda optim, p: optim.SGD(
        p, lr=0.1, momentum=0.9, nesterov=True, maximize=True
    ),
    "Adam": lambda optim, p: optim.Adam(p, lr=0.1),
    "Adam, all": lambda optim, p: optim.Adam(
        p, lr=0.1, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.1, maximize=True
    ),
    "AdamW": lambda optim, p: optim.AdamW(p, lr=0.1),
    "RMSprop": lambda optim, p: optim.RMSprop(p, lr=0.1),
    "RMSprop, all": lambda optim, p: optim.RMSprop(
        p, lr=0.1, momentum=0.9, alpha=0.9, eps=1e-2, weight_decay=0.1, maximize=True
    ),
    "Adam, amsgrad": lambda optim, p: optim.Adam(p, lr=0.1, amsgrad=True, weight_decay=0.1),
    "AdamW, amsgrad": lambda optim, p: optim.AdamW(p, lr=0.1, amsgrad=True, maximize=True),
    "RMSprop, centered": lambda optim, p: optim.RMSprop(p, lr=0.1, centered=True),
    "RMSprop, centered, all": lambda optim, p: optim.RMSprop(
        p, lr=0.1, centered=True, momentum=0.9, weight_decay=0.1, maximize=True
    ),
    "Adadelta": lambda optim, p: optim.Adadelta(p),
    "Adadelta, all": lambda optim, p: optim.Adadelta(
        p, lr=0.5, rho=0.8, eps=1e-3, weight_decay=0.1, maximize=True
    ),
    "Adagrad": lambda optim, p: optim.Adagrad(p),
    "Adagrad, all": lambda optim, p: optim.Adagrad(
        p, 0.1, 0.1, 0.1, initial_accumulator_value=0.5, eps=1e-3, maximize=True
    ),
    "Adamax": lambda optim, p: optim.Adamax(p),
    "Adamax, all": lambda optim, p: optim.Adamax(
        p, 0.1, (0.8, 0.9), 1e-3, weight_decay=0.1, maximize=True
    ),
    "NAdam": lambda optim, p: optim.NAdam(p),
    "NAdam, all": lambda optim, p: optim.NAdam(
        p, 0.1, (0.8, 0.9), 1e-3, 0.1, momentum_decay=0.01, maximize=True
    ),
    "NAdam, decoupled": lambda optim, p: optim.NAdam(
        p, weight_decay=0.1, decoupled_weight_decay=True
    ),
    "RAdam": lambda optim, p: optim.RAdam(p, 0.1),
    "RAdam, all": lambda optim, p: optim.RAdam(
        p, 0.1, (0.8, 0.9), 1e-3, 0.1, decoupled_weight_decay=True, maximize=True
    ),
    "ASGD": lambda optim, p: optim.ASGD(p),
    "ASGD, all": lambda optim, p: optim.ASGD(
        p, 0.1, lambd=0.01, alpha=0.5, t0=3, weight_decay=0.1, maximize=True
    ),
    "Rprop": lambda optim, p: optim.Rprop(p),
    "Rprop, all": lambda optim, p: optim.Rprop(p, 0.1, (0.4, 1.3), (1e-3, 0.3), maximize=True),
    "groups": lambda optim, p: optim.Adam(
        [{"params": p[:1]}, {"params": p[1:], "lr": 0.01, "weight_decay": 0.5}], lr=0.1
    ),
}


def parameters(library, dtype="float32"):
    rng = np.random.default_rng(1)
    return [
        library.nn.Parameter(library.tensor(rng.standard_normal(shape).astype(dtype)))
        for shape in SHAPES
    ]


def steps(library, optimizer, params, count, seed=2, skipping=False):
    """Steps with random gradients; when skipping, each parameter goes without one now and then."""
    rng = np.random.default_rng(seed)
    for step in range(count):
        for i, p in enumerate(params):
            gradient = rng.standard_normal(tuple(p.shape)).astype(str(p.dtype)[6:])
            p.grad = None if skipping and (step + i) % 3 == 0 else library.tensor(gradient)
        optimizer.step()


def values(params):
    return [np.array(p.tolist()) for p in params]


# --- optimizers -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("skipping", [False, True])
def test_steps_beside_pytorch(name, dtype, skipping):
    torch = pytest.importorskip("torch")
    results = []
    for library in (torch, tinytorch):
        params = parameters(library, dtype)
        optimizer = OPTIMIZERS[name](library.optim, params)
        steps(library, optimizer, params, 21, skipping=skipping)
        results.append((params, optimizer))
    (expected, their_optimizer), (actual, our_optimizer) = results
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    for a, b in zip(values(actual), values(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
    assert repr(our_optimizer) == repr(their_optimizer)
    ours, theirs = our_optimizer.state_dict(), their_optimizer.state_dict()
    assert ours["param_groups"] == theirs["param_groups"]
    assert list(ours["state"]) == list(theirs["state"])
    for index, state in theirs["state"].items():
        assert list(ours["state"][index]) == list(state)
        for key, value in state.items():
            mine = ours["state"][index][key]
            assert str(mine.dtype) == str(value.dtype)
            np.testing.assert_allclose(mine.numpy(), value.numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_saved_and_loaded_optimizer_goes_on_as_before(name):
    whole = parameters(tinytorch)
    optimizer = OPTIMIZERS[name](optim, whole)
    steps(tinytorch, optimizer, whole, 5)
    file = io.BytesIO()
    serialization.save({"params": whole, "optimizer": optimizer.state_dict()}, file)
    steps(tinytorch, optimizer, whole, 5, seed=3)

    file.seek(0)
    saved = serialization.load(file)
    resumed = [nn.Parameter(p) for p in saved["params"]]
    optimizer = OPTIMIZERS[name](optim, resumed)
    optimizer.load_state_dict(saved["optimizer"])
    steps(tinytorch, optimizer, resumed, 5, seed=3)
    for a, b in zip(values(whole), values(resumed), strict=True):
        assert (a == b).all()


def test_loading_copies():
    params = parameters(tinytorch)
    optimizer = optim.Adam(params)
    steps(tinytorch, optimizer, params, 2)
    state = copy.deepcopy(optimizer.state_dict())
    other = optim.Adam(params)
    other.load_state_dict(state)
    steps(tinytorch, other, params, 2)
    assert state["state"][0]["step"].item() == 2
    assert (
        state["state"][0]["exp_avg"].tolist()
        == optimizer.state_dict()["state"][0]["exp_avg"].tolist()
    )


def test_zero_grad_forgets_or_zeroes():
    (p,) = params = parameters(tinytorch)[:1]
    optimizer = optim.SGD(params, lr=1.0)
    gradient = p.grad = tinytorch.ones(3, 4)
    optimizer.zero_grad(set_to_none=False)
    assert gradient.sum().item() == 0
    optimizer.zero_grad()
    assert p.grad is None


def test_a_closure_gives_the_loss():
    params = parameters(tinytorch)
    assert optim.SGD(params).step(lambda: 5) == 5
    assert optim.SGD(params).step() is None


def test_what_is_not_there_is_refused():
    for name in {name.partition(",")[0] for name in OPTIMIZERS} - {"groups"}:
        with pytest.raises(NotImplementedError, match="=False, got True"):
            getattr(optim, name)(parameters(tinytorch), differentiable=True)


WRONG = [
    lambda lib, p: lib.optim.SGD([], lr=0.1),
    lambda lib, p: lib.optim.SGD(p[0], lr=0.1),
    lambda lib, p: lib.optim.SGD([3], lr=0.1),
    lambda lib, p: lib.optim.SGD([{"params": set(p)}]),
    lambda lib, p: lib.optim.SGD(p, lr=-1),
    lambda lib, p: lib.optim.SGD(p, momentum=-1),
    lambda lib, p: lib.optim.SGD(p, nesterov=True),
    lambda lib, p: lib.optim.Adam(p, betas=(1.0, 0.9)),
    lambda lib, p: lib.optim.Adam(p, eps=-1.0),
    lambda lib, p: lib.optim.RMSprop(p, alpha=-1.0),
    lambda lib, p: lib.optim.SGD([{"params": p}, {"params": p}]),
    lambda lib, p: lib.optim.SGD(p + p),
    lambda lib, p: lib.optim.SGD([("w", p[0]), p[1]]),
    lambda lib, p: lib.optim.SGD(p).add_param_group(3),
    lambda lib, p: lib.optim.SGD(p).load_state_dict({"state": {}, "param_groups": []}),
    lambda lib, p: lib.optim.SGD(p).load_state_dict(
        {"state": {}, "param_groups": [{"params": []}]}
    ),
    lambda lib, p: lib.optim.Optimizer(p, {}).step(),
    lambda lib, p: lib.optim.Adam(p, lr=lib.ones(2)),
    lambda lib, p: lib.optim.Adam(p, lr=lib.ones(1), foreach=True),
    lambda lib, p: lib.optim.Adam(p, fused=True, foreach=True),
    lambda lib, p: lib.optim.SGD(p, fused=True, foreach=True),
    lambda lib, p: lib.optim.Adadelta(p, rho=1.5),
    lambda lib, p: lib.optim.Adagrad(p, lr_decay=-1),
    lambda lib, p: lib.optim.Adagrad(p, initial_accumulator_value=-1),
    lambda lib, p: lib.optim.Adamax(p, betas=(0.9, 1.0)),
    lambda lib, p: lib.optim.NAdam(p, momentum_decay=-1),
    lambda lib, p: lib.optim.RAdam(p, eps=-1),
    lambda lib, p: lib.optim.Rprop(p, etas=(1.5, 1.2)),
    lambda lib, p: lib.optim.ASGD(p, weight_decay=-1),
    lambda lib, p: lib.optim.LBFGS([{"params": p[:1]}, {"params": p[1:]}]),
    lambda lib, p: lib.optim.LBFGS(p, lr=-1),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_errors_beside_pytorch(number):
    beside_torch(lambda library: WRONG[number](library, parameters(library)))


LBFGS = {
    "plain": {"lr": 0.1},
    "one": {},
    "short memory": {"lr": 0.3, "history_size": 2, "max_iter": 7},
    "strong Wolfe": {"line_search_fn": "strong_wolfe"},
    "strong Wolfe, few calls": {"line_search_fn": "strong_wolfe", "max_eval": 5},
}


@pytest.mark.parametrize("name", LBFGS)
def test_lbfgs_beside_pytorch(name):
    """The banana of Rosenbrock in float64, to the last digits."""
    torch = pytest.importorskip("torch")
    results = []
    for library in (torch, tinytorch):
        x = library.nn.Parameter(library.tensor([-0.7, 0.4], dtype=library.float64))
        y = library.nn.Parameter(library.tensor([0.3], dtype=library.float64))
        optimizer = library.optim.LBFGS([x, y], **LBFGS[name])

        def closure(x=x, y=y, optimizer=optimizer):
            optimizer.zero_grad()
            loss = 5 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2 + ((x * y - 1) ** 2).sum()
            loss.backward()
            return loss

        losses = [optimizer.step(closure).item() for _ in range(4)]
        counts = {key: optimizer.state[x][key] for key in ("func_evals", "n_iter")}
        results.append((losses + x.tolist() + y.tolist(), counts))
        optimizer.load_state_dict(optimizer.state_dict())
    np.testing.assert_allclose(results[1][0], results[0][0], rtol=1e-7)
    assert results[1][1] == results[0][1]


def test_hooks_beside_pytorch():
    def run(library):
        class Mine(library.optim.SGD):
            def step(self, closure=None):
                seen.append("mine")
                return super().step(closure)

        seen = []
        optimizer = Mine(parameters(library), lr=0.1)
        handles = [
            optimizer.register_step_pre_hook(
                lambda o, args, kwargs: seen.append(("pre", args[1:]))
            ),
            optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append("post")),
            optimizer.register_state_dict_pre_hook(lambda o: seen.append("before saving")),
            optimizer.register_state_dict_post_hook(lambda o, state: {**state, "extra": 1}),
            optimizer.register_load_state_dict_pre_hook(
                lambda o, state: seen.append(sorted(state)), prepend=True
            ),
            optimizer.register_load_state_dict_post_hook(lambda o: seen.append("loaded")),
        ]
        module = importlib.import_module(f"{library.__name__}.optim.optimizer")
        everywhere = module.register_optimizer_step_post_hook(
            lambda o, args, kwargs: seen.append("any")
        )
        optimizer.step()
        optimizer.step(lambda: 3)
        state = optimizer.state_dict()
        optimizer.load_state_dict(state)
        for handle in [*handles, everywhere]:
            handle.remove()
        optimizer.step()
        return [str(entry)[:12] for entry in seen], sorted(state)

    beside_torch(run)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_copies_and_pickles_go_on_alike(name):
    params = parameters(tinytorch)
    optimizer = OPTIMIZERS[name](optim, params)
    steps(tinytorch, optimizer, params, 3)
    for again in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        theirs = [p for group in again.param_groups for p in group["params"]]
        assert repr(again) == repr(optimizer)
        twin = copy.deepcopy(optimizer)
        ours = [p for group in twin.param_groups for p in group["params"]]
        steps(tinytorch, again, theirs, 3, seed=5)
        steps(tinytorch, twin, ours, 3, seed=5)
        for a, b in zip(values(theirs), values(ours), strict=True):
            assert (a == b).all()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_states_move_between_the_libraries(name):
    """What PyTorch saved goes on here as it would have there."""
    torch = pytest.importorskip("torch")
    theirs = parameters(torch)
    optimizer = OPTIMIZERS[name](torch.optim, theirs)
    steps(torch, optimizer, theirs, 6)
    ours = [nn.Parameter(tinytorch.tensor(p.tolist())) for p in theirs]
    mine = OPTIMIZERS[name](optim, ours)
    state = optimizer.state_dict()
    state["state"] = {
        key: {field: tinytorch.tensor(x.tolist()) for field, x in entry.items() if x is not None}
        for key, entry in state["state"].items()
    }
    mine.load_state_dict(state)
    steps(torch, optimizer, theirs, 6, seed=9)
    steps(tinytorch, mine, ours, 6, seed=9)
    for a, b in zip(values(ours), values(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_capturable_needs_another_device():
    def run(library):
        optimizer = library.optim.NAdam(parameters(library), capturable=True)
        for p in optimizer.param_groups[0]["params"]:
            p.grad = library.ones_like(p)
        try:
            optimizer.step()
        except AssertionError as error:
            return str(error)[:25]

    beside_torch(run)


def test_averaged_models_beside_pytorch():
    torch = pytest.importorskip("torch")
    results = []
    for library in (torch, tinytorch):
        swa = library.optim.swa_utils
        library.manual_seed(0)
        model = library.nn.Sequential(library.nn.Linear(3, 4), library.nn.Tanh())
        model.register_buffer("seen", library.zeros(2))
        averages = [
            swa.AveragedModel(model),
            swa.AveragedModel(model, multi_avg_fn=swa.get_ema_multi_avg_fn(0.9), use_buffers=True),
            swa.AveragedModel(model, avg_fn=swa.get_ema_avg_fn(0.8)),
        ]
        optimizer = library.optim.SGD(model.parameters(), lr=0.1)
        scheduler = swa.SWALR(optimizer, swa_lr=0.02, anneal_epochs=4)
        rates = []
        data = [library.randn(5, 3) for _ in range(6)]
        for x in data:
            optimizer.zero_grad()
            model(x).pow(2).sum().backward()
            optimizer.step()
            scheduler.step()
            model.seen += 1
            rates += scheduler.get_last_lr()
            for average in averages:
                average.update_parameters(model)
        swa.update_bn(data, averages[0])
        results.append([rates, *(v.tolist() for a in averages for v in a.state_dict().values())])
    for mine, other in zip(results[1], results[0], strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)


def test_named_parameters_beside_pytorch():
    def run(library):
        optimizer = library.optim.SGD([("w", parameters(library)[0])])
        return optimizer, optimizer.state_dict()

    beside_torch(run)
