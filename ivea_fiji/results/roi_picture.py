"""One picture of measured ROIs: where they lie, and how they run in time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.results.overview import DPI, SIZE_IN, draw_scale_bar, shorten
from ivea_fiji.results.palette import FAINT, STYLE, class_colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ivea_fiji.measure.rois import RegionTraces
    from ivea_fiji.movie.regions import Region
    from ivea_fiji.roi_traces import RoiTraces

LINES = 20
"""Above so many ROIs lines would run into each other; a map of colours takes their place."""
_NUMBERED = 60
_MOST_DRAWN = 1000
"""ROIs whose outlines are drawn."""
_TITLES = {"df_f0": "dF/F0", "df": "F - F0 (counts)", "raw": "raw intensity (counts)"}
_STEPS = 0.8
"""Part of the distance of two lines that the largest change takes."""


def write_roi_picture(path: Path, result: RoiTraces) -> None:
    """Draw `result` and write it as PNG; OSError passes through."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure = Figure(figsize=SIZE_IN, dpi=DPI, facecolor="white")
        FigureCanvasAgg(figure)
        _draw(figure, result)
        figure.savefig(path, format="png", dpi=DPI)


def _draw(figure: Figure, result: RoiTraces) -> None:
    figure.text(0.04, 0.955, shorten(result.movie.name, 70), fontsize=15, fontweight="bold", va="center")
    count = len(result.regions)
    told = f"{count} {'ROI' if count == 1 else 'ROIs'}"
    if len(result.channels) > 1:
        told += f", {len(result.channels)} channels"
    if result.params.background == "ring":
        told += ", local background subtracted"
    figure.text(0.04, 0.915, told, fontsize=10.5, va="center")
    _map(figure.add_axes((0.04, 0.07, 0.4, 0.8)), result)
    quantity = next((name for name in _TITLES if np.isfinite(result.channels[0].values(name)).any()), "raw")
    axes = figure.add_axes((0.58, 0.09, 0.4, 0.77) if count <= LINES else (0.56, 0.09, 0.34, 0.77))
    (_lines if count <= LINES else _colours)(axes, result, quantity)
    timed = bool(result.movie.frame_interval_s)
    unit = "s" if timed else "frames"
    around = result.params.span == "around_frame"
    axes.set_xlabel(f"time from the frame of the ROI ({unit})" if around else "time (s)" if timed else "frame")


def _map(axes: Axes, result: RoiTraces) -> None:
    """Draw the ROIs on the mean image."""
    from matplotlib.collections import LineCollection
    from matplotlib.colors import to_rgba_array
    from matplotlib.patheffects import withStroke

    image = result.mean_image
    low, high = np.percentile(image, (1, 99.5))
    axes.imshow(image, cmap="gray", vmin=low, vmax=max(high, low + 1e-6), interpolation="auto")
    axes.set_title("Where: ROIs on the mean image")
    axes.set_anchor("NW")
    axes.set_axis_off()
    halo = [withStroke(linewidth=2, foreground="black")]
    # One collection for all: each is laid out on its own, and thousands would take minutes.
    step = max(1, -(-len(result.regions) // _MOST_DRAWN))
    edges = [outline(region) for region in result.regions[::step]]
    colours = to_rgba_array([class_colour(row) for row in range(0, len(result.regions), step)])
    lines = LineCollection(list(np.concatenate(edges)), linewidths=1.2,
                           colors=np.repeat(colours, [len(edge) for edge in edges], axis=0))  # fmt: skip
    axes.add_collection(lines)
    if step > 1:
        axes.set_title(f"Where: ROIs on the mean image, one of {step}")
    for row, region in enumerate(result.regions):
        if len(result.regions) <= _NUMBERED:
            y, x = region.centre
            axes.annotate(str(region.number), (x, y), color=class_colour(row), fontsize=8, fontweight="bold",
                          ha="center", va="center", path_effects=halo)  # fmt: skip
    draw_scale_bar(axes, image.shape, result.movie.pixel_size_um)


def outline(region: Region) -> NDArray[np.float64]:
    """Return the edges between the pixels of a region and others ``(n, 2, 2)``, as x and y of both ends."""
    top, left = region.y.min() - 1, region.x.min() - 1
    inside = np.zeros((region.y.max() - top + 2, region.x.max() - left + 2), np.int8)
    inside[region.y - top, region.x - left] = 1
    y, x = np.nonzero(np.diff(inside, axis=0))
    flat = np.stack([np.stack([x - 0.5, y + 0.5], axis=1), np.stack([x + 0.5, y + 0.5], axis=1)], axis=1)
    y, x = np.nonzero(np.diff(inside, axis=1))
    upright = np.stack([np.stack([x + 0.5, y - 0.5], axis=1), np.stack([x + 0.5, y + 0.5], axis=1)], axis=1)
    return np.concatenate([flat, upright]) + [left, top]


def _lines(axes: Axes, result: RoiTraces, quantity: str) -> None:
    """Draw one line per ROI and channel, one ROI above the other, all on one scale."""
    traces = [one.values(quantity) for one in result.channels]
    known = np.concatenate(traces)
    known = known[np.isfinite(known)]
    span = float(np.ptp(known)) if known.size else 1.0
    step = (span or 1.0) / _STEPS
    x, several = _times(result), len(result.channels) > 1
    names = [f"{shorten(region.name, 18)} ({region.number})" for region in result.regions]
    for row in range(len(names)):
        floor = -row * step
        axes.axhline(floor, color=FAINT, linewidth=0.4)
        for number, (one, values) in enumerate(zip(result.channels, traces, strict=True)):
            colour = class_colour(number if several else row)
            label = f"channel {one.channel}" if several and row == 0 else None
            axes.plot(x, values[row] + floor, color=colour, linewidth=1.0, label=label)
    axes.set_yticks([-row * step for row in range(len(names))], names, fontsize=8)
    axes.set_title(f"How: {_TITLES[quantity]}, lines {step:.3g} apart")
    if result.params.span == "around_frame":
        axes.axvline(0, color=FAINT, linewidth=0.8, linestyle="dotted")
    if several:
        axes.legend(loc="lower right", frameon=False, fontsize=8, bbox_to_anchor=(1, 1), ncols=len(traces))
    axes.set_xlim(x[0], x[-1])


def _colours(axes: Axes, result: RoiTraces, quantity: str) -> None:
    """Draw the ROIs of the first channel as rows of colours."""
    one: RegionTraces = result.channels[0]
    values = one.values(quantity)
    known = values[np.isfinite(values)]
    low, high = np.percentile(known, (1, 99.5)) if known.size else (0.0, 1.0)
    x, count = _times(result), len(values)
    shown = axes.imshow(
        values, cmap="viridis", vmin=low, vmax=max(high, low + 1e-9), aspect="auto", interpolation="auto",
        extent=(float(x[0]), float(x[-1]), count + 0.5, 0.5),
    )  # fmt: skip
    axes.figure.colorbar(shown, cax=axes.inset_axes((1.03, 0, 0.04, 1)))
    where = f", channel {one.channel}" if len(result.channels) > 1 else ""
    axes.set_title(f"How: {_TITLES[quantity]}{where}")
    axes.set_ylabel("ROIs in the order of their list")


def _times(result: RoiTraces) -> NDArray[np.float64]:
    """Return the times of the samples: s, or frames if the interval is unknown."""
    movie = result.movie
    if result.params.span == "around_frame":
        return np.asarray(result.offset * (movie.frame_interval_s or 1.0), np.float64)
    first = movie.file_frame(0)
    if movie.frame_interval_s:
        return np.array([movie.time_s(int(t)) for t in result.offset], np.float64)
    return np.asarray(first + result.offset, np.float64)
