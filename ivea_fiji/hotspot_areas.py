"""Hotspot areas: places of a sensor layer that light up, spread and fade. The whole way of a movie.

movie -> layers and thresholds -> difference images -> regions -> candidates -> tracking -> events -> result
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.candidates.differences import blur
from ivea_fiji.hotspots.correction import layer_gains
from ivea_fiji.hotspots.learning import FrameThreshold, Learned, learn, read_region
from ivea_fiji.hotspots.linking import Candidate, Linker, regions
from ivea_fiji.hotspots.model import Hotspot, HotspotResult
from ivea_fiji.hotspots.places import at_sites, without_repeats
from ivea_fiji.hotspots.threshold import cleared
from ivea_fiji.hotspots.tracking import Track, Tracker
from ivea_fiji.movie import ImageInput, Movie, check_frames, open_movie
from ivea_fiji.params.hotspot import HotspotParams
from ivea_fiji.progress import Progress, Silent, step

log = logging.getLogger(__name__)

_BLOCK_BYTES = 32 << 20
"""Of float32 frames that are held at once."""


def detect_hotspots(
    movie: str | Path | NDArray | Movie | ImageInput,
    params: HotspotParams | None = None,
    *,
    progress: Progress | None = None,
    **changes: Any,
) -> HotspotResult:
    """Find, track and measure the hotspot areas of a movie.

    Parameters
    ----------
    movie
        A file, an array ``(t, y, x)``, an opened movie, or an image of ImageJ.
    params
        All parameters; the defaults if None.
    progress
        Told about every stage, and asked whether to stop.
    **changes
        Single parameters to change, by name: ``detect_hotspots("axon.tif", blur_sigma=3)``.

    Returns
    -------
    HotspotResult
        Events with areas, outlines and traces, activity, what was learned, notes.

    Raises
    ------
    IveaError
        A movie that cannot be analysed or a parameter that does not fit: one sentence that says what to do.
    Cancelled
        The progress asked to stop.
    """
    progress = progress or Silent()
    params = HotspotParams.make(**{**(params.model_dump() if params else {}), **changes})
    timings: dict[str, float] = {}
    last = time.perf_counter()

    def lap(stage: str) -> None:
        nonlocal last
        now = time.perf_counter()
        timings[stage], last = now - last, now
        log.info("%s: %.2f s", stage, timings[stage])

    opened = open_movie(movie, params)
    notes = [*opened.notes, *check_frames(opened)]
    lap("open")
    learned = learn(opened.read, opened.shape, params)
    lap("thresholds")
    candidates, gains, thresholds = _find(opened, learned, params, progress)
    lap("detection")
    found = _follow(opened, candidates, Tracker(learned.layers, gains, params), params, progress)
    events = at_sites(_inside(without_repeats(found), opened), opened.shape[1] * opened.shape[2])
    lap("tracking")
    if not events:
        notes.append(_nothing_found(len(candidates), len(found), float(np.median(thresholds))))
    return HotspotResult(
        movie=opened,
        params=params,
        events=events,
        learned=_told(learned, thresholds, len(candidates)),
        labels=learned.layers.labels,
        mean_image=opened.mean_image(),
        activity=_activity(events, opened.shape[1:]),
        notes=tuple(notes),
        timings=timings,
    )


def check_settings(params: HotspotParams) -> None:
    """Raise the faults of `params` that no movie can cure, before a long batch.

    Raises
    ------
    ParameterError
        The background region is none.
    """
    read_region(params.background_region)


def _blocks(movie: Movie, overlap: int) -> Iterator[tuple[int, int, NDArray]]:
    """Yield first frame, first new frame and frames of blocks, each with `overlap` frames of the one before."""
    frames, height, width = movie.shape
    size = max(1, _BLOCK_BYTES // (4 * height * width))
    for new in range(0, frames, size):
        first = max(0, new - overlap)
        yield first, new, movie.read(first, min(new + size, frames))


def _find(
    movie: Movie, learned: Learned, params: HotspotParams, progress: Progress
) -> tuple[list[Candidate], NDArray[np.float64], NDArray[np.float64]]:
    """Return candidates, factors of the layers in every frame ``(t, k)``, and the threshold of every frame."""
    frames = movie.shape[0]
    lag, radius = min(params.lag, frames - 1), params.noise_filter_radius
    threshold = FrameThreshold(learned, radius, params.fixed_threshold)
    linker = Linker(movie.shape[1:], params.lag, params.search_radius)
    gains = np.ones((frames, learned.layers.count))
    levels = np.zeros(frames)
    found: list[Candidate] = []
    for first, new, block in _blocks(movie, lag):
        blurred = blur(block, params.blur_sigma)
        for i in range(new, first + len(block)):
            now = blurred[i - first]
            if params.correction == "mic":
                gains[i] = layer_gains(now, learned.reference, learned.layers, params.theta)
            if i == 0:
                continue
            change = learned.differences(now, blurred[max(i - lag, 0) - first])
            levels[i] = threshold(change)
            left = cleared(change, levels[i], radius) if change.max() > levels[i] > 0 else None
            some = regions(left, change, levels[i], params.smallest_area) if left is not None and left.any() else []
            found += linker.add(i, some)
        step(progress, "detection", first + len(block), frames)
    found += linker.finish()
    # Of a lasting brightening, `lag` differences in a row tell; one frame alone is a glitch.
    return [one for one in found if one.frames >= min(2, lag)], gains, levels[1:]


def _follow(
    movie: Movie, candidates: list[Candidate], tracker: Tracker, params: HotspotParams, progress: Progress
) -> list[Hotspot]:
    """Follow every candidate until it has faded; blocks nobody needs are not read."""
    frames, shape = movie.shape[0], movie.shape[1:]
    tracks = [Track.begin(one, (shape[0], shape[1]), params) for one in candidates]
    waiting = sorted(tracks, key=lambda t: (t.first, t.candidate.first, int(t.candidate.pixels[0])), reverse=True)
    size = max(1, _BLOCK_BYTES // (4 * shape[0] * shape[1]))
    followed: list[Track] = []
    found: list[Hotspot] = []
    for start in range(0, frames, size):
        stop = min(start + size, frames)
        step(progress, "tracking", stop, frames)
        while waiting and waiting[-1].first < stop:
            followed.append(waiting.pop())
        if not followed:
            continue
        block = movie.read(start, stop)
        still = []
        for track in followed:
            track.add(start, block)
            event = tracker.follow(track, last=stop == frames)
            if event is False:
                still.append(track)
            elif isinstance(event, Hotspot):
                found.append(event)
        followed = still
    return found


def _inside(events: list[Hotspot], movie: Movie) -> list[Hotspot]:
    """Leave out events whose centre lies outside the cell mask."""
    if movie.mask is None:
        return events
    height, width = movie.mask.shape
    return [
        e for e in events
        if movie.mask[min(max(round(e.y), 0), height - 1), min(max(round(e.x), 0), width - 1)]
    ]  # fmt: skip


def _activity(events: tuple[Hotspot, ...], shape: tuple[int, ...]) -> NDArray[np.float32]:
    out = np.zeros((2, shape[0] * shape[1]), np.float32)
    for event in events:
        out[0, event.footprint] += 1
        out[1, event.footprint] += event.active_frames
    return out.reshape(2, *shape)


def _told(learned: Learned, thresholds: NDArray[np.float64], candidates: int) -> dict[str, float]:
    rows, columns = learned.region
    return {
        "layers": learned.layers.count,
        "noise": learned.noise,
        "threshold_whole_image": float(np.median(learned.whole)),
        "threshold_background": float(np.median(learned.background)),
        "alpha": learned.alpha,
        "threshold_median": float(np.median(thresholds)),
        "background_x": columns.start,
        "background_y": rows.start,
        "background_width": columns.stop - columns.start,
        "background_height": rows.stop - rows.start,
        "candidates": candidates,
    }


def _nothing_found(candidates: int, followed: int, threshold: float) -> str:
    if not candidates:
        return (
            f"No hotspots were found: in no place does the movie brighten by more than {threshold:.3g} counts in two "
            "frames in a row; if fainter ones are expected, blur more or lower the threshold sensitivity (alpha)."
        )
    if not followed:
        return (
            f"No hotspots were found: of {candidates} places that brightened, none did so beyond its noise over an "
            "area; if smaller ones are expected, lower the smallest area."
        )
    return f"No hotspots were found: all {followed} lie outside the cell mask."
