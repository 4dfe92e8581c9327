"""Loads the extension: the best instruction-set variant that is installed and this CPU runs."""

import importlib.util
import os
import site
import sys
from pathlib import Path
from types import ModuleType

from tinytorch import _cpu

LEVELS = ("x86-64-v4", "x86-64-v3", "baseline")


def _package_roots() -> list[Path]:
    """Where lib/ and include/ may lie: here, or in site-packages where the install is editable."""
    places = [*site.getsitepackages(), site.getusersitepackages()]
    return [Path(__file__).parent, *(Path(place) / "tinytorch" for place in places)]


def _library_root() -> Path:
    for root in _package_roots():
        if (root / "lib").is_dir():
            return root / "lib"
    raise ImportError("tinytorch: its compiled libraries are missing; run `pip install .` again")


def choose(installed: list[str], runnable: tuple[str, ...], wanted: str | None) -> str:
    """The variant to load, out of the installed ones.

    Raises ImportError, with what to do, where there is none that this CPU runs.
    """
    names = ", ".join(installed)
    if wanted is not None:
        if wanted not in installed:
            raise ImportError(f"tinytorch: TINYTORCH_ISA={wanted}, but installed are: {names}")
        if wanted not in runnable:
            raise ImportError(
                f"tinytorch: TINYTORCH_ISA={wanted}, but this CPU runs at most {runnable[0]}"
            )
        return wanted
    for level in runnable:
        if level in installed:
            return level
    raise ImportError(
        f"tinytorch: this installation is for {names}, and this CPU runs at most {runnable[0]}; "
        "reinstall from source on this machine: pip install --force-reinstall --no-binary :all: "
        "tinytorch-cpp"
    )


def installed_variants() -> list[str]:
    """The variants that are installed, the best first."""
    root = _library_root()
    return [level for level in LEVELS if (root / level).is_dir()]


def library_dir() -> Path:
    """The folder of the shared libraries in use."""
    wanted = os.environ.get("TINYTORCH_ISA") or None
    return _library_root() / choose(installed_variants(), _cpu.levels(), wanted)


def include_dir() -> Path:
    """The folder of the C++ headers that workspaces compile against."""
    for root in _package_roots():
        if (root / "include").is_dir():
            return root / "include"
    raise ImportError("tinytorch: its C++ headers are missing; run `pip install .` again")


def _load_extension(path: Path) -> ModuleType:
    name = "tinytorch._C"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"tinytorch: {path} is not an extension module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def load() -> ModuleType:
    """Loads tinytorch._C."""
    folder = library_dir()
    found = sorted(folder.glob("_C.*"))
    if not found:
        raise ImportError(f"tinytorch: {folder} holds no extension; run `pip install .` again")
    return _load_extension(found[0])
