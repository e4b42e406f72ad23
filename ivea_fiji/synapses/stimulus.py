"""When synapses were stimulated: as the user says, or where many of them begin to rise together (ours, after Eq 3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc

from ivea_fiji.errors import ParameterError
from ivea_fiji.events.classes import AMMONIUM, STIMULATION
from ivea_fiji.movie.movie import Movie
from ivea_fiji.synapses.model import Kind, Stimulus
from ivea_fiji.synapses.responses import falls_at_once, find_end, find_start, wash_out

SPANS = (4, 8, 15)
"""Frames within which synapses that are stimulated begin to rise; what stands out most in one of them counts."""
TOGETHER = max(SPANS)
_FEWEST = 3
PART = 0.1
"""Part of the synapses that make a stimulus if they begin together, and fewest of them."""
_LIKELY, _LIKELY_EVOKED = 1e-7, 1e-4
"""Probability with which as many synapses begin together by chance, in a movie of up to 250 frames; the network may say
of most that they were stimulated."""
_MOVIE_FRAMES = 250
"""In a longer movie the probabilities are as much smaller: it has as many more frames in which chance may do it."""
_MOST = 0.5
_EARLY = 3
"""Frames by which the onset of an event may seem to lie before its stimulus."""
_RANGE = re.compile(r"(\d+)\s*(?:-|\u2013|to|bis)\s*(\d+)")
MOST_RATIO = 2.0
"""Largest factor by which thresholds are raised."""
_USUAL_FRAMES = 301


def parse_ranges(text: str, label: str) -> list[tuple[int, int]] | None:
    """Return the ranges of frames in a text such as ``300-600, 700-1300``; None for 'auto', none for 'none'.

    Raises
    ------
    ParameterError
        If the text is something else, or a range ends before it begins or before the one before it has ended.
    """
    plain = text.strip().lower()
    if plain in ("auto", ""):
        return None
    if plain == "none":
        return []
    found = []
    for part in re.split(r"[,;_]", plain):
        match = _RANGE.fullmatch(part.strip())
        if not match:
            raise ParameterError(
                f"{label}: '{text}' is no list of frames; write the first and last of each, such as 300-600, 700-1300, "
                "or 'auto', or 'none'."
            )
        found.append((int(match[1]), int(match[2])))
    found.sort()
    for first, last in found:
        if last < first or first < 1:
            raise ParameterError(f"{label}: {first}-{last} is no range of frames; frames count from 1.")
    for (_, last), (first, _) in pairwise(found):
        if first <= last:
            raise ParameterError(f"{label}: two ranges of '{text}' overlap; make one of them.")
    return found


def given_stimuli(movie: Movie, ranges: list[tuple[int, int]], kind: Kind, label: str) -> list[Stimulus]:
    """Return stimuli from frames of the file as the user counts them, cut to the frames that are analysed.

    Raises
    ------
    ParameterError
        If one lies outside.
    """
    first, last = movie.file_frame(0), movie.file_frame(movie.shape[0] - 1)
    stimuli = []
    for start, end in ranges:
        if start > last or end < first:
            raise ParameterError(f"{label}: {start}-{end} lies outside the frames that are analysed ({first}-{last}).")
        at = [movie.frame_of(frame) for frame in (start, end)]
        low, high = (min(max(frame, 0), movie.shape[0] - 1) for frame in at)
        stimuli.append(Stimulus(0, kind, low, high, True))
    return stimuli


def activity_ratio(activity: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return by how much each frame brightens more than usual (Eq 3): 1 is usual.

    What is usual is a running median over 301 frames (the paper takes the frame before), so that a rise that lasts
    stays a rise, and noise that changes slowly with bleaching does not matter.
    """
    frames = len(activity)
    half = min(_USUAL_FRAMES // 2, max(frames - 1, 0))
    padded = np.pad(np.asarray(activity, np.float64), half, mode="reflect" if frames > 1 else "edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
    # The lower third: a stimulus may take up most of the frames around it.
    usual = np.quantile(windows, 0.33, axis=1)
    return np.asarray(activity / np.maximum(usual, 1e-6))


def sensitivity(activity: NDArray[np.float32], ratio: float) -> NDArray[np.float64]:
    """Return by what the thresholds of each frame are multiplied: the ratio where it tells a stimulus, at most 2."""
    found = activity_ratio(activity)
    return np.where(found > ratio, np.minimum(found, MOST_RATIO), 1.0)


@dataclass(frozen=True)
class Onsets:
    """Onsets of events, arrays ``(n,)``."""

    frame: NDArray[np.int64]
    site: NDArray[np.int64]
    """Row of their site in the traces."""
    class_id: NDArray[np.int64]
    """What the network says."""

    def where(self, keep: NDArray[np.bool_]) -> Onsets:
        """Return some of them."""
        return Onsets(self.frame[keep], self.site[keep], self.class_id[keep])


def find_stimuli(onsets: Onsets, net: NDArray[np.float32], ratio: float) -> list[Stimulus]:
    """Find when many synapses begin to rise together.

    Only events count, and their traces less the local background: neither bleaching nor a lamp that flickers nor a
    change of focus makes a stimulus. A stimulus is where within 4, 8 or 15 frames at least 3 synapses and a tenth of
    all begin to rise, `ratio` times as many as usual, and so many that chance would hardly do it (Poisson, below 1e-7,
    or 1e-4 if the network calls most of them stimulated). It begins where the mean of these synapses leaves its level
    (`find_start`) and ends where it begins to fall (`find_end`). It is NH4+ if the network says so of most of its
    events, it is the last, and it stays until the end of the movie or falls at once when it is washed out: within the
    network's window a long train looks alike.

    Parameters
    ----------
    onsets
        Of the events.
    net
        Traces of the sites less their background ``(sites, t)``.
    ratio
        The paper's theta_s.
    """
    frames = net.shape[1]
    groups = begin_together(onsets, len(net), frames, ratio)
    stimuli = []
    for k, members in enumerate(groups):
        some = onsets.where(members)
        course = mean_response(net, some.site)
        stop = int(onsets.frame[groups[k + 1]].min()) - 1 if k + 1 < len(groups) else frames - 1
        start = find_start(course, int(some.frame.min()), int(some.frame.max()))
        likely = k == len(groups) - 1 and (some.class_id == AMMONIUM.id).mean() > _MOST
        kind: Kind = "ammonium" if likely and falls_at_once(course, start, stop) else "stimulus"
        lasting = bool(np.isin(some.class_id, (STIMULATION.id, AMMONIUM.id)).mean() > _MOST)
        end = wash_out(course, start, stop) if kind == "ammonium" else find_end(course, start, stop, lasting=lasting)
        stimuli.append(Stimulus(0, kind, start, end, False))
    return stimuli


def begin_together(onsets: Onsets, sites: int, frames: int, ratio: float) -> list[NDArray[np.bool_]]:
    """Return which onsets ``(n,)`` belong to each stimulus, in order of time.

    Parameters
    ----------
    onsets
        Of events.
    sites, frames
        How many sites and frames there are.
    ratio
        The paper's theta_s.
    """
    spans = sorted({int(np.clip(frames // 3, 1, span)) for span in SPANS})
    evoked = onsets.where(np.isin(onsets.class_id, (STIMULATION.id, AMMONIUM.id)))
    left = np.ones(len(onsets.frame), bool)
    found: list[tuple[int, int]] = []
    while left.any():
        chance, at, span = min(_least_likely(onsets.where(left), evoked, sites, frames, span, ratio) for span in spans)
        if chance >= 1:
            break
        inside = (onsets.frame >= at) & (onsets.frame < at + span)
        members = onsets.frame[inside & left]
        found.append((int(members.min()), int(members.max())))
        left &= ~inside
    merged: list[tuple[int, int]] = []
    for first, last in sorted(found):
        if merged and first - merged[-1][1] <= TOGETHER:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return [(onsets.frame >= first) & (onsets.frame <= last) for first, last in merged]


def _least_likely(
    onsets: Onsets, evoked: Onsets, sites: int, frames: int, span: int, ratio: float
) -> tuple[float, int, int]:
    """Return the smallest probability of what begins together, over the largest allowed; where that is; and `span`."""
    counts = _begin_within(onsets, frames, span)
    usual = span * np.maximum(len(onsets.frame) - counts, 1) / max(frames - span, 1)
    enough = (counts >= max(_FEWEST, PART * sites)) & (counts >= ratio * usual)
    most = _begin_within(evoked, frames, span) > _MOST * counts
    as_many = gammainc(counts, usual)  # chance of as many or more of a Poisson count; scipy.stats takes 1 s to import
    allowed = np.where(most, _LIKELY_EVOKED, _LIKELY) * min(1.0, _MOVIE_FRAMES / frames)
    chance = np.where(enough, as_many / allowed, 1.0)
    at = int(chance.argmin())
    return float(chance[at]), at, span


def _begin_within(onsets: Onsets, frames: int, span: int) -> NDArray[np.int64]:
    """Return how many sites begin to rise within `span` frames from each frame on ``(frames,)``."""
    counts = np.zeros(frames + 1, np.int64)
    order = np.lexsort((onsets.frame, onsets.site))
    frame, site = onsets.frame[order], onsets.site[order]
    # An onset counts for the windows that begin up to span - 1 frames before it, but not twice for one site.
    low = np.maximum(frame - span + 1, 0)
    same = np.r_[False, np.diff(site) == 0] if len(site) else np.zeros(0, bool)
    low = np.where(same, np.maximum(low, np.r_[0, frame[:-1]] + 1), low) if len(site) else low
    good = low <= frame
    np.add.at(counts, low[good], 1)
    np.add.at(counts, frame[good] + 1, -1)
    return np.asarray(np.cumsum(counts)[:frames])


def mean_response(net: NDArray[np.float32], sites: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean trace of some sites ``(t,)``, each scaled by its noise so that none outweighs the rest."""
    rows = np.unique(sites)
    traces = net[rows].astype(np.float64)
    noise = 1.4826 / np.sqrt(2) * np.median(np.abs(np.diff(traces, axis=1)), axis=1, keepdims=True)
    traces -= np.median(traces, axis=1, keepdims=True)
    return np.asarray((traces / np.maximum(noise, 1e-9)).mean(axis=0)) if net.shape[1] > 1 else traces.mean(axis=0)


def assign_stimulus(
    onset: NDArray[np.int64], stimuli: list[Stimulus] | tuple[Stimulus, ...], response: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Tell which stimulus each event is synchronous with.

    An event is synchronous if it begins from 3 frames before the first to `response` frames after the last frame of a
    stimulus; with two of them, it belongs to the later one.

    Returns
    -------
    number, latency
        Number of the stimulus (0 for none), and frames from its start to the onset (NaN for none), ``(n,)`` each.
    """
    number, latency = np.zeros(len(onset), np.int64), np.full(len(onset), np.nan)
    for stimulus in stimuli:
        inside = (onset >= stimulus.start - _EARLY) & (onset <= stimulus.end + response)
        number[inside], latency[inside] = stimulus.number, onset[inside] - stimulus.start
    return number, latency


def numbered(stimuli: list[Stimulus]) -> list[Stimulus]:
    """Return stimuli in order of time, numbered."""
    every = sorted(stimuli, key=lambda s: (s.start, s.end))
    return [Stimulus(k + 1, s.kind, s.start, s.end, s.given) for k, s in enumerate(every)]
