"""The workloads that JAX has no module for, written as JAX programs are: functions, compiled."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

from tinytorch.bench.workloads import Step

Parameters = list[Any]


def step(workload: str) -> Step:
    """Raises KeyError for one that is not written for JAX."""
    import jax  # type: ignore[import-not-found, unused-ignore]

    return _STEPS[workload](jax)


def _mlp(jax: Any, sizes: tuple[int, ...], activation: Any, parameters: Parameters, x: Any) -> Any:
    for i in range(len(sizes) - 1):
        x = x @ parameters[2 * i] + parameters[2 * i + 1]
        x = activation(x) if i < len(sizes) - 2 else x
    return x


def _trained(jax: Any, sizes: tuple[int, ...], adam: bool, classes: bool) -> Step:
    """A step that is compiled as a whole, which gives its old parameters' memory to the new."""
    numpy, keys = jax.numpy, jax.random.split(jax.random.PRNGKey(0), 2 * len(sizes))
    parameters: Parameters = []
    for i, (inputs, outputs) in enumerate(pairwise(sizes)):
        parameters += [
            jax.random.uniform(keys[i], (inputs, outputs)) / inputs,
            numpy.zeros(outputs),
        ]
    rows = 64 if classes else 4
    x = jax.random.uniform(keys[-1], (rows, sizes[0]))
    y = numpy.arange(rows) % sizes[-1] if classes else numpy.ones((rows, sizes[-1]))
    network = partial(_mlp, jax, sizes, jax.nn.relu if classes else numpy.tanh)

    def loss(parameters: Parameters) -> Any:
        out = network(parameters, x)
        if classes:
            return -jax.nn.log_softmax(out)[numpy.arange(rows), y].mean()
        return ((out - y) ** 2).mean()

    def adam_update(p: Any, g: Any, m: Any, v: Any, t: Any) -> tuple[Any, Any, Any]:
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        scale = numpy.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        return p - 0.001 * scale * m / (numpy.sqrt(v) + 1e-8), m, v

    def update(state: Any) -> Any:
        parameters, means, squares, t = state
        grads = jax.grad(loss)(parameters)
        if not adam:
            return [p - 0.01 * g for p, g in zip(parameters, grads, strict=True)], means, squares, t
        new = [
            adam_update(p, g, m, v, t + 1)
            for p, g, m, v in zip(parameters, grads, means, squares, strict=True)
        ]
        return *(list(column) for column in zip(*new, strict=True)), t + 1

    compiled = jax.jit(update, donate_argnums=0)
    zeros = [numpy.zeros_like(p) for p in parameters]
    state = [(parameters, zeros, [z.copy() for z in zeros], numpy.zeros(()))]

    def one() -> None:
        state[0] = compiled(state[0])
        jax.block_until_ready(state[0])

    return one


def _called(call: Callable[[Any, Any], Any], *shape: int) -> Callable[[Any], Step]:
    def make(jax: Any) -> Step:
        x = jax.random.normal(jax.random.PRNGKey(0), shape)
        compiled = jax.jit(partial(call, jax))
        return lambda: compiled(x).block_until_ready()

    return make


def _matmul(m: int, k: int, n: int, transposed: bool = False) -> Callable[[Any], Step]:
    def make(jax: Any) -> Step:
        key = jax.random.PRNGKey(0)
        a = jax.random.normal(key, (m, k))
        b = jax.random.normal(key, (n, k) if transposed else (k, n))
        compiled = jax.jit(lambda a, b: a @ (b.T if transposed else b))
        return lambda: compiled(a, b).block_until_ready()

    return make


def _chain(jax: Any) -> Step:
    def chain(x: Any) -> Any:
        for _ in range(10):
            x = x * 0.9 + 0.1
        return x

    compiled, x = jax.jit(jax.value_and_grad(chain)), jax.numpy.ones(())
    return lambda: jax.block_until_ready(compiled(x))


_STEPS: dict[str, Callable[[Any], Step]] = {
    "add": _called(lambda jax, x: x + x, 1),
    "chain": _chain,
    "xor-sgd": lambda jax: _trained(jax, (2, 4, 1), adam=False, classes=False),
    "xor-adam": lambda jax: _trained(jax, (2, 4, 1), adam=True, classes=False),
    "mnist-sgd": lambda jax: _trained(jax, (784, 128, 10), adam=False, classes=True),
    "mnist-adam": lambda jax: _trained(jax, (784, 128, 10), adam=True, classes=True),
    "matmul-64": _matmul(64, 64, 64),
    "matmul-256": _matmul(256, 256, 256),
    "matmul-512": _matmul(512, 512, 512),
    "matmul-1024": _matmul(1024, 1024, 1024),
    "matmul-transposed": _matmul(512, 512, 512, transposed=True),
    "matmul-odd": _matmul(129, 517, 67),
    "gelu": _called(lambda jax, x: jax.nn.gelu(x, approximate=False), 1 << 18),
    "tanh": _called(lambda jax, x: jax.numpy.tanh(x), 1 << 18),
    "softmax": _called(lambda jax, x: jax.nn.softmax(x, -1), 1024, 256),
    "add-large": _called(lambda jax, x: x + x, 4096, 4096),
}
