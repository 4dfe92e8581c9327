"""torch.func, pytrees, _foreach and torch.nn.attention beside PyTorch."""

import pytest

from alike import assert_alike

NET = "(lambda m: {})(t.nn.Linear(3, 2))"


@pytest.mark.parametrize(
    "expression",
    [
        "t.func.grad(lambda x: (x**3).sum())(t.randn(4))",
        "t.func.grad(lambda x, y: (x * y).sum(), argnums=(0, 1))(t.randn(4), t.randn(4))",
        "t.func.grad_and_value(lambda p: (p['a'] * p['b']).sum())"
        "({'a': t.randn(3), 'b': t.randn(3)})[0]['b']",
        "t.func.grad(lambda x: (x.sum(), x * 2), has_aux=True)(t.randn(3))",
        "t.func.grad(lambda x: x)(t.randn(3))",
        "t.func.grad(lambda x: x.sum(), argnums=2)(t.randn(3))",
        "t.func.jacrev(lambda x: x**2)(t.randn(3))",
        "t.func.jacrev(lambda x: x.sin().outer(x))(t.randn(3))",
        "t.func.vjp(lambda x: x**2, t.randn(3))[1](t.ones(3))",
        "t.func.vmap(t.dot)(t.randn(4, 3), t.randn(4, 3))",
        "t.vmap(lambda x, w: x @ w, in_dims=(1, None), out_dims=1)(t.randn(3, 4), t.randn(3, 2))",
        "t.func.vmap(lambda x: (x, x.sum()))(t.randn(4, 3))",
        "t.func.vmap(t.dot)(t.randn(4, 3), t.randn(5, 3))",
        "t.func.vmap(t.dot, in_dims=(0, 0, 0))(t.randn(4, 3), t.randn(4, 3))",
        NET.format("t.func.functional_call(m, {'bias': t.zeros(2)}, (t.ones(3),))"),
        NET.format(
            "t.func.vmap(t.func.grad(lambda p, x: t.func.functional_call(m, p, (x,)).sum()), "
            "in_dims=(None, 0))(dict(m.named_parameters()), t.randn(5, 3))['weight']"
        ),
        "(lambda ms: (lambda p, b: t.func.vmap(lambda p, x: t.func.functional_call(ms[0], p, x), "
        "in_dims=(0, None))(p, t.ones(3)))(*t.func.stack_module_state(ms)))"
        "([t.nn.Linear(3, 2) for _ in range(3)])",
    ],
)
def test_functions_of_functions(expression):
    assert_alike(expression, 2e-6)


@pytest.mark.parametrize("name", ["hessian", "jvp", "linearize", "functionalize"])
def test_what_is_missing_says_so(name):
    import tinytorch

    with pytest.raises(NotImplementedError, match=f"torch.func.{name}"):
        getattr(tinytorch.func, name)(lambda x: x)


@pytest.mark.parametrize(
    "expression",
    [
        "tree_flatten([1, (2, {'a': 3, 'b': None})])[0]",
        "tree_map(lambda x, y: x + y, {'a': [1, 2]}, {'a': [3, 4]})",
        "tree_map(lambda x, y: x + y, [1, 2], [1])",
        "tree_unflatten([5, 6], tree_structure([1, 2]))",
        "tree_leaves([1, [2, 3]], is_leaf=lambda x: x == [2, 3])",
        "tree_map_only(int, str, [1, 2.0, 'a'])",
        "tree_structure([1, (2,)]).num_leaves",
        "tree_all(bool, [1, [0]])",
    ],
)
def test_trees(expression):
    text = expression
    for name in ("tree_flatten", "tree_map_only", "tree_unflatten", "tree_structure"):
        text = text.replace(name + "(", f"t.utils._pytree.{name}(")
    for name in ("tree_map", "tree_leaves", "tree_all"):
        text = text.replace(name + "(", f"t.utils._pytree.{name}(")
    assert_alike(text)


LISTS = "(lambda a, b: {})([t.randn(2), t.rand(3, 2)], [t.rand(2) + 1, t.rand(3, 2) + 1])"


@pytest.mark.parametrize(
    "call",
    [
        "t._foreach_add(a, b, alpha=2)",
        "t._foreach_add(a, 1.5)",
        "t._foreach_mul(a, [2.0, 3.0])",
        "t._foreach_div(a, b)",
        "t._foreach_addcmul(a, b, b, 0.5)",
        "t._foreach_addcdiv(a, a, b, [0.5, 2.0])",
        "t._foreach_lerp(a, b, 0.3)",
        "t._foreach_maximum(a, b)",
        "t._foreach_maximum(a, 0.0)",
        "t._foreach_sqrt(b)",
        "t._foreach_norm(a, 1)",
        "t._foreach_pow(b, 2.0)",
        "t._foreach_neg(a)",
        "(t._foreach_mul_(a, 2.0), a)[1]",
        "(t._foreach_copy_(a, b), t._foreach_zero_(b), a, b)[2:]",
        "t._foreach_add(a, b[:1])",
    ],
)
def test_lists_of_tensors(call):
    assert_alike(LISTS.format(call))


def test_attention_takes_any_backend():
    assert_alike(
        "(lambda a, q: (a.sdpa_kernel(a.SDPBackend.MATH).__enter__() is not 0, "
        "t.nn.functional.scaled_dot_product_attention(q, q, q)))"
        "(t.nn.attention, t.randn(1, 2, 3, 4))",
        2e-6,
    )
    assert_alike("t.nn.attention.sdpa_kernel('math').__enter__()")
    assert_alike("repr(t.nn.attention.SDPBackend.FLASH_ATTENTION)")


SPARSE = (
    "(lambda s, v, i: {})(t.sparse_coo_tensor(t.tensor([[0, 1, 1, 1], [2, 0, 2, 2]]), "
    "t.tensor([3.0, 4.0, 5.0, 0.5]), (2, 3)), t.tensor([3.0, 4.0, 5.0]), "
    "t.tensor([[0, 1, 1], [2, 0, 2]]))"
)


@pytest.mark.parametrize(
    "call",
    [
        "repr(s)",
        "repr(s.coalesce())",
        "repr(t.sparse_coo_tensor(i, v.double()))",
        "repr(t.ones(9, 9, dtype=t.float64).to_sparse())",
        "repr(t.zeros(2, 2).to_sparse())",
        "s.to_dense()",
        "s @ t.ones(3, 2)",
        "s @ t.ones(3)",
        "t.ones(2, 2) @ s",
        "s.t() @ t.ones(2, 2)",
        "t.ones(2, 3) + s",
        "s + t.ones(2, 3)",
        "(s + s).to_dense()",
        "(s * 2 / 3).to_dense()",
        "s.values()",
        "s.coalesce().indices()",
        "t.sparse_coo_tensor([[0, 1], [1, 0]], [1, 2]).to_dense()",
        "t.sparse_coo_tensor(i[0], v)",
        "t.sparse_coo_tensor(i, t.ones(2))",
        "t.spmm(s, t.randn(3, 2))",
        "t.mm(s, t.randn(3, 2))",
        "t.matmul(t.randn(3, 3), t.randn(3))",
        "t.diag(v).to_sparse() @ t.randn(3, 2)",
        "(s.shape, s.is_sparse, s._nnz(), s.is_coalesced(), s.dtype, s.layout)",
        "(lambda w: (t.sparse.mm(s, w).square().sum().backward(), w.grad))"
        "(t.randn(3, 2).requires_grad_())",
        "(lambda w: (t.sparse.mm(t.sparse_coo_tensor(i, w, (2, 3)), t.randn(3, 2)).sum()"
        ".backward(), w.grad))(t.randn(3).requires_grad_())",
    ],
)
def test_sparse_matrices(call):
    import warnings

    torch = pytest.importorskip("torch")
    with warnings.catch_warnings():  # which PyTorch gives once a process
        warnings.simplefilter("ignore")
        torch.sparse_coo_tensor([[0], [0]], [1.0])
    assert_alike(SPARSE.format(call), 2e-6)


def test_sparse_places_outside_are_refused():
    import tinytorch

    with pytest.raises(RuntimeError, match="size is inconsistent"):
        tinytorch.sparse_coo_tensor([[0], [3]], [1.0], (2, 2))


@pytest.mark.parametrize(
    "options",
    [
        "",
        ", score_mod=lambda s, b, h, q, k: s + 0.1 * (q - k)",
        ", block_mask=f.create_block_mask(lambda b, h, q, k: q >= k, None, None, 6, 6)",
        ", block_mask=f.create_block_mask(f.and_masks(lambda b, h, q, k: q >= k, "
        "lambda b, h, q, k: q - k < 3), None, None, 6, 6), scale=0.3",
    ],
)
def test_flex_attention(options):
    import importlib
    import warnings

    torch = pytest.importorskip("torch")
    for library in ("tinytorch", "torch"):
        importlib.import_module(f"{library}.nn.attention.flex_attention")
    with warnings.catch_warnings():  # once a process: that it is not compiled
        warnings.simplefilter("ignore")
        x = torch.randn(1, 1, 2, 16)
        torch.nn.attention.flex_attention.flex_attention(x, x, x)
    call = f"(lambda f, x: f.flex_attention(x, x, x{options}))"
    assert_alike(f"{call}(t.nn.attention.flex_attention, t.randn(2, 2, 6, 16))", 2e-6)
