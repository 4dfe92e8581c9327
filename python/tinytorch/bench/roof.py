"""The roof: what this machine can do at most, and what share of it a workload reaches.

A kernel is bound by arithmetic or by memory, whichever takes longer. The arithmetic limit is
measured with multiply-adds that nothing holds up, the limits of memory with c = a + s * b over
arrays that fit each level of the memory. Williams, Waterman and Patterson, 2009.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tinytorch import _C
from tinytorch.bench.workloads import WORKLOADS

LEVELS = {"L1": 16 << 10, "L2": 384 << 10, "L3": 12 << 20, "memory": 768 << 20}


@dataclass(frozen=True)
class Roof:
    flops: float  # a second, float32
    bandwidth: dict[int, float]  # bytes a second, by bytes that a thread works on

    def seconds(self, flops: float, size: float, threads: int) -> float:
        """The least that so much arithmetic, on so many bytes, can take."""
        share = size / threads
        level = next((limit for limit in self.bandwidth if share <= limit), max(self.bandwidth))
        return max(flops / self.flops, size / self.bandwidth[level])


def measure() -> Roof:
    """On the threads that tinytorch is set to.  Takes two seconds."""
    fast = {size: max(_C._triad(size, 0.05) for _ in range(5)) for size in LEVELS.values()}
    return Roof(max(_C._multiply_adds(0.05) for _ in range(5)), fast)


def share(roof: Roof, row: dict[str, Any], threads: int) -> float | None:
    """How near to the limit our time is; None where a workload's work is not counted."""
    workload = WORKLOADS[row["workload"]]
    ours = row["seconds"].get("tinytorch")
    if not ours or not (workload.flops or workload.bytes):
        return None
    return float(roof.seconds(workload.flops, workload.bytes, threads) / ours)
