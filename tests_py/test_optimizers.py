"""The unit optimizers: each step is the formula, in one call for all parameters, in place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinytorch as torch
from tinytorch.tito.law import law, task


def uniform(*shape, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).uniform(-2, 2, shape).astype(dtype)


# In the worker: a step for each gradient, and the parameter after it.


def sgd(w, grads, options):
    buffers = [None] if options.get("momentum") else []
    for grad in grads:
        torch.optimizers.sgd_step([w], [grad], buffers, **options)
    return w


def adam(w, grads, options):
    m, v = np.zeros_like(w), np.zeros_like(w)
    for step, grad in enumerate(grads, 1):
        torch.optimizers.adam_step([w], [grad], [m], [v], step, **options)
    return w


def rmsprop(w, grads, options):
    v, buffer = np.zeros_like(w), np.zeros_like(w)
    buffers = [buffer] if options.get("momentum") else []
    for grad in grads:
        torch.optimizers.rmsprop_step([w], [grad], [v], buffers, **options)
    return w


# What numpy says.


def expected_sgd(
    w, grads, lr, momentum=0, dampening=0, weight_decay=0, nesterov=False, maximize=False
):
    buffer = None
    for grad in grads:
        g = (-grad if maximize else grad) + weight_decay * w
        buffer = g if buffer is None else momentum * buffer + (1 - dampening) * g
        w = w - lr * (g + momentum * buffer if nesterov else buffer if momentum else g)
    return w


def expected_adam(
    w,
    grads,
    lr,
    beta1=0.9,
    beta2=0.999,
    eps=1e-8,
    weight_decay=0,
    decoupled=False,
    maximize=False,
):
    m = v = np.zeros_like(w)
    for step, grad in enumerate(grads, 1):
        g = -grad if maximize else grad
        if decoupled:
            w = w * (1 - lr * weight_decay)
        else:
            g = g + weight_decay * w
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        w = w - lr * (m / (1 - beta1**step)) / (np.sqrt(v / (1 - beta2**step)) + eps)
    return w


def expected_rmsprop(
    w, grads, lr, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, maximize=False
):
    v = buffer = np.zeros_like(w)
    for grad in grads:
        g = (-grad if maximize else grad) + weight_decay * w
        v = alpha * v + (1 - alpha) * g * g
        buffer = momentum * buffer + g / (np.sqrt(v) + eps)
        w = w - lr * buffer
    return w


def follows(lab, run, expected, **options):
    """Twenty steps of float64 and float32 end where numpy ends."""
    for dtype, rtol in ((np.float64, 1e-9), (np.float32, 2e-5)):
        w, grads = uniform(3, 5, dtype=dtype), uniform(20, 3, 5, seed=1, dtype=dtype)
        actual = lab.run(run, w.copy(), list(grads), options)
        end = expected(w.astype(np.float64), grads.astype(np.float64), **options)
        law("after 20 steps", actual, end, given={"w": w, **options}, rtol=rtol, atol=rtol)
        law("the dtype stays", actual.dtype.name, w.dtype.name)


# --- sgd ---


@task("optimizers.sgd")
@given(seed=st.integers(0, 99), lr=st.floats(0, 2))
def test_sgd_goes_against_the_gradient(lab, seed, lr):
    w, grad = uniform(4, seed=seed), uniform(4, seed=seed + 1)
    actual = lab.run(sgd, w.copy(), [grad], {"lr": lr})
    law("w - lr grad", actual, w - lr * grad, given={"w": w, "grad": grad, "lr": lr})


@task("optimizers.sgd")
def test_sgd_without_gradient_only_decays(lab):
    w = uniform(5)
    options = {"lr": 0.1, "weight_decay": 0.5}
    actual = lab.run(sgd, w.copy(), [np.zeros(5)], options)
    law("w (1 - lr weight_decay)", actual, 0.95 * w, given={"w": w, **options})


@task("optimizers.sgd")
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("maximize", [False, True])
def test_sgd_follows_its_formula(lab, weight_decay, maximize):
    follows(lab, sgd, expected_sgd, lr=0.1, weight_decay=weight_decay, maximize=maximize)


@task("optimizers.sgd")
def test_sgd_finds_the_bottom_of_a_bowl(lab):
    def descend(w, target):
        for _ in range(200):
            torch.optimizers.sgd_step([w], [w - target], [], 0.1)
        return w

    target = uniform(4, seed=1)
    law("the minimum", lab.run(descend, uniform(4), target), target, atol=1e-8)


@task("optimizers.sgd_momentum")
def test_the_first_step_with_momentum_is_one_without(lab):
    w, grad = uniform(4), uniform(4, seed=1)
    options = {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}
    actual = lab.run(sgd, w.copy(), [grad], options)
    law("w - lr grad, undampened", actual, w - 0.1 * grad, given={"w": w, "grad": grad, **options})


@task("optimizers.sgd_momentum")
def test_a_velocity_of_zero_is_no_first_step(lab):
    w, grads = uniform(2), [np.array([0.0, 1.0]), np.array([2.0, 2.0]), np.array([1.0, -1.0])]
    options = {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}
    actual = lab.run(sgd, w.copy(), grads, options)
    expected = expected_sgd(w, grads, **options)
    law("the force is dampened", actual, expected, given={"w": w, "grads": grads, **options})


@task("optimizers.sgd_momentum")
def test_velocity_settles_where_force_and_friction_balance(lab):
    """Under a constant gradient the buffer tends to grad / (1 - momentum)."""

    def velocity(grad):
        w, buffers = np.zeros_like(grad), [np.zeros_like(grad)]
        for _ in range(300):
            torch.optimizers.sgd_step([w], [grad], buffers, 0.1, 0.9)
        return buffers[0]

    grad = uniform(4)
    law("grad / (1 - momentum)", lab.run(velocity, grad), grad / 0.1, given={"grad": grad})


@task("optimizers.sgd_momentum")
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize(("dampening", "nesterov"), [(0.0, False), (0.3, False), (0.0, True)])
def test_sgd_momentum_follows_its_formula(lab, weight_decay, maximize, dampening, nesterov):
    follows(
        lab,
        sgd,
        expected_sgd,
        lr=0.05,
        momentum=0.9,
        dampening=dampening,
        weight_decay=weight_decay,
        nesterov=nesterov,
        maximize=maximize,
    )


# --- adam ---


@task("optimizers.adam")
@given(scale=st.floats(1e-3, 1e3), lr=st.floats(1e-4, 1))
def test_adams_first_step_is_lr_whatever_the_gradient(lab, scale, lr):
    grad = scale * np.array([1.0, -2.0, 3.0, -4.0])
    actual = lab.run(adam, np.zeros(4), [grad], {"lr": lr})
    expected = -lr * np.sign(grad)
    law("-lr sign(grad)", actual, expected, given={"grad": grad, "lr": lr}, rtol=2e-5)


@task("optimizers.adam")
def test_adam_does_not_see_the_scale_of_the_gradients(lab):
    w, grads = uniform(5), uniform(10, 5, seed=1)
    options = {"lr": 0.1, "eps": 0.0}
    scaled = lab.run(adam, w.copy(), list(1000 * grads), options)
    law("adam(1000 grads) = adam(grads)", scaled, lab.run(adam, w.copy(), list(grads), options))


@task("optimizers.adam")
def test_adams_corrections_are_exact_in_float32(lab):
    """1 - 0.999f is wrong by 5e-5 already; the first steps would be too."""
    grad = np.array([1.0, -2.0], np.float32)
    actual = lab.run(adam, np.zeros(2, np.float32), [grad], {"lr": 1.0, "eps": 0.0})
    hint = "take 1 - beta^step in double"
    law("-lr sign(grad)", actual, -np.sign(grad), rtol=2e-6, given={"grad": grad}, hint=hint)


@task("optimizers.adam")
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.5, 0.9), (0.0, 0.99)])
@pytest.mark.parametrize("eps", [1e-8, 0.1])
def test_adam_follows_its_formula(lab, weight_decay, betas, eps):
    follows(
        lab,
        adam,
        expected_adam,
        lr=0.05,
        beta1=betas[0],
        beta2=betas[1],
        eps=eps,
        weight_decay=weight_decay,
    )


@task("optimizers.adam")
def test_adam_can_climb(lab):
    follows(lab, adam, expected_adam, lr=0.05, maximize=True)


@task("optimizers.adamw")
@given(weight_decay=st.floats(0, 1))
def test_adamw_without_gradient_only_decays(lab, weight_decay):
    w = uniform(5)
    options = {"lr": 0.1, "weight_decay": weight_decay, "decoupled": True}
    actual = lab.run(adam, w.copy(), [np.zeros(5)], options)
    law("w (1 - lr weight_decay)", actual, w * (1 - 0.1 * weight_decay), given={"w": w, **options})


@task("optimizers.adamw")
def test_the_decay_of_adamw_does_not_see_the_gradient(lab):
    w, grads = uniform(5), list(uniform(1, 5, seed=1))
    options = {"lr": 0.1, "decoupled": True}
    with_decay = lab.run(adam, w.copy(), grads, {**options, "weight_decay": 0.5})
    without = lab.run(adam, w.copy(), grads, options)
    law("they differ by lr weight_decay w", without - with_decay, 0.05 * w, given={"w": w})


@task("optimizers.adamw")
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("maximize", [False, True])
def test_adamw_follows_its_formula(lab, weight_decay, maximize):
    follows(
        lab,
        adam,
        expected_adam,
        lr=0.05,
        weight_decay=weight_decay,
        decoupled=True,
        maximize=maximize,
    )


# --- rmsprop ---


@task("optimizers.rmsprop")
def test_rmsprop_does_not_see_the_scale_of_the_gradients(lab):
    w, grads = uniform(5), uniform(10, 5, seed=1)
    options = {"lr": 0.01, "eps": 0.0}
    scaled = lab.run(rmsprop, w.copy(), list(1000 * grads), options)
    plain = lab.run(rmsprop, w.copy(), list(grads), options)
    law("rmsprop(1000 grads) = rmsprop(grads)", scaled, plain, given={"w": w})


@task("optimizers.rmsprop")
def test_rmsprops_first_step_has_one_length(lab):
    grad = np.array([1e-3, -2.0, 3e3])
    actual = lab.run(rmsprop, np.zeros(3), [grad], {"lr": 0.01, "alpha": 0.96, "eps": 0.0})
    law("-lr sign(grad) / sqrt(1 - alpha)", actual, -0.05 * np.sign(grad), given={"grad": grad})


@task("optimizers.rmsprop")
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("maximize", [False, True])
def test_rmsprop_follows_its_formula(lab, weight_decay, momentum, maximize):
    follows(
        lab,
        rmsprop,
        expected_rmsprop,
        lr=0.01,
        weight_decay=weight_decay,
        momentum=momentum,
        maximize=maximize,
    )


@task("optimizers.rmsprop")
def test_eps_of_rmsprop_stands_outside_the_root(lab):
    follows(lab, rmsprop, expected_rmsprop, lr=0.01, eps=0.1)


# --- given code ---


def test_one_call_updates_all_parameters(lab):
    def all_at_once(params, grads):
        state = [[np.zeros_like(p) for p in params] for _ in range(2)]
        torch.optimizers.adam_step(params, grads, *state, 1, 0.1)
        return params

    shapes = ((3, 4), (), (0, 2), (5,), (200, 300))
    params = [np.asarray(uniform(*shape, seed=i)) for i, shape in enumerate(shapes)]
    grads = [np.asarray(uniform(*shape, seed=9 + i)) for i, shape in enumerate(shapes)]
    for actual, w, grad in zip(lab.run(all_at_once, params, grads), params, grads, strict=True):
        law("each parameter", actual, expected_adam(w, [grad], 0.1), given={"w": w})


def test_parameters_of_any_strides_are_updated_in_place(lab):
    def strided(w, grad):
        memory = np.zeros((8, 6))
        view = memory[::2, 1::2]
        view[...] = w
        buffer = np.zeros((3, 4)).T
        torch.optimizers.sgd_step([view], [grad], [buffer], 0.1, 0.9)
        return memory, buffer

    w, grad = uniform(4, 3), uniform(3, 4, seed=1).T
    memory, buffer = lab.run(strided, w, grad)
    law("the parameter", memory[::2, 1::2], w - 0.1 * grad, given={"w": w, "grad": grad})
    law("its memory between", memory[1::2], np.zeros((4, 6)))
    law("its buffer", buffer, grad)


def test_a_missing_buffer_is_made(lab):
    def buffers(w, grad):
        made = [None]
        torch.optimizers.sgd_step([w], [grad], made, 0.1, 0.9)
        return made

    w, grad = uniform(3), uniform(3, seed=1)
    law("it holds the gradient", lab.run(buffers, w, grad)[0], grad, given={"grad": grad})


def call(name, *args):
    getattr(torch.optimizers, name)(*args)


W, SHORT, SINGLE = np.zeros(3), np.zeros(2), np.zeros(3, np.float32)
WRONG = {
    "sgd_step: expected lists of one length, got 1 parameters and 2": ("sgd_step", [W], [W, W], []),
    "adam_step: expected lists of one length": ("adam_step", [W], [W], [W], [], 1),
    r"sgd_step: expected tensors like the parameter \(3,\)": ("sgd_step", [W], [SHORT], []),
    "rmsprop_step: .* of float64, got .* of float32": ("rmsprop_step", [W], [SINGLE], [W], []),
}


@pytest.mark.parametrize("message", WRONG)
def test_lists_that_do_not_fit_are_refused(lab, message):
    name, *operands = WRONG[message]
    with pytest.raises(RuntimeError, match=message):
        lab.run(call, name, *operands, 0.1)


def test_what_cannot_be_stepped_is_refused(lab):
    def read_only():
        w = np.zeros(3)
        w.setflags(write=False)
        torch.optimizers.sgd_step([w], [np.ones(3)], [], 0.1)

    with pytest.raises(RuntimeError, match="sgd_step: the memory is read-only"):
        lab.run(read_only)
    integers = np.zeros(3, np.int64)
    with pytest.raises(NotImplementedError, match="sgd_step: expected a floating dtype, got int64"):
        lab.run(call, "sgd_step", [integers], [integers], [], 0.1)
    with pytest.raises(ValueError, match="adam_step: expected step >= 1, got 0"):
        lab.run(call, "adam_step", [W], [W], [W], [W], 0, 0.1)
