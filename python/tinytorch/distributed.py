"""torch.distributed for one process: a group of one, in which every collective is done at once.

Programs that may run on many processes ask `is_initialized()` or start a group by environment
variables; with one process they run. More raise NotImplementedError.
"""

import copy
import datetime
import os
from collections.abc import Sequence
from typing import Any

from tinytorch._C import Tensor
from tinytorch._grad_mode import no_grad

_UNSET = (
    "Default process group has not been initialized, please make sure to call init_process_group."
)
_started: dict[str, str] = {}


class ReduceOp:
    """How a collective combines values.  Source: torch.distributed.ReduceOp"""

    SUM, AVG, PRODUCT, MIN, MAX, BAND, BOR, BXOR = (
        "SUM", "AVG", "PRODUCT", "MIN", "MAX", "BAND", "BOR", "BXOR",
    )  # fmt: skip


class Work:
    """What an asynchronous collective returns: it is done.  Source: torch.distributed.Work"""

    def wait(self, timeout: Any = None) -> bool:
        return True

    def is_completed(self) -> bool:
        return True

    def is_success(self) -> bool:
        return True


class ProcessGroup:
    """The group of this process alone.  Source: torch.distributed.ProcessGroup"""

    def rank(self) -> int:
        return 0

    def size(self) -> int:
        return 1


class GroupMember:
    """The default group, once there is one.  Source: torch.distributed.GroupMember"""

    WORLD: ProcessGroup | None = None
    NON_GROUP_MEMBER = -100


group = GroupMember


class Backend(str):
    """A backend's name.  Source: torch.distributed.Backend"""

    UNDEFINED, GLOO, NCCL, UCC, MPI, XCCL = "undefined", "gloo", "nccl", "ucc", "mpi", "xccl"

    def __new__(cls, name: str) -> "Backend":
        if not isinstance(name, str):
            raise ValueError(f"Backend constructor parameter must be string-ish, got {name!r}")
        return super().__new__(cls, name.lower())


def is_available() -> bool:
    """True: one process can be a group.  Source: torch.distributed.is_available"""
    return True


def is_initialized() -> bool:
    return GroupMember.WORLD is not None


def is_gloo_available() -> bool:
    return True


def is_nccl_available() -> bool:
    return False


def is_mpi_available() -> bool:
    return False


def is_ucc_available() -> bool:
    return False


def is_torchelastic_launched() -> bool:
    return os.environ.get("TORCHELASTIC_RUN_ID") is not None


def _from_environment(name: str) -> int:
    if name not in os.environ:
        raise ValueError(
            "Error initializing torch.distributed using env:// rendezvous: environment variable "
            f"{name} expected, but not set"
        )
    return int(os.environ[name])


def init_process_group(
    backend: str | None = None,
    init_method: str | None = None,
    timeout: datetime.timedelta | None = None,
    world_size: int = -1,
    rank: int = -1,
    store: Any = None,
    group_name: str = "",
    pg_options: Any = None,
    device_id: Any = None,
) -> None:
    """A group of this one process; nothing is opened or waited for.

    The size and rank are given, or stand in RANK and WORLD_SIZE as torchrun sets them.
    Raises NotImplementedError for more than one process, RuntimeError for NCCL.
    Source: torch.distributed.init_process_group
    """
    if is_initialized():
        raise ValueError("trying to initialize the default process group twice!")
    if init_method is not None and store is not None:
        raise ValueError("Cannot specify both init_method and store.")
    if store is None and (init_method is None or init_method == "env://"):
        rank = _from_environment("RANK") if rank == -1 else rank
        world_size = _from_environment("WORLD_SIZE") if world_size == -1 else world_size
    if not isinstance(world_size, int) or not isinstance(rank, int) or world_size < 1 or rank < 0:
        raise ValueError(
            f"init_process_group: expected a world_size and a rank, got {world_size} and {rank}"
        )
    if world_size > 1 or rank > 0:
        raise NotImplementedError(
            f"init_process_group: tinytorch runs as one process, got rank {rank} of {world_size}"
        )
    name = Backend("gloo" if backend is None else backend)
    if name == "nccl":
        raise RuntimeError("Distributed package doesn't have NCCL built in")
    GroupMember.WORLD = ProcessGroup()
    _started["backend"] = str(name)


def destroy_process_group(group: Any = None) -> None:
    """Raises AssertionError when there is none.  Source: torch.distributed"""
    if not is_initialized():
        raise AssertionError("Process group cannot be None")
    if group is None or group is GroupMember.WORLD:
        GroupMember.WORLD = None


def _check(group: Any = None) -> None:
    if not is_initialized():
        raise ValueError(_UNSET)
    if group is not None and not isinstance(group, ProcessGroup):
        raise TypeError(f"expected a process group, got {group!r:.60}")


def _check_rank(collective: str, rank: Any) -> None:
    if rank != 0:
        raise RuntimeError(f"{collective}: invalid rank {rank!r} in a group of 1")


def get_rank(group: Any = None) -> int:
    _check(group)
    return 0


def get_world_size(group: Any = None) -> int:
    _check(group)
    return 1


def get_backend(group: Any = None) -> str:
    _check(group)
    return _started["backend"]


def get_process_group_ranks(group: Any = None) -> list[int]:
    _check(group)
    return [0]


def get_global_rank(group: Any, group_rank: int) -> int:
    _check(group)
    _check_rank("get_global_rank", group_rank)
    return 0


def new_group(ranks: Sequence[int] | None = None, *args: Any, **kwargs: Any) -> Any:
    """A group of this process, the only one there is.  Source: torch.distributed.new_group"""
    _check()
    if ranks is not None and list(ranks) != [0]:
        raise ValueError(f"the new group's ranks should be within the world of size 1, got {ranks}")
    return ProcessGroup()


def _done(async_op: bool) -> Work | None:
    return Work() if async_op else None


def barrier(group: Any = None, async_op: bool = False, device_ids: Any = None) -> Work | None:
    """Waits for nobody.  Source: torch.distributed.barrier"""
    _check(group)
    return _done(async_op)


def monitored_barrier(group: Any = None, timeout: Any = None, wait_all_ranks: bool = False) -> None:
    _check(group)


def _check_tensors(collective: str, *tensors: Any) -> None:
    for tensor in tensors:
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{collective}: expected a tensor, got {type(tensor).__name__}")


def all_reduce(
    tensor: Any, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Work | None:
    """Leaves the tensor as it is: the sum, mean, least ... of one.  Source: torch.distributed"""
    _check_tensors("all_reduce", tensor)
    _check(group)
    return _done(async_op)


def reduce(
    tensor: Any,
    dst: int | None = None,
    op: Any = ReduceOp.SUM,
    group: Any = None,
    async_op: bool = False,
    group_dst: int | None = None,
) -> Work | None:
    """Leaves the tensor as it is.  Source: torch.distributed.reduce"""
    _check_tensors("reduce", tensor)
    _check(group)
    _check_rank("reduce", dst if group_dst is None else group_dst)
    return _done(async_op)


def broadcast(
    tensor: Any,
    src: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_src: int | None = None,
) -> Work | None:
    """Leaves the tensor as it is.  Source: torch.distributed.broadcast"""
    _check_tensors("broadcast", tensor)
    _check(group)
    _check_rank("broadcast", src if group_src is None else group_src)
    return _done(async_op)


def _copy_into(collective: str, outputs: Sequence[Any], source: Any) -> None:
    if len(outputs) != 1:
        raise ValueError(f"{collective}: expected a list of 1 tensor, got {len(outputs)}")
    _check_tensors(collective, source, *outputs)
    with no_grad():
        outputs[0].copy_(source)


def all_gather(
    tensor_list: list[Any], tensor: Any, group: Any = None, async_op: bool = False
) -> Work | None:
    """tensor_list, of one tensor, becomes `tensor`.  Source: torch.distributed.all_gather"""
    _check(group)
    _copy_into("all_gather", tensor_list, tensor)
    return _done(async_op)


def all_gather_into_tensor(
    output_tensor: Any, input_tensor: Any, group: Any = None, async_op: bool = False
) -> Work | None:
    _check(group)
    _check_tensors("all_gather_into_tensor", output_tensor, input_tensor)
    _copy_into("all_gather_into_tensor", [output_tensor], input_tensor.reshape(output_tensor.shape))
    return _done(async_op)


reduce_scatter_tensor = all_gather_into_tensor


def gather(
    tensor: Any,
    gather_list: list[Any] | None = None,
    dst: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_dst: int | None = None,
) -> Work | None:
    _check(group)
    _copy_into("gather", gather_list or [], tensor)
    return _done(async_op)


def scatter(
    tensor: Any,
    scatter_list: list[Any] | None = None,
    src: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_src: int | None = None,
) -> Work | None:
    _check(group)
    if len(scatter_list or []) != 1:
        raise ValueError("scatter: expected a list of 1 tensor")
    _copy_into("scatter", [tensor], (scatter_list or [])[0])
    return _done(async_op)


def reduce_scatter(
    output: Any,
    input_list: list[Any],
    op: Any = ReduceOp.SUM,
    group: Any = None,
    async_op: bool = False,
) -> Work | None:
    return scatter(output, input_list, 0, group, async_op)


def all_gather_object(object_list: list[Any], obj: Any, group: Any = None) -> None:
    """object_list, of one place, becomes [obj].  Source: torch.distributed.all_gather_object"""
    _check(group)
    if len(object_list) != 1:
        raise ValueError(f"all_gather_object: expected a list of 1, got {len(object_list)}")
    object_list[0] = copy.deepcopy(obj)


def gather_object(
    obj: Any, object_gather_list: list[Any] | None = None, dst: int | None = None, group: Any = None
) -> None:
    all_gather_object(object_gather_list or [], obj, group)


def broadcast_object_list(
    object_list: list[Any], src: int | None = None, group: Any = None, device: Any = None
) -> None:
    """Leaves the list as it is.  Source: torch.distributed.broadcast_object_list"""
    _check(group)
    _check_rank("broadcast_object_list", 0 if src is None else src)


def _to_nobody(name: str) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{name}: tinytorch runs as one process; there is no other")

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"Raises NotImplementedError.  Source: torch.distributed.{name}"
    return call


send, recv, isend, irecv = map(_to_nobody, ("send", "recv", "isend", "irecv"))


class nn:
    """torch.distributed.nn: the same with gradients; of one process, what it was given."""

    @staticmethod
    def all_reduce(tensor: Any, op: Any = ReduceOp.SUM, group: Any = None) -> Any:
        _check_tensors("all_reduce", tensor)
        _check(group)
        return tensor

    @staticmethod
    def all_gather(tensor: Any, group: Any = None) -> Any:
        _check_tensors("all_gather", tensor)
        _check(group)
        return (tensor,)
