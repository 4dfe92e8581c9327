"""Starts the command `tito`; where tinytorch itself does not load, it says so in a sentence.

Beside the package and not in it, as importing anything of tinytorch loads its libraries first.
"""

import sys


def main() -> None:
    """The command: exit status 2 when it cannot begin, 130 when Ctrl-C comes while it loads."""
    try:
        from tinytorch.tito import cli
    except ModuleNotFoundError as error:
        print(f"tito: {error}; run: pip install 'tinytorch-cpp[course]'", file=sys.stderr)
        sys.exit(2)
    except ImportError as error:
        print(f"tito: {str(error).removeprefix('tinytorch: ')}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    cli.main()
