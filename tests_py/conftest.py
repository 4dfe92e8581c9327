"""Grading tests: the fixture `lab`, the marker `task`, and failures told as stories."""

from tinytorch.tito.plugin import lab, pytest_configure, pytest_runtest_makereport

__all__ = ["lab", "pytest_configure", "pytest_runtest_makereport"]
