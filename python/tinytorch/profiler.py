"""torch.profiler: how long the named parts of a program took, by the clock.

Operations are not traced one by one: what appears in the tables are the ranges that the program
names by `record_function`, and the whole block.
"""

import enum
import functools
import json
import os
import time
import warnings
from collections.abc import Callable, Iterable
from typing import Any

__all__ = [
    "ProfilerAction",
    "ProfilerActivity",
    "profile",
    "record_function",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
]

_active: list["profile"] = []


class ProfilerActivity(enum.Enum):
    """What may be watched; here the CPU.  Source: torch.profiler.ProfilerActivity"""

    CPU = 0
    XPU = 1
    MTIA = 2
    CUDA = 3
    HPU = 4
    PrivateUse1 = 5


class ProfilerAction(enum.Enum):
    """What a schedule says of a step.  Source: torch.profiler.ProfilerAction"""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


def supported_activities() -> set[ProfilerActivity]:
    return {ProfilerActivity.CPU}


def schedule(
    *,
    wait: int,
    warmup: int,
    active: int,
    repeat: int = 0,
    skip_first: int = 0,
    skip_first_wait: int = 0,
) -> Callable[[int], ProfilerAction]:
    """Which steps are recorded: after skip_first, cycles of wait, warmup and active steps.

    Source: torch.profiler.schedule
    """
    if min(wait, warmup, repeat, skip_first) < 0 or active <= 0:
        raise AssertionError("Invalid profiler schedule arguments")
    if warmup == 0:
        warnings.warn(
            "Profiler won't be using warmup, this can skew profiler results",
            UserWarning,
            stacklevel=2,
        )

    def action(step: int) -> ProfilerAction:
        if step < skip_first:
            return ProfilerAction.NONE
        step -= skip_first
        if skip_first_wait != 0:
            step += wait
        cycle = wait + warmup + active
        if repeat > 0 and step >= repeat * cycle:
            return ProfilerAction.NONE
        place = step % cycle
        if place < wait:
            return ProfilerAction.NONE
        if place < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD if place < cycle - 1 else ProfilerAction.RECORD_AND_SAVE

    return action


def tensorboard_trace_handler(
    dir_name: str, worker_name: str | None = None, use_gzip: bool = False
) -> Callable[["profile"], None]:
    """Writes what was recorded to a file in dir_name, as `export_chrome_trace` does."""
    if use_gzip:
        raise NotImplementedError("tensorboard_trace_handler: use_gzip=True is not supported")

    def handle(profiler: "profile") -> None:
        os.makedirs(dir_name, exist_ok=True)
        name = f"{worker_name or f'worker_{os.getpid()}'}.{time.time_ns()}.pt.trace.json"
        profiler.export_chrome_trace(os.path.join(dir_name, name))

    return handle


class record_function:
    """Names a range: a `with` block or a decorator.  Source: torch.profiler.record_function"""

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name = name
        self.args = args
        self._started: list[float] = []

    def __enter__(self) -> "record_function":
        self._started.append(time.perf_counter())
        return self

    def __exit__(self, *error: object) -> None:
        started, ended = self._started.pop(), time.perf_counter()
        for profiler in _active:
            profiler._record(self.name, started, ended)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def within(*args: Any, **kwargs: Any) -> Any:
            with record_function(self.name, self.args):
                return function(*args, **kwargs)

        return within


class Average:
    """All ranges of one name.  Times are in microseconds."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.count = 0
        self.cpu_time_total = 0.0
        self.device_time_total = self.cuda_time_total = 0.0

    @property
    def cpu_time(self) -> float:
        return self.cpu_time_total / max(self.count, 1)

    self_cpu_time_total = property(lambda self: self.cpu_time_total)

    def __repr__(self) -> str:
        return f"<Average key={self.key} count={self.count} cpu_time={self.cpu_time:.3f}us>"


class Averages(list[Average]):
    """What `key_averages` returns."""

    def table(
        self,
        sort_by: str | None = None,
        row_limit: int = 100,
        max_src_column_width: int = 75,
        max_name_column_width: int = 55,
        max_shapes_column_width: int = 80,
        header: str | None = None,
        top_level_events_only: bool = False,
        time_unit: str | None = None,
    ) -> str:
        """The ranges as text, a line each."""
        rows = list(self)
        if sort_by is not None:
            by = sort_by.removeprefix("self_").replace("cuda", "cpu").replace("device", "cpu")
            rows.sort(key=lambda row: getattr(row, by, 0.0), reverse=True)
        width = min(max([len(row.key) for row in rows] + [4]), max_name_column_width)
        lines = [header] if header else []
        lines.append(
            f"{'Name':<{width}}  {'CPU total':>12}  {'CPU time avg':>12}  {'# of Calls':>10}"
        )
        for row in rows[: row_limit if row_limit >= 0 else None]:
            lines.append(
                f"{row.key[:width]:<{width}}  {row.cpu_time_total / 1e3:>10.3f}ms  "
                f"{row.cpu_time / 1e3:>10.3f}ms  {row.count:>10}"
            )
        return "\n".join(lines) + "\n"

    def __str__(self) -> str:
        return self.table()


class profile:
    """Gathers the ranges of a `with` block.  Source: torch.profiler.profile"""

    def __init__(
        self,
        *,
        activities: Iterable[ProfilerActivity] | None = None,
        schedule: Callable[[int], ProfilerAction] | None = None,
        on_trace_ready: Callable[["profile"], Any] | None = None,
        record_shapes: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_flops: bool = False,
        with_modules: bool = False,
        experimental_config: Any = None,
        execution_trace_observer: Any = None,
        acc_events: bool = False,
        use_cuda: bool | None = None,
        custom_trace_id_callback: Any = None,
    ) -> None:
        self.activities = set(activities or supported_activities())
        self.schedule = schedule or (lambda step: ProfilerAction.RECORD)
        self._scheduled = schedule is not None
        self.on_trace_ready = on_trace_ready
        self.step_num = 0
        self.current_action = self.schedule(0)
        self._ranges: list[tuple[str, float, float]] = []
        self._started = 0.0

    def _recording(self) -> bool:
        return self.current_action in (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)

    def _record(self, name: str, started: float, ended: float) -> None:
        if self._recording():
            self._ranges.append((name, started, ended))

    def start(self) -> None:
        self._started = time.perf_counter()
        _active.append(self)

    def stop(self) -> None:
        if self in _active:
            _active.remove(self)
        if self._scheduled:
            self._end_of_step()
        if self.on_trace_ready is not None and self._recording():
            self.on_trace_ready(self)

    def _end_of_step(self) -> None:
        ended = time.perf_counter()
        self._record(f"ProfilerStep#{self.step_num}", self._started, ended)
        self._started = ended

    def step(self) -> None:
        """The end of a step: the schedule says what happens in the next."""
        self._end_of_step()
        if self.current_action is ProfilerAction.RECORD_AND_SAVE:
            if self.on_trace_ready is not None:
                self.on_trace_ready(self)
            self._ranges = []
        self.step_num += 1
        self.current_action = self.schedule(self.step_num)

    def __enter__(self) -> "profile":
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def key_averages(self, *args: Any, **kwargs: Any) -> Averages:
        """The ranges, those of one name together."""
        by_name: dict[str, Average] = {}
        for name, started, ended in self._ranges:
            entry = by_name.setdefault(name, Average(name))
            entry.count += 1
            entry.cpu_time_total += (ended - started) * 1e6
        return Averages(by_name.values())

    def events(self) -> list[tuple[str, float, float]]:
        return list(self._ranges)

    def export_chrome_trace(self, path: str) -> None:
        """Writes the ranges as chrome://tracing reads them."""
        events = [
            {
                "name": name,
                "ph": "X",
                "ts": started * 1e6,
                "dur": (ended - started) * 1e6,
                "pid": os.getpid(),
                "tid": 0,
            }
            for name, started, ended in self._ranges
        ]
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"traceEvents": events}, file)

    def add_metadata(self, key: str, value: str) -> None:
        """Accepted; not kept."""

    def add_metadata_json(self, key: str, value: str) -> None:
        """Accepted; not kept."""
