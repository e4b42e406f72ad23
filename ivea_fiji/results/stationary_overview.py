"""One picture of stationary bursts: where the synapses are, when each is active, and how they respond."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.events.classes import BY_ID
from ivea_fiji.results.columns import time_s
from ivea_fiji.results.overview import DPI, SIZE_IN, draw_scale_bar, shorten
from ivea_fiji.results.palette import FAINT, INK, STYLE, class_colour
from ivea_fiji.results.stationary_columns import SiteRow
from ivea_fiji.results.stationary_rois import EVOKED, SILENT, SPONTANEOUS
from ivea_fiji.results.stationary_tables import aligned

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ivea_fiji.synapses.model import StationaryResult

_NUMBERED = 60
"""Above so many synapses their numbers on the map would hide the picture."""
_LEFT, _TOP = 0.05, 0.85
_BANDS = {"stimulus": "#D5D5D5", "ammonium": "#BFD9EC"}
_BAND_WORDS = {"stimulus": "stimulus", "ammonium": "NH4+"}
_CLASS_WORDS = {0: "fusion", 3: "short fusion", 4: "stimulated", 5: "NH4+"}
_SITE_WORDS = {EVOKED: "respond to a stimulus", SPONTANEOUS: "only spontaneous", SILENT: "silent (only NH4+)"}


def write_stationary_overview(path: Path, result: StationaryResult) -> None:
    """Draw the overview of `result` and write it as PNG; OSError passes through."""
    stationary_overview(result).savefig(path, format="png", dpi=DPI)


def stationary_overview(result: StationaryResult) -> Figure:
    """Return the overview as a matplotlib figure; no window is opened and no setting of the user is changed."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure = Figure(figsize=SIZE_IN, dpi=DPI, facecolor="white")
        FigureCanvasAgg(figure)
        _draw(figure, result)
    return figure


def _draw(figure: Figure, result: StationaryResult) -> None:
    _header(figure, result)
    if not result.events:
        _map(figure.add_axes((_LEFT, 0.07, 0.57, _TOP - 0.07)), result)
        notes = "\n\n".join(fill(note, 46) for note in result.notes[:6])
        figure.text(0.66, _TOP, notes, fontsize=10.5, va="top", linespacing=1.5)
        return
    _map(figure.add_axes((_LEFT, 0.36, 0.42, _TOP - 0.36)), result)
    _responses(figure.add_axes((_LEFT + 0.02, 0.075, 0.40, 0.22)), result)
    raster = figure.add_axes((0.545, 0.43, 0.435, _TOP - 0.43))
    _raster(raster, result)
    _population(figure.add_axes((0.545, 0.075, 0.435, 0.25)), result)


def _header(figure: Figure, result: StationaryResult) -> None:
    movie = result.movie
    frames, height, width = movie.shape
    figure.text(_LEFT, 0.965, shorten(movie.name, 70), fontsize=15, fontweight="bold", va="center")
    size = f"{frames} frames of {width} x {height} px"
    if movie.frame_interval_s:
        size += f", {movie.duration_s:.3g} s"
    if movie.pixel_size_um:
        size += f", {movie.pixel_size_um:.4g} \u00b5m per px"
    model = f"model {result.model.get('name', 'unknown')}"
    figure.text(0.98, 0.96, f"{size}\n{model}", fontsize=9, color=FAINT, ha="right", va="center", linespacing=1.4)
    figure.text(_LEFT, 0.915, _told(result), fontsize=10.5, va="center", color=INK)


def _told(result: StationaryResult) -> str:
    """Return what was found, in one line."""
    if not result.events:
        return "No events found"
    active = [event for event in result.events if event.activation]
    evoked = {s.number for s in result.stimuli if s.kind == "stimulus"}
    told = f"{_many(len(active), 'activation')} at {_many(len(result.sites), 'synapse')}"
    if evoked:
        synchronous = sum(event.stimulus in evoked for event in active)
        told += f", {synchronous} synchronous with {_many(len(evoked), 'stimulus', 'stimuli')}"
    if len(evoked) < len(result.stimuli):
        told += ", NH4+"
    return told


def _many(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _map(axes: Axes, result: StationaryResult) -> None:
    from matplotlib.collections import EllipseCollection
    from matplotlib.lines import Line2D
    from matplotlib.patheffects import withStroke

    image = result.mean_image
    low, high = np.percentile(image, (1, 99.7))
    axes.imshow(image, cmap="gray", vmin=low, vmax=max(high, low + 1e-6), interpolation="auto")
    axes.set_title("Where: synapses on the mean image" if result.sites else "Where: the mean image")
    axes.set_anchor("NW")
    axes.set_axis_off()
    if result.movie.mask is not None:
        axes.contour(result.movie.mask, levels=[0.5], colors="white", linewidths=0.8, linestyles="dotted")
    if not result.sites:
        draw_scale_bar(axes, image.shape, result.movie.pixel_size_um)
        return
    groups = [_group(SiteRow(site, result)) for site in result.sites]
    diameter = max(2.0 * result.params.search_radius, max(image.shape) / 45)
    axes.add_collection(
        EllipseCollection(
            diameter, diameter, 0, units="xy", offsets=[(s.x, s.y) for s in result.sites],
            offset_transform=axes.transData, facecolors="none", linewidths=1.3,
            edgecolors=[class_colour(group - 1) for group in groups],
        )
    )  # fmt: skip
    if len(result.sites) <= _NUMBERED:
        outline = [withStroke(linewidth=2, foreground="black")]
        for site, group in zip(result.sites, groups, strict=True):
            axes.annotate(
                str(site.site), (site.x + diameter * 0.45, site.y - diameter * 0.45), color=class_colour(group - 1),
                fontsize=8, fontweight="bold", path_effects=outline, annotation_clip=True,
            )  # fmt: skip
    handles = [
        Line2D([], [], marker="o", linestyle="", fillstyle="none", color=class_colour(group - 1),
               label=f"{groups.count(group)} {_SITE_WORDS[group]}")
        for group in sorted(set(groups))
    ]  # fmt: skip
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(0, -0.01), ncols=3, frameon=False, fontsize=8.5,
                borderpad=0, handletextpad=0.2, columnspacing=1.2)  # fmt: skip
    draw_scale_bar(axes, image.shape, result.movie.pixel_size_um)


def _group(row: SiteRow) -> int:
    return EVOKED if row.site.synchronous else SPONTANEOUS if row.events else SILENT


def _times(result: StationaryResult) -> NDArray[np.float64]:
    """Return the times of the frames: s, or frames of the file if the interval is unknown."""
    movie = result.movie
    shown = [movie.file_frame(t) for t in range(movie.shape[0])]
    return np.array([time_s(movie, f) for f in shown] if movie.frame_interval_s else shown, float)


def _bands(axes: Axes, result: StationaryResult, times: NDArray[np.float64], *, named: bool) -> None:
    """Shade the stimuli."""
    half = (times[1] - times[0]) / 2 if len(times) > 1 else 0.5
    seen: set[str] = set()
    for stimulus in result.stimuli:
        label = _BAND_WORDS[stimulus.kind] if named and stimulus.kind not in seen else None
        seen.add(stimulus.kind)
        axes.axvspan(times[stimulus.start] - half, times[stimulus.end] + half, color=_BANDS[stimulus.kind], alpha=0.6,
                     linewidth=0, label=label, zorder=0)  # fmt: skip
    axes.set_xlim(times[0] - half, times[-1] + half)
    axes.set_xlabel("time (s)" if result.movie.frame_interval_s else "frame")


def _raster(axes: Axes, result: StationaryResult) -> None:
    """Draw one row per synapse with a mark where it is active."""
    from matplotlib.ticker import MaxNLocator

    times = _times(result)
    _bands(axes, result, times, named=True)
    classes = sorted({event.class_id for event in result.events})
    for class_id in classes:
        some = [event for event in result.events if event.class_id == class_id]
        title = _CLASS_WORDS.get(class_id, BY_ID[class_id].name)
        axes.scatter(
            times[[event.onset for event in some]], [event.site for event in some], marker="|",
            s=float(np.clip(6000 / (len(result.sites) + 10), 6, 90)), linewidths=1.4, color=class_colour(class_id),
            label=f"{len(some)} {title}",
        )  # fmt: skip
    axes.set_ylim(len(result.sites) + 0.8, 0.2)
    axes.yaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.set_ylabel("synapse")
    axes.set_xlabel("")
    axes.set_title("When: the activations of every synapse")
    axes.legend(loc="upper left", bbox_to_anchor=(-0.02, -0.055), ncols=6, frameon=False, fontsize=8, handletextpad=0.2,
                columnspacing=0.9, handlelength=1.2, borderpad=0)  # fmt: skip


def _population(axes: Axes, result: StationaryResult) -> None:
    """Draw the mean normalised trace of all synapses over the whole movie, with its standard error."""
    times = _times(result)
    _bands(axes, result, times, named=False)
    values = result.site_values("normalised")
    _mean_band(axes, times, values, INK)
    axes.axhline(0, color=FAINT, linewidth=0.6)
    to = "1: total pool" if result.normalised_to == "total_pool" else "1: peak of each"
    axes.set_title(f"How: mean of all synapses, normalised ({to}; band: SEM)")
    axes.set_ylabel("normalised F - F0")


def _responses(axes: Axes, result: StationaryResult) -> None:
    """Draw the mean course of synchronous and other events, aligned to their onset."""
    offset, rows = aligned(result)
    x = offset * (result.movie.frame_interval_s or result.movie.frames_per_step)
    kinds = {s.number: s.kind for s in result.stimuli}
    groups = [kinds.get(event.stimulus, "") for event in result.events]
    words = {"stimulus": "synchronous", "": "spontaneous", "ammonium": "NH4+"}
    for kind, colour in (("stimulus", class_colour(0)), ("", class_colour(1)), ("ammonium", class_colour(2))):
        mine = np.array([group == kind for group in groups], bool)
        if mine.any():
            _mean_band(axes, x, rows[mine], colour, f"{mine.sum()} {words[kind]}")
    axes.axvline(0, color=FAINT, linewidth=0.8, linestyle="dotted")
    axes.axhline(0, color=FAINT, linewidth=0.6)
    seen = x[np.isfinite(rows).any(axis=0)]
    if len(seen) > 1:
        axes.set_xlim(seen[0], seen[-1])
    axes.set_title("How: mean change, aligned to the onset")
    axes.set_xlabel("time from onset (s)" if result.movie.frame_interval_s else "frames from onset")
    axes.set_ylabel("dF (counts)")
    axes.legend(frameon=False, fontsize=8.5, loc="upper right", borderpad=0)


def _mean_band(axes: Axes, x: NDArray, rows: NDArray, colour: str, label: str | None = None) -> None:
    """Draw the mean of rows over what is known, and its standard error as a band."""
    known = np.isfinite(rows)
    count = known.sum(axis=0)
    total = np.where(known, rows, 0).sum(axis=0, dtype=np.float64)
    mean = np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
    spread = np.where(known, (rows - mean) ** 2, 0).sum(axis=0)
    error = np.sqrt(np.divide(spread, count * (count - 1.0), out=np.zeros(count.shape), where=count > 1))
    axes.fill_between(x, mean - error, mean + error, color=colour, alpha=0.25, linewidth=0)
    axes.plot(x, mean, color=colour, linewidth=1.6, label=label)
