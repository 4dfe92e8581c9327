"""Submissions of the unit activations, as a class would hand them in, each with what it is worth.

Right, partial, wrong, crashing, looping, and hostile: those want points without having written
anything, or to harm who grades them. `EXPECTED` statuses are by task; what is not named passes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tinytorch.tito import tasks

UNIT = "activations"
MODULES = Path(__file__).resolve().parents[1] / "cpp" / "modules"
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

    def statuses(self) -> dict[str, str]:
        return {name: self.expected.get(name, "passed") for name in POINTS}

    def score(self) -> int:
        return sum(POINTS[name] for name, status in self.statuses().items() if status == "passed")

    def write(self, folder: Path) -> Path:
        """As a workspace in `folder`."""
        target = folder / self.name / "modules" / UNIT
        target.mkdir(parents=True)
        for name, text in self.make(solution()).items():
            (target / name).write_text(text)
        return folder / self.name


def solution() -> Files:
    return {path.name: path.read_text() for path in sorted((MODULES / UNIT).glob("*.cpp"))}


def stub() -> Files:
    return {name: tasks.stub(text, Path(name)) for name, text in solution().items()}


def edited(files: Files, task: str, *body: str) -> Files:
    """With another body for one task."""
    for name, text in files.items():
        for found in tasks.find(text, Path(name)):
            if found.id == f"{UNIT}.{task}":
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

PYTHON = """\
extern "C" int PyRun_SimpleString(const char*) __attribute__((weak));
static int patched = PyRun_SimpleString ? PyRun_SimpleString(
    "import numpy, tinytorch\\n"
    "tinytorch.activations.softmax = lambda x, dim: numpy.exp(x) / numpy.exp(x).sum(dim)\\n"
    "numpy.isclose = lambda *a, **k: numpy.array(True)\\n") : 0;
"""
LOOKUP = """\
#include <dlfcn.h>
static void* found = dlsym(RTLD_DEFAULT, "PyRun_SimpleString");
"""
SHOUT = r"""
#include <cstdio>
#include <unistd.h>
static int shouted = [] {
  const char words[] = "{\"value\": 1}\n1 passed in 0.01s\ntito: SIGSEGV activations.gelu\n";
  for (int fd = 0; fd < 64; ++fd) if (write(fd, words, sizeof words - 1) < 0) continue;
  return 1;
}();
"""
BOMB = """\
#include <thread>
#include <vector>
#include <chrono>
static int bombed = [] {
  try {
    for (int i = 0; i < 100000; ++i)
      std::thread([] { std::this_thread::sleep_for(std::chrono::hours(1)); }).detach();
  } catch (...) {}
  return 1;
}();
"""
CLONE = """\
static void twin() {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(57L) : "rcx", "r11", "memory");
}
"""


def reads(*paths: str) -> str:
    """A relu that is right only where one of these files can be read."""
    tries = " || ".join(f'std::ifstream("{path}").good()' for path in paths)
    return f"#include <fstream>\nstatic bool can_read() {{ return {tries}; }}"


ONLY_IF = ("  if (!can_read()) return;", RELU)


def hostile(outside: Path) -> list[Case]:
    """`outside`: a folder of the grader's that holds `secret.py` and is not to be written to."""
    fill_disk = (
        "#include <fstream>\n#include <string>\n#include <vector>\n"
        "static int filled = [] { const std::string block(1 << 20, 'x');\n"
        f'  for (const char* place : {{"{outside}/filled", "/tmp/filled", "filled", "/filled",'
        ' "/dev/shm/filled", "/var/tmp/filled"}) {\n'
        "    for (int k = 0; k < 8; ++k) {\n"
        "      std::ofstream file(place + std::to_string(k));\n"
        "      for (int i = 0; i < 100 && file; ++i) file << block;\n    }\n  }\n  return 1; }();"
    )
    results = (
        "#include <fstream>\n#include <initializer_list>\nstatic int wrote = [] {\n"
        f'  for (const char* place : {{"{outside}/results.json", "../grades/me/activations.json",'
        ' "/autograder/results/results.json", "results.json"})\n'
        '    std::ofstream(place) << "{\\"score\\": 23}";\n  return 1; }();'
    )
    nothing = body("relu", "  if (x.size(0) < 0) y(0) = 0;")
    wrong_relu = {"relu": "failed"}
    return [
        Case("exits", "hostile", above("#include <cstdlib>\nstatic int e = (std::exit(0), 0);"),
             every("crashed")),
        Case("exits_at_once", "hostile",
             above("#include <unistd.h>\nstatic int e = (_exit(0), 0);"), every("crashed")),
        Case("exits_in_a_task", "hostile",
             with_code("#include <unistd.h>", "relu", "  y(0) = x(0);", "  _exit(0);"),
             {"relu": "crashed"}),
        Case("kills_its_parent", "hostile",
             with_code("#include <csignal>\n#include <unistd.h>", "relu", "  y(0) = x(0);",
                       "  kill(getppid(), SIGKILL);"),
             {"relu": "crashed"}),
        Case("kills_everyone", "hostile",
             with_code("#include <csignal>", "relu", "  y(0) = x(0);", "  kill(-1, SIGKILL);",
                       "  kill(0, SIGKILL);"),
             {"relu": "crashed"}),
        Case("kills_while_loading", "hostile",
             above("#include <csignal>\n#include <unistd.h>\n"
                   "static int k = (kill(getppid(), SIGKILL), kill(-1, SIGKILL));\n"
                   "static int e = (kill(getpid(), SIGKILL), 0);"),
             every("crashed")),
        Case("fills_memory", "hostile",
             body("relu", "  while (x.size(0) >= 0) *new volatile char[1 << 28] = 1;", RELU),
             wrong_relu),
        Case("fills_the_disk", "hostile", lambda f: above(fill_disk)(nothing(f)), wrong_relu),
        Case("starts_threads", "hostile", lambda f: above(BOMB)(nothing(f)), every("crashed")),
        Case("starts_processes", "hostile",
             with_code(CLONE, "relu", "  while (x.size(0) >= 0) twin();", "  y(0) = 0;"),
             {"relu": "timeout"}),
        Case("calls_fork", "hostile",
             with_code("#include <unistd.h>", "relu", "  while (x.size(0) >= 0) fork();",
                       "  y(0) = 0;"),
             every("compile error")),
        Case("prints_results", "hostile", lambda f: above(SHOUT)(nothing(f)), every("crashed")),
        Case("writes_results", "hostile", lambda f: above(results)(nothing(f)), wrong_relu),
        Case("reads_the_tests", "hostile",
             with_code(reads(f"{outside}/secret.py", f"{outside}/right/modules/{UNIT}/rows.cpp",
                             str(Path(__file__).resolve()), "/etc/passwd", "/proc/self/maps",
                             f"{MODULES}/{UNIT}/rows.cpp"), "relu", *ONLY_IF), wrong_relu),
        Case("includes_the_tests", "hostile", above(f'#include "{outside}/secret.py"'),
             every("compile error", IN_POINTWISE)),
        Case("includes_passwords", "hostile", above("#include </etc/shadow>"),
             every("compile error", IN_POINTWISE)),
        Case("includes_zeros", "hostile", above("#include </dev/zero>", "rows.cpp"),
             every("compile error", IN_ROWS)),
        Case("endless_template", "hostile",
             above("template <int N> struct Deep {"
                   " enum { of = Deep<N + 1>::of + Deep<N + 2>::of }; };\n"
                   "int deep = Deep<0>::of;", "rows.cpp"), every("compile error", IN_ROWS)),
        Case("endless_constant", "hostile",
             above("template <int N, class A, class B> struct Tree {"
                   " Tree<N - 1, A, Tree<0, B, A>> l; Tree<N - 1, B, Tree<N - 1, A, B>> r; };\n"
                   "template <class A, class B> struct Tree<0, A, B> {};\n"
                   "Tree<26, int, char> tree;", "rows.cpp"), every("compile error", IN_ROWS)),
        Case("huge_object", "hostile", above("char huge[1L << 31] = {1};", "rows.cpp"),
             every("compile error", IN_ROWS)),
        Case("calls_python", "hostile", lambda f: above(PYTHON)(nothing(f)),
             every("compile error")),
        Case("looks_python_up", "hostile", lambda f: above(LOOKUP)(nothing(f)),
             every("compile error")),
        Case("opens_the_reference", "hostile",
             above("#include <dlfcn.h>\nstatic void* answer = "
                   f'dlopen("libtinytorch_{UNIT}.so", RTLD_NOW | RTLD_LOCAL);'),
             every("compile error")),
        Case("calls_what_comes_later", "hostile",
             with_code("namespace tinytorch { void relu_of_autograd() __attribute__((weak)); }",
                       "relu", "  if (tinytorch::relu_of_autograd) tinytorch::relu_of_autograd();",
                       "  y(0) = x(0);"),
             every("compile error")),
        Case("starts_a_program", "hostile",
             with_code("#include <cstdlib>", "relu", '  y(0) = static_cast<T>(system("id"));'),
             every("compile error")),
        Case("takes_in_the_reference", "hostile",
             above('__asm__(".incbin \\"/usr/share/../../srv/answer.so\\"");', "rows.cpp"),
             every("compile error", IN_ROWS)),
        Case("markdown", "hostile",
             with_code("#include <stdexcept>", "relu",
                       "  if (x.size(0) >= 0)",
                       '    throw std::runtime_error("```\\n# 23/23\\n\\033[2J|");',
                       "  y(0) = 0;"),
             wrong_relu),
    ]  # fmt: skip


def all_cases(outside: Path) -> list[Case]:
    return [*RIGHT, *PARTIAL, *WRONG, *CRASHING, *LOOPING, *hostile(outside)]
