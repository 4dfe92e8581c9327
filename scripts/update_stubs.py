"""Writes python/tinytorch/_C.pyi, the types of the extension, from the one that is installed.

    python scripts/update_stubs.py            writes it
    python scripts/update_stubs.py --check    exits with 1 when it is out of date

A submodule, as _C.activations, appears as a class of static functions: so one file holds them all.
"""

import ast
import builtins
import difflib
import inspect
import re
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

from tinytorch import _device, _dtype, _memory_format
from tinytorch.storage import TypedStorage, UntypedStorage
'''
SIZE_ARGUMENT = "collections.abc.Sequence[builtins.int] | builtins.int"
# Defined in Python or in the file itself, where the generator does not look for them; a Size is
# only taken, never returned.
KNOWN = "Size|Tensor"


# Runs the generator. tinytorch loads the extension itself, so it must be imported first; what it
# adds to Tensor is shown without its wrappers, and what passes for a class of PyTorch's as our own.
PROGRAM = """
import inspect, sys, tinytorch, pybind11_stubgen
from tinytorch import _C
_C.Generator.__module__ = "tinytorch._C"
for name, member in list(vars(_C.Tensor).items()):
    if inspect.isfunction(member):
        setattr(_C.Tensor, name, inspect.unwrap(member))
pybind11_stubgen.main(sys.argv[1:])
"""


def run_stubgen(folder: str) -> None:
    subprocess.run(
        [
            *(sys.executable, "-c", PROGRAM, "tinytorch._C", "--output-dir", folder),
            *("--exit-code", "--ignore-unresolved-names", KNOWN),
        ],
        check=True,
    )


def expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


class Names(ast.NodeTransformer):
    """Inside a class with a method `float`, the type float is builtins.float; numpy is np.

    A Size, which is only taken, is whatever makes one.
    """

    def __init__(self, hidden: set[str]) -> None:
        self.hidden = hidden

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.hidden:
            return ast.Attribute(ast.Name("builtins"), node.id)
        if node.id == "Size":
            return expression(SIZE_ARGUMENT)
        return ast.Name("np") if node.id == "numpy" else node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if ast.unparse(node.value) == "numpy.dtype":  # the generator's reading of our dtype
            return ast.Attribute(ast.Name("_dtype"), "dtype")
        self.generic_visit(node)
        return node


def is_boilerplate(node: ast.stmt) -> bool:
    """Imports, which OPENING has, and __all__."""
    return isinstance(node, ast.Import | ast.ImportFrom) or (
        isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "__all__"
    )


def statements(path: Path) -> list[ast.stmt]:
    text = path.read_text().replace("tinytorch._C.", "")
    text = re.sub(r"\btinytorch\.(storage\.|(?=_))", "", text)  # as OPENING imports them
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
        if isinstance(node, ast.ClassDef) and node.name == "Tensor":
            node.body = [completed(member, names) for member in node.body]
            node.body.sort(key=lambda member: isinstance(member, ast.Assign))
    return body


# Slots of the type, of which the generator sees no signature; other operators return tensors.
SLOTS = {"__bool__": "builtins.bool", "__float__": "builtins.float", "__len__": "builtins.int"}
SLOTS |= {"__int__": "builtins.int", "__index__": "builtins.int", "__hash__": "builtins.int"}
SLOTS |= {"__setitem__": "None", "__delitem__": "None"}
INIT = "def __init__(self, *args: typing.Any, **kwargs: typing.Any) -> None: ..."


def completed(member: ast.stmt, names: set[str]) -> ast.stmt:
    """A member of Tensor, which is a type of CPython's: every function bound to it is a method."""
    if not isinstance(member, ast.FunctionDef):
        return member
    if member.name == "__new__":
        return ast.parse(INIT).body[0]
    original = (ast.get_docstring(member) or "").partition("(self: ")[0].partition("(*args")[0]
    if original in names - {member.name}:  # bound under another name
        return ast.Assign([ast.Name(member.name)], ast.Name(original), lineno=0)
    arguments = member.args
    decorators = [ast.unparse(decorator) for decorator in member.decorator_list]
    if "staticmethod" in decorators:
        del member.decorator_list[decorators.index("staticmethod")]
        arguments.args[:1] = [ast.arg("self")]
    elif "classmethod" in decorators:  # it is static: the generator goes by the name cls
        member.decorator_list = [ast.Name("staticmethod")]
    if member.name.endswith("_") and not member.name.endswith("__"):
        member.returns = expression("typing.Self")  # in place
    if member.name.startswith("__") and member.returns is None:
        member.returns = expression(SLOTS.get(member.name, "Tensor"))
        member.body = [ast.Expr(ast.Constant(...))]
        if arguments.defaults:  # pow's third argument, which is not supported
            arguments.args, arguments.defaults = arguments.args[:2], []
    for argument in [*arguments.args[1:], arguments.vararg, arguments.kwarg]:
        if argument and argument.annotation is None:
            argument.annotation = expression("typing.Any")
    return member


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
