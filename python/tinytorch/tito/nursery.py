"""The grader's end of the process that loads a student's units and forks its workers."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from tinytorch.tito import worker

DEFAULT_TIMEOUT = 10.0  # seconds a call may take
TAIL = 1 << 16  # bytes kept of what a worker prints


class Launcher(Protocol):
    """How strangers' code is started: in a sandbox, with limits."""

    @property
    def own_pids(self) -> bool:
        """Whether its process ids mean nothing outside."""

    def command(self, command: Sequence[str]) -> list[str]: ...
    def environment(self, environment: Mapping[str, str]) -> dict[str, str]: ...
    def look(self, command: Sequence[str]) -> str:
        """What a tool says about a file of theirs."""

    def clean_up(self) -> None:
        """Ends what is left of all that was started."""


class Nursery:
    def __init__(
        self,
        parts: Sequence[Path],
        watch: Path | None,
        timeout: float,
        environment: Mapping[str, str],
        launcher: Launcher | None = None,
    ) -> None:
        self._launcher = launcher
        self._output = bytearray()
        self._ahead = bytearray()  # of what a worker sent, beyond its answer
        self._worker = 0
        self._ready = False
        self._control, theirs = socket.socketpair()
        self._control.settimeout(max(timeout, DEFAULT_TIMEOUT))
        variables = _environment(own=bool(parts)) | dict(environment)
        with theirs:
            command = [
                sys.executable,
                "-P",
                worker.__file__,
                str(theirs.fileno()),
                str(watch or ""),
                *map(str, parts),
            ]
            if launcher is not None:
                command = launcher.command(command)
                variables = launcher.environment(variables)
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
                env=variables,
            )  # fmt: skip
        assert self._process.stdout is not None
        self._pipe = self._process.stdout
        os.set_blocking(self._pipe.fileno(), False)
        self.alive = True

    def fork(self) -> socket.socket:
        """A fresh worker's channel.  Raises EOFError or TimeoutError when the units do not load."""
        self._await_ready()
        self._drain()
        self._output.clear()
        self._ahead.clear()
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [worker.FORK], [theirs.fileno()])
        self._worker = self._number()
        return ours

    def end(self, order: bytes) -> int | None:
        """Ends the worker; its status as os.wait gives it, or None when the nursery is gone."""
        if not self.alive or not self._worker:
            return None
        try:
            self._control.sendall(order)
            return self._number()
        except (OSError, EOFError):
            return None
        finally:
            self._drain()

    def receive(self, channel: socket.socket, deadline: float) -> Any:
        """The worker's next message, while what it prints is read as well."""
        with selectors.PollSelector() as waiting:
            waiting.register(channel, selectors.EVENT_READ)
            waiting.register(self._pipe, selectors.EVENT_READ)
            wanted, header = worker.LENGTHS.size, -1
            received, self._ahead = self._ahead, bytearray()
            while True:
                while len(received) >= wanted:
                    if header >= 0:
                        self._ahead = received[wanted:]
                        start = worker.LENGTHS.size + header
                        text = bytes(received[worker.LENGTHS.size : start])
                        return worker.unpack(text, received[start:wanted])
                    header, body_bytes = worker.lengths(received[: worker.LENGTHS.size])
                    wanted += header + body_bytes
                remaining = deadline - time.monotonic()
                events = waiting.select(remaining) if remaining > 0 else []
                if not events:
                    raise TimeoutError
                for key, _ in events:
                    if key.fileobj is self._pipe:
                        if not self._drain():
                            waiting.unregister(self._pipe)
                        continue
                    data = channel.recv(1 << 20)
                    if not data:
                        raise EOFError
                    received += data

    def output(self) -> str:
        self._drain()
        return self._output.decode(errors="replace")

    def close(self) -> None:
        """Ends nursery and worker."""
        self._control.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        self.kill()

    def kill(self) -> None:
        self.alive = False
        for group in (self._worker, self._process.pid):
            if self._is_ours(group):
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(group, signal.SIGKILL)
        self._control.close()
        self._process.wait()
        if self._launcher is not None:
            self._launcher.clean_up()
        self._drain()
        self._pipe.close()

    def _is_ours(self, group: int) -> bool:
        """Whether to believe the number of a worker: who told it may run a stranger's code."""
        if group == self._process.pid:
            return True
        if group <= 1 or (self._launcher is not None and self._launcher.own_pids):
            return False
        try:
            return os.getsid(group) == self._process.pid
        except OSError:
            return False

    def _await_ready(self) -> None:
        if self._ready:
            return
        try:
            self._ready = self._control.recv(1) == worker.READY
            if not self._ready:
                raise EOFError
        finally:
            if not self._ready:
                self.kill()

    def _number(self) -> int:
        data = self._control.recv(worker.NUMBER.size, socket.MSG_WAITALL)
        if len(data) < worker.NUMBER.size:
            raise EOFError
        number: int = worker.NUMBER.unpack(data)[0]
        return number

    def _drain(self) -> bool:
        """Reads what is there of the printed output, and not for ever; False at its end."""
        if self._pipe.closed:
            return False
        for _ in range(16):
            try:
                data = os.read(self._pipe.fileno(), TAIL)
            except BlockingIOError:
                break
            if not data:
                return False
            self._output += data
            del self._output[:-TAIL]
        return True


def _environment(own: bool) -> dict[str, str]:
    """A worker's environment: one thread of other people's, and a student's loops unaccelerated."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    if own:
        environment["TINYTORCH_KERNELS"] = "reference"
    else:
        environment.setdefault("TINYTORCH_KERNELS", "reference")
    return environment
