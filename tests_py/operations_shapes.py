"""Shapes: repeating, moving, splitting and joining."""

import numpy as np

from operations import Operation, of, sample

PAIR = [(sample(2, 3), sample(2, 3, seed=1))]

OPERATIONS = [
    of("Tensor.repeat", (2, 3), args=(2, 1, 3)),
    of("Tensor.repeat", (3,), args=(0, 2)),
    of("Tensor.repeat", (), args=(3,)),
    of("torch.tile Tensor.tile", (2, 3), args=((2,),)),
    of("torch.repeat_interleave Tensor.repeat_interleave", (2, 3), args=(2,)),
    of("torch.repeat_interleave Tensor.repeat_interleave", (2, 3), args=(2, 1)),
    of(
        "torch.movedim Tensor.movedim torch.moveaxis Tensor.moveaxis",
        (2, 3, 2),
        args=((0, 1), (2, 0)),
    ),
    of("torch.swapdims Tensor.swapdims", (2, 3), args=(0, 1)),
    of("torch.unflatten Tensor.unflatten", (2, 6), args=(1, (3, -1))),
    of("torch.ravel Tensor.ravel torch.adjoint Tensor.adjoint Tensor.mH Tensor.H", (2, 3)),
    of("torch.squeeze Tensor.squeeze", (1, 2, 1), args=((0, 2),)),
    of("torch.broadcast_to Tensor.broadcast_to", (2, 1), args=((3, 2, 2),)),
    of("Tensor.sum_to_size", (2, 3), args=(1, 3)),
    *(of("torch.rot90 Tensor.rot90", (2, 3), args=(k,)) for k in range(4)),
    of("torch.fliplr Tensor.fliplr torch.flipud Tensor.flipud Tensor.__reversed__", (2, 3)),
    of("torch.tensor_split Tensor.tensor_split", (5, 2), args=(2,)),
    of("torch.tensor_split Tensor.tensor_split", (5, 2), args=((1, 3),)),
    of("torch.vsplit Tensor.vsplit torch.hsplit Tensor.hsplit", (2, 2), args=(2,)),
    of("torch.dsplit Tensor.dsplit", (1, 2, 2), args=(2,)),
    of("torch.split_with_sizes Tensor.split_with_sizes", (4, 3), args=([1, 3],)),
    of(
        "torch.unsafe_split Tensor.unsafe_split torch.unsafe_chunk Tensor.unsafe_chunk",
        (4, 3),
        args=(2,),
    ),
    of("torch.unsafe_split_with_sizes Tensor.unsafe_split_with_sizes", (4, 3), args=([1, 3],)),
    of("torch.atleast_1d torch.atleast_2d torch.atleast_3d", ()),
    *(
        Operation(f"torch.{name}", PAIR, as_list=True)
        for name in ("hstack", "vstack", "row_stack", "dstack", "column_stack")
    ),
    Operation("torch.block_diag torch.broadcast_tensors", [(sample(2, 3), sample(1, 3, seed=1))]),
    Operation("torch.cartesian_prod", [(sample(2), sample(3, seed=1))]),
    Operation("torch.meshgrid", [(sample(2), sample(3, seed=1))], kwargs={"indexing": "xy"}),
    of("torch.combinations", (4,), args=(2,)),
    of("torch.vander", (3,)),
    of("torch.clone", (2, 3)),
    of("Tensor.squeeze_", (2, 1, 3)),
    of("Tensor.unsqueeze_", (2, 3), args=(1,)),
    of("Tensor.transpose_ Tensor.swapaxes_ Tensor.swapdims_", (2, 3), args=(0, 1)),
    of("Tensor.t_", (2, 3)),
    of("Tensor.as_strided_", (6,), args=((4, 3), (1, 1))),
    of("Tensor.resize", (2, 3), args=(3, 2)),
]
CALLS = [
    (
        "torch.repeat_interleave",
        ((2, 3),),
        lambda f, t, x: f(x, t.tensor(np.array([2, 0, 1])), dim=1),
    ),
    ("Tensor.resize_as", ((2, 3), (3, 2)), lambda f, t, x, y: f(x, y) * y),
]
WITHOUT_GRADIENT = {}
OTHERS = {
    "torch": "broadcast_shapes numel",
    "Tensor": "resize_ resize_as_ set_ is_set_to",
}
# vander's gradient raises there; the others warn that they are deprecated
UNKNOWN_TO_PYTORCH = "torch.vander Tensor.resize Tensor.resize_as"
