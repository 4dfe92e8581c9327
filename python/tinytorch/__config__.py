"""torch.__config__: what this build is, as text."""

from tinytorch import _C
from tinytorch._config import config_text


def show() -> str:
    """Version, compiler, instruction set, threads.  Source: torch.__config__.show"""
    return config_text()


def parallel_info() -> str:
    """How many threads there are.  Source: torch.__config__.parallel_info"""
    return f"threads: {_C.get_num_threads()}"
