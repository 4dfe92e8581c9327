"""The release of PyTorch that is followed here, and what this build does not have."""

from tinytorch import _C

__all__ = ["__version__", "cuda", "debug", "git_version", "hip", "xpu"]

__version__ = f"2.13.0+tinytorch.{_C.build_info()['version']}"
debug = False
cuda: str | None = None
git_version = "0" * 40
hip: str | None = None
xpu: str | None = None
