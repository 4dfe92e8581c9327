"""Mixed precision under its old names; PyTorch warns of them, and so does this."""

import warnings
from collections.abc import Callable
from typing import Any

from tinytorch import _dtype
from tinytorch.amp import autocast_mode, grad_scaler

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd"]


def _warn(name: str, arguments: str = "args...") -> None:
    warnings.warn(
        f"`torch.cuda.amp.{name}({arguments})` is deprecated. "
        f"Please use `torch.amp.{name}('cuda', {arguments})` instead.",
        FutureWarning,
        stacklevel=3,
    )


class autocast(autocast_mode.autocast):
    """torch.amp.autocast("cuda").  Source: torch.cuda.amp.autocast"""

    def __init__(
        self, enabled: bool = True, dtype: Any = _dtype.float16, cache_enabled: bool = True
    ) -> None:
        _warn("autocast")
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(grad_scaler.GradScaler):
    """torch.amp.GradScaler("cuda").  Source: torch.cuda.amp.GradScaler"""

    def __init__(
        self,
        init_scale: float = 65536.0,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        _warn("GradScaler")
        super().__init__(
            "cuda", init_scale, growth_factor, backoff_factor, growth_interval, enabled
        )


def custom_fwd(
    fwd: Callable[..., Any] | None = None, *, cast_inputs: Any = None
) -> Callable[..., Any]:
    """torch.amp.custom_fwd for CUDA.  Source: torch.cuda.amp.custom_fwd"""
    _warn("custom_fwd")
    return autocast_mode.custom_fwd(fwd, device_type="cuda", cast_inputs=cast_inputs)


def custom_bwd(bwd: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """torch.amp.custom_bwd for CUDA.  Source: torch.cuda.amp.custom_bwd"""
    _warn("custom_bwd")
    return autocast_mode.custom_bwd(bwd, device_type="cuda")
