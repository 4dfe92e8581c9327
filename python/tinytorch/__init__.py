"""tinytorch: PyTorch rebuilt small, in C++, to learn machine-learning systems by writing one.

    import tinytorch as torch

The names are PyTorch's. What is there depends on the units that were built; a full build has all.
"""

import importlib
from typing import Any

from tinytorch import _isa

_C = _isa.load()

from tinytorch._as_torch import install_as_torch as install_as_torch  # noqa: E402
from tinytorch._config import kernels as kernels  # noqa: E402
from tinytorch._config import load_accelerated as _load_accelerated  # noqa: E402
from tinytorch._config import show_config as show_config  # noqa: E402

_load_accelerated()

__version__: str = _C.build_info()["version"]
_UNITS: frozenset[str] = frozenset(_C.build_info()["units"])

empty_cache = _C.empty_cache
get_num_threads = _C.get_num_threads
set_num_threads = _C.set_num_threads


def library_dir() -> str:
    """The folder of the shared libraries in use."""
    return str(_isa.library_dir())


def include_dir() -> str:
    """The folder of the C++ headers that workspaces compile against."""
    return str(_isa.include_dir())


# PyTorch's names, unit by unit: `import tinytorch` works with the first few built.
if "setup" in _UNITS:
    from tinytorch import setup as setup
if "dataloader" in _UNITS:
    from tinytorch import dataloader as dataloader
if "tensor" in _UNITS:
    from tinytorch import random as random
    from tinytorch import safetensors as safetensors
    from tinytorch import utils as utils
    from tinytorch._exports import *  # noqa: F403
    from tinytorch._settings import *  # noqa: F403
    from tinytorch.amp.autocast_mode import *  # noqa: F403
    from tinytorch.compiler import compile as compile
if "activations" in _UNITS:
    from tinytorch import activations as activations
if "layers" in _UNITS:
    from tinytorch import layers as layers
    from tinytorch import nn as nn
if "losses" in _UNITS:
    from tinytorch import losses as losses
if "optimizers" in _UNITS:
    from tinytorch import optim as optim
    from tinytorch import optimizers as optimizers
if "autograd" in _UNITS:
    from tinytorch import autograd as autograd
    from tinytorch.autograd import enable_grad as enable_grad
    from tinytorch.autograd import inference_mode as inference_mode
    from tinytorch.autograd import is_grad_enabled as is_grad_enabled
    from tinytorch.autograd import no_grad as no_grad
    from tinytorch.autograd import set_grad_enabled as set_grad_enabled
if "spatial" in _UNITS:
    from tinytorch import spatial as spatial
if {"autograd", "optimizers"} <= _UNITS:
    from tinytorch import training as training  # written in Python
if "embeddings" in _UNITS:
    from tinytorch import embeddings as embeddings
if "attention" in _UNITS:
    from tinytorch import attention as attention
if "transformers" in _UNITS:
    from tinytorch import transformers as transformers


# Imported when first asked for, with the units that each needs: most programs do without.
_LATER = {
    "tensor": "__config__ accelerator backends cpu cuda hub mps multiprocessing overrides profiler"
    " torch_version types version xpu",
    "autograd": "distributed distributions fx sparse special testing",
    "layers": "func jit",
    "dataloader": "vision",
    "transformers": "models",
    "tokenization": "text tokenization",
    "generation": "generation",
}
_LATER_MODULES = {name: unit for unit, names in _LATER.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name.startswith("_foreach_") and "autograd" in _UNITS:
        return getattr(importlib.import_module("tinytorch._foreach"), name)
    if name in ("_sample_dirichlet", "_standard_gamma") and "autograd" in _UNITS:
        return getattr(_C, name)
    if name in ("sparse_coo", "sparse_coo_tensor") and "autograd" in _UNITS:
        return getattr(importlib.import_module("tinytorch.sparse"), name)
    if name in ("spmm", "dsmm") and "autograd" in _UNITS:
        return importlib.import_module("tinytorch.sparse").mm
    if name == "vmap" and "layers" in _UNITS:
        return importlib.import_module("tinytorch.func").vmap
    if _LATER_MODULES.get(name) in _UNITS:
        return importlib.import_module(f"tinytorch.{name}")
    raise AttributeError(f"tinytorch does not have torch.{name}")


def __dir__() -> list[str]:
    return sorted(globals().keys() | _LATER_MODULES.keys())
