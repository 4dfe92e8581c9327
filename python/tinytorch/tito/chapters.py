"""A unit's chapter: two directives stand in it for what the course knows already.

    ```{unit-facts} activations     what the unit needs, how long it takes, and what for
    ```{unit-tasks} activations     its tasks and its checkpoint

The documentation fills them in, and so does the copy in a workspace, which any reader of Markdown
shows. Needs only the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tinytorch.curriculum import Unit
    from tinytorch.tito.tasks import Task

DIRECTIVE = re.compile(r"^```\{unit-(facts|tasks)\} \w+\n```$", re.M)


def facts(unit: Unit) -> str:
    """What a unit is about, from curriculum.toml."""
    needs = ", ".join(f"[{need}]({need}.md)" for need in unit.needs) or "nothing"
    book = f"*Machine Learning Systems*, chapter “{unit.chapter}”"
    lines = [f"**Needs:** {needs}. **Time:** about {unit.hours} h. **Textbook:** {book}.", ""]
    return "\n".join([*lines, "You will be able to:", "", *(f"- {aim}" for aim in unit.objectives)])


def listing(unit: Unit, tasks: Iterable[Task]) -> str:
    """The unit's tasks, and its checkpoint."""
    lines = ["| task | points | hint |", "|---|---|---|"]
    lines += [f"| `{task.id}` | {task.points} | {task.hint} |" for task in tasks]
    return "\n".join(
        [*lines, "", "Before you go on:", "", *(f"- {ask}" for ask in unit.checkpoint)]
    )


def filled(text: str, unit: Unit, tasks: Iterable[Task]) -> str:
    """A chapter with its directives filled in."""
    words = {"facts": facts(unit), "tasks": listing(unit, tasks)}
    return DIRECTIVE.sub(lambda found: words[found[1]], text)
