"""safetensors.torch: the same functions under the reference library's name, and whole models."""

from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any

from tinytorch import _C
from tinytorch.safetensors import (
    load,
    load_file,
    safe_open,
    save,
    save_file,
    shared_names,
)


def _is_whole(tensor: Any) -> bool:
    """It covers all of its storage."""
    return bool(tensor.storage_offset() == 0 and tensor.nbytes == _C._storage(tensor).numel())


def _superfluous(state: Mapping[str, Any], preferred: Iterable[str] = ()) -> dict[str, list[str]]:
    """For every name that is kept, the names that show the same memory and are not.

    Raises RuntimeError when none of them covers its storage.
    """
    wanted = set(preferred)
    dropped: dict[str, list[str]] = {}
    for group in shared_names(state):
        whole = {name for name in group if _is_whole(state[name])}
        if not whole:
            raise RuntimeError(
                f"save_model: none of the tensors {sorted(group)} covers its storage; "
                "save clones of them"
            )
        kept = min(whole & wanted or whole)
        if len(group) > 1:
            dropped[kept] = sorted(group - {kept})
    return dropped


def save_model(
    model: Any,
    filename: str | PathLike[str],
    metadata: dict[str, str] | None = None,
    force_contiguous: bool = True,
) -> None:
    """Writes a module's state, each tied weight once.  Source: safetensors.torch.save_model"""
    state = dict(model.state_dict())
    for kept, names in _superfluous(state).items():
        metadata = dict(metadata or {})
        for name in names:
            metadata.setdefault(name, kept)
            del state[name]
    if force_contiguous:
        state = {name: tensor.contiguous() for name, tensor in state.items()}
    save_file(state, filename, metadata)


def load_model(
    model: Any, filename: str | PathLike[str], strict: bool = True, device: Any = "cpu"
) -> tuple[set[str], list[str]]:
    """Reads a module's state; returns the names that were missing, and that were not expected.

    Raises RuntimeError for such names when strict.  Source: safetensors.torch.load_model
    """
    state = load_file(filename, device)
    dropped = _superfluous(model.state_dict(), preferred=state)
    result = model.load_state_dict(state, strict=False)
    missing, unexpected = set(result.missing_keys), list(result.unexpected_keys)
    for name in (name for names in dropped.values() for name in names):
        if name in missing:
            missing.remove(name)
        else:
            unexpected.append(name)
    if strict and (missing or unexpected):
        raise RuntimeError(
            f"load_model: {type(model).__name__}: missing names {sorted(missing)}, "
            f"unexpected names {sorted(unexpected)}"
        )
    return missing, unexpected


__all__ = ["load", "load_file", "load_model", "safe_open", "save", "save_file", "save_model"]
