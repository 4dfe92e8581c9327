"""Marks for NVIDIA's profiler: without CUDA they raise, as in PyTorch."""

from typing import Any

_MESSAGE = "NVTX functions not installed. Are you sure you have a CUDA build?"


def range_push(msg: str) -> Any:
    raise RuntimeError(_MESSAGE)


def range_pop() -> Any:
    raise RuntimeError(_MESSAGE)


def mark(msg: str) -> Any:
    raise RuntimeError(_MESSAGE)
