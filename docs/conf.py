"""How the documentation is built: Sphinx with MyST, and two directives that read the course."""

import sys
import tomllib
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parent.parent
# All need only the standard library, so the documentation needs no built tinytorch.
sys.path[:0] = [str(ROOT / "python/tinytorch"), str(ROOT / "python/tinytorch/tito")]
import chapters  # noqa: E402
import curriculum  # noqa: E402
import tasks  # noqa: E402

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COURSE = curriculum.load()

project = "tinytorch"
author = "The tinytorch developers"
copyright = "2026, The tinytorch developers"
version = release = PROJECT["version"]

extensions = ["myst_parser", "sphinx.ext.mathjax"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"tinytorch {version}"


class UnitFacts(SphinxDirective):
    """What a unit is about, from curriculum.toml: {unit-facts} activations."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        return self.parse_text_to_nodes(chapters.facts(COURSE.unit(self.arguments[0])))


class UnitTasks(SphinxDirective):
    """The unit's tasks, from its sources, and its checkpoint: {unit-tasks} activations."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        unit = COURSE.unit(self.arguments[0])
        found = [task for path in sources(unit.name) for task in tasks.find(path.read_text(), path)]
        if not found:
            raise self.error(f"the unit {unit.name} has no tasks")
        return self.parse_text_to_nodes(chapters.listing(unit, found))


def sources(unit: str) -> list[Path]:
    """A unit's files that may hold tasks, in C++ and in Python."""
    package = ROOT / "python/tinytorch"
    return [
        *sorted((ROOT / "cpp/modules" / unit).glob("*.cpp")),
        *sorted((package / unit).glob("*.py")),
    ]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("unit-facts", UnitFacts)
    app.add_directive("unit-tasks", UnitTasks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
