"""Process-wide settings: the kernel set, threads, memory, and what this installation is."""

import ctypes
import os
import platform
from types import TracebackType
from typing import Literal

from tinytorch import _C, _isa

KernelSet = Literal["accelerated", "reference"]


def load_accelerated() -> None:
    """Loads the accelerated kernels, unless TINYTORCH_KERNELS=reference keeps them out."""
    wanted = os.environ.get("TINYTORCH_KERNELS", "accelerated")
    if wanted not in ("accelerated", "reference"):
        raise ImportError(
            f"tinytorch: TINYTORCH_KERNELS={wanted!r}, expected 'accelerated' or 'reference'"
        )
    if wanted == "reference":
        return
    suffix = "dylib" if platform.system() == "Darwin" else "so"
    library = _isa.library_dir() / f"libtinytorch_accelerated.{suffix}"
    if library.exists():  # a build may leave it out: then every loop is the reference
        ctypes.CDLL(str(library))


class kernels:
    """Chooses the kernel set: `kernels("reference")` as a call, or for the length of a `with`."""

    def __init__(self, which: KernelSet) -> None:
        if which not in ("accelerated", "reference"):
            raise ValueError(f"kernels: expected 'accelerated' or 'reference', got {which!r}")
        self._before = _C.kernels_accelerated()
        _C.set_kernels_accelerated(which == "accelerated")

    def __enter__(self) -> "kernels":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _C.set_kernels_accelerated(self._before)


def show_config() -> None:
    """Prints what this installation is: version, compiler, instruction set, xsimd, threads."""
    print(config_text())


def config_text() -> str:
    """The text of show_config."""
    info = _C.build_info()
    installed = ", ".join(_isa.installed_variants())
    twins = sum(_C.kernel_table().values())
    return "\n".join(
        [
            f"tinytorch {info['version']}",
            f"compiler: {info['compiler']}",
            f"instruction set: {info['variant']} (installed: {installed})",
            f"xsimd: {info['xsimd']}",
            f"threads: {_C.get_num_threads()}",
            f"units: {' '.join(info['units'])}",
            f"kernels: {'accelerated' if _C.kernels_accelerated() else 'reference'}"
            f" ({twins} of {len(_C.kernel_table())} have an accelerated twin)",
            f"libraries: {_isa.library_dir()}",
        ]
    )
