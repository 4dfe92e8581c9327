"""Windows as columns, and columns added up to pictures again."""

from typing import Any

from tinytorch import _C
from tinytorch._C import Tensor
from tinytorch.nn.functional._sizes import as_pictures, check_tensors, numbers


def unfold(
    input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """What each window sees, as a column.  input: (N, C, H, W) -> (N, C R S, places), or without N.

    Raises RuntimeError for a window that does not fit.  Source: torch.nn.functional.unfold
    """
    check_tensors("unfold", input)
    if input.dim() not in (3, 4):
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero "
            f"dimensions for input, but got: {list(input.shape)}"
        )
    pictures, _ = as_pictures("unfold", input, 2)
    if 0 in pictures.shape[1:]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero "
            f"dimensions for input, but got: {list(input.shape)}"
        )
    if not input.is_floating_point():
        return _unfold_integers(input, kernel_size, dilation, padding, stride)
    columns: Any = _C._unfold(pictures, *_window("unfold", kernel_size, dilation, padding, stride))
    return columns if input.dim() == 4 else columns.squeeze(0)  # type: ignore[no-any-return]


def _unfold_integers(x: Any, *window: Any) -> Tensor:
    """By way of doubles, which hold them exactly."""
    wide = x.double()
    if x.numel() and float(wide.abs().max()) >= 2.0**53:
        raise NotImplementedError("unfold: expected a floating dtype or integers below 2^53")
    return unfold(wide, *window).to(x.dtype)  # type: ignore[no-any-return]


def fold(
    input: Any,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Tensor:
    """Columns added up where `unfold` reads them.  input: (N, C R S, places) -> (N, C, H, W).

    Raises RuntimeError where columns and sizes do not belong together.
    Source: torch.nn.functional.fold
    """
    check_tensors("fold", input)
    if input.dim() not in (2, 3):
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and other "
            f"non-zero dimensions for input, but got: {list(input.shape)}"
        )
    size, stride, padding, dilation = _window("fold", kernel_size, dilation, padding, stride)
    rows, columns = numbers("fold", "output_size", output_size, 2, 1)
    batch: Any = input if input.dim() == 3 else input.unsqueeze(0)
    area = size[0] * size[1]
    if area <= 0 or batch.shape[1] % area:
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, "
            f"but got input.size(1)={batch.shape[1]} and kernel_size={size}."
        )
    shape = (batch.shape[0], batch.shape[1] // area, rows, columns)
    y: Any = _C._fold(batch, shape, size, stride, padding, dilation)
    return y if input.dim() == 3 else y.squeeze(0)  # type: ignore[no-any-return]


def _window(name: str, size: Any, dilation: Any, padding: Any, stride: Any) -> Any:
    return (
        numbers(name, "kernel_size", size, 2, 1),
        numbers(name, "stride", stride, 2, 1),
        numbers(name, "padding", padding, 2, 0),
        numbers(name, "dilation", dilation, 2, 1),
    )
