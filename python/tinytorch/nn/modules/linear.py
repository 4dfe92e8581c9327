"""Linear layers, and Identity, which does nothing."""

import math
from typing import Any

from tinytorch import _C, _creation
from tinytorch._C import Tensor
from tinytorch._device import check_cpu
from tinytorch._grad_mode import no_grad
from tinytorch.nn import functional as F
from tinytorch.nn import init
from tinytorch.nn.modules.lazy import LazyModuleMixin
from tinytorch.nn.modules.module import Module
from tinytorch.nn.parameter import Parameter, UninitializedParameter


class Identity(Module):
    """Returns its input; takes and forgets any arguments.  Source: torch.nn.Identity"""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input


class Linear(Module):
    """y = x W^T + b.  x: (..., in_features) -> y: (..., out_features).

    weight: (out_features, in_features).  bias: (out_features,), or None with bias=False; both drawn
    uniformly from +-1 / sqrt(in_features).  Source: torch.nn.Linear
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        check_cpu(device)
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight: Any = Parameter(_creation.empty((out_features, in_features), dtype=dtype))
        self.bias: Any
        bias_tensor = Parameter(_creation.empty(out_features, dtype=dtype)) if bias else None
        self.register_parameter("bias", bias_tensor)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws weight, then bias."""
        # With a = sqrt(5) the bound gain * sqrt(3 / fan_in) is 1 / sqrt(fan_in).
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        return _C.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class NonDynamicallyQuantizableLinear(Linear):
    """A Linear by another name.  Source: torch.nn.modules.linear"""


class Bilinear(Module):
    """y[o] = x1^T W[o] x2 + b[o].  x1: (..., in1), x2: (..., in2) -> y: (..., out).

    weight: (out, in1, in2) and bias: (out,), drawn uniformly from +-1 / sqrt(in1).
    Source: torch.nn.Bilinear
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        check_cpu(device)
        super().__init__()
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        shape = (out_features, in1_features, in2_features)
        self.weight = Parameter(_creation.empty(shape, dtype=dtype))
        self.bias: Any
        bias_tensor = Parameter(_creation.empty(out_features, dtype=dtype)) if bias else None
        self.register_parameter("bias", bias_tensor)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws weight, then bias."""
        if self.in1_features <= 0:
            raise ValueError(
                f"in1_features must be > 0, but got (in1_features={self.in1_features})"
            )
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


class LazyLinear(LazyModuleMixin, Linear):
    """A Linear that takes in_features from its first input.  Source: torch.nn.LazyLinear"""

    cls_to_become = Linear

    def __init__(
        self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(0, 0, False)
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_features = out_features
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draws weight, then bias, once they have a shape."""
        if not self.has_uninitialized_params() and self.in_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor) -> None:
        """Gives the parameters the shapes that suit `input`, and draws them."""
        if self.has_uninitialized_params():
            with no_grad():
                self.in_features = input.shape[-1]
                self.weight.materialize((self.out_features, self.in_features))
                if self.bias is not None:
                    self.bias.materialize((self.out_features,))
                self.reset_parameters()
        if self.in_features == 0:
            if input.shape[-1] != self.weight.shape[-1]:
                raise AssertionError(
                    f"The in_features inferred from input: {input.shape[-1]} is not equal to "
                    f"in_features from self.weight: {self.weight.shape[-1]}"
                )
            self.in_features = input.shape[-1]
