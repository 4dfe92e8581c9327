"""torch.autograd.profiler: the profiler under its old name."""

from typing import Any

from tinytorch import profiler as _profiler
from tinytorch.profiler import record_function as record_function


class profile(_profiler.profile):
    """torch.profiler.profile, that may be switched off.  Source: torch.autograd.profiler.profile"""

    def __init__(self, enabled: bool = True, **settings: Any) -> None:
        super().__init__()
        self.enabled = enabled

    def start(self) -> None:
        if self.enabled:
            super().start()


class emit_nvtx:
    """Marks for NVIDIA's profiler: without CUDA nothing.  Source: torch.autograd.profiler"""

    def __init__(self, enabled: bool = True, record_shapes: bool = False) -> None:
        self.enabled = enabled

    def __enter__(self) -> "emit_nvtx":
        if self.enabled:
            raise RuntimeError("emit_nvtx: there is no CUDA here")
        return self

    def __exit__(self, *error: object) -> None:
        return None
