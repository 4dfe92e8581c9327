"""Beside PyTorch: the same few lines run on both libraries, what they print or raise compared."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest

import tinytorch


def outcome(run: Callable[[Any], Any], library: Any) -> str:
    """What run(library) returns or raises, as text, and what it warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            text = str(run(library))
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    return text + "".join(f"\nwarns: {str(warning.message)[:40]}" for warning in caught)


def beside_torch(run: Callable[[Any], Any]) -> None:
    """Holds when run(library) returns, raises and warns alike on PyTorch and here."""
    torch = pytest.importorskip("torch")
    assert outcome(run, tinytorch) == outcome(run, torch)
