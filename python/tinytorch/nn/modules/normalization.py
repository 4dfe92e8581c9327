"""Layer norm and RMS norm as modules."""

from typing import Any

from tinytorch import _C, _creation
from tinytorch._C import Tensor
from tinytorch._device import check_cpu
from tinytorch.nn import init
from tinytorch.nn.functional._row_norms import sizes_of
from tinytorch.nn.modules.groupnorm import GroupNorm as GroupNorm
from tinytorch.nn.modules.groupnorm import LocalResponseNorm as LocalResponseNorm
from tinytorch.nn.modules.module import Module
from tinytorch.nn.parameter import Parameter


class LayerNorm(Module):
    """Brings the last dims of each sample to mean 0 and variance 1, then scales and shifts them.

    normalized_shape: their sizes, a number for one dim.  weight (ones) and bias (zeros) have that
    shape; elementwise_affine=False leaves both out, bias=False the bias.
    Source: torch.nn.LayerNorm
    """

    __constants__ = ["normalized_shape", "eps", "elementwise_affine"]  # noqa: RUF012

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        check_cpu(device)
        super().__init__()
        self.normalized_shape = sizes_of(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.weight: Any
        self.bias: Any

        def empty() -> Any:
            return Parameter(_creation.empty(self.normalized_shape, dtype=dtype))

        self.register_parameter("weight", empty() if elementwise_affine else None)
        self.register_parameter("bias", empty() if elementwise_affine and bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """weight becomes ones, bias zeros."""
        if self.elementwise_affine:
            init.ones_(self.weight)
            if self.bias is not None:
                init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return _C.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        bias = self.bias is not None
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={bias}"
        )


class RMSNorm(Module):
    """Divides the last dims of each sample by the root of the mean of their squares, then scales.

    normalized_shape: their sizes, a number for one dim.  weight (ones) has that shape.
    eps: the smallest step at 1 of the input's dtype unless given.  Source: torch.nn.RMSNorm
    """

    __constants__ = ["normalized_shape", "eps", "elementwise_affine"]  # noqa: RUF012

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        check_cpu(device)
        super().__init__()
        self.normalized_shape = sizes_of(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.weight: Any
        affine = elementwise_affine
        table = Parameter(_creation.empty(self.normalized_shape, dtype=dtype)) if affine else None
        self.register_parameter("weight", table)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """weight becomes ones."""
        if self.elementwise_affine:
            init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return _C.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )
