"""Convolutions as modules: windows of weights that learn."""

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
from tinytorch.nn.modules.utils import _pair, _reverse_repeat_tuple, _single, _triple
from tinytorch.nn.parameter import Parameter, UninitializedParameter

_PADDING_MODES = {"zeros", "reflect", "replicate", "circular"}


class _ConvNd(Module):
    """weight: (K, C / groups, *kernel_size), bias: (K,), drawn from +-1 / sqrt(fan_in)."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any, padding: Any,
        dilation: Any, transposed: bool, output_padding: Any, groups: int, bias: bool,
        padding_mode: str, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        check_cpu(device)
        super().__init__()
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups != 0:
            raise ValueError("out_channels must be divisible by groups")
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(
                    f"Invalid padding string {padding!r}, should be one of {{'same', 'valid'}}"
                )
            if padding == "same" and any(s != 1 for s in stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if padding_mode not in _PADDING_MODES:
            raise ValueError(
                f"padding_mode must be one of {_PADDING_MODES}, but got "
                f"padding_mode='{padding_mode}'"
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.transposed = transposed
        self.output_padding = output_padding
        self.groups = groups
        self.padding_mode = padding_mode
        self._reversed_padding_repeated_twice = self._padding_as_pad_takes_it()
        channels = (
            (in_channels, out_channels // groups)
            if transposed
            else (out_channels, in_channels // groups)
        )
        self.weight: Any = Parameter(_creation.empty((*channels, *kernel_size), dtype=dtype))
        self.bias: Any
        bias_tensor = Parameter(_creation.empty(out_channels, dtype=dtype)) if bias else None
        self.register_parameter("bias", bias_tensor)
        self.reset_parameters()

    def _padding_as_pad_takes_it(self) -> Any:
        if not isinstance(self.padding, str):
            return _reverse_repeat_tuple(self.padding, 2)
        lengths = []
        for d, k in zip(reversed(self.dilation), reversed(self.kernel_size), strict=True):
            total = d * (k - 1) if self.padding == "same" else 0
            lengths += [total // 2, total - total // 2]
        return lengths

    def reset_parameters(self) -> None:
        """Draws weight, then bias."""
        # With a = sqrt(5) the bound gain * sqrt(3 / fan_in) is 1 / sqrt(fan_in).
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in != 0:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)
            else:
                init.uniform_(self.bias, 0, 0)

    def extra_repr(self) -> str:
        text = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}"
        )
        if self.padding != (0,) * len(self.padding):
            text += f", padding={self.padding}"
        if self.dilation != (1,) * len(self.dilation):
            text += f", dilation={self.dilation}"
        if self.output_padding != (0,) * len(self.output_padding):
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)
        if not hasattr(self, "padding_mode"):
            self.padding_mode = "zeros"

    def _convolve(self, convolution: Any, input: Any, weight: Any, bias: Any) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self._reversed_padding_repeated_twice, self.padding_mode)
            padding = 0
        return convolution(  # type: ignore[no-any-return]
            input, weight, bias, self.stride, padding, self.dilation, self.groups
        )


class Conv1d(_ConvNd):
    """A window that slides along lines.  (N, C, L) or (C, L) -> (N, K, P).  Source: torch.nn.Conv1d

    Raises ValueError for groups that do not divide the channels, and for padding that is no number
    and neither "same" nor "valid".
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, dilation: Any = 1, groups: int = 1, bias: bool = True,
        padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            in_channels, out_channels, _single(kernel_size), _single(stride),
            padding if isinstance(padding, str) else _single(padding), _single(dilation), False,
            _single(0), groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return self._convolve(_C.conv1d, input, weight, bias)

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight, self.bias)


class Conv2d(_ConvNd):
    """A window that slides over pictures.  (N, C, H, W) or (C, H, W) -> (N, K, P, Q).

    kernel_size, stride, padding and dilation: a number, or one for rows and one for columns;
    padding also "same" or "valid". padding_mode: what stands in the padding.
    Raises as Conv1d.  Source: torch.nn.Conv2d
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, dilation: Any = 1, groups: int = 1, bias: bool = True,
        padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            in_channels, out_channels, _pair(kernel_size), _pair(stride),
            padding if isinstance(padding, str) else _pair(padding), _pair(dilation), False,
            _pair(0), groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return self._convolve(_C.conv2d, input, weight, bias)

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight, self.bias)


class Conv3d(_ConvNd):
    """A window that slides through volumes.  (N, C, D, H, W) -> (N, K, O, P, Q).

    Raises as Conv1d.  Source: torch.nn.Conv3d
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, dilation: Any = 1, groups: int = 1, bias: bool = True,
        padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            in_channels, out_channels, _triple(kernel_size), _triple(stride),
            padding if isinstance(padding, str) else _triple(padding), _triple(dilation), False,
            _triple(0), groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return self._convolve(F.conv3d, input, weight, bias)

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight, self.bias)


class _ConvTransposeNd(_ConvNd):
    """weight: (C, K / groups, *kernel_size): that of the convolution whose gradient this is."""

    def _output_padding(self, input: Any, output_size: Any, dims: int) -> Any:
        """What to add behind so that the result has `output_size`."""
        if output_size is None:
            return _single(self.output_padding)
        wanted = list(output_size)
        if len(wanted) == input.dim() and input.dim() == dims + 2:
            wanted = wanted[2:]
        if len(wanted) != dims:
            raise ValueError(
                f"ConvTranspose{dims}D: for {input.dim()}D input, output_size must have {dims} or "
                f"{dims + 2} elements (got {len(output_size)})"
            )
        smallest = [
            (n - 1) * s - 2 * p + d * (k - 1) + 1
            for n, s, p, d, k in zip(
                input.shape[-dims:], self.stride, self.padding, self.dilation, self.kernel_size,
                strict=True,
            )
        ]  # fmt: skip
        largest = [low + s - 1 for low, s in zip(smallest, self.stride, strict=True)]
        for size, low, high in zip(wanted, smallest, largest, strict=True):
            if not low <= size <= high:
                raise ValueError(
                    f"requested an output size of {list(output_size)}, but valid sizes range from "
                    f"{smallest} to {largest} (for an input of {list(input.shape[2:])})"
                )
        return [size - low for size, low in zip(wanted, smallest, strict=True)]

    def _transpose(self, convolution: Any, dims: int, input: Any, output_size: Any) -> Tensor:
        extra = self._output_padding(input, output_size, dims)
        return convolution(  # type: ignore[no-any-return]
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups,
            self.dilation,
        )  # fmt: skip


def _check_zeros(name: str, padding_mode: str) -> None:
    if padding_mode != "zeros":
        raise ValueError(
            f'Only "zeros" padding mode is supported for {name}, got padding_mode="{padding_mode}"'
        )


class ConvTranspose1d(_ConvTransposeNd):
    """Makes lines longer: the gradient of Conv1d by its input, as a layer.  (N, C, L) -> (N, K, M).

    Raises as Conv1d, and for another padding_mode than "zeros".  Source: torch.nn.ConvTranspose1d
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, output_padding: Any = 0, groups: int = 1, bias: bool = True,
        dilation: Any = 1, padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        _check_zeros("ConvTranspose1d", padding_mode)
        super().__init__(
            in_channels, out_channels, _single(kernel_size), _single(stride), _single(padding),
            _single(dilation), True, _single(output_padding), groups, bias, padding_mode, device,
            dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        return self._transpose(_C.conv_transpose1d, 1, input, output_size)


class ConvTranspose2d(_ConvTransposeNd):
    """Makes pictures larger: the gradient of Conv2d by its input, as a layer.

    (N, C, H, W) or (C, H, W) -> (N, K, M, L).  output_size chooses among the sizes that Conv2d
    makes equal.  Raises as ConvTranspose1d.  Source: torch.nn.ConvTranspose2d
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, output_padding: Any = 0, groups: int = 1, bias: bool = True,
        dilation: Any = 1, padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        _check_zeros("ConvTranspose2d", padding_mode)
        super().__init__(
            in_channels, out_channels, _pair(kernel_size), _pair(stride), _pair(padding),
            _pair(dilation), True, _pair(output_padding), groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        return self._transpose(_C.conv_transpose2d, 2, input, output_size)


class ConvTranspose3d(_ConvTransposeNd):
    """Makes volumes larger: the gradient of Conv3d by its input, as a layer.

    (N, C, D, H, W) or (C, D, H, W).  Raises as ConvTranspose1d.  Source: torch.nn.ConvTranspose3d
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, output_padding: Any = 0, groups: int = 1, bias: bool = True,
        dilation: Any = 1, padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        _check_zeros("ConvTranspose3d", padding_mode)
        super().__init__(
            in_channels, out_channels, _triple(kernel_size), _triple(stride), _triple(padding),
            _triple(dilation), True, _triple(output_padding), groups, bias, padding_mode, device,
            dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        return self._transpose(F.conv_transpose3d, 3, input, output_size)


class _LazyConvXdMixin(LazyModuleMixin):
    """Takes in_channels from the first input."""

    _spatial_dims = 0

    def _become_lazy(self, out_channels: int, bias: bool, device: Any, dtype: Any) -> None:
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_channels = out_channels
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draws weight, then bias, once they have a shape."""
        if not self.has_uninitialized_params() and self.in_channels != 0:
            super().reset_parameters()  # type: ignore[misc]

    def initialize_parameters(self, input: Any, *args: Any, **kwargs: Any) -> None:
        """Gives the parameters the shapes that suit `input`, and draws them."""
        if not self.has_uninitialized_params():
            return
        dims = self._spatial_dims
        if input.dim() not in (dims + 1, dims + 2):
            raise RuntimeError(
                f"Expected {dims + 1}D (unbatched) or {dims + 2}D (batched) input to "
                f"{type(self).__name__}, but got input of size: {tuple(input.shape)}"
            )
        self.in_channels = input.shape[-dims - 1]
        if self.in_channels % self.groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        own, other = self.out_channels, self.in_channels
        channels = (other, own // self.groups) if self.transposed else (own, other // self.groups)
        with no_grad():
            self.weight.materialize((*channels, *self.kernel_size))
            if self.bias is not None:
                self.bias.materialize((self.out_channels,))
            self.reset_parameters()


def _lazy(name: str, convolution: type, dims: int) -> type:
    """A class that takes in_channels from its first input, and is `convolution` from then on."""
    transposed = issubclass(convolution, _ConvTransposeNd)

    def with_bias(
        self: Any, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros",
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        LazyModuleMixin.__init__(
            self, 0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode
        )
        self._become_lazy(out_channels, bias, device, dtype)

    def with_bias_transposed(
        self: Any, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, groups: int = 1, bias: bool = True, dilation: Any = 1,
        padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        LazyModuleMixin.__init__(
            self, 0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation,
            padding_mode,
        )  # fmt: skip
        self._become_lazy(out_channels, bias, device, dtype)

    return type(
        name,
        (_LazyConvXdMixin, convolution),
        {
            "__init__": with_bias_transposed if transposed else with_bias,
            "__doc__": f"A {convolution.__name__} that takes in_channels from its first input.  "
            f"Source: torch.nn.{name}",
            "__module__": __name__,
            "cls_to_become": convolution,
            "_spatial_dims": dims,
        },
    )


LazyConv1d: Any = _lazy("LazyConv1d", Conv1d, 1)
LazyConv2d: Any = _lazy("LazyConv2d", Conv2d, 2)
LazyConv3d: Any = _lazy("LazyConv3d", Conv3d, 3)
LazyConvTranspose1d: Any = _lazy("LazyConvTranspose1d", ConvTranspose1d, 1)
LazyConvTranspose2d: Any = _lazy("LazyConvTranspose2d", ConvTranspose2d, 2)
LazyConvTranspose3d: Any = _lazy("LazyConvTranspose3d", ConvTranspose3d, 3)
