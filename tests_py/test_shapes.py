"""Shapes: moved, repeated, split, joined, and views that may not be written to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinytorch
from beside import beside_torch
from expressions import agree, expressions

if not hasattr(tinytorch, "movedim"):
    pytest.skip("needs autograd", allow_module_level=True)

AGREE = """
x.repeat(2) | x.repeat() | x.repeat(2, 1) | x.repeat(3, 0, 1) | x.repeat((2, 2)) | x.repeat(-1, 1)
torch.tensor(2).repeat(3) | x.repeat(2**62, 2**62) | x.repeat([2, 2.0]) | torch.tile(x, (2,))
x.tile(2, 1, 1) | v.repeat_interleave(-1) | v.repeat_interleave(2) | x.repeat_interleave(2, 1)
v.repeat_interleave(torch.tensor([1, 0, 2])) | v.repeat_interleave(torch.tensor([1, 2]))
torch.repeat_interleave(torch.tensor([1, 2, 0])) | v.repeat_interleave(torch.tensor([1.0, 2, 3]))
x.repeat_interleave(torch.tensor([2]), dim=0) | v.repeat_interleave(torch.tensor([1, -2, 1]))
x.repeat_interleave(torch.tensor([1, 2]), dim=0, output_size=3) | v.repeat_interleave([1, 2, 3])
v.repeat_interleave(2, output_size=5) | v.repeat_interleave(2, dim=3) | v.repeat_interleave(nan)
x.unflatten(1, (3, -1)) | x.unflatten(1, (2, -1)) | x.unflatten(1, ()) | x.unflatten(5, (1,))
x.unflatten(1, (-1, -1)) | x.unflatten(1, 3) | x.movedim(0, 5) | x.movedim((0, 1), (1,))
x.movedim((0, 0), (1, 0)) | x.movedim((0, -1), (-1, 0)) | x.movedim(1.0, 0)
r(2, 3, 4).movedim(0, 1) | torch.broadcast_shapes((2, 1), (3,), 1)
torch.broadcast_shapes((2,), (3,)) | x.squeeze((0, 0)) | torch.broadcast_shapes()
torch.broadcast_shapes((0,), (1,)) | torch.broadcast_shapes((0,), (2,))
torch.broadcast_tensors(v, r(2, 1)) | torch.broadcast_tensors() | torch.broadcast_tensors(v, r(2))
r(1, 2, 1).squeeze((0, -1)) | r(1, 2, 1).squeeze(()) | r(1, 2).squeeze((0, 5)) | x.broadcast_to(3)
[p.shape for p in r(5).tensor_split(3)] | [p.shape for p in r(5).tensor_split((3, 1))]
r(5).tensor_split(torch.tensor([1, 3])) | r(5).tensor_split(torch.tensor(2)) | x.tensor_split(0)
torch.tensor(1.0).tensor_split(1) | v.tensor_split((-1, 10)) | v.tensor_split(1.5) | x.hsplit(2)
torch.tensor_split(x, sections=2) | torch.tensor_split(x, indices=(1,)) | x.hsplit(3) | x.vsplit(0)
v.vsplit(1) | x.dsplit(1) | v.hsplit((1, 2)) | x.split(2) | x.split([1, 1]) | x.split([1, 2])
x.split(0) | x.split(-1) | x.chunk(0) | x.chunk(5, 1) | r(0, 3).chunk(3) | r(0).split(0)
r(0).split(2) | x.unbind(2) | torch.tensor(1.0).unbind() | r(0, 3).unbind() | x.split("a")
x.split_with_sizes([1]) | torch.rot90(x, 1, (0, 0)) | torch.rot90(x, 5) | x.rot90(-1, (1, 0))
torch.rot90(v) | v.fliplr() | torch.rot90(x, 1, (0,)) | torch.rot90(x, 1, (0, 5))
torch.tensor(1).flipud() | x.fliplr() | torch.hstack(x) | torch.hstack([])
torch.hstack([torch.tensor(1), torch.ones(2)]) | torch.vstack([v, r(2, 3)]) | torch.dstack([v, v])
torch.column_stack([v, r(3, 2)]) | torch.vstack(3) | torch.atleast_1d(torch.tensor(1), v)
torch.atleast_2d(v) | torch.atleast_3d([v, x]) | torch.atleast_1d(3)
torch.block_diag(v, torch.tensor(3), x.int()) | torch.block_diag() | torch.block_diag(r(1, 1, 1))
torch.meshgrid(v, v, indexing="ij") | torch.meshgrid([v, r(2)], indexing="xy") | torch.meshgrid()
torch.meshgrid(v, v.int(), indexing="ij") | torch.meshgrid(v, v, indexing="a") | torch.meshgrid(v)
torch.cartesian_prod(v) | torch.cartesian_prod(v, r(2)) | torch.cartesian_prod(x, v)
torch.combinations(i[0]) | torch.combinations(v, 0) | torch.combinations(v, 5)
torch.combinations(x) | torch.combinations(i[0], 2, True) | torch.combinations(v, -1)
torch.vander(i[0]) | torch.vander(x) | torch.vander(v, 2, increasing=True) | torch.vander(v, 0)
torch.vander(v, -1) | torch.vander(v > 0) | x.sum_to_size(1, 3) | x.sum_to_size((2, 3))
v.sum_to_size(1, 3) | x.sum_to_size(2) | x.mH | v.mT | v.t_() | x.t_() | r(1, 2).squeeze_(0)
x.unsqueeze_(0) | x.transpose_(0, 1) | x.swapaxes_(0, 5) | x.resize_(3, 2) | x.resize_(2, 2)
x.resize_(0) | x.resize_(-1) | x.resize_as_(v).shape | v.set_() | v.set_(x) | v.set_(x.int())
x.as_strided_((2, 2), (1, 1)) | v.is_set_to(v) | v.is_set_to(v.clone())
x.requires_grad_().resize_(3, 2) | x.requires_grad_().unsqueeze_(0) | x.adjoint() | v.adjoint()
v.H | x.narrow(0, torch.tensor(1), 1) | x.narrow(0, 3, 1) | x.narrow(0, 1, 2) | x.narrow(5, 1, 1)
reversed(x) | reversed(torch.tensor(1)) | torch.Size([1.5]) | torch.Size("a") | torch.Size((2,))
x.index_select(0, torch.tensor([5])) | x.index_select(1, torch.tensor([5])) | ~torch.ones(2)
x.narrow(0, -1, 1) | x.narrow(0, 1, -1) | x.reshape() | x.view() | x.reshape(shape=(3, 2)) | x.T
x.view(size=(6,)) | x.view(4) | x.t().view(6) | x.view(-1, -1) | x.view(torch.int64)
torch.numel(x) | x.float().view(torch.uint8) | x.float().view(torch.float64)
torch.ones(2, 4).view(torch.float64) | torch.ones(4)[1:].view(torch.float64)
torch.tensor(1.0).view(torch.uint8) | x.t().view(torch.int32) | x.expand(-1, 2, 3) | x.expand(2)
x.expand(4, 3) | x.expand(2, -2) | x.permute(0) | x.permute(0, 0)
x.contiguous(memory_format=torch.channels_last) | r(2, 3, 4, 5).permute(0, 2, 3, 1).is_contiguous()
r(2, 3, 4, 5).contiguous(memory_format=torch.channels_last).stride() | x.stride(1) | x.stride(5)
"""


@pytest.mark.parametrize("expression", expressions(AGREE))
def test_as_pytorch(expression):
    agree(expression)


SHAPES = st.lists(st.integers(0, 4), max_size=4)


@given(SHAPES, st.data())
def test_repeat_and_roll_of_dims_as_numpy(shape, data):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    times = data.draw(st.lists(st.integers(0, 3), min_size=len(shape), max_size=len(shape) + 2))
    if times:
        ours = tinytorch.tensor(array.astype(np.int64)).repeat(times)
        np.testing.assert_array_equal(ours.numpy(), np.tile(array, times))
    if shape:
        a, b = (data.draw(st.integers(-len(shape), len(shape) - 1)) for _ in "ab")
        ours = tinytorch.tensor(array.astype(np.int64)).movedim(a, b)
        np.testing.assert_array_equal(ours.numpy(), np.moveaxis(array, a, b))
        parts = data.draw(st.integers(1, 5))
        for mine, other in zip(
            tinytorch.tensor(array.astype(np.int64)).tensor_split(parts, a),
            np.array_split(array, parts, a),
            strict=True,
        ):
            np.testing.assert_array_equal(mine.numpy(), other)


def parts(torch, name):
    x = torch.arange(8.0).reshape(4, 2).requires_grad_()
    y = x * 1
    return x, y, {
        "split": y.split(2),
        "chunk": y.chunk(2),
        "unbind": y.unbind(0),
        "rows": tuple(y),
        "slices": (y[:2], y[2:]),
        "tensor_split": y.tensor_split(2),
    }[name]  # fmt: skip


@pytest.mark.parametrize("name", ["split", "chunk", "unbind", "rows", "slices", "tensor_split"])
def test_parts_written_to(name):
    def write(torch):
        _, y, views = parts(torch, name)
        views[0].mul_(2)
        return y

    def follow(torch):
        _, y, views = parts(torch, name)
        y.mul_(2)
        return views[0].grad_fn.name()

    def use(torch):
        x, _, views = parts(torch, name)
        (views[0] * views[-1]).sum().backward()
        return x.grad.tolist(), views[-1].output_nr

    for run in (write, follow, use):
        beside_torch(run)


def test_views_made_without_grad_mode():
    def look(torch):
        x = torch.ones(3, requires_grad=True)
        with torch.no_grad():
            view = x[0:2]
        return view.requires_grad, view.grad_fn, view.is_leaf, view.mul(2).requires_grad

    def write(torch):
        x = torch.ones(3, requires_grad=True) * 1
        with torch.no_grad():
            view = x[0:2]
        view.mul_(2)

    def write_base(torch):
        x = torch.ones(3, requires_grad=True) * 1
        with torch.no_grad():
            view = x[0:2]
        x.mul_(2)
        return view.grad_fn

    def write_inside(torch):
        x = torch.ones(3, requires_grad=True)
        with torch.no_grad():
            x[0:2].mul_(2)
        return x.tolist()

    for run in (look, write, write_base, write_inside):
        beside_torch(run)
