"""Products: einsum, products added to what is there, and of whole tensors."""

from operations import of, sample

A, B, V, W = (2, 3), (3, 2), (3,), (2,)


def einsum(equation, *shapes):
    inputs = tuple(sample(*shape, seed=i) for i, shape in enumerate(shapes))
    return ("torch.einsum", shapes, lambda f, t, *x: f(equation, *x)) if inputs else None


OPERATIONS = [
    of("torch.mv Tensor.mv", A, V),
    of("torch.outer Tensor.outer torch.ger Tensor.ger", V, W),
    of("torch.inner Tensor.inner", A, (4, 3)),
    of("torch.inner Tensor.inner", A, ()),
    of("torch.vdot Tensor.vdot", V, V),
    of("torch.tensordot", (2, 3, 4), (3, 4, 2)),
    of("torch.tensordot", (2, 3), (3, 2), args=(([0], [1]),)),
    of("torch.addmm Tensor.addmm Tensor.addmm_", (2, 2), A, B, beta=0.5, alpha=2.0),
    of("torch.addmm Tensor.addmm", (2,), A, B),
    of("torch.addmv Tensor.addmv Tensor.addmv_", W, A, V, beta=0.5, alpha=2.0),
    of("torch.addr Tensor.addr Tensor.addr_", A, W, V, beta=0.5, alpha=2.0),
    of("torch.addbmm Tensor.addbmm Tensor.addbmm_", (2, 2), (4, 2, 3), (4, 3, 2), beta=0.5),
    of("torch.baddbmm Tensor.baddbmm Tensor.baddbmm_", (4, 2, 2), (4, 2, 3), (4, 3, 2), alpha=2.0),
    of("torch.kron Tensor.kron", A, (2, 1)),
    of("torch.kron Tensor.kron", A, (2, 2, 1)),
    of("torch.cross Tensor.cross", A, A, args=(1,)),
]
CALLS = [
    einsum("ij,jk->ik", A, B),
    einsum("ij,jk", A, B),
    einsum("ij->ji", A),
    einsum("ij->", A),
    einsum("ii->i", (3, 3)),
    einsum("ii", (3, 3)),
    einsum("bij,bjk->bik", (2, 2, 3), (2, 3, 2)),
    einsum("...ij,...jk->...ik", (2, 1, 2, 3), (2, 3, 2)),
    einsum("i,j,k->kij", W, V, W),
    einsum("ij,ij,j->i", A, A, V),
    einsum("bhid,bhjd->bhij", (2, 2, 3, 2), (2, 2, 4, 2)),
    einsum("ij,kj->ik", A, (4, 1)),
]
WITHOUT_GRADIENT = {}
OTHERS = {"torch": "chain_matmul"}  # which warns
UNKNOWN_TO_PYTORCH = ""
