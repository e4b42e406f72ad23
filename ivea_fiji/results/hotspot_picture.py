"""Pictures of hotspot areas: one that tells what was found, and the heat map of activity."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.results.columns import time_s
from ivea_fiji.results.overview import DPI, SIZE_IN, draw_scale_bar, shorten
from ivea_fiji.results.palette import FAINT, INK, STYLE, class_colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ivea_fiji.hotspots.model import Hotspot, HotspotResult

_NUMBERED = 40
_LINES = 14
"""Above so many events traces would run into each other; the strongest are drawn."""
_HEAT = "inferno"


def write_hotspot_overview(path: Path, result: HotspotResult) -> None:
    """Draw where, when and how long events were, and write it as PNG; OSError passes through."""
    _write(path, result, _overview)


def write_heat_map(path: Path, result: HotspotResult) -> None:
    """Draw how often and how long each place was active, and write it as PNG; OSError passes through."""
    _write(path, result, _heat_maps)


def _write(path: Path, result: HotspotResult, draw: Callable[[Figure, HotspotResult], None]) -> None:
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure = Figure(figsize=SIZE_IN, dpi=DPI, facecolor="white")
        FigureCanvasAgg(figure)
        _header(figure, result)
        draw(figure, result)
        figure.savefig(path, format="png", dpi=DPI)


def _header(figure: Figure, result: HotspotResult) -> None:
    movie, events = result.movie, result.events
    frames, height, width = movie.shape
    size = f"{frames} frames of {width} x {height} px"
    if movie.frame_interval_s:
        size += f", {movie.duration_s:.3g} s"
    if movie.pixel_size_um:
        size += f", {movie.pixel_size_um:.4g} \u00b5m per px"
    sites = len({event.site for event in events})
    told = "No hotspots found"
    if events:
        number = "1 event" if len(events) == 1 else f"{len(events)} events"
        told = f"{number} at {sites} {'site' if sites == 1 else 'sites'}"
    figure.text(0.045, 0.965, shorten(movie.name, 70), fontsize=15, fontweight="bold", va="center")
    figure.text(0.98, 0.965, size, fontsize=9, color=FAINT, ha="right", va="center")
    figure.text(0.045, 0.92, told, fontsize=10.5, va="center")


def _overview(figure: Figure, result: HotspotResult) -> None:
    if not result.events:
        _map(figure.add_axes((0.045, 0.07, 0.57, 0.79)), result)
        notes = "\n\n".join(fill(note, 46) for note in result.notes[:6])
        figure.text(0.66, 0.86, notes, fontsize=10.5, va="top", linespacing=1.5)
        return
    _map(figure.add_axes((0.045, 0.36, 0.43, 0.5)), result)
    _raster(figure.add_axes((0.045, 0.075, 0.43, 0.21)), result)
    _traces(figure.add_axes((0.55, 0.45, 0.42, 0.41)), result)
    _sizes(figure.add_axes((0.55, 0.075, 0.42, 0.28)), result)


def _map(axes: Axes, result: HotspotResult) -> None:
    """Draw the outlines of the largest areas on the mean image, in the colours of their sites."""
    _image(axes, result.mean_image)
    axes.set_title("Where: largest area of each event" if result.events else "Where: the mean image")
    if result.movie.mask is not None:
        axes.contour(result.movie.mask, levels=[0.5], colors="white", linewidths=0.8, linestyles="dotted")
    from matplotlib.patheffects import withStroke

    dark = [withStroke(linewidth=2, foreground="black")]
    for event in result.events:
        corners = event.areas.outlines[event.largest] - 0.5  # the centre of the first pixel is 0 in the picture
        closed = np.vstack([corners, corners[:1]])
        axes.plot(closed[:, 0], closed[:, 1], color=_colour(event), linewidth=1.3)
        if len(result.events) <= _NUMBERED:
            axes.annotate(
                str(event.event), (corners[:, 0].max(), corners[:, 1].min()), color=_colour(event), fontsize=8,
                fontweight="bold", path_effects=dark, annotation_clip=True,
            )  # fmt: skip
        dy, dx = event.way
        if np.hypot(dy, dx) >= 3:
            axes.annotate("", (event.x + dx, event.y + dy), (event.x, event.y),
                          arrowprops={"arrowstyle": "->", "color": "white", "linewidth": 1.2})  # fmt: skip
    draw_scale_bar(axes, result.mean_image.shape, result.movie.pixel_size_um)


def _raster(axes: Axes, result: HotspotResult) -> None:
    """Draw every event from its start to its end, in the row of its site."""
    from matplotlib.ticker import MaxNLocator

    when = _clock(result)
    for event in result.events:
        axes.plot([when(event.start), when(event.end + 1)], [event.site, event.site], color=_colour(event),
                  linewidth=4 if max(e.site for e in result.events) <= 30 else 2, solid_capstyle="butt")  # fmt: skip
    axes.set_xlim(when(0), when(result.movie.shape[0]))
    axes.set_ylim(max(e.site for e in result.events) + 0.8, 0.2)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_title("When: from start to end, by site")
    axes.set_xlabel("time (s)" if result.movie.frame_interval_s else "frame")
    axes.set_ylabel("site")


def _traces(axes: Axes, result: HotspotResult) -> None:
    """Draw the mean change of the strongest events, aligned to their start."""
    scale = result.movie.frame_interval_s or result.movie.frames_per_step
    shown = sorted(result.events, key=lambda e: (-e.peak_df, e.event))[:_LINES]
    longest = max(int(np.quantile([e.duration for e in shown], 0.75)), 5)
    for event in shown:
        offset = np.arange(len(event.trace.df)) + event.trace.first - event.start
        axes.plot(offset * scale, event.trace.df, color=_colour(event), linewidth=1.2)
    axes.axhline(0, color=FAINT, linewidth=0.6)
    axes.axvline(0, color=FAINT, linewidth=0.8, linestyle="dotted")
    axes.set_xlim(-result.params.window_before * scale, (longest + result.params.window_after) * scale)
    few = f" of the {len(shown)} strongest" if len(shown) < len(result.events) else ""
    axes.set_title(f"How: mean change{few}, aligned to the start")
    axes.set_xlabel("time from start (s)" if result.movie.frame_interval_s else "frames from start")
    axes.set_ylabel("dF (counts)")


def _sizes(axes: Axes, result: HotspotResult) -> None:
    """Draw how the area of every event runs."""
    movie = result.movie
    scale = movie.frame_interval_s or movie.frames_per_step
    pixel = movie.pixel_size_um
    for event in result.events:
        size = event.areas.size * (pixel**2 if pixel else 1)
        marker = "." if len(size) == 1 else ""
        axes.plot(np.arange(len(size)) * scale, size, color=_colour(event), linewidth=1.1, marker=marker)
    axes.set_ylim(bottom=0)
    axes.set_title("How large: area from start to end")
    axes.set_xlabel("time from start (s)" if movie.frame_interval_s else "frames from start")
    axes.set_ylabel("area (\u00b5m\u00b2)" if pixel else "area (px)")


def _heat_maps(figure: Figure, result: HotspotResult) -> None:
    from matplotlib.ticker import MaxNLocator

    frames = result.movie.shape[0]
    events, active = result.activity
    shown = ((0.045, events, "How often: events per place", "events"),
             (0.525, active / frames * 100, "How long: part of the movie a place was active", "%"))  # fmt: skip
    for left, image, title, unit in shown:
        axes = figure.add_axes((left, 0.07, 0.40, 0.79))
        _image(axes, result.mean_image)
        heat = np.ma.masked_equal(image, 0)
        top = max(float(image.max()), 1e-9)
        drawn = axes.imshow(heat, cmap=_HEAT, vmin=0, vmax=top, alpha=0.85, interpolation="nearest")
        axes.set_title(title)
        draw_scale_bar(axes, result.mean_image.shape, result.movie.pixel_size_um)
        bar = figure.colorbar(drawn, cax=axes.inset_axes((1.02, 0, 0.03, 1)))
        bar.set_label(unit, color=INK)
        if unit == "events":
            bar.ax.yaxis.set_major_locator(MaxNLocator(integer=True))


def _image(axes: Axes, image: NDArray[np.float32]) -> None:
    known = image[np.isfinite(image)]
    low, high = np.percentile(known, (1, 99.5)) if known.size else (0.0, 1.0)
    axes.imshow(image, cmap="gray", vmin=low, vmax=max(high, low + 1e-6), interpolation="auto")
    axes.set_anchor("NW")
    axes.set_axis_off()


def _clock(result: HotspotResult) -> Callable[[int], float]:
    """Return what turns a frame into a place on the axis of time."""
    movie = result.movie

    def when(frame: int) -> float:
        shown = movie.file_frame(frame)
        return time_s(movie, shown) if movie.frame_interval_s else float(shown)

    return when


def _colour(event: Hotspot) -> str:
    return class_colour(event.site - 1)
