"""Tracking: every candidate is followed through the movie until it has faded, and measured."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.hotspots.areas import GONE, Change, active, centres, changes, surroundings
from ivea_fiji.hotspots.course import LEAST_FRAMES, POOLED, Course, abruptness, duration_error, follow, second_rise
from ivea_fiji.hotspots.layers import Layers
from ivea_fiji.hotspots.linking import LONGEST_UNREST, Candidate
from ivea_fiji.hotspots.model import Areas, Hotspot, Trace
from ivea_fiji.hotspots.movement import is_movement
from ivea_fiji.hotspots.outlines import outline
from ivea_fiji.params.hotspot import HotspotParams

_MARGIN_PX = 16
_REFERENCE_FRAMES = 15
"""Frames before an event to which it is compared."""
_SMOOTHED = POOLED + 2
"""Frames after the end of an event that have a say in when it ends."""
_LEAST_ABRUPTNESS = 4.0
"""What rises more slowly than this, in the mean of its whole footprint, is drift (chosen on validation movies)."""
_LEAST_MEAN = 6.0
"""Least geometric mean of abruptness and signal to noise: drift reaches one of them by chance, hardly both."""


@dataclass
class Track:
    """A candidate while it is followed.

    Attributes
    ----------
    candidate
        What is followed.
    box
        Rows and columns of the part of the movie that is kept of it.
    core
        Its pixels within the box ``(y, x)``.
    first
        Frame from which it is kept.
    frames
        Pieces of the movie within the box, each ``(t, y, x)``.
    wanted
        With how many frames it can be over at the earliest.
    again
        A track of the same place, which brightens once more after the event; None if it does not.
    """

    candidate: Candidate
    box: tuple[slice, slice]
    core: NDArray[np.bool_]
    first: int
    frames: list[NDArray] = field(default_factory=list)
    wanted: int = 0
    again: Track | None = None

    @classmethod
    def begin(cls, candidate: Candidate, shape: tuple[int, int], params: HotspotParams) -> Track:
        """Return the track of a candidate in a movie of `shape` (height, width), without frames."""
        y, x = np.divmod(candidate.pixels, shape[1])
        margin = _MARGIN_PX + int(np.sqrt(len(y) / np.pi) / 2)
        top, left = max(0, int(y.min()) - margin), max(0, int(x.min()) - margin)
        bottom, right = min(shape[0], int(y.max()) + margin + 1), min(shape[1], int(x.max()) + margin + 1)
        core = np.zeros((bottom - top, right - left), np.bool_)
        core[y - top, x - left] = True
        begun = candidate.first if candidate.rest < 0 else candidate.rest
        first = max(0, begun - max(params.lag, candidate.lead) - params.window_before)
        return cls(candidate, (slice(top, bottom), slice(left, right)), core, first)

    def add(self, start: int, block: NDArray) -> None:
        """Take the frames of the movie from `start` on, as far as they are wanted."""
        wanted = block[max(self.first - start, 0) :, self.box[0], self.box[1]]
        if len(wanted):
            self.frames.append(wanted.copy())

    @property
    def length(self) -> int:
        """Frames that are kept."""
        return sum(len(piece) for piece in self.frames)


class Tracker:
    """Follows candidates of one movie.

    Parameters
    ----------
    layers, gains
        Layers of brightness, and their factors in every frame of the movie ``(t, k)``.
    params
        Parameters of the module.
    """

    def __init__(self, layers: Layers, gains: NDArray[np.float64], params: HotspotParams) -> None:
        self._layers, self._gains, self._params = layers, gains, params

    def follow(self, track: Track, *, last: bool) -> Hotspot | bool | None:
        """Measure a track if its event is over.

        Parameters
        ----------
        track
            With all frames so far.
        last
            Whether the movie ends here.

        Returns
        -------
        Hotspot, None or bool
            The event; None if it is none after all; False if more frames are needed.
        """
        params, seen = self._params, track.candidate.first - track.first
        most = seen + params.longest_event
        if not last and track.length < min(max(track.wanted, self._after(seen)), most):
            return False
        # What is decided must not depend on how many frames came at once.
        frames = np.concatenate(track.frames)[:most]
        track.frames = [frames]
        whole = last or len(frames) == most
        change = self._changes(track, frames)
        course = follow(change.counts[:, track.core].mean(axis=1), seen)
        if not (whole or self._settled(track, course, len(frames))):
            return False
        masks = self._masks(track, change, course, beyond=True)
        if not whole and masks[-GONE:].any():
            track.wanted = len(frames) + 1
            return False
        footprint = np.asarray(masks.any(axis=0))
        if np.count_nonzero(footprint) < params.smallest_area:
            return None
        course = follow(change.counts[:, footprint].mean(axis=1), seen)
        if not (whole or self._settled(track, course, len(frames))):
            return False
        return self._measure(track, frames, change, footprint, course)

    def _settled(self, track: Track, course: Course, length: int) -> bool:
        """Tell whether the event is over, and there are frames enough after it; if not, note how many it takes."""
        track.wanted = self._after(course.end if course.ended else length - _SMOOTHED)
        return course.ended and length >= track.wanted

    def _after(self, end: int) -> int:
        """Return how many frames a track needs whose event is over after frame `end`."""
        return end + max(self._params.window_after, _SMOOTHED) + 1

    def _masks(
        self, track: Track, change: Change, course: Course, *, beyond: bool = False
    ) -> NDArray[np.bool_]:
        params, when = self._params, slice(course.start, course.end + 1)
        level, radius = params.outline_level, params.noise_filter_radius
        return active(change.relative, track.core, when, level, radius, beyond=beyond)

    def _before(self, track: Track) -> slice:
        """Return the frames to which the event is compared: those before it was first seen, at least one."""
        one = track.candidate
        begun = one.first if one.rest < 0 else one.rest
        stop = max(begun - track.first - max(self._params.lag, one.lead), 1)
        return slice(max(0, stop - _REFERENCE_FRAMES), stop)

    def _changes(self, track: Track, frames: NDArray) -> Change:
        gains = self._gains[track.first : track.first + len(frames)]
        ring = surroundings(track.core)
        labels = self._layers.labels[track.box]
        sigma, pooled = max(self._params.blur_sigma, track.candidate.sigma), track.candidate.pooled
        return changes(frames, gains, labels, ring, self._before(track), sigma, pooled)

    def _again(
        self, track: Track, df: NDArray[np.float32], footprint: NDArray[np.bool_], course: Course, spread: float
    ) -> Track | None:
        """Return a track of what rises at the same place after an event, against the same frames; None if nothing does.

        It has to begin below half of its height, or it is the same event.
        """
        one, before = track.candidate, self._before(track)
        begun = track.first + before.stop + max(self._params.lag, one.lead)
        rise = second_rise(df, course, spread)
        if rise is None or track.first + rise - begun > LONGEST_UNREST:
            return None
        y, x = np.nonzero(footprint)
        pixels = (y + track.box[0].start) * self._layers.labels.shape[1] + x + track.box[1].start
        frame = track.first + rise
        again = replace(one, first=frame, last=frame, frames=1, pixels=pixels, rest=begun)
        return Track(again, track.box, footprint, track.first, list(track.frames))

    def _lamp(self, track: Track, frames: int) -> NDArray[np.float32]:
        """Return one factor per frame that takes back what the commonest layer in the box did ``(t,)``."""
        commonest = int(np.bincount(self._layers.labels[track.box].ravel()).argmax())
        return self._gains[track.first : track.first + frames, commonest].astype(np.float32)

    def _measure(
        self, track: Track, frames: NDArray, change: Change, footprint: NDArray[np.bool_], course: Course
    ) -> Hotspot | None:
        masks = self._masks(track, change, course)
        footprint = footprint | masks.any(axis=0)
        df = change.counts[:, footprint].mean(axis=1)
        sizes = masks.sum(axis=(1, 2))
        before = df[self._before(track)]
        spread = float(before.std(ddof=1)) if len(before) >= LEAST_FRAMES else np.nan
        peak_df = float(df[course.peak])
        if not track.candidate.faint:
            track.again = self._again(track, df, footprint, course, spread)
        keep = slice(0, min(len(frames), course.end + self._params.window_after + 1))
        snr = peak_df / spread if spread > 0 else np.nan
        if not sizes.any() or peak_df <= 0:
            return None
        if not track.candidate.faint:
            steep = abruptness(df[keep], course, self._params.lag, self._before(track).stop)
            if _is_drift(steep, snr):
                return None
        elif not _is_seen(track, course):
            return None
        lamp = self._lamp(track, len(frames))
        if is_movement(frames, lamp, footprint, course, self._before(track), self._params.lag):
            return None
        ring = surroundings(track.core | footprint)
        raw = frames[keep][:, footprint].mean(axis=1)
        around = np.median(frames[keep][:, ring], axis=1) if ring.any() else np.full(len(raw), np.nan)
        trace = Trace(track.first, raw.astype(np.float32), around.astype(np.float32), df[keep].astype(np.float32))
        largest = int(np.argmax(sizes))
        areas = _areas(change.relative[course.start : course.end + 1], masks, sizes, track.box)
        y, x = np.nonzero(footprint)
        top, left = track.box[0].start, track.box[1].start
        width = self._layers.labels.shape[1]
        return Hotspot(
            start=track.first + course.start, peak=track.first + course.peak, end=track.first + course.end,
            complete=course.ended, y=float(areas.y[largest]), x=float(areas.x[largest]),
            strength=track.candidate.strength,
            baseline=float(frames[self._before(track)][:, footprint].mean()), peak_df=peak_df,
            snr=snr,
            duration_error=duration_error(df, course, self._before(track)),
            layer=int(np.bincount(self._layers.labels[track.box][footprint]).argmax()) + 1, largest=largest,
            faint=track.candidate.faint, footprint=((y + top) * width + x + left).astype(np.int64),
            active_frames=masks.sum(axis=0)[footprint].astype(np.int32), areas=areas, trace=trace,
        )  # fmt: skip


def _is_drift(steep: float, snr: float) -> bool:
    """Tell whether an event is too slow and faint for one; of what is not known of it, it is given the benefit."""
    if np.isnan(steep):
        return False
    return steep < _LEAST_ABRUPTNESS or steep * (steep if np.isnan(snr) else snr) < _LEAST_MEAN**2


def _is_seen(track: Track, course: Course) -> bool:
    """Tell whether a faint event is on when it was found."""
    one = track.candidate
    return course.start <= one.last - track.first and course.end >= one.first - one.lead - track.first


def _areas(
    relative: NDArray[np.float32], masks: NDArray[np.bool_], sizes: NDArray, box: tuple[slice, slice]
) -> Areas:
    top, left = box[0].start, box[1].start
    y, x = centres(relative, masks)
    nothing = np.zeros((0, 2), np.int32)
    outlines = tuple(outline(mask, top, left) if mask.any() else nothing for mask in masks)
    return Areas(sizes.astype(np.int64), y + top, x + left, outlines)
