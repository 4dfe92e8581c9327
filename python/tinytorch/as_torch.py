"""Runs a program that says `import torch`, unchanged, on tinytorch.

python -m tinytorch.as_torch train.py --epochs 3
python -m tinytorch.as_torch -m package.train --epochs 3
"""

import os
import runpy
import sys

from tinytorch._as_torch import install_as_torch


def main() -> None:
    """sys.argv holds the program and its arguments, and then is the program's own."""
    arguments = sys.argv[1:]
    by_name = arguments[:1] == ["-m"]
    arguments = arguments[by_name:]
    if not arguments or arguments[0] in ("-h", "--help"):
        print((__doc__ or "").strip(), file=sys.stderr)
        raise SystemExit(0 if arguments else 2)
    install_as_torch()
    sys.argv = arguments
    if by_name:
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = os.path.dirname(os.path.abspath(arguments[0]))
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    main()
