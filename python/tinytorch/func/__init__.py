"""torch.func: functions of functions, their gradients, Jacobians and copies over a batch.

`vmap` calls the function once for each slice. Gradients come from one backward pass, so that a
gradient of a gradient, as `hessian` is, raises as backward(create_graph=True) does.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import tinytorch as torch
from tinytorch.nn.utils.stateless import functional_call as functional_call
from tinytorch.utils._pytree import (
    tree_flatten,
    tree_leaves,
    tree_map,
    tree_unflatten,
)

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "jacfwd",
    "jacrev",
    "stack_module_state",
    "vjp",
    "vmap",
]

_WITHOUT = ("debug_unwrap", "functionalize", "hessian", "jvp", "linearize")


def __getattr__(name: str) -> Any:
    if name in _WITHOUT:

        def missing(*args: Any, **kwargs: Any) -> Any:
            raise NotImplementedError(
                f"torch.func.{name}: tinytorch has no forward mode and no gradients of gradients"
            )

        return missing
    raise AttributeError(f"tinytorch does not have torch.func.{name}")


def _is_tensor(x: Any) -> bool:
    return isinstance(x, torch.Tensor)


def _fresh(tree: Any) -> Any:
    """The same values as leaves that require grad."""
    return tree_map(lambda x: x.detach().requires_grad_() if _is_tensor(x) else x, tree)


def _without_graph(tree: Any) -> Any:
    return tree_map(lambda x: x.detach() if _is_tensor(x) else x, tree)


def _chosen(argnums: int | tuple[int, ...], args: tuple[Any, ...]) -> tuple[int, ...]:
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for n in numbers:
        if not -len(args) <= n < len(args):
            raise RuntimeError(f"Got argnum={n}, but only {len(args)} positional inputs")
    return tuple(n % len(args) for n in numbers)


def _gradients(outputs: Any, inputs: list[Any], grads: Any = None, again: bool = False) -> Any:
    found = torch.autograd.grad(outputs, inputs, grads, retain_graph=again, allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for x, g in zip(inputs, found, strict=True)]


def grad_and_value(
    func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function: the gradient of func by its arguments `argnums`, and its value.

    func must return a tensor of one element, or with has_aux that and something else, which then
    comes along: (gradient, (value, aux)).  Source: torch.func.grad_and_value
    """

    @wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        numbers = _chosen(argnums, args)
        with torch.enable_grad():
            given = [_fresh(a) if k in numbers else a for k, a in enumerate(args)]
            value = func(*given, **kwargs)
            aux = None
            if has_aux:
                if not (isinstance(value, tuple) and len(value) == 2):
                    raise RuntimeError(
                        "grad_and_value(f)(*args): output of function f should be a tuple: "
                        "(output, aux) if has_aux is True"
                    )
                value, aux = value
            if not _is_tensor(value):
                raise RuntimeError(
                    "grad_and_value(f)(*args): Expected f(*args) to return a tensor, got "
                    f"{type(value)}"
                )
            if value.dim() != 0:
                raise RuntimeError(
                    "grad_and_value(f)(*args): Expected f(*args) to return a scalar tensor, got "
                    f"tensor with {value.dim()} dims. Maybe you wanted to use the vjp or jacrev "
                    "APIs instead?"
                )
            trees = given[numbers[0]] if isinstance(argnums, int) else tuple(
                given[n] for n in numbers
            )  # fmt: skip
            leaves, spec = tree_flatten(trees)
            if value.requires_grad:
                found = _gradients(value, leaves)
            else:
                found = [torch.zeros_like(x) for x in leaves]
        gradient, value = tree_unflatten(found, spec), value.detach()
        return (gradient, (value, _without_graph(aux))) if has_aux else (gradient, value)

    return wrapper


def grad(
    func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function: the gradient of func by its arguments `argnums`.  Source: torch.func.grad

    With has_aux, func returns (value, aux) and the result is (gradient, aux).
    """

    @wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        gradient, value = grad_and_value(func, argnums, has_aux)(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return wrapper


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """func(*primals), and the function that takes gradients by it to gradients by the primals.

    Source: torch.func.vjp
    """
    with torch.enable_grad():
        given = tuple(_fresh(primal) for primal in primals)
        value = func(*given)
        aux = None
        if has_aux:
            value, aux = value
    leaves, spec = tree_flatten(given if len(given) != 1 else given[0])
    outputs = tree_leaves(value)

    def back(cotangents: Any) -> Any:
        grads = tree_leaves(cotangents)
        if len(grads) != len(outputs):
            raise RuntimeError(f"vjp: expected {len(outputs)} cotangents, got {len(grads)}")
        found = tree_unflatten(_gradients(outputs, leaves, grads, again=True), spec)
        return found if len(given) != 1 else (found,)

    result = _without_graph(value)
    return (result, back, _without_graph(aux)) if has_aux else (result, back)


def jacrev(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable[..., Any]:
    """A function: the Jacobian of func by its arguments `argnums`, shaped (*output, *input).

    Source: torch.func.jacrev
    """

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        numbers = _chosen(argnums, args)
        with torch.enable_grad():
            given = [_fresh(a) if k in numbers else a for k, a in enumerate(args)]
            value = func(*given, **kwargs)
            aux = None
            if has_aux:
                value, aux = value
        trees = given[numbers[0]] if isinstance(argnums, int) else tuple(
            given[n] for n in numbers
        )  # fmt: skip
        leaves, spec = tree_flatten(trees)
        result = tree_map(lambda y: tree_unflatten(_jacobian(y, leaves), spec), value)
        return (result, _without_graph(aux)) if has_aux else result

    return wrapper


def _jacobian(y: Any, inputs: list[Any]) -> list[Any]:
    flat = y.reshape(-1)
    if not y.requires_grad:
        return [x.new_zeros((*y.shape, *x.shape)) for x in inputs]
    rows = [_gradients(flat[k], inputs, again=True) for k in range(flat.numel())]
    return [
        torch.stack([row[j] for row in rows]).reshape((*y.shape, *x.shape))
        if rows
        else x.new_zeros((*y.shape, *x.shape))
        for j, x in enumerate(inputs)
    ]


def jacfwd(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
    *,
    randomness: str = "error",
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """jacrev: the same matrix, found the other way round.  Source: torch.func.jacfwd"""
    return jacrev(func, argnums, has_aux=has_aux)


def _per_leaf(dims: Any, tree: Any, count: int) -> list[Any]:
    """A dim, or None, for each leaf of an argument."""
    if dims is None or isinstance(dims, int):
        return [dims] * count
    found: list[Any] = []
    parts = list(tree.values()) if isinstance(tree, dict) else list(tree)
    wanted = [dims[key] for key in tree] if isinstance(tree, dict) else list(dims)
    if len(parts) != len(wanted):
        raise ValueError(f"vmap: in_dims {dims} do not match the structure of the inputs")
    for part, dim in zip(parts, wanted, strict=True):
        found += _per_leaf(dim, part, len(tree_leaves(part)))
    return found


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """A function: func of each slice of its arguments along in_dims, stacked along out_dims.

    in_dims: a dim for all arguments, or one an argument, None for one that is not sliced.
    randomness: "different" draws for each slice; "same" draws once; "error", the default, is
    taken as "different".  Source: torch.func.vmap
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(
            "Only allowed values for randomness are 'error', 'different', or 'same'. "
            f"Got {randomness}"
        )
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        dims = in_dims if isinstance(in_dims, (tuple, list)) else (in_dims,) * len(args)
        if len(dims) != len(args):
            raise ValueError(
                f"vmap({func.__name__}, in_dims={in_dims}, ...)(<inputs>): in_dims is not "
                f"compatible with the structure of inputs: {len(args)} arguments"
            )
        flat, spec = tree_flatten(args)
        each: list[Any] = []
        for dim, arg in zip(dims, args, strict=True):
            each += _per_leaf(dim, arg, len(tree_leaves(arg)))
        named, named_spec = tree_flatten(kwargs)
        flat, each = flat + named, each + [0 if _is_tensor(x) else None for x in named]
        sizes = set()
        for x, dim in zip(flat, each, strict=True):
            if dim is None:
                continue
            if not _is_tensor(x):
                raise ValueError(f"vmap: got in_dim={dim} for an input of type {type(x)}")
            if not -x.dim() <= dim < x.dim():
                raise ValueError(
                    f"vmap: got in_dim={dim} for some input, but that input is a Tensor of "
                    f"dimensionality {x.dim()}"
                )
            sizes.add(x.shape[dim])
        if len(sizes) != 1:
            raise ValueError(
                "vmap: Expected all tensors to have the same size in the mapped dimension, got "
                f"sizes {sorted(sizes)} for the mapped dimension"
                if sizes
                else "vmap: at least one Tensor must be mapped over, but in_dims has none"
            )
        (count,) = sizes
        state = torch.get_rng_state() if randomness == "same" else None
        results = []
        for k in range(count):
            if state is not None:
                torch.set_rng_state(state)
            slices = [x if d is None else x.select(d, k) for x, d in zip(flat, each, strict=True)]
            positional = tree_unflatten(slices[: spec.num_leaves], spec)
            keyed = tree_unflatten(slices[spec.num_leaves :], named_spec)
            results.append(func(*positional, **keyed))
        if not results:
            raise RuntimeError("vmap: expected at least one slice, got a mapped dim of size 0")
        return _stacked(results)

    def _stacked(results: list[Any]) -> Any:
        leaves, spec = zip(*(tree_flatten(result) for result in results), strict=True)
        columns = list(zip(*leaves, strict=True))
        where = _per_leaf(out_dims, results[0], len(columns))
        stacked = []
        for column, dim in zip(columns, where, strict=True):
            if not all(map(_is_tensor, column)):
                raise ValueError(
                    f"vmap({getattr(func, '__name__', func)}, ...): `{func}` must only return "
                    f"Tensors, got type {type(column[0])}."
                )
            stacked.append(column[0] if dim is None else torch.stack(column, dim))
        return tree_unflatten(stacked, spec[0])

    return wrapper


def stack_module_state(models: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters and the buffers of several equal modules, stacked under their names.

    Source: torch.func.stack_module_state
    """
    if len(models) == 0:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({model.training for model in models}) != 1:
        raise RuntimeError(
            "stack_module_state: Expected all models to have the same training/eval mode."
        )
    if len({type(model) for model in models}) != 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")

    def together(named: Any, requires: bool) -> dict[str, Any]:
        every = [dict(one) for one in named]
        return {
            name: torch.stack([one[name] for one in every]).detach().requires_grad_(
                requires and tensor.requires_grad
            )
            for name, tensor in every[0].items()
        }  # fmt: skip

    parameters = together([model.named_parameters() for model in models], True)
    return parameters, together([model.named_buffers() for model in models], False)
