"""Schedulers: learning rates, states, warnings and errors as PyTorch's, to the last bit."""

import numpy as np
import pytest

import tinytorch
from beside import beside_torch
from test_optim import parameters
from tinytorch import nn, optim

SCHEDULERS = {
    "StepLR": lambda s, o: s.StepLR(o, 3),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [2, 5, 5, 9]),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.9),
    "LambdaLR": lambda s, o: s.LambdaLR(o, lambda epoch: 0.95**epoch),
    "LambdaLR, two": lambda s, o: s.LambdaLR(o, [lambda epoch: 0.95**epoch, lambda epoch: epoch]),
    "LinearLR": lambda s, o: s.LinearLR(o),
    "LinearLR, down": lambda s, o: s.LinearLR(o, 1.0, 0.1, 7),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, 7),
    "CosineAnnealingLR, above 0": lambda s, o: s.CosineAnnealingLR(o, 5, 0.01),
    "ConstantLR": lambda s, o: s.ConstantLR(o),
    "ConstantLR, half": lambda s, o: s.ConstantLR(o, 0.5, 12),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o, 12, 0.9),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, lambda epoch: 0.9 + epoch / 100),
    "CosineAnnealingWarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 5, 2, 0.01),
    "CosineAnnealingWarmRestarts, equal": lambda s, o: s.CosineAnnealingWarmRestarts(o, 7),
    "CyclicLR": lambda s, o: s.CyclicLR(o, 0.01, 0.1, 5),
    "CyclicLR, halving": lambda s, o: s.CyclicLR(
        o, [0.01, 0.02], [0.1, 0.3], 3, 4, mode="triangular2", base_momentum=0.7
    ),
    "CyclicLR, exponential": lambda s, o: s.CyclicLR(
        o, 0.01, 0.1, 5, mode="exp_range", gamma=0.97, cycle_momentum=False
    ),
    "CyclicLR, function": lambda s, o: s.CyclicLR(
        o, 0.01, 0.1, 4, scale_fn=lambda x: 1 / (5 * x + 1), scale_mode="iterations"
    ),
    "SequentialLR": lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.9), s.CosineAnnealingLR(o, 8)], [6, 15]
    ),
    "SequentialLR, warm up": lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, 0.1, 1.0, 5), s.LambdaLR(o, lambda epoch: 1 / (1 + epoch))], [5]
    ),
    "ChainedScheduler": lambda s, o: s.ChainedScheduler(
        [s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.9)], o
    ),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, 0.5, total_steps=30),
    "OneCycleLR, linear": lambda s, o: s.OneCycleLR(
        o, [0.5, 0.1], epochs=6, steps_per_epoch=5, three_phase=True, anneal_strategy="linear"
    ),
    "OneCycleLR, three phases": lambda s, o: s.OneCycleLR(
        o, 0.5, total_steps=30, three_phase=True, cycle_momentum=False, pct_start=0.4
    ),
}


def two_groups(library, adam):
    params = parameters(library)
    groups = [{"params": params[:1]}, {"params": params[1:], "lr": 0.3}]
    if adam:
        return library.optim.Adam(groups, lr=0.1)
    return library.optim.SGD(groups, lr=0.1, momentum=0.9)


@pytest.mark.parametrize("name", SCHEDULERS)
@pytest.mark.parametrize("adam", [False, True])
@pytest.mark.parametrize("reload", [False, True])
def test_schedules_beside_pytorch(name, adam, reload):
    """To the last bit, also after saving and loading in the middle."""

    def run(library):
        schedulers = library.optim.lr_scheduler
        optimizer = two_groups(library, adam)
        scheduler = SCHEDULERS[name](schedulers, optimizer)
        seen = []
        for step in range(29):
            optimizer.step()
            scheduler.step()
            group = optimizer.param_groups[0]
            seen.append((scheduler.get_last_lr(), group.get("momentum"), group.get("betas")))
            if reload and step == 8:
                states = scheduler.state_dict(), optimizer.state_dict()
                optimizer = two_groups(library, adam)
                scheduler = SCHEDULERS[name](schedulers, optimizer)
                scheduler.load_state_dict(states[0])
                optimizer.load_state_dict(states[1])
        state = scheduler.state_dict()
        return seen, sorted((key, str(value)) for key, value in state.items())

    beside_torch(run)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"mode": "max"},
        {"patience": 1, "cooldown": 2, "threshold": 0.1},
        {"patience": 0, "threshold_mode": "abs", "min_lr": 0.02},
        {"patience": 1, "min_lr": [0.05, 0.1], "factor": 0.5},
        {"mode": "max", "threshold_mode": "abs", "patience": 2},
    ],
    ids=str,
)
def test_plateaus_beside_pytorch(options):
    def run(library):
        rng = np.random.default_rng(3)
        optimizer = two_groups(library, adam=False)
        scheduler = library.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
        seen = []
        for _ in range(60):
            scheduler.step(float(rng.standard_normal()))
            seen.append(scheduler.get_last_lr())
        return seen, sorted((key, str(value)) for key, value in scheduler.state_dict().items())

    beside_torch(run)


# What PyTorch 2.13 gives, for machines without it.
RECORDED = [
    (
        lambda s, o: s.CosineAnnealingLR(o, 4),
        [1.0, 0.8535533905932737, 0.5, 0.14644660940672627, 0.0, 0.1464466094067262],
    ),
    (
        lambda s, o: s.OneCycleLR(o, 1.0, total_steps=5, cycle_momentum=False),
        [0.040000000000000036, 0.9504846320134737, 0.6112620219362893, 0.18825834605023697, 4e-06],
    ),
    (lambda s, o: s.StepLR(o, 2, 0.5), [1.0, 1.0, 0.5, 0.5, 0.25]),
]


@pytest.mark.parametrize("number", range(len(RECORDED)))
def test_recorded_schedules(number):
    make, expected = RECORDED[number]
    optimizer = optim.SGD([nn.Parameter(tinytorch.zeros(1))], lr=1.0)
    scheduler = make(optim.lr_scheduler, optimizer)
    seen = scheduler.get_last_lr()
    for _ in expected[1:]:
        optimizer.step()
        scheduler.step()
        seen = seen + scheduler.get_last_lr()
    assert seen == pytest.approx(expected, rel=1e-12, abs=1e-15)


WRONG_SCHEDULES = [
    lambda s, o: s.StepLR(3, 2),
    lambda s, o: s.OneCycleLR(o, 0.1),
    lambda s, o: s.OneCycleLR(o, 0.1, total_steps=-1),
    lambda s, o: s.OneCycleLR(o, [0.1], total_steps=3),
    lambda s, o: s.OneCycleLR(o, 0.1, total_steps=10, pct_start=2),
    lambda s, o: s.OneCycleLR(o, 0.1, total_steps=10, anneal_strategy="x"),
    lambda s, o: s.LinearLR(o, 2),
    lambda s, o: s.ReduceLROnPlateau(o, factor=2),
    lambda s, o: s.ReduceLROnPlateau(o, mode="x"),
    lambda s, o: s.LambdaLR(o, []),
    lambda s, o: s.MultiplicativeLR(o, [len]),
    lambda s, o: s.ConstantLR(o, 2),
    lambda s, o: s.CosineAnnealingWarmRestarts(o, 0),
    lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, 0),
    lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, eta_min="x"),
    lambda s, o: s.CosineAnnealingWarmRestarts(o, 3).step(-1),
    lambda s, o: s.CyclicLR(o, 0.1, 0.2, mode="x"),
    lambda s, o: s.CyclicLR(o, [0.1], 0.2),
    lambda s, o: s.CyclicLR(3, 0.1, 0.2),
    lambda s, o: s.SequentialLR(o, [], []),
    lambda s, o: s.SequentialLR(o, [s.StepLR(o, 2)], [3]),
    lambda s, o: s.SequentialLR(o, [s.ReduceLROnPlateau(o)], []),
    lambda s, o: s.ChainedScheduler([]),
    lambda s, o: s.ChainedScheduler([s.ReduceLROnPlateau(o)]),
]


@pytest.mark.parametrize("number", range(len(WRONG_SCHEDULES)))
def test_errors_of_schedules_beside_pytorch(number):
    beside_torch(
        lambda library: WRONG_SCHEDULES[number](
            library.optim.lr_scheduler, two_groups(library, adam=False)
        )
    )


def test_a_cycle_ends():
    def run(library):
        optimizer = two_groups(library, adam=False)
        scheduler = library.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=2)
        for _ in range(4):
            optimizer.step()
            scheduler.step()

    beside_torch(run)


def test_a_cycle_may_be_passed_by_one_step():
    torch = pytest.importorskip("torch")
    rates = []
    for library in (torch, tinytorch):
        optimizer = two_groups(library, adam=False)
        scheduler = library.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=10)
        for _ in range(10):
            optimizer.step()
            scheduler.step()
        rates.append([*scheduler.get_last_lr(), optimizer.param_groups[0]["momentum"]])
    assert rates[1] == pytest.approx(rates[0], rel=1e-12)


def test_warnings_beside_pytorch():
    def order(library):
        scheduler = library.optim.lr_scheduler.StepLR(two_groups(library, adam=False), 2)
        scheduler.step()
        scheduler.step()

    def epoch(library):
        optimizer = two_groups(library, adam=False)
        scheduler = library.optim.lr_scheduler.StepLR(optimizer, 2)
        optimizer.step()
        present = scheduler.get_lr()
        scheduler.step(3)
        return present, scheduler.get_last_lr()

    beside_torch(order)
    beside_torch(epoch)


BY_EPOCH = (
    "StepLR MultiStepLR ExponentialLR LinearLR ConstantLR PolynomialLR CosineAnnealingLR LambdaLR"
)


@pytest.mark.parametrize("name", [*BY_EPOCH.split(), "CosineAnnealingWarmRestarts"])
def test_epochs_may_be_given(name):
    def run(library):
        optimizer = two_groups(library, adam=False)
        scheduler = SCHEDULERS[name](library.optim.lr_scheduler, optimizer)
        seen = []
        for epoch in (3, 7, 1, 12):
            optimizer.step()
            scheduler.step(epoch)
            seen.append(scheduler.get_last_lr())
        if name == "CosineAnnealingWarmRestarts":
            scheduler.step(11.5)
            seen.append((scheduler.get_last_lr(), scheduler.T_cur, scheduler.T_i))
        return seen

    beside_torch(run)


def test_a_learning_rate_that_is_a_tensor_is_written_into():
    def run(library):
        lr = library.tensor(0.5)
        optimizer = library.optim.Adam(parameters(library), lr=lr)
        scheduler = library.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
        optimizer.step()
        scheduler.step()
        return lr.item(), optimizer.param_groups[0]["lr"] is lr, scheduler.base_lrs[0].item()

    beside_torch(run)


def test_schedulers_of_another_optimizer_are_refused():
    for make in (
        lambda s, a, b: s.SequentialLR(a, [s.StepLR(b, 2)], []),
        lambda s, a, b: s.ChainedScheduler([s.StepLR(a, 2), s.StepLR(b, 2)]),
    ):
        first, second = two_groups(tinytorch, False), two_groups(tinytorch, False)
        with pytest.raises(ValueError, match="same optimizer"):
            make(optim.lr_scheduler, first, second)
