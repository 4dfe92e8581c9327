"""Grading tests: the fixture `lab`, the marker `task`, and failures told as stories."""

import signal
import threading

from tinytorch.tito.plugin import lab, pytest_configure, pytest_runtest_makereport

__all__ = ["lab", "pytest_configure", "pytest_runtest_makereport"]

# Jobs that a shell runs in the background ignore Ctrl-C, and so would all that the tests start.
ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
if ignored and threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)
