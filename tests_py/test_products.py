"""Products: einsum, tensordot, matrices added to what is there."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinytorch
from expressions import agree, expressions

if not hasattr(tinytorch, "einsum"):
    pytest.skip("needs autograd", allow_module_level=True)

AGREE = """
torch.einsum("ij,jk->ik", x, x.t()) | torch.einsum("ij,jk", x, x.t()) | torch.einsum("ji", x)
torch.einsum("ij->", x) | torch.einsum("ii", square) | torch.einsum("ii->i", square)
torch.einsum("...ij,...jk->...ik", r(2, 1, 3, 4), r(5, 4, 2)) | torch.einsum("i,j", v, v)
torch.einsum("b...,b...->...", x, x) | torch.einsum(" i j , j k -> i k ", x, x.t())
torch.einsum("ij,jk->ik", [x, x.t()]) | torch.einsum(x, [0, 1], x.t(), [1, 2], [0, 2])
torch.einsum(x, [0, 1], x.t(), [1, 2]) | torch.einsum(x, [Ellipsis, 1], [Ellipsis])
torch.einsum("ij,jk->ik", x) | torch.einsum("ij", x, x) | torch.einsum("ijk", x)
torch.einsum("ij->ik", x) | torch.einsum("ij->ii", x) | torch.einsum("ij,jk->ik", x, x)
torch.einsum("i1", x) | torch.einsum("i.j", x) | torch.einsum("....ij", x)
torch.einsum("ij->i->j", x) | torch.einsum("Ab,bA->", x, x.t())
torch.einsum("ij,jk->ik", x, r(1, 4)) | torch.einsum("...->", x)
torch.einsum("", torch.tensor(2.0)) | torch.einsum(",", torch.tensor(2.0), torch.tensor(3.0))
torch.einsum("i...->...", r(2, 3, 4)) | torch.einsum("ij->...", x)
torch.einsum("i...j->ij", r(2, 3, 4)) | torch.einsum("ij,ij->i", i, i)
torch.einsum("ij,ij->i", i, x) | torch.einsum("ij", 3) | torch.einsum(3, x) | torch.einsum()
torch.einsum("ij->i", i.byte()) | torch.einsum("ij,k->k", i.int(), i[0].int())
torch.einsum("ij") | torch.einsum("aB", x) | torch.einsum("Ba", x) | torch.tensordot(x, x.t(), 1)
torch.tensordot(x, x) | torch.tensordot(x, x, dims=0) | torch.tensordot(x, x, ([0], [0]))
torch.tensordot(x, x, 3) | torch.tensordot(x, x, -1) | torch.tensordot(x, x, ([0], [1]))
torch.tensordot(x, x, ([0, 1], [0])) | torch.tensordot(x, 3)
torch.tensordot(x, x, ([0, 0], [0, 0])) | torch.tensordot(x, x, torch.tensor([[0], [0]]))
torch.mv(x, v) | torch.mv(x, r(2)) | torch.mv(x, x) | torch.outer(v, r(2)) | torch.outer(x, x)
torch.outer(v, i[0]) | torch.ger(v, v) | torch.inner(x, v) | torch.inner(x, r(2))
torch.inner(v, v) | torch.inner(x, torch.tensor(2.0)) | torch.vdot(v, v) | torch.vdot(v, r(2))
torch.dot(v, v.float()) | torch.dot(v, r(2)) | torch.dot(x, x) | torch.dot(i[0], i[0])
torch.mm(x, x) | torch.mm(x, x.float().t()) | torch.bmm(x, x) | torch.bmm(r(2, 3, 4), r(3, 4, 2))
x @ x | x @ 3 | torch.matmul(x, torch.tensor(2.0)) | torch.addmm(r(2, 2), x, x.t())
torch.addmm(r(2), x, x.t(), beta=2, alpha=3) | torch.addmm(v, x, x.t())
torch.addmm(torch.full((2, 2), nan).double(), x, x.t(), beta=0) | torch.addmm(r(1), x, x.t())
torch.addmm(torch.tensor(1.0).double(), x, x.t()) | torch.addmm(r(2, 2), x, x)
torch.addmm(r(2, 2).float(), x, x.t()) | torch.addmm(r(2, 2), x, x.t(), 1, 1)
torch.addmm(i[:, :2], i, i.t(), alpha=2) | r(2, 2).addmm(x, x.t(), beta=0.5)
r(2).addmm_(x, x.t()) | torch.addmm(r(2, 2), mat1=x, mat2=x.t())
torch.addmm(input=r(2, 2), mat1=x, mat2=x.t(), alpha=2) | torch.addmv(r(2), x, v, beta=2)
torch.addmv(v, x, v) | torch.addr(x, r(2), v, alpha=2) | torch.addr(v, r(2), v)
torch.addbmm(r(2, 2), r(5, 2, 3), r(5, 3, 2)) | torch.baddbmm(r(5, 2, 2), r(5, 2, 3), r(5, 3, 2))
torch.baddbmm(r(3, 2), r(5, 2, 3), r(5, 3, 2)) | torch.chain_matmul(x, x.t(), x)
torch.chain_matmul(x, x) | torch.kron(square, x) | torch.kron(v, x)
torch.cross(square, square.t()) | torch.cross(x, x * 2) | torch.cross(r(2, 2), r(2, 2))
torch.cross(v, x) | torch.cross(square, square.t(), dim=0) | torch.cross(square, square, dim=5)
"""


@pytest.mark.parametrize("expression", expressions(AGREE))
def test_as_pytorch(expression):
    agree(expression)


@settings(max_examples=60)
@given(st.data())
def test_einsum_of_random_equations(data):
    sizes = dict(
        zip("abcde", data.draw(st.lists(st.integers(0, 3), min_size=5, max_size=5)), strict=True)
    )
    label = st.sampled_from("abcde")
    terms = data.draw(
        st.lists(st.lists(label, max_size=3, unique=True).map("".join), min_size=1, max_size=3)
    )
    used = sorted(set("".join(terms)))
    result = "".join(data.draw(st.permutations(used)))[: data.draw(st.integers(0, 5))]
    operands = ", ".join(f"r{(*[sizes[c] for c in term],)}" for term in terms)
    agree(f"torch.einsum('{','.join(terms)}->{result}', {operands})", 1e-9)
