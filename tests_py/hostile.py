"""Hostile submissions: they want points without having written anything, or harm who grades them.

In C++ and in Python. Each is worth what is right in it, and nothing else happens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from submissions import (
    CRASHING,
    IN_BOTH,
    IN_POINTWISE,
    IN_PYTHON,
    IN_ROWS,
    LOOPING,
    MODULES,
    PARTIAL,
    RELU,
    RIGHT,
    ROOT,
    UNIT,
    WRONG,
    Case,
    Files,
    above,
    body,
    edited,
    every,
    points,
    with_code,
)

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

FORGE = r"""
#include <sys/stat.h>
#include <unistd.h>
#include <cstring>
static void say(const void* words, size_t count) {
  for (int fd = 3; fd < 64; ++fd) {
    struct stat about;
    if (fstat(fd, &about) == 0 && S_ISSOCK(about.st_mode) && write(fd, words, count) < 0) continue;
  }
}
static void forge() {
  const char header[] = "{\"dict\": [[\"value\", {\"array\": \"float32\", \"shape\": [2]}]]}";
  unsigned char message[12 + sizeof header - 1 + 8] = {0, 0, 0, sizeof header - 1};
  message[11] = 8;
  std::memcpy(message + 12, header, sizeof header - 1);
  say(message, sizeof message);
}
"""
SEIZE = """\
#include <unistd.h>
static long seize() {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(101L), "D"(16L), "S"(long{getppid()}), "d"(0L)
                   : "rcx", "r11", "memory");
  return result;
}
"""
LATER = """\
#include <chrono>
#include <csignal>
#include <thread>
static void later() {
  static bool once = false;
  if (once) return;
  once = true;
  std::thread([] {
    std::this_thread::sleep_for(std::chrono::seconds(20));
    kill(-1, SIGKILL);
    kill(0, SIGKILL);
  }).detach();
}
"""

# The reference's loop for another module's task, which makes a softmax on its way.
ANOTHERS = """\
#include <vector>
#include "modules/losses/losses.h"
namespace tinytorch {
template <class Kernel, class T>
static void ask(const Kernel& kernel, View<const T, 2> x, View<T, 2> y) {
  std::vector<int64_t> target(static_cast<size_t>(x.size(0)));
  std::vector<T> weight(target.size(), T(1)), loss(target.size());
  const int64_t n = x.size(0);
  kernel.template get<T>()(x, {target.data(), {n}}, {weight.data(), {n}}, y, {loss.data(), {n}});
}
}
"""
ASK = "  ask(losses::cross_entropy_kernel, x, y);"
KERNEL = (
    ANOTHERS
    + """\
namespace tinytorch::losses {
Kernel<CrossEntropy> cross_entropy_kernel("losses.cross_entropy", nullptr, nullptr);
}
"""
)
TABLE = (
    ANOTHERS
    + """\
#include <cstring>
static const bool* flag = nullptr;
namespace tinytorch::detail {
void add_to_table(const char* name, const bool* has_twin) {
  if (std::strcmp(name, "losses.cross_entropy") == 0) flag = has_twin;
}
}
using Found = tinytorch::Kernel<tinytorch::losses::CrossEntropy>;
"""
)
ASK_FOUND = "  ask(*reinterpret_cast<const Found*>(flag - 4 * sizeof(void*)), x, y);"
VERSIONED = (
    ANOTHERS
    + """\
extern "C" char anothers[] __attribute__((weak));
__asm__(".symver anothers, _ZN9tinytorch6losses20cross_entropy_kernelE@GLIBC_2.2.5");
"""
)
ASK_VERSIONED = "  ask(*reinterpret_cast<const Kernel<losses::CrossEntropy>*>(&anothers), x, y);"
RESOLVER = """\
#include <unistd.h>
extern "C" {
static int done() { return 0; }
static int (*resolve())() { _exit(0); return done; }
int resolved() __attribute__((ifunc("resolve")));
}
static int value = resolved();
"""


def in_rows(code: str, *lines: str) -> Callable[[Files], Files]:
    """A softmax with code of its own before the file that it is in."""
    return lambda files: above(code, "rows.cpp")(edited(files, "softmax", *lines))


def drowned() -> str:
    """A reference to dlsym behind more names in the table of symbols than anybody reads."""
    numbers = [f"{number:04}" for number in range(8000)]
    declared = "\n".join(f"D({number})" for number in numbers)
    return (
        "#include <dlfcn.h>\n"
        "#define P(a, b) a##b\n#define N(x) P(__asan_" + "a" * 200 + ", x)\n"
        '#define D(x) extern "C" void N(x)() __attribute__((weak));\n' + declared + "\n"
        "#undef D\n#define D(x) reinterpret_cast<void*>(N(x)),\n"
        "void* volatile drowning[] = {\n" + declared + "\n};\n"
        'static void* found = dlsym(RTLD_DEFAULT, "PyRun_SimpleString");\n'
    )


def reads(*paths: str) -> str:
    """A relu that is right only where one of these files can be read."""
    tries = " || ".join(f'std::ifstream("{path}").good()' for path in paths)
    return f"#include <fstream>\nstatic bool can_read() {{ return {tries}; }}"


def has(*paths: str) -> str:
    """The same, asked of the compiler."""
    tries = " || ".join(f'__has_include("{path}")' for path in paths)
    return "\n".join(
        [f"#if {tries}", "static bool can_read() { return true; }", "#else",
         "static bool can_read() { return false; }", "#endif"]
    )  # fmt: skip


ONLY_IF = ("  if (!can_read()) return;", RELU)


def in_cpp(outside: Path) -> list[Case]:
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
                             "/proc/1/environ", f"{ROOT}/tests_py/test_{UNIT}.py",
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
        Case("forges_replies", "hostile",
             with_code(FORGE, "relu", "  if (x.size(0) >= 0) forge();", "  y(0) = 0;"), wrong_relu),
        Case("speaks_for_the_nursery", "hostile",
             above(FORGE + 'static int spoke = (say("R", 1), pause());\nauto unused = forge;'),
             every("timeout")),
        Case("stops_its_parent", "hostile",
             with_code("#include <csignal>\n#include <unistd.h>", "relu",
                       "  kill(getppid(), SIGSTOP);", "  y(0) = x(0);"), wrong_relu),
        Case("stops_itself", "hostile",
             with_code("#include <csignal>", "relu", "  raise(SIGSTOP);", "  y(0) = x(0);"),
             {"relu": "timeout"}),
        Case("seizes_its_parent", "hostile",
             with_code(SEIZE, "relu", "  y(0) = static_cast<T>(seize());"), wrong_relu),
        Case("traces", "hostile",
             with_code("#include <sys/ptrace.h>\n#include <unistd.h>", "relu",
                       "  y(0) = static_cast<T>(ptrace(PTRACE_ATTACH, getppid(), 0, 0));"),
             every("compile error")),
        Case("closes_everything", "hostile",
             with_code("#include <unistd.h>", "relu",
                       "  for (int fd = 0; fd < 256; ++fd) close(fd);", RELU),
             {"relu": "crashed"}),
        Case("prints_for_ever", "hostile",
             with_code("#include <cstdio>", "relu",
                       '  while (x.size(0) >= 0) std::puts("23/23 passed");', "  y(0) = 0;"),
             {"relu": "timeout"}),
        Case("prints_a_lot", "hostile",
             with_code("#include <cstdio>\n#include <string>", "relu",
                       "  std::puts(std::string(1 << 20, '#').c_str());", RELU)),
        Case("kills_later", "hostile", with_code(LATER, "relu", "  later();", RELU)),
        Case("sets_the_environment", "hostile",
             with_code("#include <cstdlib>", "relu",
                       '  y(0) = static_cast<T>(setenv("GCONV_PATH", "/tmp", 1));'),
             every("compile error")),
        Case("loads_a_converter", "hostile",
             with_code("#include <iconv.h>", "relu",
                       '  if (x.size(0) >= 0) iconv_open("MINE//", "UTF-8");', "  y(0) = 0;"),
             every("compile error")),
        Case("expands_words", "hostile",
             with_code("#include <wordexp.h>", "relu", "  wordexp_t words;",
                       '  y(0) = static_cast<T>(wordexp("$(id)", &words, 0));'),
             every("compile error")),
        Case("drowns_the_table", "hostile", lambda f: above(drowned())(nothing(f)),
             every("compile error")),
        Case("writes_a_library", "hostile",  # for the C library to load, as fopen's ccs= does
             with_code('#include <cstdio>\nstatic bool can_read() {\n'
                       '  for (const char* at : {"/tmp/x.so", "/dev/shm/x.so", "x.so"})\n'
                       '    if (std::FILE* file = std::fopen(at, "w")) return file;\n'
                       '  return false; }', "relu", *ONLY_IF), wrong_relu),
        Case("becomes_a_daemon", "hostile",
             with_code("#include <unistd.h>", "relu", "  y(0) = static_cast<T>(daemon(0, 0));"),
             every("compile error")),
        Case("shares_memory", "hostile",
             with_code("#include <sys/shm.h>", "relu",
                       "  y(0) = static_cast<T>(shmat(1, nullptr, SHM_EXEC) == x.data);"),
             every("compile error")),
        Case("takes_memory_over", "hostile",  # for its own library alone, and it still works
             above("#include <cstdlib>\n#include <new>\n"
                   "void* operator new(std::size_t n) { return std::malloc(n); }\n"
                   "void operator delete(void* p) noexcept { std::free(p); }\n"
                   'extern "C" int memcmp(const void*, const void*, std::size_t) noexcept '
                   "{ return 0; }")),
        Case("takes_a_kernel_over", "hostile",
             in_rows(KERNEL, ASK), {"softmax": "crashed"}),
        Case("listens_to_the_table", "hostile",
             in_rows(TABLE, ASK_FOUND), {"softmax": "crashed"}),
        Case("forges_a_version", "hostile",
             in_rows(VERSIONED, ASK_VERSIONED), every("compile error")),
        Case("exits_in_a_resolver", "hostile", above(RESOLVER), every("crashed")),
        Case("is_huge_to_link", "hostile",
             above('__asm__(".bss\\n.globl huge\\nhuge: .skip 1<<40\\n.text");', "rows.cpp"),
             every("crashed")),
        Case("includes_the_solution", "hostile",
             above(f'#include "{MODULES}/{UNIT}/rows.cpp"\n#define T float', "rows.cpp"),
             every("compile error", IN_ROWS)),
        Case("includes_it_if_it_can", "hostile",
             with_code(has(f"{MODULES}/{UNIT}/rows.cpp", f"{outside}/secret.py", "/etc/passwd",
                           f"{ROOT}/tests_py/test_{UNIT}.py"), "relu", *ONLY_IF), wrong_relu),
        Case("includes_itself", "hostile",
             above("#include __FILE__\n#include __FILE__", "rows.cpp"),
             every("compile error", IN_ROWS)),
        Case("error_with_codes", "hostile",
             above("#error \033[2J\033]0;23/23\a " + "x" * 100_000, "rows.cpp"),
             every("compile error", IN_ROWS)),
        Case("odd_names", "hostile",
             lambda f: f | {"größe.cpp": "#error", "a b.cpp": "#error", "-o.cpp": "#error"}),
    ]  # fmt: skip


SCHEDULE = "cosine_schedule"


def python(name: str, *lines: str, status: str = "failed", after: str = "") -> Case:
    """With another body for the schedule, and more behind it."""

    def make(files: Files) -> Files:
        files = edited(files, SCHEDULE, *(f"    {line}" for line in lines)) if lines else files
        return files | {"schedules.py": files["schedules.py"] + after}

    return Case(f"python_{name}", "hostile", make, {SCHEDULE: status} if lines else {}, IN_PYTHON)


ANSWERS = """
import numpy as np
from tinytorch import _C


def keep_top_k(logits, k):
    x = np.asarray(logits)
    least = np.sort(x)[..., [-min(k, x.shape[-1])]]
    return np.where(x < least, -np.inf, x).astype(x.dtype)


_C.generation.keep_top_k = keep_top_k
"""


def answers_for_cpp(files: Files) -> Files:
    """A task in C++ is not written, and a function in Python stands in its place."""
    files = edited(files, "keep_top_k", "  for (int64_t i = 0; i < y.size(0); ++i) y(i) = T(k);")
    return files | {
        "loop.py": files["loop.py"] + ANSWERS,
        "__init__.py": files["__init__.py"] + ANSWERS,
    }


def everything(case: Case, status: str) -> Case:
    return replace(case, expected=every(status, tuple(points(case.unit))))


def in_python(outside: Path) -> list[Case]:
    places = (f"{outside}/secret.py", f"{ROOT}/tests_py/test_{IN_PYTHON}.py", "/etc/passwd",
              f"{ROOT}/python/tinytorch/{IN_PYTHON}/schedules.py", "/proc/self/maps")  # fmt: skip
    return [
        python("right"),
        everything(python("exits", after="\nimport os\nos._exit(0)\n"), "crashed"),
        everything(
            python("answers_itself",
                   after="\nimport __main__\n__main__.answer = lambda *a: {'passed': 23}\n"),
            "failed",
        ),
        Case("python_answers_for_cpp", "hostile", answers_for_cpp, {"keep_top_k": "failed"},
             IN_BOTH),
        python("patches_numpy", "return 0.0",
               after="\nimport numpy as np\nnp.isclose = np.allclose = np.array_equal = "
                     "lambda *a, **k: np.array(True)\n"),
        python("exits_politely", "raise SystemExit(0)"),
        python("pretends", 'raise NotImplementedError("training.evaluate is not started")'),
        python("kills_its_parent", "import os, time", "os.kill(os.getppid(), 9)",
               "time.sleep(60)", "return 0.0", status="crashed"),
        python("starts_processes", "import os", "while True:", "    try:", "        os.fork()",
               "    except OSError:", "        pass", status="timeout"),
        python("prints_for_ever", "while True:", '    print("23/23 passed")', status="timeout"),
        python("reads_the_tests", "import pathlib",
               f"if not any(pathlib.Path(place).is_file() for place in {places}):",
               "    return 0.0", "if step < warmup_steps:",
               "    return lr * (step + 1) / (warmup_steps + 1)", "import math",
               "done = min((step - warmup_steps) / max(total_steps - warmup_steps, 1), 1)",
               "return min_lr + (lr - min_lr) * (1 + math.cos(math.pi * done)) / 2"),
        python("writes_results", "import pathlib",
               f"for place in ({str(outside / 'results.json')!r}, __file__, 'results.json'):",
               "    try:", "        pathlib.Path(place).write_text('23')",
               "    except OSError:", "        pass", "return 0.0"),
    ]  # fmt: skip


def hostile(outside: Path) -> list[Case]:
    return [*in_cpp(outside), *in_python(outside)]


def all_cases(outside: Path) -> list[Case]:
    return [*RIGHT, *PARTIAL, *WRONG, *CRASHING, *LOOPING, *hostile(outside)]
