"""Events that overlap: which are one, and which happen at one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.hotspots.model import Hotspot

_SAME = 0.4
"""Part of the common pixels in those of both events from which they are one (original IVEA: 0.4)."""
_NEARLY = 5
"""Frames."""
_WITHIN = 0.7
"""Part of the smaller footprint within the larger one from which it belongs to it."""


def without_repeats(events: Sequence[Hotspot]) -> list[Hotspot]:
    """Leave out events that are part of another: on at the same time, at the same pixels.

    Of two such events the one with the larger ``peak_df`` times footprint stays, of equals the earlier, then the upper,
    then the left one; so the result does not depend on the order in which events were found. Only events that are on
    at the same time are compared.

    Returns
    -------
    list
        What stays, in order of time.
    """
    ranked = sorted(events, key=lambda e: (-e.peak_df * len(e.footprint), *_time(e)))
    rank = {id(e): k for k, e in enumerate(ranked)}
    rivals: dict[int, list[Hotspot]] = {id(e): [] for e in events}
    on: list[Hotspot] = []
    for event in sorted(events, key=_time):
        on = [other for other in on if other.end >= event.start]
        for other in on:
            if _one(event, other):
                weaker, stronger = sorted((event, other), key=lambda e: rank[id(e)], reverse=True)
                rivals[id(weaker)].append(stronger)
        on.append(event)
    kept: set[int] = set()
    for event in ranked:
        if not any(id(other) in kept for other in rivals[id(event)]):
            kept.add(id(event))
    return sorted((e for e in events if id(e) in kept), key=_time)


def without_echoes(events: Sequence[Hotspot]) -> list[Hotspot]:
    """Leave out faint events that touch one that is not faint, and are on at nearly the same time (ours)."""
    clear = [e for e in events if not e.faint]
    return [e for e in events if not (e.faint and is_echo(e.footprint, e.start, e.end, clear))]


def is_echo(pixels: NDArray[np.int64], first: int, last: int, events: Sequence[Hotspot]) -> bool:
    """Tell whether some pixels are those of an event that is on at nearly the same time."""
    near = (e for e in events if e.start <= last + _NEARLY and e.end >= first - _NEARLY)
    return any(np.isin(pixels, e.footprint, assume_unique=True).any() for e in near)


def at_sites(events: Sequence[Hotspot], pixels: int) -> tuple[Hotspot, ...]:
    """Give numbers to events in order of time, and to the places at which they happen.

    An event belongs to the site with which it shares most pixels if these are at least half of the smaller of the two;
    else it makes a site of its own. Pixels belong to the first site that had them.

    Parameters
    ----------
    events
        In order of time.
    pixels
        Of the image.
    """
    owner = np.zeros(pixels, np.int64)
    sizes: list[int] = []
    counts: list[int] = []
    out = []
    for number, event in enumerate(events, 1):
        shared = np.bincount(owner[event.footprint], minlength=1)
        shared[0] = 0
        site = int(np.argmax(shared))
        if not site or shared[site] < 0.5 * min(len(event.footprint), sizes[site - 1]):
            sizes.append(len(event.footprint))
            counts.append(0)
            site = len(sizes)
            owner[event.footprint] = np.where(owner[event.footprint] == 0, site, owner[event.footprint])
        counts[site - 1] += 1
        out.append(replace(event, event=number, site=site, at_site=counts[site - 1]))
    return tuple(out)


def _time(event: Hotspot) -> tuple[int, int, float, float]:
    return event.start, event.end, event.y, event.x


def _one(a: Hotspot, b: Hotspot) -> bool:
    common = len(np.intersect1d(a.footprint, b.footprint, assume_unique=True))
    smaller = min(len(a.footprint), len(b.footprint))
    return common >= _SAME * (len(a.footprint) + len(b.footprint) - common) or common >= _WITHIN * smaller
