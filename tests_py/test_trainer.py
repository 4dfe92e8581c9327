"""Trainer: epochs, validation, schedules, early stopping, and a resume that leaves no trace."""

import numpy as np
import pytest

import tinytorch

if not hasattr(tinytorch, "no_grad"):
    pytest.skip("needs autograd", allow_module_level=True)

from tinytorch import nn, optim
from tinytorch.training import EarlyStopping, Trainer
from tinytorch.utils.data import DataLoader, TensorDataset


def spirals(samples=48):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((samples, 2)).astype(np.float32)
    return tinytorch.tensor(x), tinytorch.tensor((x[:, 0] * x[:, 1] > 0).astype(np.int64))


def loader(**options):
    return DataLoader(TensorDataset(*spirals()), batch_size=10, shuffle=True, **options)


def accuracy(output, target):
    return (output.argmax(1) == target).float().mean()


def trainer(seed=0, **options):
    tinytorch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Dropout(0.2), nn.Linear(16, 2))
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    scheduler = optim.lr_scheduler.StepLR(optimizer, 4, 0.5)
    options = {"scheduler": scheduler, "progress": False} | options
    return Trainer(model, optimizer, nn.CrossEntropyLoss(), **options)


def weights(trained):
    return [p.tolist() for p in trained.model.parameters()]


def losses(history):
    return [record["loss"] for record in history]


def test_it_learns():
    fitted = trainer(metrics={"accuracy": accuracy})
    history = fitted.fit(loader(), epochs=30, validation=loader())
    assert [record["epoch"] for record in history] == list(range(1, 31))
    assert history[-1]["loss"] < history[0]["loss"] / 1.5
    assert history[-1]["validation"]["accuracy"] > 0.9
    assert list(history[0]["gradient_norms"]) == ["0", "3"]
    assert fitted.evaluate(loader())["loss"] == pytest.approx(history[-1]["validation"]["loss"])


def test_two_tensors_are_taken_sample_by_sample():
    seen = []

    class Watched(nn.Linear):
        def forward(self, input):
            seen.append(tuple(input.shape))
            return super().forward(input)

    model = Watched(2, 2)
    fitted = Trainer(
        model, optim.SGD(model.parameters(), lr=0.1), nn.CrossEntropyLoss(), progress=False
    )
    fitted.fit(spirals(5), epochs=2)
    assert seen == [(1, 2)] * 10
    with pytest.raises(ValueError, match="expected as many x as y, got 5 and 4"):
        fitted.fit((spirals(5)[0], spirals(4)[1]), epochs=3)


def test_any_iterable_will_do():
    x, y = spirals()
    batches = [(x[:30], y[:30]), (x[30:], y[30:])]
    assert len(trainer().fit(batches, epochs=2)) == 2
    with pytest.raises(ValueError, match="at least one batch in epoch 2"):
        trainer().fit(iter(batches), epochs=2)


def test_the_loss_of_an_epoch_is_the_mean_over_its_samples():
    x, y = spirals()
    fitted = trainer()
    for group in fitted.optimizer.param_groups:
        group["lr"] = 0.0
    fitted.model[2].p = 0.0
    batches = [(x[:30], y[:30]), (x[30:], y[30:])]
    history = fitted.fit(batches, epochs=1)
    assert history[0]["loss"] == pytest.approx(fitted.evaluate(batches)["loss"], rel=1e-5)


def test_accumulated_batches_are_one_update():
    x, y = spirals()
    pieces = [(x[:20], y[:20]), (x[20:30], y[20:30]), (x[30:], y[30:])]
    results = []
    for batches, accumulate in ((pieces, 3), ([(x, y)], 1)):
        fitted = trainer(accumulate=accumulate)
        fitted.model[2].p = 0.0
        fitted.fit(batches, epochs=3)
        results.append(fitted)
    for a, b in zip(weights(results[0]), weights(results[1]), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("unit", "rates"), [("epoch", [0.05] * 4 + [0.025]), ("update", [0.025, 0.0125])]
)
def test_schedulers_step_once_an_epoch_or_an_update(unit, rates):
    fitted = trainer(scheduler_step=unit)
    history = fitted.fit(loader(), epochs=5)
    assert [record["lr"][0] for record in history][: len(rates)] == rates


def test_a_plateau_scheduler_sees_the_validation_loss():
    fitted = trainer()
    fitted.scheduler = optim.lr_scheduler.ReduceLROnPlateau(
        fitted.optimizer, patience=0, threshold=0.9
    )
    history = fitted.fit(loader(), epochs=3, validation=loader())
    assert [record["lr"][0] for record in history] == pytest.approx([0.05, 0.05, 0.005])


def test_early_stopping_ends_it():
    fitted = trainer(early_stopping=EarlyStopping(patience=2, min_delta=100.0))
    assert len(fitted.fit(loader(), epochs=50, validation=loader())) == 3
    assert fitted.stopped


class Interrupted(Exception):
    pass


def interrupted_after(updates, fitted):
    """Makes an update raise, as Ctrl-C would."""
    step = fitted.optimizer.step
    count = 0

    def failing(closure=None):
        nonlocal count
        count += 1
        if count > updates:
            raise Interrupted
        return step(closure)

    fitted.optimizer.step = failing


@pytest.mark.parametrize("own_generator", [False, True])
@pytest.mark.parametrize("updates", [5, 7, 12])
def test_a_resumed_run_ends_with_the_same_bits(tmp_path, updates, own_generator):
    """Five updates an epoch; a checkpoint after each: the run stops in the middle of an epoch."""

    def data():
        if not own_generator:
            return loader()
        generator = tinytorch.Generator()
        generator.manual_seed(9)
        return loader(generator=generator)

    whole = trainer()
    history = whole.fit(data(), epochs=4, validation=loader())

    path = tmp_path / "run"
    options = {"checkpoint": path, "checkpoint_every": 1}
    stopped = trainer(**options)
    interrupted_after(updates, stopped)
    with pytest.raises(Interrupted):
        stopped.fit(data(), epochs=4, validation=loader())

    resumed = trainer(seed=5, **options)
    resumed.load(path)
    tinytorch.rand(3)
    resumed_history = resumed.fit(data(), epochs=4, validation=loader())
    assert weights(resumed) == weights(whole)
    assert losses(resumed_history) == losses(history)
    assert [r["validation"] for r in resumed_history] == [r["validation"] for r in history]
    assert resumed.scheduler.get_last_lr() == whole.scheduler.get_last_lr()


def test_settings_out_of_range_are_refused(tmp_path):
    for options in (
        {"accumulate": 0},
        {"scheduler_step": "batch"},
        {"checkpoint_every": 1},
        {"checkpoint_every": 0, "checkpoint": tmp_path / "run"},
    ):
        with pytest.raises(ValueError, match="Trainer: expected"):
            trainer(**options)


def test_progress_goes_to_standard_error(capfd):
    trainer(progress=True).fit(loader(), epochs=2, validation=loader())
    out, err = capfd.readouterr()
    assert out == ""
    assert "epoch   2" in err
    assert "validation loss" in err
