"""Regions of difference images, and which of them belong together in time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

_DILATE = np.ones((3, 3), np.uint8)
_ONE_PLACE = 0.5
"""Part of the smaller candidate's pixels that two at one place have in common."""
LONGEST_UNREST = 80
"""Frames after which drift makes frames before an earlier event no better than those in its wake."""


@dataclass(frozen=True)
class Region:
    """Connected pixels of one difference image.

    Attributes
    ----------
    pixels
        Positions in the flattened image, rising.
    y, x
        Mean place, px.
    strength
        Largest change over the threshold.
    """

    pixels: NDArray[np.intp]
    y: float
    x: float
    strength: float


@dataclass
class Candidate:
    """Regions of consecutive difference images that belong together.

    Attributes
    ----------
    first, last
        Frames of the first and the last region, from 0.
    pixels
        All their pixels, positions in the flattened image, rising.
    frames
        In how many frames there was a region.
    y, x
        Place of the last region, px.
    strength
        Largest strength of a region.
    lead
        Frames before the first one in which it may have been rising already.
    sigma
        Of the Gaussian by which it is followed, px; that of the movie's other candidates if smaller.
    pooled
        Frames whose mean makes it visible, odd.
    faint
        Whether only such means do.
    rest
        First frame of another candidate at this place, before which it was at rest; -1 if there is none.
    """

    first: int
    last: int
    pixels: NDArray[np.intp]
    frames: int
    y: float
    x: float
    strength: float
    lead: int = 0
    sigma: float = 0.0
    pooled: int = 1
    faint: bool = False
    rest: int = -1


def regions(
    left: NDArray[np.bool_], change: NDArray[np.float32], threshold: float, smallest: int
) -> list[Region]:
    """Return the 8-connected regions of what is left of a threshold, in the order of their first pixels.

    Parameters
    ----------
    left
        Active pixels ``(y, x)`` after erosion and median filter; they are widened again by the pixel of the erosion.
    change
        The eroded difference image ``(y, x)``.
    threshold
        By which `Region.strength` is measured.
    smallest
        Least pixels of a region.
    """
    wide = cv2.dilate(left.astype(np.uint8), _DILATE)
    # Most of a frame is empty: what is not is all there is to label.
    x1, y1, columns, rows = cv2.boundingRect(wide)
    some = np.ascontiguousarray(wide[y1 : y1 + rows, x1 : x1 + columns])
    count, labels, stats, centres = cv2.connectedComponentsWithStats(some, connectivity=8)
    change = change[y1 : y1 + rows, x1 : x1 + columns]
    found = []
    for k in range(1, count):
        if stats[k, cv2.CC_STAT_AREA] < smallest:
            continue
        x0, y0, width, height = stats[k, :4].tolist()
        box = np.s_[y0 : y0 + height, x0 : x0 + width]
        inside = labels[box] == k
        y, x = np.nonzero(inside)
        highest = float(change[box][inside].max())
        pixels = (y + y0 + y1) * left.shape[1] + x + x0 + x1
        found.append(Region(pixels, float(centres[k, 1]) + y1, float(centres[k, 0]) + x1, highest / threshold))
    return found


class Linker:
    """Joins regions to candidates: by pixels in common with one of the last frames, else by nearness.

    Parameters
    ----------
    shape
        Height and width of the movie.
    gap
        A candidate that had no region for more than so many frames is closed.
    radius
        How far the centre of a region without common pixels may lie from that of a candidate, px.

    Notes
    -----
    A region joins the candidate with which it shares most pixels, the older one of equals, so that the result does not
    depend on the order of the regions. Each pixel remembers its last candidate: no pair of candidates is compared.
    """

    def __init__(self, shape: tuple[int, int], gap: int, radius: float) -> None:
        self._gap, self._radius = gap, radius
        self._owner = np.full(shape[0] * shape[1], -1, np.int64)
        self._open: dict[int, Candidate] = {}
        self._made = 0

    def add(self, frame: int, found: Iterable[Region]) -> list[Candidate]:
        """Take the regions of the next frame; return the candidates that are closed now."""
        closed = self._close(frame - self._gap)
        numbers = [self._number(region) for region in found]
        for region, number in zip(found, numbers, strict=True):
            if number is None:
                number = self._made
                self._made += 1
            self._join(number, frame, region)
        return closed

    def finish(self) -> list[Candidate]:
        """Close and return the candidates that are still open."""
        return self._close(np.inf)

    def _close(self, before: float) -> list[Candidate]:
        done = [number for number, one in self._open.items() if one.last < before]
        return [self._open.pop(number) for number in done]

    def _number(self, region: Region) -> int | None:
        owners, shared = np.unique(self._owner[region.pixels], return_counts=True)
        known = [(-int(n), int(o)) for o, n in zip(owners, shared, strict=True) if int(o) in self._open]
        if known:
            return min(known)[1]
        near = [(np.hypot(one.y - region.y, one.x - region.x), number) for number, one in self._open.items()]
        distance, number = min(near, default=(np.inf, -1))
        return number if distance <= self._radius else None

    def _join(self, number: int, frame: int, region: Region) -> None:
        self._owner[region.pixels] = number
        old = self._open.get(number)
        if old is None:
            self._open[number] = Candidate(
                frame, frame, region.pixels, 1, region.y, region.x, region.strength
            )
            return
        old.pixels = np.union1d(old.pixels, region.pixels)
        old.frames += frame > old.last
        old.last, old.y, old.x = frame, region.y, region.x
        old.strength = max(old.strength, region.strength)


def with_rest(candidates: list[Candidate], frames: int) -> list[Candidate]:
    """Let candidates at a place that was active shortly before be compared with the frames before that.

    Parameters
    ----------
    candidates
        Of one movie.
    frames
        How many frames before a candidate the frames lie to which it is compared.

    Returns
    -------
    list
        In order of time; `Candidate.rest` tells since when the place has not been at rest, no more than
        `LONGEST_UNREST` frames before. Ours: the second of two peaks is compared with what was before the first.
    """
    out: list[Candidate] = []
    for one in sorted(candidates, key=lambda c: (c.first, int(c.pixels[0]), c.faint)):
        rest = -1
        for other in out:
            begun = other.first if other.rest < 0 else other.rest
            recent = one.first - frames <= other.last and other.first < one.first - one.lead
            if recent and one.first - begun <= LONGEST_UNREST and _share(one, other) >= _ONE_PLACE:
                rest = begun if rest < 0 else min(rest, begun)
        out.append(replace(one, rest=rest))
    return out


def _share(one: Candidate, other: Candidate) -> float:
    """Return the part of the smaller candidate's pixels that are the other's too."""
    common = len(np.intersect1d(one.pixels, other.pixels, assume_unique=True))
    return common / min(len(one.pixels), len(other.pixels))
