"""The pictures of the milestones, drawn by matplotlib into files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:  # training needs no matplotlib
    from matplotlib.axes import Axes

Array = np.ndarray[Any, Any]
Score = Callable[[Array], Array]  # (N, 2) -> (N,), above 0 for the class +1

LOOK = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
}
BLUE, ORANGE, GREY = "#2f6db3", "#e07b39", "#9aa0a6"


@contextmanager
def _figure(path: Path, rows: int, columns: int, size: tuple[float, float]) -> Iterator[Any]:
    """A grid of axes, (rows, columns), saved as `path` in the end.

    A Figure that belongs to nobody else needs neither a display nor pyplot.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(LOOK):  # type: ignore[arg-type, unused-ignore]
        figure = Figure(figsize=size, layout="constrained")
        yield figure.subplots(rows, columns, squeeze=False)
        figure.savefig(path, dpi=120)


def _whole_epochs(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))


def curves(
    path: Path,
    labels: tuple[str, str, str],
    lines: Mapping[str, tuple[Array, Array]],
    level: tuple[str, float] | None = None,
    log: bool = False,
) -> Path:
    """Lines by name, each as (x, y).  labels: title, x and y.  level: a height to compare with."""
    with _figure(path, 1, 1, (6.4, 4.2)) as ((axes,),):
        for (name, line), colour in zip(lines.items(), (BLUE, ORANGE), strict=False):
            axes.plot(*line, label=name, color=colour, linewidth=1.8)
        if level is not None:
            axes.axhline(level[1], label=level[0], color=GREY, linestyle="--", linewidth=1)
        title, x, y = labels
        axes.set(title=title, xlabel=x, ylabel=y, yscale="log" if log else "linear")
        _whole_epochs(axes)
        axes.legend()
    return path


def noisy_curve(path: Path, title: str, losses: Array, exam: Array, needed: float) -> Path:
    """The loss of each step and its mean over an epoch; beside it the accuracy after each epoch."""
    epochs = np.arange(1, len(exam) + 1)
    per_epoch = losses.reshape(len(exam), -1)
    with _figure(path, 1, 2, (11, 4.2)) as ((left, right),):
        at = np.arange(1, len(losses) + 1) / per_epoch.shape[1]
        left.plot(at, losses, color=BLUE, alpha=0.25, linewidth=0.8, label="each step")
        left.plot(epochs - 0.5, per_epoch.mean(axis=1), color=BLUE, label="mean of an epoch")
        left.set(title=title, xlabel="epochs", ylabel="training loss", yscale="log")
        right.plot(epochs, 100 * exam, "o-", color=ORANGE, markersize=4, label="reached")
        right.axhline(100 * needed, color=GREY, linestyle="--", linewidth=1, label="needed")
        right.set(title="On images it never trained on", xlabel="epochs", ylabel="accuracy, %")
        for axes in (left, right):
            _whole_epochs(axes)
            axes.legend()
    return path


def boundaries(path: Path, panels: Mapping[str, tuple[Score, Array, Array]]) -> Path:
    """The plane as each model divides it, by title: (score, x: (N, 2), t: (N,) of +-1)."""
    with _figure(path, 1, len(panels), (4.6 * len(panels), 4.6)) as (row,):
        for axes, (title, (score, x, t)) in zip(row, panels.items(), strict=True):
            _divide(axes, score, x)
            _scatter(axes, x, t, misjudged=(score(x) > 0) != (t > 0))
            axes.set(title=title, xlabel="$x_1$", ylabel="$x_2$")
            axes.grid(visible=False)
        row[0].figure.legend(
            *row[-1].get_legend_handles_labels(), loc="outside lower center", ncols=3
        )
    return path


def _divide(axes: Axes, score: Score, x: Array) -> None:
    """Colours the plane around x by the sign of the score, with a line where it is 0."""
    left, bottom = x.min(axis=0) - 0.35
    right, top = x.max(axis=0) + 0.35
    across, up = np.meshgrid(np.linspace(left, right, 200), np.linspace(bottom, top, 200))
    height = score(np.stack([across, up], axis=-1).reshape(-1, 2)).reshape(across.shape)
    axes.contourf(across, up, np.sign(height), levels=[-2, 0, 2], colors=[BLUE, ORANGE], alpha=0.18)
    if height.min() < 0 < height.max():
        axes.contour(across, up, height, levels=[0], colors="black", linewidths=1.5)


def _scatter(axes: Axes, x: Array, t: Array, misjudged: Array) -> None:
    for sign, colour in ((1, ORANGE), (-1, BLUE)):
        own = x[t == sign]
        axes.scatter(own[:, 0], own[:, 1], 45, colour, edgecolor="white", label=f"{sign:+d}")
    axes.scatter(x[misjudged, 0], x[misjudged, 1], 90, "black", marker="x", label="misjudged")


def confusion(path: Path, title: str, said: Array, true: Array, classes: int = 10) -> Path:
    """How often each class was taken for each."""
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (true, said), 1)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with _figure(path, 1, 1, (6.4, 5.2)) as ((axes,),):
        image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for i, j in np.argwhere(counts):
            colour = "white" if share[i, j] > 0.5 else "black"
            axes.text(j, i, str(counts[i, j]), ha="center", va="center", color=colour, fontsize=8)
        axes.set(title=title, xlabel="the network says", ylabel="it is")
        axes.set(xticks=range(classes), yticks=range(classes))
        axes.grid(visible=False)
        axes.figure.colorbar(image, ax=axes, label="share of the row")
    return path


def misread(path: Path, title: str, images: Array, said: Array, true: Array, side: int) -> Path:
    """Up to ten digits that were misread, with what they were taken for."""
    wrong = np.flatnonzero(said != true)[:10]
    with _figure(path, 2, 5, (7.5, 3.8)) as grid:
        grid[0, 0].figure.suptitle(title, fontweight="bold", x=0.01, ha="left")
        for axes in grid.flat:
            axes.set_axis_off()
        for axes, at in zip(grid.flat, wrong, strict=False):
            axes.imshow(images[at].reshape(side, side), cmap="gray_r", vmin=0, vmax=1)
            axes.set_title(f"{true[at]} taken for {said[at]}", fontweight="normal", fontsize=9)
    return path


def tiles(path: Path, title: str, images: Array, first: Array | None = None) -> Path:
    """Small images (N, H, W, C) side by side, each from its darkest to its brightest value.

    C is 1 or 3.  first: another image, shown before them as it is, bytes.
    """
    shown = [] if first is None else [first]
    for image in images[: 64 - len(shown)]:
        low, high = image.min(), image.max()
        shown.append((image - low) / max(high - low, 1e-12))
    columns = min(8, len(shown))
    rows = -(-len(shown) // columns)
    with _figure(path, rows, columns, (1.0 * columns, 1.0 * rows + 0.5)) as grid:
        grid[0, 0].figure.suptitle(title, fontweight="bold", x=0.01, ha="left")
        for axes in grid.flat:
            axes.set_axis_off()
        for axes, image in zip(grid.flat, shown, strict=False):
            axes.imshow(image, cmap="gray")
    return path


def mistaken(
    path: Path, title: str, images: Array, said: Array, true: Array, names: Sequence[str]
) -> Path:
    """Up to ten images (N, H, W, C) of bytes that were mistaken, with what they were taken for."""
    wrong = np.flatnonzero(said != true)[:10]
    with _figure(path, 2, 5, (9.5, 4.4)) as grid:
        grid[0, 0].figure.suptitle(title, fontweight="bold", x=0.01, ha="left")
        for axes in grid.flat:
            axes.set_axis_off()
        for axes, at in zip(grid.flat, wrong, strict=False):
            axes.imshow(images[at], cmap="gray_r", vmin=0, vmax=255)
            axes.set_title(
                f"{names[true[at]]}\ntaken for {names[said[at]]}", fontweight="normal", fontsize=8
            )
    return path


def attention(path: Path, title: str, maps: Sequence[Array], labels: Sequence[str]) -> Path:
    """Each head's weights, (1, H, T, T) a layer: a row a position, dark where it looks."""
    size = len(labels)
    with _figure(path, len(maps), maps[0].shape[1], (11, 2.9 * len(maps) + 0.4)) as grid:
        grid[0, 0].figure.suptitle(title, fontweight="bold", x=0.01, ha="left")
        for layer, (row, heads) in enumerate(zip(grid, maps, strict=True), 1):
            for number, (axes, head) in enumerate(zip(row, heads[0], strict=True), 1):
                axes.imshow(head, cmap="Blues", vmin=0, vmax=1)
                axes.set_title(f"layer {layer}, head {number}", fontweight="normal", fontsize=9)
                axes.set_xticks(range(size), labels, fontsize=6, rotation=90 if size < 24 else 0)
                axes.set_yticks(range(size), labels, fontsize=6)
                axes.grid(visible=False)
    return path
