"""One picture that tells what was found: where, when, what it looks like, and how it runs in time."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from ivea_fiji.events.classes import BY_ID
from ivea_fiji.results.columns import time_s
from ivea_fiji.results.montage import ROWS, draw_montage
from ivea_fiji.results.palette import FAINT, INK, STYLE, class_colour
from ivea_fiji.results.tables import delta

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ivea_fiji.events.model import Event, Result

SIZE_IN, DPI = (12, 8), 110
_NUMBERED = 40
"""Above so many events the numbers on the map would hide the cell."""
_TOLD = 0.05
"""Strange share of what could be an event that is told; movies like those learned from have about as much."""
_LEFT, _TOP, _ROW = 0.055, 0.86, 0.0388
"""Left edge, top of the upper panels, and height of a row of the montage, as fractions of the figure."""


def write_overview(path: Path, result: Result) -> None:
    """Draw the overview of `result` and write it as PNG; OSError passes through."""
    overview(result).savefig(path, format="png", dpi=DPI)


def overview(result: Result) -> Figure:
    """Return the overview as a matplotlib figure; no window is opened and no setting of the user is changed."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure = Figure(figsize=SIZE_IN, dpi=DPI, facecolor="white")
        FigureCanvasAgg(figure)
        _draw(figure, result)
    return figure


def _draw(figure: Figure, result: Result) -> None:
    _header(figure, result)
    if result.events:
        _map(figure.add_axes((_LEFT, 0.39, 0.42, _TOP - 0.39)), result)
        _timeline(figure.add_axes((_LEFT, 0.075, 0.42, 0.235)), result)
        rows = min(len(result.patches), ROWS)
        below = _TOP - rows * _ROW
        draw_montage(figure.add_axes((0.55, below, 0.43, rows * _ROW or _ROW)), result)
        _traces(figure.add_axes((0.55, 0.075, 0.43, below - 0.08 - 0.075)), result)
    else:
        _map(figure.add_axes((_LEFT, 0.075, 0.57, _TOP - 0.075)), result)
        _nothing(figure, result)


def _header(figure: Figure, result: Result) -> None:
    movie, events = result.movie, result.events
    frames, height, width = movie.shape
    figure.text(_LEFT, 0.965, shorten(movie.name, 70), fontsize=15, fontweight="bold", va="center")
    size = f"{frames} frames of {width} x {height} px"
    if movie.frame_interval_s:
        size += f", {_duration(movie.duration_s)}"
    if movie.pixel_size_um:
        size += f", {movie.pixel_size_um:.4g} \u00b5m per px"
    model = f"model {result.model.get('name', 'unknown')}"
    strange = result.learned.get("strange_share", 0.0)
    if strange >= _TOLD:
        model += f", to which {100 * strange:.0f} % of what could be an event is strange"
    figure.text(0.98, 0.965, f"{size}\n{model}", fontsize=9, color=FAINT, ha="right", va="center", linespacing=1.4)
    told = "No events found" if not events else "1 event" if len(events) == 1 else f"{len(events)} events"
    if events and movie.frame_interval_s:
        minutes = movie.duration_s / 60
        told += f" ({len(events) / minutes:.3g} per minute)"
    at = _LEFT + _width(figure, told, _LEFT, 0.921, color=INK) + 0.02
    for class_id, count in sorted(Counter(e.class_id for e in events).items()):
        text = f"\u25cf {count} {_title(class_id, events)}"
        at += _width(figure, text, at, 0.921, color=class_colour(class_id), fontweight="bold") + 0.018


def _width(figure: Figure, text: str, x: float, y: float, **style: Any) -> float:
    """Write a line of text and return its width as a fraction of the figure."""
    shown = figure.text(x, y, text, fontsize=10.5, va="center", **style)
    return float(shown.get_window_extent().width / figure.bbox.width)


def _map(axes: Axes, result: Result) -> None:
    """Draw the events on the mean image."""
    from matplotlib.collections import EllipseCollection

    image = result.mean_image
    known = image[np.isfinite(image)]
    low, high = np.percentile(known, (1, 99.5)) if known.size else (0.0, 1.0)
    axes.imshow(image, cmap="gray", vmin=low, vmax=max(high, low + 1e-6), interpolation="auto")
    axes.set_title("Where: events on the mean image" if result.events else "Where: the mean image")
    axes.set_anchor("NW")
    axes.set_axis_off()
    events = result.events
    if result.movie.mask is not None:
        axes.contour(result.movie.mask, levels=[0.5], colors="white", linewidths=0.8, linestyles="dotted")
    if events:
        diameter = max(2.0 * result.params.search_radius, max(image.shape) / 45)
        axes.add_collection(
            EllipseCollection(
                diameter, diameter, 0, units="xy", offsets=[(e.x, e.y) for e in events],
                offset_transform=axes.transData, facecolors="none", linewidths=1.4,
                edgecolors=[class_colour(e.class_id) for e in events],
            )
        )  # fmt: skip
        if len(events) <= _NUMBERED:
            _numbers(axes, events, diameter)
    draw_scale_bar(axes, result.mean_image.shape, result.movie.pixel_size_um)


def _numbers(axes: Axes, events: tuple[Event, ...], diameter: float) -> None:
    from matplotlib.patheffects import withStroke

    outline = [withStroke(linewidth=2, foreground="black")]
    for e in events:
        axes.annotate(
            str(e.event), (e.x + diameter * 0.4, e.y - diameter * 0.4), color=class_colour(e.class_id), fontsize=8,
            fontweight="bold", path_effects=outline, annotation_clip=True,
        )  # fmt: skip


def draw_scale_bar(axes: Axes, shape: tuple[int, ...], pixel: float | None) -> None:
    """Draw a scale bar on an image of `shape` (height, width) with pixels of `pixel` um, if that is known."""
    if not pixel:
        return
    height, width = shape
    nice = np.array([0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500])
    length = float(nice[np.argmin(np.abs(nice - width * pixel / 5))])
    right, bottom = width * 0.96, height * 0.95
    axes.plot([right - length / pixel, right], [bottom, bottom], color="white", linewidth=3, solid_capstyle="butt")
    axes.text(right - length / pixel / 2, bottom - height * 0.02, f"{length:g} \u00b5m", color="white", ha="center",
              va="bottom", fontsize=9)  # fmt: skip


def _timeline(axes: Axes, result: Result) -> None:
    """Draw a raster of the events of each class, and above it how their number grows."""
    from matplotlib.ticker import MaxNLocator

    movie, events = result.movie, result.events
    timed = bool(movie.frame_interval_s)

    def when(frame: int) -> float:
        shown = movie.file_frame(frame)
        return time_s(movie, shown) if timed else float(shown)

    start, end = when(0), when(movie.shape[0] - 1)
    margin = max(end - start, 1e-6) * 0.01
    axes.set_xlim(start - margin, end + margin)
    axes.set_title("When: events over time")
    axes.set_xlabel("time (s)" if timed else "frame")
    axes.set_ylabel("events so far")
    classes = sorted({e.class_id for e in events})
    top = max(len(events), 1)
    lane = top * 0.09
    for row, class_id in enumerate(classes):
        times = [when(e.frame) for e in events if e.class_id == class_id]
        axes.vlines(times, -lane * (row + 1) - lane * 0.15, -lane * row - lane * 0.3, color=class_colour(class_id),
                    linewidth=1.3)  # fmt: skip
        if len(classes) > 1:
            _steps(axes, times, start, end, class_colour(class_id), 1.4)
    _steps(axes, [when(e.frame) for e in events], start, end, INK, 2.0)
    axes.set_ylim(-lane * (len(classes) + 0.4), top * 1.05)
    axes.set_yticks([t for t in MaxNLocator(5, integer=True).tick_values(0, top) if 0 <= t <= top])
    axes.axhline(0, color=FAINT, linewidth=0.6)


def _steps(axes: Axes, times: list[float], start: float, end: float, colour: str, width: float) -> None:
    """Draw a cumulative curve."""
    x = [start, *sorted(times), end]
    axes.step(x, [*range(len(times) + 1), len(times)], where="post", color=colour, linewidth=width)


def _traces(axes: Axes, result: Result) -> None:
    """Draw the mean course of each class, aligned to the peak, with its standard error."""
    axes.set_title("How: mean intensity change, aligned to the peak (band: SEM)")
    scale = result.movie.frame_interval_s or result.movie.frames_per_step
    x = result.traces.offset * scale
    rows, classes = delta(result), np.array([e.class_id for e in result.events])
    for class_id in sorted(set(classes.tolist())):
        mine = rows[classes == class_id]
        count = np.isfinite(mine).sum(axis=0)
        total = np.where(np.isfinite(mine), mine, 0).sum(axis=0, dtype=np.float64)
        mean = np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
        spread = np.where(np.isfinite(mine), (mine - mean) ** 2, 0).sum(axis=0)
        error = np.sqrt(np.divide(spread, count * (count - 1.0), out=np.zeros(count.shape), where=count > 1))
        colour = class_colour(class_id)
        axes.fill_between(x, mean - error, mean + error, color=colour, alpha=0.25, linewidth=0)
        axes.plot(x, mean, color=colour, linewidth=1.8)
    axes.axvline(0, color=FAINT, linewidth=0.8, linestyle="dotted")
    axes.axhline(0, color=FAINT, linewidth=0.6)
    seen = x[np.isfinite(rows).any(axis=0)]  # a short movie ends before the window does
    if len(seen) > 1:
        axes.set_xlim(seen[0], seen[-1])
    axes.set_xlabel("time from peak (s)" if result.movie.frame_interval_s else "frames from peak")
    axes.set_ylabel("dF (counts)")


def _nothing(figure: Figure, result: Result) -> None:
    """Say beside the map what the run has to say about nothing being found."""
    notes = "\n\n".join(fill(note, 46) for note in result.notes[:6])
    figure.text(0.66, _TOP, notes, fontsize=10.5, va="top", linespacing=1.5)


def _title(class_id: int, events: tuple[Event, ...]) -> str:
    """Return the short title of a class: what stands before the bracket."""
    if class_id in BY_ID:
        return BY_ID[class_id].title.split(" (")[0]
    return next(e.class_name for e in events if e.class_id == class_id)


def _duration(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds < 120 else f"{seconds / 60:.3g} min"


def shorten(text: str, length: int) -> str:
    """Return `text` with its middle left out if it is longer than `length`."""
    return text if len(text) <= length else f"{text[: length // 2 - 1]}...{text[-length // 2 + 2 :]}"
