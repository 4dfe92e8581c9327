"""SummaryWriter: scalars, texts and histograms are written; the rest is accepted and left out."""

import os
import socket
import time
from typing import Any

import numpy as np

from tinytorch import _C
from tinytorch.utils.tensorboard import _events


def _array(value: Any) -> np.ndarray[Any, Any]:
    if isinstance(value, _C.Tensor):
        value = value.detach().cpu().numpy()
    return np.asarray(value)


def _number(value: Any) -> float:
    array = _array(value)
    if array.size != 1:
        raise AssertionError("scalar should be 0D")
    return float(array.reshape(()))


class SummaryWriter:
    """Writes to an event file in log_dir, by default runs/<time>_<host><comment>.

    TensorBoard shows scalars, texts, settings (as text) and histograms; images, figures, sounds,
    graphs, curves, meshes and embeddings are accepted and not written.
    Source: torch.utils.tensorboard.SummaryWriter
    """

    def __init__(
        self,
        log_dir: Any = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: int = 120,
        filename_suffix: str = "",
    ) -> None:
        if not log_dir:
            now = time.strftime("%b%d_%H-%M-%S")
            log_dir = os.path.join("runs", f"{now}_{socket.gethostname()}{comment}")
        self.log_dir: str = os.fspath(log_dir)
        self.purge_step = purge_step
        self.max_queue = max_queue
        self.flush_secs = flush_secs
        self.filename_suffix = filename_suffix
        self._files: dict[str, _events.EventFile] = {}
        self._open("")

    def _open(self, run: str) -> _events.EventFile:
        """The file of this writer, or of a run below it; a closed one is begun anew."""
        if run not in self._files:
            folder = os.path.join(self.log_dir, run) if run else self.log_dir
            self._files[run] = _events.EventFile(folder, self.filename_suffix)
        return self._files[run]

    def get_logdir(self) -> str:
        return self.log_dir

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """A number, or a tensor of one."""
        summary = _events.scalar(tag, _number(scalar_value))
        self._open("").add(summary, global_step, walltime)

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: dict[str, Any],
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Several numbers in one diagram, each a run of its own."""
        for tag, value in tag_scalar_dict.items():
            file = self._open(f"{main_tag.replace('/', '_')}_{tag}")
            file.add(_events.scalar(main_tag, _number(value)), global_step, walltime)

    def add_text(
        self,
        tag: str,
        text_string: str,
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        self._open("").add(_events.text(tag, str(text_string)), global_step, walltime)

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: int | None = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """How often which values occur.  bins: a rule or number of numpy's.

        Raises ValueError for no values.
        """
        array = _array(values).reshape(-1).astype(np.float64)
        array = array[np.isfinite(array)]
        if array.size == 0:
            raise ValueError("The input has no element.")
        counts, limits = np.histogram(array, bins=64 if bins == "tensorflow" else bins)
        ends = float(array.min()), float(array.max()), float(array.size)
        sums = float(array.sum()), float((array * array).sum())
        summary = _events.histogram(tag, *ends, *sums, limits[1:].tolist(), counts.tolist())
        self._open("").add(summary, global_step, walltime)

    def add_hparams(
        self,
        hparam_dict: dict[str, Any],
        metric_dict: dict[str, Any],
        hparam_domain_discrete: Any = None,
        run_name: str | None = None,
        global_step: int | None = None,
    ) -> None:
        """Settings, as a text, and the numbers they led to."""
        if not isinstance(hparam_dict, dict) or not isinstance(metric_dict, dict):
            raise TypeError("hparam_dict and metric_dict should be dictionary.")
        lines = [f"| {name} | {value} |" for name, value in hparam_dict.items()]
        file = self._open(run_name or str(time.time()))
        table = "\n".join(["| setting | value |", "|---|---|", *lines])
        file.add(_events.text("hparams", table), global_step, None)
        for name, value in metric_dict.items():
            file.add(_events.scalar(name, _number(value)), global_step, None)

    def _left_out(self, *args: Any, **kwargs: Any) -> None:
        """Accepted; nothing is written."""

    add_image = add_images = add_image_with_boxes = add_figure = add_video = add_audio = _left_out
    add_graph = add_onnx_graph = add_embedding = add_mesh = add_tensor = _left_out
    add_pr_curve = add_pr_curve_raw = add_histogram_raw = _left_out
    add_custom_scalars = add_custom_scalars_multilinechart = _left_out
    add_custom_scalars_marginchart = _left_out

    def flush(self) -> None:
        """Writes what waits to disk."""
        for file in self._files.values():
            file.flush()

    def close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files = {}

    def __enter__(self) -> "SummaryWriter":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
