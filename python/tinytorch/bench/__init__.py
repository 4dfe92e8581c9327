"""Benchmarks: the same small programs on tinytorch, PyTorch and JAX, side by side.

    python -m tinytorch.bench                       every workload, one thread
    python -m tinytorch.bench xor mnist --threads 2
    python -m tinytorch.bench --list
    python -m tinytorch.bench matmul gelu --roof    and what share of this machine's limits it is
    python -m tinytorch.bench --sweep curve.png     time against size, from one element to 2^24
    python -m tinytorch.bench mnist-sgd --memory    peak memory of the process

Each library runs in a process of its own; they take turns, so that all see the same machine. A
figure is the median over the rounds of a round's mean time. A library that is not installed, or
that cannot run a workload, is left out.

workloads.py  the programs, written once for whatever has PyTorch's API
loading.py    those that only load images
on_jax.py     the same for JAX, compiled
rivals.py     a process a library, and turns
roof.py       this machine's limits
sweep.py      time against size
"""

from tinytorch.bench.workloads import WORKLOADS as WORKLOADS
from tinytorch.bench.workloads import Step as Step
from tinytorch.bench.workloads import Workload as Workload
