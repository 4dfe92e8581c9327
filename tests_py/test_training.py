"""The unit training: schedules, clipping, accumulation, evaluation, stopping, exact resume."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinytorch as torch
from tinytorch.tito.law import law, task

EXACT = {"rtol": 0, "atol": 0}


def uniform(*shape, seed=0, limit=2.0):
    return np.random.default_rng(seed).uniform(-limit, limit, shape).astype(np.float32)


# --- cosine_schedule --------------------------------------------------------------------------


def schedule(steps, total, lr, min_lr, warmup):
    from tinytorch.training.schedules import cosine_schedule

    return np.array([cosine_schedule(int(s), total, lr, min_lr, warmup) for s in steps])


def asked(total, lr, min_lr, warmup):
    return {"total_steps": total, "lr": lr, "min_lr": min_lr, "warmup_steps": warmup}


@task("training.cosine_schedule")
@given(
    total=st.integers(2, 60),
    warmup=st.integers(0, 20),
    lr=st.sampled_from([1.0, 0.1, 3e-4]),
    share=st.sampled_from([0.0, 0.1, 0.5]),
)
def test_the_schedule_warms_up_and_falls(lab, total, warmup, lr, share):
    """A straight line up to lr, half a cosine down to min_lr, and min_lr ever after."""
    total, low = total + warmup, lr * share
    steps = np.arange(total + 5)
    rates = lab.run(schedule, steps, total, lr, low, warmup)
    given = asked(total, lr, low, warmup)
    peak = "lr is reached at warmup_steps, or at once without a warm-up"
    law(peak, rates[warmup], lr, given=given, rtol=1e-12)
    law("min_lr from total_steps on", rates[total:], np.full(5, low), given=given, rtol=1e-12)
    rises = np.diff(rates[: warmup + 1])
    law(
        "the warm-up grows by as much each step, from the first on",
        rises,
        np.full(warmup, lr / (warmup + 1)),
        given=given,
        rtol=1e-9,
        hint="lr is reached at warmup_steps: warmup_steps + 1 equal steps up from zero",
    )
    done = (steps[warmup:total] - warmup) / (total - warmup)
    expected = low + (lr - low) * (1 + np.cos(np.pi * done)) / 2
    law("half a cosine", rates[warmup:total], expected, given=given, rtol=1e-9)


@task("training.cosine_schedule")
def test_the_schedule_is_flat_at_both_ends_and_halfway_in_the_middle(lab):
    rates = lab.run(schedule, np.array([0, 1, 500, 999, 1000]), 1000, 1.0, 0.0, 0)
    law("begins at lr", rates[0], 1.0, rtol=1e-12)
    law("nearly flat at first", bool(rates[1] > 1 - 1e-5), True)
    law("halfway in the middle", rates[2], 0.5, rtol=1e-12)
    law("nearly flat at last", bool(0 < rates[3] < 1e-5), True)
    law("ends at min_lr", rates[4], 0.0, atol=1e-15)


@task("training.cosine_schedule")
def test_a_schedule_may_be_all_warm_up(lab):
    rates = lab.run(schedule, np.arange(6), 3, 1.0, 0.25, 3)
    law("nothing is left to fall", rates, np.array([0.25, 0.5, 0.75, 0.25, 0.25, 0.25]), rtol=1e-12)


# --- gradients --------------------------------------------------------------------------------


def clip(gradients, max_norm, norm_type):
    from tinytorch.training.gradients import clip_grad_norm

    tensors = [torch.tensor(gradient) for gradient in gradients]
    norm = clip_grad_norm(tensors, max_norm, norm_type)
    return norm.item(), tensors


def joined_norm(gradients, order=2.0):
    flat = np.concatenate([g.ravel() for g in gradients]).astype(np.float64)
    return float(np.linalg.norm(flat, order))


@task("training.clip_grad_norm")
@given(
    count=st.integers(1, 4),
    seed=st.integers(0, 1000),
    max_norm=st.sampled_from([0.01, 1.0, 5.0, 1e4]),
    order=st.sampled_from([1.0, 2.0, 3.0, math.inf]),
)
def test_clipping_bounds_the_common_norm(lab, count, seed, max_norm, order):
    """One factor for all gradients: the direction of the step stays."""
    before = [uniform(i + 1, 3, seed=seed + i) for i in range(count)]
    norm, after = lab.run(clip, before, max_norm, order)
    given = {"gradients": before[0], "max_norm": max_norm, "norm_type": order}
    expected = joined_norm(before, order)
    story = "returns the norm of all gradients joined, before"
    law(story, np.float64(norm), expected, given=given, rtol=1e-5)
    factor = min(1.0, max_norm / (expected + 1e-6))
    for old, new in zip(before, after, strict=True):
        law("the same factor everywhere", new, old * np.float32(factor), given=given, rtol=1e-5)


@task("training.clip_grad_norm")
def test_small_gradients_stay_as_they_are(lab):
    before = [uniform(2, 3), uniform(4, seed=1)]
    _, after = lab.run(clip, before, 1e3, 2.0)
    for old, new in zip(before, after, strict=True):
        law("a norm within max_norm changes nothing", new, old, given=old, **EXACT)


@task("training.clip_grad_norm")
def test_zero_gradients_and_none_at_all(lab):
    norm, after = lab.run(clip, [np.zeros(3, np.float32)], 1.0, 2.0)
    law("zeros have norm zero", norm, 0.0)
    law("zeros stay zeros", after[0], np.zeros(3, np.float32))
    law("no gradients have norm zero", lab.run(clip, [], 1.0, 2.0)[0], 0.0)


@task("training.clip_grad_norm")
def test_the_factor_is_pytorchs(lab):
    before = np.array([1e-6, 0.0], np.float32)
    _, after = lab.run(clip, [before], 1e-6, 2.0)
    hint = "max_norm / (norm + 1e-6) is one half here; it also keeps 0 / 0 away"
    law(
        "1e-6 is added to the norm",
        after[0],
        before / 2,
        given=before,
        rtol=1e-4,
        atol=0,
        hint=hint,
    )


def clip_nonfinite(gradients):
    from tinytorch.training.gradients import clip_grad_norm

    tensors = [torch.tensor(gradient) for gradient in gradients]
    try:
        clip_grad_norm(tensors, 1.0, error_if_nonfinite=True)
    except NotImplementedError:
        raise
    except RuntimeError:
        return "RuntimeError", tensors
    return "nothing", tensors


@task("training.clip_grad_norm")
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_norm_that_is_not_finite_raises_in_time(lab, value):
    before = [uniform(3), np.array([value, 1.0], np.float32)]
    raised, after = lab.run(clip_nonfinite, before)
    law("error_if_nonfinite raises RuntimeError", raised, "RuntimeError", given=before[1])
    law("and leaves the gradients as they were", after[0], before[0], **EXACT)


@task("training.clip_grad_norm")
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_norm_that_is_not_finite_is_returned_when_nobody_asks(lab, value):
    before = [uniform(3), np.array([value, 1.0], np.float32)]
    norm, after = lab.run(clip, before, 1.0, 2.0)
    law("the norm", np.float64(norm), np.float64(value), given=before[1])
    expected = before[0] * (1 / value)
    law("and the factor is one over it", after[0], expected, given=before[1])


def layer_norms(gradients):
    from tinytorch.training.gradients import gradient_norms

    nn = torch.nn
    block = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2))
    model = nn.Module()
    model.scale = nn.Parameter(torch.zeros(3))
    model.block = block
    model.frozen = nn.Linear(2, 2)
    parameters = {"": [model.scale], "block.0": block[0].parameters(), "block.2": [block[2].bias]}
    for layer, values in gradients.items():
        for parameter, gradient in zip(parameters[layer], values, strict=True):
            parameter.grad = torch.tensor(gradient)
    norms = gradient_norms(model)
    return list(norms), np.array(list(norms.values()))


@task("training.gradient_norms")
def test_a_layer_is_measured_as_a_whole(lab):
    gradients = {
        "": [uniform(3)],
        "block.0": [uniform(2, 2, seed=1), uniform(2, seed=2)],
        "block.2": [uniform(2, seed=3)],
    }
    layers, norms = lab.run(layer_norms, gradients)
    law("layers with a gradient, in the model's order", layers, list(gradients))
    expected = np.array([joined_norm(values) for values in gradients.values()])
    law("weight and bias of a layer together", norms, expected, rtol=1e-5)


@task("training.gradient_norms")
def test_an_exploded_gradient_still_has_a_norm(lab):
    huge = np.array([3e30, 4e30, 0.0], np.float32)
    _, norms = lab.run(layer_norms, {"": [huge]})
    law(
        "3e30 and 4e30 make 5e30",
        norms,
        np.array([5e30]),
        given=huge,
        rtol=1e-6,
        hint="the square of 3e30 is inf in float32: in which dtype is there room for it?",
    )


# --- train_step -------------------------------------------------------------------------------


def steps(x, y, sizes, max_norm, lr, count):
    """The losses of `count` train_steps on batches of these sizes, and what became of it all."""
    from tinytorch.training.steps import train_step

    nn = torch.nn
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    start = [p.detach().clone() for p in model.parameters()]
    for p in model.parameters():
        p.grad = torch.ones(p.shape) * 100  # left over from another loss
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    ends = np.cumsum(sizes)
    batches = [
        (torch.tensor(x[end - size : end]), torch.tensor(y[end - size : end]))
        for end, size in zip(ends, sizes, strict=True)
    ]
    loss = nn.MSELoss()
    losses = [train_step(model, optimizer, loss, batches, max_norm) for _ in range(count)]
    return losses, start, list(model.parameters()), [p.grad for p in model.parameters()]


def by_hand(x, y, start, lr, count):
    """The same in numpy, on all samples at once."""
    w1, b1, w2, b2 = (p.astype(np.float64) for p in start)
    losses = []
    for _ in range(count):
        h = np.tanh(x @ w1.T + b1)
        error = h @ w2.T + b2 - y
        losses.append(np.mean(error**2))
        out = 2 * error / error.size
        hidden = (out @ w2) * (1 - h * h)
        gradients = [hidden.T @ x, hidden.sum(0), out.T @ h, out.sum(0)]
        w1, b1, w2, b2 = (p - lr * g for p, g in zip((w1, b1, w2, b2), gradients, strict=True))
    return losses, [w1, b1, w2, b2], gradients


@task("training.train_step")
@pytest.mark.parametrize("sizes", [[8], [4, 4], [5, 2, 1]], ids=str)
def test_batches_make_one_update_of_all_their_samples(lab, sizes):
    """However the samples are cut into batches, the gradient is that of their mean loss."""
    x, y = uniform(8, 3), uniform(8, 2, seed=1)
    losses, start, end, gradients = lab.run(steps, x, y, sizes, None, 0.1, 3)
    given = {"sizes of the batches": sizes}
    expected_losses, expected, expected_gradients = by_hand(x, y, start, 0.1, 3)
    law(
        "returns the mean loss over all samples, before the step",
        np.array(losses),
        np.array(expected_losses),
        given=given,
        rtol=1e-5,
        hint="a batch of 5 of 8 samples is 5/8 of the mean",
    )
    for actual, wanted in zip(end, expected, strict=True):
        law("one step along the mean gradient", actual, wanted, given=given, rtol=1e-4, atol=1e-6)
    for actual, wanted in zip(gradients, expected_gradients, strict=True):
        law("leaves the gradients", actual, wanted, given=given, rtol=1e-4, atol=1e-6)


@task("training.train_step")
def test_max_norm_bounds_the_step(lab):
    x, y = uniform(8, 3), uniform(8, 2, seed=1) * 100
    _, start, end, gradients = lab.run(steps, x, y, [4, 4], 0.5, 0.1, 1)
    law("the gradients as clipped", np.float64(joined_norm(gradients)), 0.5, rtol=1e-4)
    moved = joined_norm([b - a for a, b in zip(start, end, strict=True)])
    law("a step of lr * max_norm", np.float64(moved), 0.05, rtol=1e-3)


# --- evaluate ---------------------------------------------------------------------------------


def evaluation(x, y, sizes):
    from tinytorch.training.steps import evaluate

    nn = torch.nn
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.5), nn.Sequential(nn.Dropout(0.5)))
    model[2].eval()
    modes = [module.training for module in model.modules()]
    ends = np.cumsum(sizes)
    batches = (
        (torch.tensor(x[end - size : end]), torch.tensor(y[end - size : end]))
        for end, size in zip(ends, sizes, strict=True)
    )
    recorded = []

    def error(output, target):
        recorded.append(output.requires_grad)
        return ((output - target) ** 2).mean()

    def largest(output, target):
        return output.abs().max().item()

    means = evaluate(model, batches, {"error": error, "largest": largest})
    after = [module.training for module in model.modules()]
    return means, modes, after, any(recorded), list(model.parameters())


@task("training.evaluate")
@pytest.mark.parametrize("sizes", [[7], [4, 3], [5, 1, 1]], ids=str)
def test_each_sample_counts_once(lab, sizes):
    x, y = uniform(7, 3), uniform(7, 2, seed=1)
    means, _, _, _, (weight, bias) = lab.run(evaluation, x, y, sizes)
    output = x @ weight.T + bias
    given = {"sizes of the batches": sizes}
    law(
        "the mean over all samples",
        np.float64(means["error"]),
        np.float32(np.mean((output - y) ** 2)),
        given=given,
        rtol=1e-5,
        hint="a batch of 1 sample must not weigh as much as one of 5",
    )
    ends = np.cumsum(sizes)
    tops = [np.abs(output[end - size : end]).max() for end, size in zip(ends, sizes, strict=True)]
    expected = np.float32(np.dot(tops, sizes) / 7)
    law(
        "every measure, and measures that are numbers",
        np.float64(means["largest"]),
        expected,
        rtol=1e-5,
    )


@task("training.evaluate")
def test_measuring_leaves_no_trace(lab):
    x, y = uniform(7, 3), uniform(7, 2, seed=1)
    _, before, after, recorded, _ = lab.run(evaluation, x, y, [4, 3])
    law("no gradient is recorded", recorded, False)
    law("each module's own mode is back", after, before, hint="some layer may be frozen in eval")


def failed_evaluation(x, y):
    from tinytorch.training.steps import evaluate

    model = torch.nn.Linear(3, 2)
    names = []
    for batches in ([], [(torch.tensor(x), None)]):
        try:
            evaluate(model, batches, {"error": lambda output, target: (output - target).mean()})
        except NotImplementedError:
            raise
        except Exception as error:
            names.append(type(error).__name__)
    return names, model.training


@task("training.evaluate")
def test_a_failed_evaluation_leaves_no_trace_either(lab):
    names, mode = lab.run(failed_evaluation, uniform(2, 3), uniform(2, 2))
    law(
        "no samples have no mean: ValueError, and errors pass through",
        names,
        ["ValueError", "TypeError"],
    )
    law("the mode is back after an error", mode, True)


# --- early stopping ---------------------------------------------------------------------------


def stopping(values, patience, min_delta, mode):
    from tinytorch.training.stopping import EarlyStopping

    watch = EarlyStopping(patience, min_delta, mode)
    seen = []
    for value in values:
        stop = watch.update(float(value))
        seen.append([stop, watch.waited, watch.best])
    return seen


def stopping_by_hand(values, patience, min_delta, mode):
    best, waited, seen = (math.inf if mode == "min" else -math.inf), 0, []
    for value in values:
        gain = best - value if mode == "min" else value - best
        if gain > min_delta:
            best, waited = value, 0
        else:
            waited += 1
        seen.append([waited >= patience, waited, best])
    return seen


@task("training.early_stopping")
@given(
    values=st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0]), min_size=1, max_size=12),
    patience=st.integers(1, 4),
    min_delta=st.sampled_from([0.0, 0.5, 0.75]),
    mode=st.sampled_from(["min", "max"]),
)
def test_it_stops_when_nothing_gets_better(lab, values, patience, min_delta, mode):
    seen = lab.run(stopping, values, patience, min_delta, mode)
    given = {"values": values, "patience": patience, "min_delta": min_delta, "mode": mode}
    for at, expected in enumerate(stopping_by_hand(values, patience, min_delta, mode)):
        law(f"[stop, waited, best] after value {at + 1}", seen[at], expected, given=given)


@task("training.early_stopping")
def test_nan_is_no_improvement(lab):
    seen = lab.run(stopping, [1.0, math.nan, math.nan], 2, 0.0, "min")
    law("two nan in a row use up a patience of two", [row[0] for row in seen], [False, False, True])
    law("and leave the best", seen[-1][2], 1.0)
    law(
        "a first nan is not the best", lab.run(stopping, [math.nan, 2.0], 3, 0.0, "max")[-1][2], 2.0
    )


# --- checkpoints ------------------------------------------------------------------------------


def snapshot_and_train_on():
    from tinytorch.training.checkpoint import snapshot

    nn = torch.nn
    torch.manual_seed(0)
    model = nn.Linear(2, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)

    def train():
        optimizer.zero_grad()
        model(torch.randn(4, 2)).sum().backward()
        optimizer.step()

    def plain(state):
        moments = state["parts"]["optimizer"]["state"]
        return [state["parts"]["model"]["weight"], *(moments[i]["exp_avg"] for i in moments)]

    train()
    position = {"epoch": 3}
    state = snapshot({"model": model, "optimizer": optimizer}, position)
    before = [x.clone() for x in plain(state)]
    position["epoch"] = 4
    train()
    return before, plain(state), state["position"], sorted(state), sorted(state["random"])


@task("training.snapshot")
def test_a_snapshot_does_not_change_with_the_model(lab):
    before, after, position, keys, generators = lab.run(snapshot_and_train_on)
    law("parts, position and random state", keys, ["parts", "position", "random"])
    law("the position as it was", position, {"epoch": 3})
    law("every generator", generators, ["generator", "numpy", "python", "tinytorch"])
    for old, new in zip(before, after, strict=True):
        law("a copy: training on does not change it", new, old, **EXACT)


def snapshot_with_a_generator():
    from tinytorch.training.checkpoint import snapshot

    generator = torch.Generator().manual_seed(7)
    torch.randn(3, generator=generator)
    state = snapshot({}, {}, generator)["random"]["generator"]
    expected = torch.randn(4, generator=generator)
    again = torch.Generator()
    again.set_state(state)
    return torch.randn(4, generator=again), expected, snapshot({}, {})["random"]["generator"]


@task("training.snapshot")
def test_a_snapshot_keeps_the_generator_that_it_is_given(lab):
    drawn, expected, none = lab.run(snapshot_with_a_generator)
    law("it goes on where it was", drawn, expected, **EXACT)
    law("none where none is given", none, None)


def resume(kind):
    """Ten steps in one go, or five, a restore into new objects, and the other five."""
    import random

    from tinytorch.training.checkpoint import copy_of, random_state, restore

    nn = torch.nn

    def build(seed):
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 1))
        optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3, 0.5)
        return {"model": model, "optimizer": optimizer, "scheduler": scheduler}

    def train(parts, count):
        losses = []
        for _ in range(count):
            x = torch.randn(4, 3) + float(np.random.rand()) + random.random()
            loss = parts["model"](x).pow(2).mean()
            parts["optimizer"].zero_grad()
            loss.backward()
            parts["optimizer"].step()
            parts["scheduler"].step()
            losses.append(loss.item())
        return losses

    np.random.seed(1)
    random.seed(1)
    parts = build(0)
    train(parts, 5)
    saved = {
        "parts": {name: copy_of(part.state_dict()) for name, part in parts.items()},
        "random": random_state(),
        "position": {"step": 5},
    }
    whole = train(parts, 5)
    if kind == "wrong parts":
        try:
            restore({"model": parts["model"]}, saved)
        except KeyError as error:
            return str(error)
        return "nothing"
    again = []
    for seed in (1, 2):
        fresh = build(seed)
        position = restore(fresh, saved)
        again.append(train(fresh, 5))
    return whole, again, position


@task("training.restore")
def test_a_restored_run_makes_the_same_losses(lab):
    """Weights, momenta, learning rate, dropout's masks and the data: to the last bit."""
    whole, (once, twice), position = lab.run(resume, "exact")
    law("the losses of the run that was never stopped", np.array(once), np.array(whole), **EXACT)
    law("a second restore gives them again", np.array(twice), np.array(whole), **EXACT)
    law("returns the position", position, {"step": 5})


@task("training.restore")
def test_a_snapshot_of_other_parts_is_refused(lab):
    message = lab.run(resume, "wrong parts")
    law("KeyError names both lists", "optimizer" in message and "model" in message, True)


def restore_twice():
    from tinytorch.training.checkpoint import random_state, restore

    class Counter:
        """Keeps the very dict that it is given."""

        def load_state_dict(self, state):
            self.state = state

        def count(self):
            self.state["seen"] += 1
            self.state["all"].fill_(9)

    counter = Counter()
    states = {"counter": {"seen": 1, "all": torch.ones(2)}}
    generator = torch.Generator().manual_seed(7)
    saved = {"parts": states, "random": random_state(generator), "position": {"step": 1}}
    drawn = []
    for _ in range(2):
        position = restore({"counter": counter}, saved, generator)
        position["step"] += 1
        counter.count()
        drawn.append(torch.randn(4, generator=generator))
    return counter.state["seen"], states["counter"]["all"], position, drawn


@task("training.restore")
def test_a_snapshot_outlives_what_is_restored_from_it(lab):
    seen, kept, position, drawn = lab.run(restore_twice)
    law("the second restore begins where the first did", seen, 2)
    law("no tensor of the snapshot has changed", kept, np.ones(2, np.float32), **EXACT)
    law("the position is a copy", position, {"step": 2})
    law("a generator of one's own draws the same again", drawn[1], drawn[0], **EXACT)
