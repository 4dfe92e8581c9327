"""Writes python/tinytorch/_C.pyi, the types of the extension, from the one that is installed.

    python scripts/update_stubs.py            writes it
    python scripts/update_stubs.py --check    exits with 1 when it is out of date

A submodule, as _C.activations, appears as a class of static functions: so one file holds them all.
"""

import ast
import builtins
import difflib
import inspect
import subprocess
import sys
import tempfile
from pathlib import Path

STUB = Path(__file__).resolve().parent.parent / "python/tinytorch/_C.pyi"
OPENING = '''"""The types of tinytorch._C, written by scripts/update_stubs.py."""

import builtins
import collections.abc
import typing

import numpy as np

from tinytorch import _dtype
'''
SIZE_ARGUMENT = "collections.abc.Sequence[builtins.int] | builtins.int"
# Defined in Python or in the file itself, where the generator does not look for them; a Size is
# only taken, never returned.
KNOWN = "Size|Tensor"


def run_stubgen(folder: str) -> None:
    # tinytorch loads the extension itself, so it must be imported first.
    program = "import sys, tinytorch, pybind11_stubgen as s; s.main(sys.argv[1:])"
    subprocess.run(
        [
            *(sys.executable, "-c", program, "tinytorch._C", "--output-dir", folder),
            *("--exit-code", "--ignore-unresolved-names", KNOWN),
        ],
        check=True,
    )


class Names(ast.NodeTransformer):
    """Inside a class with a method `float`, the type float is builtins.float; numpy is np."""

    def __init__(self, hidden: set[str]) -> None:
        self.hidden = hidden

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.hidden:
            return ast.Attribute(ast.Name("builtins"), node.id)
        return ast.Name("np") if node.id == "numpy" else node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if ast.unparse(node.value) == "numpy.dtype":  # the generator's reading of our dtype
            return ast.Attribute(ast.Name("_dtype"), "dtype")
        self.generic_visit(node)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        self.generic_visit(node)
        if node.annotation and ast.unparse(node.annotation) == "Size":
            node.annotation = ast.parse(SIZE_ARGUMENT, mode="eval").body
        return node


def is_boilerplate(node: ast.stmt) -> bool:
    """Imports, which OPENING has, and __all__."""
    return isinstance(node, ast.Import | ast.ImportFrom) or (
        isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "__all__"
    )


def statements(path: Path) -> list[ast.stmt]:
    text = path.read_text().replace("tinytorch._C.", "")
    text = text.replace("from: ", "from_: ")  # an argument of PyTorch's, and a keyword of Python's
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" in node.value:
            node.value = inspect.cleandoc(node.value)
    body = [node for node in tree.body if not is_boilerplate(node)]
    for node in body:
        members = node.body if isinstance(node, ast.ClassDef) else []
        names = {member.name for member in members if isinstance(member, ast.FunctionDef)}
        Names(names & set(dir(builtins))).visit(node)
    return body


def as_class(path: Path) -> ast.ClassDef:
    body = statements(path)
    for node in body:
        if isinstance(node, ast.FunctionDef):
            node.decorator_list.append(ast.Name("staticmethod"))
    return ast.ClassDef(path.stem, bases=[], keywords=[], body=body, decorator_list=[])


def generate() -> str:
    """The stub of the installed extension, formatted."""
    with tempfile.TemporaryDirectory() as folder:
        run_stubgen(folder)
        (top,) = Path(folder).rglob("__init__.pyi")
        submodules = sorted(path for path in top.parent.glob("*.pyi") if path != top)
        body = statements(top)[1:] + [as_class(path) for path in submodules]
    text = OPENING + ast.unparse(ast.Module(body, type_ignores=[]))
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(STUB), "-"]
    return subprocess.run(command, input=text, text=True, check=True, capture_output=True).stdout


def main() -> int:
    text = generate()
    if "--check" not in sys.argv:
        STUB.write_text(text, encoding="utf-8")
        return 0
    present = STUB.read_text(encoding="utf-8") if STUB.exists() else ""
    difference = difflib.unified_diff(
        present.splitlines(), text.splitlines(), "checked in", "installed", lineterm=""
    )
    lines = list(difference)
    print("\n".join(lines[:60]) if lines else "_C.pyi is up to date")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
