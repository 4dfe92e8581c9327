"""The state of a random generator as a tensor of bytes, laid out as PyTorch lays it out."""

from typing import Any

import numpy as np

from tinytorch import _C, _creation, _dtype
from tinytorch._device import cpu, device

# The Mersenne Twister: `left` words until the next refill of `words`. Then the second value of the
# last pair of normal ones, if it is still waiting. The other fields are always zero.
_WORDS = 624
_LAYOUT = np.dtype(
    [
        ("seed", "<u8"),
        ("left", "<i4"),
        ("seeded", "<i4"),
        ("next", "<u8"),
        ("words", "<u8", _WORDS),
        ("normal_x", "<f8"),
        ("normal", "<f8"),
        ("normal_rho", "<f8"),
        ("normal_is_waiting", "<i4"),
        ("float_normal", "<f4", 3),
    ]
)


def _get_state(self: Any) -> Any:
    """Everything that decides what this generator draws next: a uint8 tensor.

    Source: torch.Generator.get_state
    """
    words, used, seed, normal = self._state()
    state = np.zeros((), _LAYOUT)
    state["seed"], state["seeded"], state["words"] = seed, 1, words
    fresh = used == _WORDS and words[0] == seed & 0xFFFFFFFF  # not yet stirred
    state["left"], state["next"] = _WORDS + 1 - used, 0 if fresh else used
    state["normal"], state["normal_is_waiting"] = normal or 0.0, normal is not None
    return _creation.tensor(np.frombuffer(state.tobytes(), np.uint8).copy())


def _set_state(self: Any, new_state: Any) -> Any:
    """Puts the generator where `get_state` found it, PyTorch's included; returns it.

    Raises RuntimeError for anything else.  Source: torch.Generator.set_state
    """
    if not isinstance(new_state, _C.Tensor) or new_state.dtype is not _dtype.uint8:
        raise TypeError(f"set_state: expected a ByteTensor, got {new_state!r:.60}")
    state = new_state.numpy()
    if state.shape != (_LAYOUT.itemsize,):
        raise RuntimeError(
            f"set_state: expected a tensor of {_LAYOUT.itemsize} bytes, got {state.shape}"
        )
    fields = np.frombuffer(state.tobytes(), _LAYOUT)[0]
    left, words = int(fields["left"]), fields["words"]
    if not 1 <= left <= _WORDS + 1 or (words >> 32).any():
        raise RuntimeError("set_state: these bytes are not the state of a Mersenne Twister")
    normal = float(fields["normal"]) if fields["normal_is_waiting"] else None
    self._set_state(words.tolist(), _WORDS + 1 - left, int(fields["seed"]), normal)
    return self


def _clone_state(self: Any) -> Any:
    """A new generator that goes on as this one does.  Source: torch.Generator.clone_state"""
    return _restored(_get_state(self))


def _restored(state: Any) -> Any:
    return _set_state(_C.Generator(), state)


def _reduce(self: Any) -> Any:
    return _restored, (_get_state(self),)


def _device(self: Any) -> device:
    return cpu


def _graphsafe(self: Any, *_: Any) -> Any:
    raise NotImplementedError("the states of graphs are CUDA's; use get_state and set_state")


_C.Generator.get_state = _get_state
_C.Generator.set_state = _set_state
_C.Generator.clone_state = _clone_state
_C.Generator.graphsafe_get_state = _graphsafe
_C.Generator.graphsafe_set_state = _graphsafe
_C.Generator.device = property(_device)
_C.Generator.__reduce__ = _reduce
_C.Generator.__module__ = "torch._C"


def get_rng_state() -> Any:
    """The state of the default generator.  Source: torch.get_rng_state"""
    return _C.default_generator.get_state()


def set_rng_state(new_state: Any) -> None:
    """Puts the default generator where `get_rng_state` found it.  Source: torch.set_rng_state"""
    _C.default_generator.set_state(new_state)
