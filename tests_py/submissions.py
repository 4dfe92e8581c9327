"""Submissions of the unit activations, as a class would hand them in, each with what it is worth.

Right, partial, wrong, crashing and looping; hostile.py has those that want points without having
written anything, or to harm who grades them. Expected statuses are by task; what is not named
passes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tinytorch.tito import tasks

UNIT = "activations"
IN_PYTHON = "training"
ROOT = Path(__file__).resolve().parents[1]
MODULES = ROOT / "cpp" / "modules"
IN_BOTH = "generation"
PACKAGES = ROOT / "python" / "tinytorch"
POINTS = {
    "relu": 2,
    "relu_backward": 2,
    "sigmoid": 3,
    "sigmoid_backward": 2,
    "gelu": 3,
    "softmax": 4,
    "softmax_backward": 4,
    "log_softmax": 3,
}
IN_POINTWISE = ("relu", "relu_backward", "sigmoid", "sigmoid_backward", "gelu")
IN_ROWS = ("softmax", "softmax_backward", "log_softmax")

Files = dict[str, str]


@dataclass(frozen=True)
class Case:
    """One submission: how it differs from the solution, and what becomes of its tasks."""

    name: str
    kind: str
    make: Callable[[Files], Files]
    expected: dict[str, str] = field(default_factory=dict)
    unit: str = UNIT

    def statuses(self) -> dict[str, str]:
        return {name: self.expected.get(name, "passed") for name in points(self.unit)}

    def score(self) -> int:
        worth = points(self.unit)
        return sum(worth[name] for name, status in self.statuses().items() if status == "passed")

    def write(self, folder: Path) -> Path:
        """As a workspace in `folder`."""
        target = folder / self.name / "modules" / self.unit
        target.mkdir(parents=True)
        for name, text in self.make(solution(self.unit)).items():
            (target / name).write_text(text)
        return folder / self.name


def points(unit: str) -> dict[str, int]:
    if unit == UNIT:
        return POINTS
    return {
        task.id.partition(".")[2]: task.points
        for folder in folders(unit)
        for task in tasks.tasks_of(folder)
    }


def folders(unit: str) -> list[Path]:
    """Where the unit's solution lies, in C++ and in Python."""
    return [folder / unit for folder in (MODULES, PACKAGES) if tasks.teaches(folder / unit)]


def solution(unit: str = UNIT) -> Files:
    return {path.name: path.read_text() for at in folders(unit) for path in tasks.sources(at)}


def stub() -> Files:
    return {name: tasks.stub(text, Path(name)) for name, text in solution().items()}


def edited(files: Files, task: str, *body: str) -> Files:
    """With another body for one task."""
    for name, text in files.items():
        for found in tasks.find(text, Path(name)):
            if found.id.partition(".")[2] == task:
                lines = text.splitlines()
                lines[found.body - 1 : found.last - 1] = body
                return files | {name: "\n".join(lines) + "\n"}
    raise AssertionError(task)


def body(task: str, *lines: str) -> Callable[[Files], Files]:
    return lambda files: edited(files, task, *lines)


def bodies(changes: dict[str, tuple[str, ...]]) -> Callable[[Files], Files]:
    def make(files: Files) -> Files:
        for task, lines in changes.items():
            files = edited(files, task, *lines)
        return files

    return make


def above(code: str, name: str = "pointwise.cpp") -> Callable[[Files], Files]:
    """With code of its own before all that is in a file."""
    return lambda files: files | {name: code + "\n" + files[name]}


def with_code(code: str, task: str, *lines: str) -> Callable[[Files], Files]:
    return lambda files: above(code)(edited(files, task, *lines))


def every(status: str, names: tuple[str, ...] = tuple(POINTS)) -> dict[str, str]:
    return dict.fromkeys(names, status)


FILL = "for (int64_t i = 0; i < x.size(0); ++i)"
RELU = f"  {FILL} y(i) = x(i) < 0 ? 0 : x(i);"

RIGHT = [
    Case("right", "right", lambda files: files),
    Case(
        "right_otherwise",
        "right",
        bodies(
            {
                "relu": (f"  {FILL} y(i) = x(i) > 0 || x(i) != x(i) ? x(i) : T(0);",),
                "sigmoid_backward": (
                    "  for (int64_t i = 0; i < y.size(0); ++i) {",
                    "    const T slope = y(i) - y(i) * y(i);",
                    "    grad_x(i) = slope * grad(i);",
                    "  }",
                ),
            }
        ),
    ),
    Case(
        "right_with_a_helper",
        "right",
        with_code(
            "#include <vector>\n#include <cstdio>\n#include <algorithm>\n"
            "template <class T> static T positive(T x) { return x < 0 ? T(0) : x; }",
            "relu",
            "  std::vector<T> kept;",
            f"  {FILL} kept.push_back(positive(x(i)));",
            f"  {FILL} y(i) = kept[static_cast<size_t>(i)];",
            '  std::printf("%d\\n", static_cast<int>(kept.size()));',
        ),
    ),
]

PARTIAL = [
    Case("stub", "partial", lambda files: stub(), every("not started")),
    *(
        Case(
            f"without_{name}",
            "partial",
            body(name, f'  todo("{UNIT}.{name}");'),
            {name: "not started"},
        )
        for name in POINTS
    ),
    Case(
        "half",
        "partial",
        lambda files: files | {"rows.cpp": stub()["rows.cpp"]},
        every("not started", IN_ROWS),
    ),
    Case(
        "one_file_missing",
        "partial",
        lambda files: {name: text for name, text in files.items() if name != "rows.cpp"},
        every("compile error", IN_ROWS),
    ),
    Case(
        "does_not_compile_in_gelu",
        "partial",
        body("gelu", "  y(0) = hafl * x(0);"),
        {"gelu": "compile error"},
    ),
    Case(
        "does_not_compile_outside",
        "partial",
        above("int x = ;", "rows.cpp"),
        every("compile error", IN_ROWS),
    ),
    Case(
        "open_brace",
        "partial",
        body("softmax", "  for (int64_t i = 0; i < x.size(0); ++i) {"),
        {"softmax": "compile error"},
    ),
]

WRONG = [
    Case("relu_of_nan", "wrong", body("relu", f"  {FILL} y(i) = std::max(T(0), x(i));"),
         {"relu": "failed"}),
    Case("relu_is_absolute", "wrong", body("relu", f"  {FILL} y(i) = std::abs(x(i));"),
         {"relu": "failed"}),
    Case("relu_off_by_one", "wrong",
         body("relu", "  for (int64_t i = 0; i + 1 < x.size(0); ++i) y(i) = x(i) < 0 ? 0 : x(i);"),
         {"relu": "failed"}),
    Case("gate_of_the_sign", "wrong",
         body("relu_backward", f"  {FILL} grad_x(i) = x(i) < 0 ? grad(i) : 0;"),
         {"relu_backward": "failed"}),
    Case("sigmoid_overflows", "wrong",
         body("sigmoid", f"  {FILL} y(i) = std::exp(x(i)) / (1 + std::exp(x(i)));"),
         {"sigmoid": "failed"}),
    Case("forgotten_slope", "wrong",
         body("sigmoid_backward", "  for (int64_t i = 0; i < y.size(0); ++i) grad_x(i) = grad(i);"),
         {"sigmoid_backward": "failed"}),
    Case("gelu_of_tanh", "wrong",
         body("gelu", f"  {FILL} y(i) = x(i) / 2 * (1 + std::tanh(T(0.7978845608) * x(i)));"),
         {"gelu": "failed"}),
    Case("softmax_overflows", "wrong",
         body("softmax", "  for (int64_t i = 0; i < x.size(0); ++i) {", "    T total = 0;",
              "    for (int64_t j = 0; j < x.size(1); ++j) total += y(i, j) = std::exp(x(i, j));",
              "    for (int64_t j = 0; j < x.size(1); ++j) y(i, j) /= total;", "  }"),
         {"softmax": "failed"}),
    Case("softmax_of_nothing", "wrong", body("softmax", "  if (x.size(0) < 0) y(0, 0) = 0;"),
         {"softmax": "failed"}),
    Case("out_of_bounds", "wrong",
         body("softmax", "  for (int64_t i = 0; i < x.size(0); ++i)",
              "    for (int64_t j = 0; j <= x.size(1); ++j) y(i, j) = x(i, j);"),
         {"softmax": "failed"}),
    Case("throws", "wrong",
         with_code("#include <stdexcept>", "gelu",
                   '  if (x.size(0) >= 0) throw std::runtime_error("passed 3/3");', "  y(0) = 0;"),
         {"gelu": "failed"}),
    Case("everything_is_half", "wrong",
         bodies({"sigmoid": (f"  {FILL} y(i) = T(0.5);",),
                 "softmax": ("  for (int64_t i = 0; i < x.size(0); ++i)",
                             "    for (int64_t j = 0; j < x.size(1); ++j) y(i, j) = T(0.5);")}),
         {"sigmoid": "failed", "softmax": "failed"}),
]  # fmt: skip

CRASHING = [
    Case("null", "crashing",
         body("relu", "  T* nothing = nullptr;", "  nothing[y.size(0)] = x.size(0);"),
         {"relu": "crashed"}),
    Case("aborts", "crashing", with_code("#include <cstdlib>", "gelu", "  y(0) = x(0);",
                                         "  std::abort();"), {"gelu": "crashed"}),
    Case("divides_by_zero", "crashing",
         body("relu", "  volatile int64_t zero = 0;", "  y(0) = static_cast<T>(x.size(0) / zero);"),
         {"relu": "crashed"}),
    Case("recursion", "crashing",
         with_code("static long deep(volatile long n) { volatile char room[4096];"
                   " room[n % 4096] = 1; return n < 0 ? 0 : deep(n + 1) + room[0]; }",
                   "relu", "  y(0) = static_cast<T>(deep(x.size(0)));"),
         {"relu": "crashed"}),
    Case("terminates", "crashing",
         with_code("#include <exception>", "sigmoid", "  y(0) = x(0);", "  std::terminate();"),
         {"sigmoid": "crashed"}),
    Case("crashes_while_loading", "crashing",
         above("#include <csignal>\nstatic int at_load = std::raise(SIGSEGV);"),
         every("crashed")),
]  # fmt: skip

LOOPING = [
    Case("loops", "looping",
         body("relu", "  volatile int64_t i = 0;", "  while (i == 0) y(0) = x(0);"),
         {"relu": "timeout"}),
    Case("loops_in_two", "looping",
         bodies({"sigmoid": ("  volatile int64_t i = 0;", "  while (i == 0) y(0) = x(0);"),
                 "log_softmax": ("  volatile int64_t i = 0;",
                                 "  while (i == 0) y(0, 0) = x(0, 0);")}),
         {"sigmoid": "timeout", "log_softmax": "timeout"}),
    Case("sleeps", "looping",
         with_code("#include <chrono>\n#include <thread>", "relu",
                   "  std::this_thread::sleep_for(std::chrono::hours(1));", RELU),
         {"relu": "timeout"}),
    Case("loops_while_loading", "looping",
         above("static int at_load = [] { volatile int i = 0; while (i == 0) {} return 1; }();"),
         every("timeout")),
]  # fmt: skip
