"""torch.cuda where there is no CUDA: questions are answered, and what needs a device raises.

The answers and exceptions are those of PyTorch's build for CPUs, so that programs that ask first,
or catch, go the same way.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from tinytorch import _device
from tinytorch.cuda import amp as amp
from tinytorch.cuda import nvtx as nvtx

_MESSAGE = "Torch not compiled with CUDA enabled"
default_generators: tuple[Any, ...] = ()
has_half = True
_initialized = False
has_magma = False


def _raising(name: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError(_MESSAGE)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"Raises AssertionError: there is no CUDA.  Source: torch.cuda.{name}"
    return call


_NEED_CUDA = """
    can_device_access_peer change_current_allocator current_blas_handle current_device
    current_stream default_stream get_device_capability get_device_name get_device_properties
    get_gencode_flags get_rng_state get_sync_debug_mode init initial_seed ipc_collect mem_get_info
    memory_snapshot memory_summary reset_accumulated_memory_stats reset_max_memory_allocated
    reset_max_memory_cached reset_peak_memory_stats set_per_process_memory_fraction set_stream
    set_sync_debug_mode synchronize clock_rate power_draw temperature utilization
"""
for _name in _NEED_CUDA.split():
    globals()[_name] = _raising(_name)


def is_available() -> bool:
    """False.  Source: torch.cuda.is_available"""
    return False


def is_initialized() -> bool:
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    return False


def is_tf32_supported() -> bool:
    return False


def device_count() -> int:
    """0.  Source: torch.cuda.device_count"""
    return 0


def get_arch_list() -> list[str]:
    return []


def manual_seed(seed: int) -> None:
    """Nothing: there is no generator of a device.  Source: torch.cuda.manual_seed"""
    int(seed)


def manual_seed_all(seed: int) -> None:
    """Nothing: there is no generator of a device.  Source: torch.cuda.manual_seed_all"""
    int(seed)


def seed() -> None:
    """Nothing: there is no generator of a device.  Source: torch.cuda.seed"""


def seed_all() -> None:
    """Nothing: there is no generator of a device.  Source: torch.cuda.seed_all"""


def get_rng_state_all() -> list[Any]:
    return []


def set_rng_state(new_state: Any, device: Any = "cuda") -> None:
    """Nothing: there is no generator of a device.  Source: torch.cuda.set_rng_state"""


def set_rng_state_all(new_states: Any) -> None:
    """Nothing, for no states.  Source: torch.cuda.set_rng_state_all"""
    if len(new_states) > 0:
        raise AssertionError(_MESSAGE)


def empty_cache() -> None:
    """Nothing: no memory of a device is kept.  Source: torch.cuda.empty_cache"""


def memory_allocated(device: Any = None) -> int:
    """0.  Source: torch.cuda.memory_allocated"""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated
memory_cached = max_memory_cached = memory_allocated


def memory_stats(device: Any = None) -> OrderedDict[str, Any]:
    return OrderedDict()


def list_gpu_processes(device: Any = None) -> str:
    return "pynvml module not found, please install nvidia-ml-py"


def is_current_stream_capturing() -> bool:
    return False


def _index(where: Any) -> int:
    if where is None:
        return -1
    if isinstance(where, int):
        return where
    if not isinstance(where, (str, _device.device)):
        raise ValueError(f"Expected a torch.device or integer, but got: {where!r}")
    found = _device.device(where)
    if found.type != "cuda":
        raise ValueError(f"Expected a cuda device, but got: {found}")
    return 0 if found.index is None else found.index


def set_device(device: Any) -> None:
    """Nothing for -1; raises AssertionError for a device.  Source: torch.cuda.set_device"""
    if _index(device) >= 0:
        raise AssertionError(_MESSAGE)


class device:
    """`with torch.cuda.device(-1)`; entering any other raises.  Source: torch.cuda.device"""

    def __init__(self, device: Any) -> None:
        self.idx = _index(device)

    def __enter__(self) -> None:
        set_device(self.idx)

    def __exit__(self, *error: object) -> None:
        return None


class device_of(device):
    """The device of a tensor, which is none.  Source: torch.cuda.device_of"""

    def __init__(self, obj: Any) -> None:
        super().__init__(-1)


class StreamContext:
    """`with torch.cuda.stream(None)`.  Source: torch.cuda.StreamContext"""

    def __init__(self, stream: Any) -> None:
        if stream is not None:
            raise AssertionError(_MESSAGE)
        self.stream = stream

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        return None


def stream(stream: Any) -> StreamContext:
    """A block that does nothing, for None.  Source: torch.cuda.stream"""
    return StreamContext(stream)


class Stream:
    """Cannot be made without CUDA.  Source: torch.cuda.Stream"""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(f"torch.cuda.{type(self).__name__} requires CUDA support")


class ExternalStream(Stream):
    """Cannot be made without CUDA.  Source: torch.cuda.ExternalStream"""


class Event:
    """Cannot be made without CUDA.  Source: torch.cuda.Event"""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("Tried to instantiate dummy base class Event")


class CUDAGraph(Stream):
    """Cannot be made without CUDA.  Source: torch.cuda.CUDAGraph"""


class OutOfMemoryError(RuntimeError):
    """Never raised here; programs catch it.  Source: torch.cuda.OutOfMemoryError"""


class DeferredCudaCallError(Exception):
    """Never raised here; programs catch it.  Source: torch.cuda.DeferredCudaCallError"""


class _Unavailable:
    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"type torch.cuda.{cls.__name__} not available. {_MESSAGE}.")


for _name in (
    "Float",
    "Double",
    "Half",
    "BFloat16",
    "Long",
    "Int",
    "Short",
    "Char",
    "Byte",
    "Bool",
):
    globals()[_name + "Tensor"] = type(_name + "Tensor", (_Unavailable,), {"__module__": __name__})
