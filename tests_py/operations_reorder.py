"""Reordering: flip and roll."""

from operations import of

OPERATIONS = [
    of("torch.flip Tensor.flip", (2, 3, 2), args=((0, -1),)),
    of("torch.flip Tensor.flip", (0, 3), args=((0,),)),
    of("torch.roll Tensor.roll", (2, 3), args=(4,)),
    of("torch.roll Tensor.roll", (2, 3), args=((1, -5), (0, 1))),
    of("torch.roll Tensor.roll", (0, 3), args=(2, 1)),
]
CALLS = []
WITHOUT_GRADIENT = {}
OTHERS = {}
UNKNOWN_TO_PYTORCH = ""
