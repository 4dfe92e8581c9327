"""Runs programs one after the other and writes what each printed, as JSON.

python run_programs.py torch|tinytorch PROGRAM.py ...
"""

import contextlib
import io
import json
import runpy
import sys
import traceback
import warnings


def outcome(path: str) -> dict[str, str]:
    """What the program at `path` prints, and how it ends when it does not end well."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            runpy.run_path(path, run_name="__main__")
        except Exception:
            return {"printed": printed.getvalue(), "error": traceback.format_exc()}
    return {"printed": printed.getvalue(), "error": ""}


if __name__ == "__main__":
    library, *programs = sys.argv[1:]
    if library == "tinytorch":
        import tinytorch

        tinytorch.install_as_torch()
    json.dump({path: outcome(path) for path in programs}, sys.stdout)
