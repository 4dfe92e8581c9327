"""install_as_torch: programs that say `import torch` get this package.

The package itself becomes `torch`, and its modules become `torch.nn`, `torch.utils.data` and so on
when they are asked for: the same module objects, so that a class is one class under both names.
"""

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from tinytorch.torch_version import TorchVersion

# The reference safetensors reads and writes PyTorch's own tensors; ours has its functions.
_NAMES = {
    "torch": "tinytorch",
    "torchvision": "tinytorch.vision",
    "safetensors": "tinytorch.safetensors",
}
# Where PyTorch has a module a class, and here one idea is one module.
_MODULES = {
    "optim.adadelta": "adagrad",
    "optim.adam": "adamw",
    "optim.adamax": "nadam radam",
    "optim.rprop": "asgd",
    "distributions.continuous": "cauchy exponential laplace log_normal normal uniform",
    "distributions.discrete": "bernoulli categorical geometric multinomial one_hot_categorical"
    " poisson",
    "distributions.distribution": "exp_family",
    "distributions.gamma": "beta chi2 dirichlet fishersnedecor inverse_gamma studentT",
    "distributions.transformed": "binomial gumbel half_cauchy half_normal mixture_same_family"
    " negative_binomial pareto relaxed_bernoulli relaxed_categorical transformed_distribution"
    " weibull",
    "distributions.multivariate": "independent multivariate_normal",
}
_ELSEWHERE = {
    f"tinytorch.{ours.partition('.')[0]}.{theirs}": f"tinytorch.{ours}"
    for ours, names in _MODULES.items()
    for theirs in names.split()
}


def _ours(name: str) -> str | None:
    """torch.nn.functional -> tinytorch.nn.functional; None for names that are not PyTorch's."""
    top, dot, rest = name.partition(".")
    if top not in _NAMES:
        return None
    ours = _NAMES[top] + dot + rest
    return _ELSEWHERE.get(ours, ours)


def _exists(ours: str) -> bool:
    if ours in sys.modules:
        return True
    try:
        return importlib.util.find_spec(ours) is not None
    except ModuleNotFoundError:  # of the parent
        return False


class _SameModule(Loader):
    """Gives the module of ours, as it is."""

    def __init__(self, ours: str) -> None:
        self._ours = ours
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._ours)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec  # the import wrote its own over it


class _Finder(MetaPathFinder):
    """Finds torch.x.y as tinytorch.x.y."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: Any = None
    ) -> ModuleSpec | None:
        ours = _ours(name)
        if ours is None:
            return None
        if not _exists(ours):
            if name.partition(".")[0] == "torchvision" and not _exists(_NAMES["torchvision"]):
                return None
            raise ModuleNotFoundError(f"tinytorch does not have the module {name}", name=name)
        return ModuleSpec(name, _SameModule(ours), is_package=_is_package(ours))


def _is_package(ours: str) -> bool:
    return hasattr(importlib.import_module(ours), "__path__")


def install_as_torch() -> ModuleType:
    """From now on `import torch`, `from torch.utils.data import DataLoader` ... find tinytorch.

    `torch.__version__` then names the release of PyTorch whose names these are. Calling it again
    changes nothing. Returns the package.
    Raises ImportError when PyTorch itself was imported before.
    """
    package = sys.modules["tinytorch"]
    present = sys.modules.get("torch")
    if present is not None and present is not package:
        raise ImportError(
            "install_as_torch: PyTorch is imported already; call tinytorch.install_as_torch() "
            "before anything that imports torch"
        )
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        # First, for a finder of files would load tinytorch/nn a second time as torch.nn.
        sys.meta_path.insert(0, _Finder())
    sys.modules["torch"] = package
    from tinytorch import version

    package.__version__ = TorchVersion(version.__version__)  # type: ignore[attr-defined]
    return package
