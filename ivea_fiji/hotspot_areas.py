"""Hotspot areas: places of a sensor layer that light up, spread and fade. The whole way of a movie.

movie -> survey -> layers and thresholds -> difference images -> regions -> candidates -> tracking -> events -> result
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.candidates.differences import blur
from ivea_fiji.hotspots.correction import layer_gains
from ivea_fiji.hotspots.faint import find_faint
from ivea_fiji.hotspots.learning import FrameThreshold, Learned, learn, learn_alpha, read_region
from ivea_fiji.hotspots.linking import Candidate, Linker, regions, with_rest
from ivea_fiji.hotspots.model import Hotspot, HotspotResult
from ivea_fiji.hotspots.places import at_sites, is_echo, without_echoes, without_repeats
from ivea_fiji.hotspots.survey import is_lit, survey
from ivea_fiji.hotspots.threshold import cleared
from ivea_fiji.hotspots.tracking import Track, Tracker
from ivea_fiji.movie import ImageInput, Movie, check_frames, look_over, open_movie
from ivea_fiji.movie.blocks import each_block
from ivea_fiji.movie.validity import Steady, frames_in_words
from ivea_fiji.params.hotspot import HotspotParams
from ivea_fiji.progress import Laps, Progress, Silent, step

log = logging.getLogger(__name__)

_BLOCK_BYTES = 32 << 20
"""Of float32 frames in one block."""
_WORKERS = min(os.cpu_count() or 1, 4)
"""Threads: each holds a block."""


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
    laps = Laps(log)
    opened = look_over(open_movie(movie, params), params.every_nth)
    notes = [*opened.notes, *check_frames(opened)]
    laps.end("open")
    look = survey(opened.read, opened.shape, _block_size(opened), _WORKERS)
    played = replace(opened, source=Steady(opened.source, look.usable))
    notes += _left_out(opened, look.usable)
    laps.end("survey")
    learned = learn(played.read, played.shape, params)
    laps.end("thresholds")
    candidates, gains, thresholds = _find(played, learned, params, progress)
    candidates = [one for one in candidates if is_lit(one.pixels, look.lit, opened.shape[2])]
    if not params.fixed_threshold:
        # Who gives a larger alpha than the learned one wants fewer faint ones, too.
        stricter = max(1.0, learned.alpha / learn_alpha(learned.whole, learned.background))
        candidates += find_faint(look, opened.shape[1:], params.smallest_area, _WORKERS, stricter)
    candidates = with_rest(candidates, params.lag + params.window_before)
    laps.end("detection")
    tracker = Tracker(learned.layers, gains, params)
    found = _follow(played, [one for one in candidates if not one.faint], tracker, params, progress)
    new = [one for one in candidates if one.faint and not is_echo(one.pixels, one.first - one.lead, one.last, found)]
    found += _follow(played, new, tracker, params, progress)
    found = without_repeats(without_echoes(found))
    events = at_sites(_inside(found, opened), opened.shape[1] * opened.shape[2])
    laps.end("tracking")
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
        timings=laps.seconds,
    )


def check_settings(params: HotspotParams) -> None:
    """Raise the faults of `params` that no movie can cure, before a long batch.

    Raises
    ------
    ParameterError
        The background region is none.
    """
    read_region(params.background_region)


def _find(
    movie: Movie, learned: Learned, params: HotspotParams, progress: Progress
) -> tuple[list[Candidate], NDArray[np.float64], NDArray[np.float64]]:
    """Return candidates, factors of the layers in every frame ``(t, k)``, and the threshold of every frame."""
    frames = movie.shape[0]
    radius = params.noise_filter_radius
    threshold = FrameThreshold(learned, radius, params.fixed_threshold)
    linker = Linker(movie.shape[1:], params.lag, params.search_radius)
    gains = np.ones((frames, learned.layers.count))
    levels = np.zeros(frames)
    found: list[Candidate] = []
    for start, block in _blocks(movie, learned, threshold, params):
        stop = start + len(block.changes)
        gains[start:stop] = block.gains
        for i in range(max(start, 1), stop):
            change = block.changes[i - start]
            levels[i] = threshold(block.cleared[i - start])
            left = cleared(change, levels[i], radius) if change.max() > levels[i] > 0 else None
            some = regions(left, change, levels[i], params.smallest_area) if left is not None and left.any() else []
            found += linker.add(i, some)
        step(progress, "detection", stop, frames)
    found += linker.finish()
    # Of a lasting brightening, `lag` differences in a row tell; one frame alone is a glitch.
    return [one for one in found if one.frames >= min(2, params.lag, frames - 1)], gains, levels[1:]


@dataclass(frozen=True)
class _Block:
    """What is known of consecutive frames by themselves.

    Attributes
    ----------
    changes
        Difference images ``(n, y, x)``; of the first frame of the movie there is none.
    gains
        Factors of the layers ``(n, k)``.
    cleared
        Thresholds that clear the background region ``(n,)``.
    """

    changes: NDArray[np.float32]
    gains: NDArray[np.float64]
    cleared: NDArray[np.float64]


def _blocks(
    movie: Movie, learned: Learned, threshold: FrameThreshold, params: HotspotParams
) -> Iterator[tuple[int, _Block]]:
    """Yield the first frame of each block and what is known of it, a few blocks being worked on at once."""
    frames = movie.shape[0]
    size = _block_size(movie)
    make = partial(_block, movie, learned, threshold, params)
    for start, _, block in each_block(frames, size, _WORKERS, make):
        yield start, block


def _block(
    movie: Movie, learned: Learned, threshold: FrameThreshold, params: HotspotParams, start: int, stop: int
) -> _Block:
    """Return what is known of frames ``start`` to ``stop`` by themselves."""
    lag = min(params.lag, movie.shape[0] - 1)
    before = max(start - lag, 0)
    images = blur(movie.read(before, stop), params.blur_sigma)
    gains = np.ones((stop - start, learned.layers.count))
    if params.correction == "mic":
        for i in range(start, stop):
            gains[i - start] = layer_gains(images[i - before], learned.reference, learned.layers, params.theta)
    own = np.zeros(stop - start)
    # From the last to the first, so that a difference image can take the place of its frame.
    for i in range(stop - 1, max(start, 1) - 1, -1):
        images[i - before] = learned.differences(images[i - before], images[max(i - lag, 0) - before])
        own[i - start] = threshold.clears(images[i - before])
    return _Block(images[start - before :], gains, own)


def _follow(
    movie: Movie, candidates: list[Candidate], tracker: Tracker, params: HotspotParams, progress: Progress
) -> list[Hotspot]:
    """Follow every candidate until it has faded; blocks nobody needs are not read."""
    frames, shape = movie.shape[0], movie.shape[1:]
    from threadpoolctl import threadpool_limits

    tracks = [Track.begin(one, (shape[0], shape[1]), params) for one in candidates]
    waiting = sorted(tracks, key=lambda t: (t.first, t.candidate.first, int(t.candidate.pixels[0])), reverse=True)
    size = _block_size(movie)
    followed: list[Track] = []
    found: list[Hotspot] = []
    # Events are independent of each other; within one, products of matrices are too small to be shared out.
    with threadpool_limits(1), ThreadPoolExecutor(_WORKERS) as pool:
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
            # A place that brightens again is followed again, in the same frames.
            while followed:
                events = list(pool.map(partial(tracker.follow, last=stop == frames), followed))
                still += [track for track, event in zip(followed, events, strict=True) if event is False]
                found += [event for event in events if isinstance(event, Hotspot)]
                followed = [track.again for track in followed if track.again]
            followed = still
    return found


def _block_size(movie: Movie) -> int:
    return max(1, _BLOCK_BYTES // (4 * movie.shape[1] * movie.shape[2]))


def _left_out(movie: Movie, usable: NDArray[np.bool_]) -> list[str]:
    """Return a note on the frames that are none."""
    bad = np.flatnonzero(~usable).tolist()
    if not bad:
        return []
    return [
        f"{len(bad)} of {len(usable)} frames are dark, empty or far too bright as a whole and were left out (frames "
        f"{frames_in_words(movie, bad)}); the frames before them stand in for them."
    ]


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
