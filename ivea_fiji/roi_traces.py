"""Measure ROIs: traces of regions that were drawn, over the whole movie or around the frame of each."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import MovieError
from ivea_fiji.measure.rois import (
    MIN_RING_PX,
    F0Rule,
    RegionTraces,
    f0_samples,
    region_means,
    ring_medians,
    ring_pixels,
)
from ivea_fiji.movie import ImageInput, Movie, open_movie
from ivea_fiji.movie.look import missing_pixels
from ivea_fiji.movie.regions import Region, in_words, read_regions
from ivea_fiji.movie.validity import frames_in_words, usable_frames
from ivea_fiji.params.measure import MeasureParams
from ivea_fiji.progress import Progress, Silent, step

_BLOCK_BYTES = 16 << 20
_DARKEST = 0.5
"""Percentile of the image that is called its darkest."""


@dataclass(frozen=True)
class RoiTraces:
    """What was measured of the regions of a movie.

    Attributes
    ----------
    movie
        The first channel that was measured.
    params
        As given.
    rois
        The file of the ROIs.
    regions
        One per row of the traces.
    offset
        Samples ``(w,)``: frames of the movie (from 0), or frames from the frame of each region.
    start
        Frame of the movie (from 0) of the sample with offset 0 ``(n,)``.
    f0_rule
        The rule that was used.
    channels
        One per channel.
    mean_image
        Mean of the frames that were read, of the first channel, ``(y, x)``.
    notes
        Sentences the user should read.
    seconds
        How long it took.
    """

    movie: Movie
    params: MeasureParams
    rois: Path
    regions: tuple[Region, ...]
    offset: NDArray[np.int64]
    start: NDArray[np.int64]
    f0_rule: F0Rule
    channels: tuple[RegionTraces, ...]
    mean_image: NDArray[np.float32]
    notes: tuple[str, ...]
    seconds: float

    @property
    def frames(self) -> NDArray[np.int64]:
        """Frame of the movie (from 0) of every sample ``(n, w)``; it may lie outside the movie."""
        return self.start[:, None] + self.offset


def measure_rois(
    movie: str | Path | NDArray | Movie | ImageInput,
    rois: str | Path,
    params: MeasureParams | None = None,
    *,
    progress: Progress | None = None,
    **changes: Any,
) -> RoiTraces:
    """Measure the intensity of ROIs over time. Every frame is read once, a block at a time.

    Parameters
    ----------
    movie
        A file, an array ``(t, y, x)``, an opened movie, or an image of ImageJ.
    rois
        ImageJ ROIs: a ``.zip`` of the ROI Manager or a ``.roi``.
    params
        All parameters; the defaults if None.
    progress
        Told how far it has come, and asked whether to stop.
    **changes
        Single parameters to change, by name: ``measure_rois("cell.tif", "rois.zip", background="ring")``.

    Raises
    ------
    IveaError
        A movie or ROIs that cannot be measured: one sentence that says what to do.
    Cancelled
        The progress asked to stop.
    """
    begun = time.perf_counter()
    progress = progress or Silent()
    params = MeasureParams.make(**{**(params.model_dump() if params else {}), **changes})
    path = Path(rois).expanduser()
    movies = list(_channels(movie, params))
    first = movies[0][1]
    regions, notes = read_regions(path, first.shape[1:], params.point_radius, params.roi_numbers, first.reference)
    if params.span == "around_frame":
        regions, more = _in_time(regions, first)
        notes += more
        offset = np.arange(-params.window_before, params.window_after + 1)
        start = np.array([first.frame_of(region.frame) for region in regions])
    else:
        offset, start = np.arange(first.shape[0]), np.zeros(len(regions), int)
    rings = [_ring(region, first, params) for region in regions] if params.background == "ring" else None
    notes += _poor_rings(regions, rings)
    rule = _rule(params)
    of_roi = _from_roi(regions, first, start, offset)
    measured, image = [], np.zeros(first.shape[1:], np.float32)
    for number, one in movies:
        stage = f"channel {number}" if len(movies) > 1 else "measurement"
        raw, background, seen = _measure(one, regions, rings, start, offset, progress, stage)
        image = seen.mean if one is first else image
        bad, said = seen.bad_frames(one)
        notes += said
        for trace in (raw, background):
            if trace is not None and bad:
                trace[np.isin(start[:, None] + offset, bad)] = np.nan
        samples = f0_samples(np.isfinite(raw), rule, of_roi, params.f0_frames)
        measured.append(RegionTraces.make(number, raw, background, samples, rule))
    notes += _no_f0(measured[0], regions, rule)
    return RoiTraces(
        first, params, path, tuple(regions), offset, start, rule, tuple(measured), image,
        tuple(dict.fromkeys((*first.notes, *notes))), time.perf_counter() - begun,
    )  # fmt: skip


def _channels(
    movie: str | Path | NDArray | Movie | ImageInput, params: MeasureParams
) -> Iterator[tuple[int, Movie]]:
    """Yield the wanted channels, counted from 1; of an image whose planes were sent, each gets its own."""
    if params.channel:
        yield params.channel, open_movie(movie, params.of_movie(params.channel), repair=False)
        return
    sent = isinstance(movie, ImageInput) and movie.pixels is not None
    count, number = 1, 1
    while number <= count:
        part = replace(movie, pixels=movie.pixels[number - 1 :: movie.channels]) if sent else movie  # type: ignore
        opened = open_movie(part, params.of_movie(number), repair=False)
        count = 1 if isinstance(movie, Movie) else opened.channels
        yield number, opened
        number += 1


def _in_time(regions: list[Region], movie: Movie) -> tuple[list[Region], list[str]]:
    """Return the regions whose frame is in the movie, and what is left out."""
    first, last = movie.file_frame(0), movie.file_frame(movie.shape[0] - 1)
    kept = [region for region in regions if first <= region.frame <= last]
    free = [region.name for region in regions if not region.frame]
    outside = [region.name for region in regions if region.frame and not first <= region.frame <= last]
    notes = []
    if free:
        notes.append(f"Left out, tied to no frame: {in_words(free)}; measure the whole movie to have them.")
    if outside:
        notes.append(f"Left out, lying on frames outside {first} to {last}: {in_words(outside)}.")
    if not kept:
        raise MovieError(
            "No ROI is tied to a frame of the movie; measure the whole movie, or set the frames of the ROIs in ImageJ "
            "(ROI Manager: Update)."
        )
    return kept, notes


def _ring(region: Region, movie: Movie, params: MeasureParams) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return ring_pixels(region.y, region.x, movie.shape[1:], params.ring_gap, params.ring_width)


def _poor_rings(regions: list[Region], rings: list[tuple[NDArray[np.intp], NDArray[np.intp]]] | None) -> list[str]:
    poor = [region.name for region, (y, _) in zip(regions, rings or (), strict=False) if len(y) < MIN_RING_PX]
    return [f"Too few pixels in the ring for a background: {in_words(poor)}; widen the ring."] if poor else []


def _rule(params: MeasureParams) -> F0Rule:
    if params.f0_from != "auto":
        return params.f0_from
    return "before" if params.span == "around_frame" else "lowest"


def _from_roi(regions: list[Region], movie: Movie, start: NDArray, offset: NDArray) -> NDArray[np.float64]:
    """Return how far every sample lies from the frame of its region ``(n, w)``, NaN for regions without."""
    frame = np.array([movie.frame_of(r.frame) if r.frame else np.nan for r in regions])
    return start[:, None] + offset - frame[:, None]


def _no_f0(traces: RegionTraces, regions: list[Region], rule: F0Rule) -> list[str]:
    lacking = [region.name for region, f0 in zip(regions, traces.f0, strict=True) if np.isnan(f0)]
    if not lacking:
        return []
    return [f"Too few frames for F0 by the rule '{rule}': {in_words(lacking)}; choose another rule for F0."]


@dataclass(frozen=True)
class _Seen:
    """Of the frames: their level ``(t,)``, NaN of those not read, their mean, and whether pixels were missing."""

    level: NDArray[np.float64]
    mean: NDArray[np.float32]
    missing: bool

    def bad_frames(self, movie: Movie) -> tuple[list[int], list[str]]:
        """Return the frames that are none, from 0, and what the user should know of frames and pixels."""
        notes = []
        bad = list(movie.bad)
        if np.isfinite(self.level).all():
            usable = usable_frames(self.level, float(np.percentile(self.mean, _DARKEST)))
            new = [t for t in np.flatnonzero(~usable).tolist() if t not in movie.bad]
            bad += new
            if new:
                notes.append(
                    f"{len(new)} of {movie.shape[0]} frames are dark, empty or far too bright as a whole and are empty "
                    f"in the tables (frames {frames_in_words(movie, new)})."
                )
        if self.missing:
            notes.append("Pixels that are NaN, infinite, or 0 at the edge of a frame were left out of the means.")
        return bad, notes


def _measure(
    movie: Movie,
    regions: list[Region],
    rings: list[tuple[NDArray[np.intp], NDArray[np.intp]]] | None,
    start: NDArray,
    offset: NDArray,
    progress: Progress,
    stage: str,
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None, _Seen]:
    """Return raw traces, backgrounds ``(n, w)`` and what was seen of the frames; blocks nobody needs are not read."""
    frames, height, width = movie.shape
    raw = np.full((len(regions), len(offset)), np.nan)
    background = np.full_like(raw, np.nan) if rings is not None else None
    begin = np.maximum(start + offset[0], 0)
    end = np.minimum(start + offset[-1] + 1, frames)
    chunk = max(1, _BLOCK_BYTES // (movie.dtype.itemsize * height * width))
    total, known = np.zeros((height, width)), np.zeros((height, width), np.int64)
    level, missing = np.full(frames, np.nan), False
    for at in range(int(begin.min()), int(end.max()), chunk):
        stop = min(at + chunk, int(end.max()))
        step(progress, stage, stop, int(end.max()))
        wanted = np.flatnonzero((begin < stop) & (end > at))
        if not wanted.size:
            continue
        block = movie.read(at, stop)
        there = ~missing_pixels(block)
        if not there.all():
            block, missing = np.where(there, block, np.float32(np.nan)).astype(np.float32), True
        sums = np.where(there, block, 0).sum(axis=(1, 2), dtype=np.float64) if missing else (
            block.sum(axis=(1, 2), dtype=np.float64))  # fmt: skip
        level[at:stop] = sums / np.maximum(there.sum(axis=(1, 2)), 1)
        total += np.where(there, block, 0).sum(axis=0, dtype=np.float64)
        known += there.sum(axis=0)
        for i in wanted:
            low, high = max(int(begin[i]), at), min(int(end[i]), stop)
            place = slice(low - int(start[i]) - int(offset[0]), high - int(start[i]) - int(offset[0]))
            part = block[low - at : high - at]
            raw[i, place] = region_means(part, regions[i].y, regions[i].x)
            if background is not None and rings is not None:
                background[i, place] = ring_medians(part, *rings[i])
    return raw, background, _Seen(level, (total / np.maximum(known, 1)).astype(np.float32), missing)
