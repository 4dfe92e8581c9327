"""Makes the calls of a failing test again, in one process and for a debugger to stop.

    python -P replay.py [--pdb FILE:LINE] CALLS [PART]...

CALLS holds the messages that a test sent to its worker; PARTS are what a worker loads.
"""

from __future__ import annotations

import importlib.util
import os
import pdb
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any


def save(file: Path, messages: Sequence[bytes]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"".join(bytes(message) for message in messages))


def read(file: Path, worker: ModuleType) -> list[Any]:
    """The requests, in order."""
    data, at, found = file.read_bytes(), 0, []
    while at < len(data):
        start = at + worker.LENGTHS.size
        header, body = worker.lengths(bytearray(data[at:start]))
        found.append(
            worker.unpack(
                data[start : start + header],
                bytearray(data[start + header : start + header + body]),
                strided=True,
            )
        )
        at = start + header + body
    return found


def main(arguments: Sequence[str]) -> None:
    place = ""
    if arguments[0] == "--pdb":
        place, arguments = arguments[1], arguments[2:]
    os.environ |= {"TINYTORCH_KERNELS": "reference", "OPENBLAS_NUM_THREADS": "1"}
    worker = _worker()
    requests = read(Path(arguments[0]), worker)
    torch = worker.load([Path(part) for part in arguments[1:]])
    for request in requests:
        print(f"replay: {request.get('call') or request.get('name')}", flush=True)
        try:
            print(f"replay: {_answer(worker, request, torch, place)!r}"[:2000], flush=True)
        except Exception as error:
            print(f"replay: {type(error).__name__}: {error}", flush=True)
    os._exit(0)  # nothing of interest happens at the end


def _worker() -> ModuleType:
    """worker.py without tinytorch around it, which would load the reference's libraries first."""
    spec = importlib.util.spec_from_file_location("worker", Path(__file__).with_name("worker.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _answer(worker: ModuleType, request: Any, torch: Any, place: str) -> Any:
    if not place:
        return worker.answer(request, torch)
    file, _, line = place.rpartition(":")
    debugger = pdb.Pdb()
    debugger.set_break(file, int(line))
    debugger.rcLines.append("continue")  # from where it begins to the break
    return debugger.runcall(worker.answer, request, torch)


if __name__ == "__main__":
    main(sys.argv[1:])
