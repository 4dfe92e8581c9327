"""`tito release --gradescope`: the zip that Gradescope makes an autograder of, without a network.

setup.sh          installs what is in wheels/, once, when the autograder is built
run_autograder    grades one submission and writes results.json
wheels/           tinytorch and all it needs
course.toml, tests/   the class's rules and hidden tests, where there are any
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tinytorch.tito.workspace import WorkspaceError

SETUP = """\
#!/usr/bin/env bash
# Installs tinytorch from wheels/ beside this file: no network is needed for that.
set -euo pipefail
AUTOGRADER=${AUTOGRADER:-/autograder}
SOURCE=${SOURCE:-$AUTOGRADER/source}
PYTHON=${PYTHON:-@PYTHON@}

missing=""
command -v c++ > /dev/null || missing="$missing g++"
command -v "$PYTHON" > /dev/null || missing="$missing $PYTHON"
"$PYTHON" -c "import ensurepip, venv" 2> /dev/null || missing="$missing $PYTHON-venv"
if [ -n "$missing" ]; then  # the image has them, or Debian's packages are asked for
  apt-get update && apt-get install -y --no-install-recommends $missing
fi
command -v bwrap > /dev/null || apt-get install -y bubblewrap || true

"$PYTHON" -m venv "$AUTOGRADER/venv"
"$AUTOGRADER/venv/bin/pip" install --quiet --no-index --find-links "$SOURCE/wheels" \\
  "$(ls "$SOURCE"/wheels/tinytorch_cpp-*.whl | head -n 1)[course]"
chmod -R go-rwx "$SOURCE"  # submissions run as another user, who shall not read the tests
"""

RUN = """\
#!/usr/bin/env bash
# Grades $AUTOGRADER/submission and writes $AUTOGRADER/results/results.json.
set -u
AUTOGRADER=${AUTOGRADER:-/autograder}
SOURCE=${SOURCE:-$AUTOGRADER/source}
results=$AUTOGRADER/results/results.json
mkdir -p "$AUTOGRADER/results"
chmod go-rwx "$AUTOGRADER/results"
rm -f "$results"
cd "$AUTOGRADER"
rm -rf graded

times=()
if [ -f submission_metadata.json ]; then
  venv/bin/python -I -c '
import json
told = json.load(open("submission_metadata.json"))
print("submission," + told["created_at"])' > times.csv && times=(--times "$AUTOGRADER/times.csv")
fi
rules=()
[ -f "$SOURCE/course.toml" ] && rules+=(--course "$SOURCE/course.toml")
[ -d "$SOURCE/tests" ] && rules+=(--tests "$SOURCE/tests")

venv/bin/tito grade submission --out graded --jobs 1 --gradescope "$results" @MODULE@ \\
  ${rules[@]+"${rules[@]}"} ${times[@]+"${times[@]}"} > graded.log 2>&1
if [ ! -s "$results" ]; then
  venv/bin/python -I -c '
import json, sys
log = open("graded.log", errors="replace").read()
words = "The submission could not be graded:\\n" + log[-4000:]
json.dump({"score": 0, "output": words, "stdout_visibility": "hidden"}, open(sys.argv[1], "w"))
' "$results"
fi
"""


def write(
    out: Path,
    wheel: Path,
    wheels: Path | None,
    module: str | None,
    rules: Path | None,
    tests: Path | None,
) -> list[str]:
    """Writes the zip; returns the names in it.  Raises WorkspaceError."""
    if not wheel.is_file() or not re.fullmatch(r"tinytorch_cpp-.*\.whl", wheel.name):
        raise WorkspaceError(
            f"{wheel} is not a wheel of tinytorch; build one with: pip wheel --no-deps -w dist ."
        )
    entries: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        collected = Path(folder)
        _collect(wheel, wheels, collected)
        for path in sorted(collected.iterdir()):
            entries[f"wheels/{path.name}"] = path.read_bytes()
    option = f"--module {module}" if module else ""
    entries["setup.sh"] = SETUP.replace("@PYTHON@", f"python{_python(wheel)}").encode()
    entries["run_autograder"] = RUN.replace("@MODULE@", option).encode()
    if rules is not None:
        entries["course.toml"] = rules.read_bytes()
    if tests is not None:
        for path in sorted(tests.glob("test_*.py")):
            entries[f"tests/{path.name}"] = path.read_bytes()
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(entries.items()):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            executable = name in ("setup.sh", "run_autograder")
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            archive.writestr(entry, content)
    return sorted(entries)


def _python(wheel: Path) -> str:
    """The Python that the wheel is for: 3.12."""
    tag = re.search(r"-cp(\d)(\d+)-", wheel.name)
    return f"{tag[1]}.{tag[2]}" if tag else f"{sys.version_info[0]}.{sys.version_info[1]}"


def _collect(wheel: Path, wheels: Path | None, folder: Path) -> None:
    """The wheel and all that it needs: from a folder, or from the index."""
    shutil.copy(wheel, folder)
    if wheels is not None:
        for path in sorted(wheels.glob("*.whl")):
            if not path.name.startswith("tinytorch_cpp-"):
                shutil.copy(path, folder)
        return
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:"]
    version = _python(wheel)
    if version != f"{sys.version_info[0]}.{sys.version_info[1]}":
        platform = wheel.stem.rpartition("-")[2].split(".")
        command += ["--python-version", version, "--implementation", "cp"]
        command += [word for name in platform for word in ("--platform", name)]
    command += ["-d", str(folder), f"{wheel.resolve()}[course]"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise WorkspaceError(
            "what tinytorch needs cannot be fetched; where there is a network, run\n"
            f"  pip download --only-binary :all: -d wheels '{wheel.name}[course]'\n"
            f"and pass --wheels wheels here.  {run.stderr.strip()[-400:]}"
        )
