"""The most probable events, one per row, frame by frame, as one image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.results.palette import class_colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ivea_fiji.events.model import Result

ROWS, BEFORE, AFTER = 12, 4, 12
_GAP = 0.08
"""White between tiles, as a fraction of a tile."""


def tile(patches: NDArray[np.float32], gap: int) -> NDArray[np.float32]:
    """Return patches ``(m, k, h, w)`` side by side as one image of values 0 to 1; NaN in the gaps.

    Every row has its own contrast, from its 1st to its 99.8th percentile, so that dim events show as well.
    """
    m, k, h, w = patches.shape
    out = np.full((m * (h + gap) - gap, k * (w + gap) - gap), np.nan, np.float32)
    for i, row in enumerate(patches):
        known = row[np.isfinite(row)]
        low, high = np.percentile(known, (1, 99.8)) if known.size else (0.0, 1.0)
        for j, patch in enumerate(row):
            y, x = i * (h + gap), j * (w + gap)
            out[y : y + h, x : x + w] = np.clip((patch - low) / max(high - low, 1e-9), 0, 1)
    return out


def draw_montage(axes: Axes, result: Result) -> None:
    """Draw up to `ROWS` of the most probable events, in order of time, around their peak."""
    offsets = np.asarray(result.patch_offsets)
    columns = np.flatnonzero((offsets >= -BEFORE) & (offsets <= AFTER))
    axes.set_axis_off()
    if not columns.size or not len(result.patches):
        return
    rows = most_probable(result, ROWS)
    patches = result.patches[rows][:, columns]
    m, _k, h, w = patches.shape
    gap = max(1, round(w * _GAP))
    axes.imshow(tile(patches, gap), cmap="gray", vmin=0, vmax=1, interpolation="auto")
    axes.set_anchor("NW")
    axes.set_title(f"What: the {m} most probable events" if m > 1 else "What: the event")
    classes = {e.event: e.class_id for e in result.events}
    for i, event in enumerate(result.patch_events[row] for row in rows):
        axes.text(-w * 0.25, i * (h + gap) + h / 2, str(event), ha="right", va="center", fontsize=9, fontweight="bold",
                  color=class_colour(classes[event]))  # fmt: skip
    _times(axes, result, offsets[columns], m * (h + gap) + h * 0.1, w, gap)


def most_probable(result: Result, count: int) -> list[int]:
    """Return which rows of `Result.patches` are the `count` most probable events, in order of time."""
    chance = {e.event: e.probability for e in result.events}
    numbers = result.patch_events
    best = sorted(range(len(numbers)), key=lambda row: -chance[numbers[row]])[:count]
    return sorted(best, key=lambda row: numbers[row])


def _times(axes: Axes, result: Result, offsets: NDArray[np.int_], y: float, w: int, gap: int) -> None:
    """Label every second column with its time from the peak."""
    movie = result.movie
    step = movie.frame_interval_s or movie.frames_per_step
    start = int(np.argmin(np.abs(offsets))) % 2
    for j in range(start, len(offsets), 2):
        axes.text(j * (w + gap) + w / 2, y, f"{offsets[j] * step:.3g}", ha="center", va="top", fontsize=7.5)
    unit = "s" if movie.frame_interval_s else "frames"
    axes.text(-w * 0.25, y, unit, ha="right", va="top", fontsize=7.5)
