"""Which slow rises answer a stimulus, and the stimuli that only slow rises tell (ours)."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.events.classes import AMMONIUM, RISE, STIMULATION
from ivea_fiji.events.model import Candidates, Rejected
from ivea_fiji.synapses.activations import Called
from ivea_fiji.synapses.linking import find_places
from ivea_fiji.synapses.model import Stimulus
from ivea_fiji.synapses.responses import find_end
from ivea_fiji.synapses.sites import keep_one
from ivea_fiji.synapses.slow import SlowRises, fit_ramp
from ivea_fiji.synapses.stimulus import PART, TOGETHER, Onsets, begin_together, mean_response, numbered

_SAME = 24
"""Rises of one place that are nearer in time, frames, are one."""
_EARLY, _LATE = 8, 16
"""Frames before and after the first frame of a stimulus within which a slow response begins."""
_LASTS = 8
"""Fewest frames of a stimulus that is answered slowly: what answers a shock rises at once."""
_FIRST = 0.2
"""Part of the answers that may seem to begin before the stimulus does."""
_FEWEST = 3
"""Fewest slow rises that tell a stimulus."""


def answers(
    slow: SlowRises, called: Called, stimuli: list[Stimulus], shape: tuple[int, int, int], radius: float, ratio: float,
    *, threshold: float, find: bool,
) -> tuple[SlowRises, tuple[Rejected, ...], list[Stimulus]]:
    """Return the slow rises that answer a stimulus, those that answer none, and all stimuli.

    Parameters
    ----------
    slow
        Slow rises of the movie.
    called, stimuli
        Events and stimuli that are known without them.
    shape
        Frames, height and width of the movie.
    radius
        Of a place, px.
    ratio
        The paper's theta_s.
    threshold
        Probability from which on a rise is an answer.
    find
        Whether to look for stimuli that only slow rises tell.
    """
    slow = not_seen_before(slow, called, shape[1:], radius)
    if find:
        stimuli = numbered(stimuli + find_slow_stimuli(slow, called, stimuli, shape, radius, ratio))
    start = stimulus_of(slow.candidates.frame, stimuli)
    begins = (start >= 0) & (slow.probability >= threshold)
    alone = slow.where(~begins)
    rejected = tuple(
        Rejected(int(c.frame[0]), float(c.y[0]), float(c.x[0]), RISE.id, float(p), "slow, with no stimulus")
        for c, p in ((alone.candidates[i], alone.probability[i]) for i in range(len(alone)))
    )
    # An answer does not begin before its stimulus.
    c = slow.candidates
    slow = replace(slow, candidates=replace(c, frame=np.maximum(c.frame, start).astype(np.int32)))
    return slow.where(begins), rejected, stimuli


def with_slow(called: Called, slow: SlowRises, shape: tuple[int, ...], radius: float) -> Called:
    """Return the events with the slow responses among them, in order of time, and the places of all."""
    n = len(slow)
    onset = np.concatenate([called.onset, slow.candidates.frame.astype(np.int64)])
    c, d = called.candidates, slow.candidates
    candidates = Candidates(*(np.concatenate([getattr(c, f.name), getattr(d, f.name)]) for f in fields(Candidates)))
    order = np.lexsort((candidates.x, candidates.y, onset))
    chance = np.concatenate([called.probability, slow.probability])
    score = (chance * np.maximum(candidates.strength, 1e-3))[order]
    candidates = candidates[order]
    centres, place = find_places(candidates.y, candidates.x, score, (shape[1], shape[2]), radius)
    names = [*called.class_name, *[STIMULATION.name] * n]
    return Called(
        candidates, onset[order], np.concatenate([called.class_id, np.full(n, STIMULATION.id)])[order],
        tuple(names[i] for i in order), chance[order], centres, place,
        np.concatenate([called.half, slow.half])[order],
    )  # fmt: skip


def answered(stimuli: list[Stimulus], called: Called) -> list[Stimulus]:
    """Return the stimuli without those that were found, but that less than a tenth of all places answer.

    They were found when the places that rise slowly were not known yet.
    """
    kept = []
    for s in stimuli:
        near = (called.onset >= s.start - _EARLY) & (called.onset <= s.start + _LATE)
        if s.given or s.kind == "ammonium" or len(np.unique(called.place[near])) >= PART * len(called.centres):
            kept.append(s)
    return numbered(kept)


def not_seen_before(slow: SlowRises, called: Called, shape: tuple[int, int], radius: float) -> SlowRises:
    """Return one of the slow rises of a place that follow each other, and none where an event begins within 24 frames.

    Parameters
    ----------
    slow
        Slow rises.
    called
        Events that are known.
    shape
        Height and width of the image.
    radius
        Of a place, px.
    """
    c, known = slow.candidates, called.candidates
    near = np.hypot(c.y[:, None] - known.y, c.x[:, None] - known.x) <= radius
    soon = np.abs(c.frame[:, None] - called.onset) <= _SAME
    slow = slow.where(~(near & soon).any(axis=1))
    c = slow.candidates
    score = slow.probability * np.maximum(c.strength, 1e-3)
    _, place = find_places(c.y, c.x, score, shape, radius)
    return slow.where(keep_one(place, c.frame.astype(np.int64), score, _SAME))


def find_slow_stimuli(
    slow: SlowRises, called: Called, known: list[Stimulus], shape: tuple[int, int, int], radius: float, ratio: float
) -> list[Stimulus]:
    """Find where slow rises, and events that the network calls evoked, begin together and no stimulus is known yet.

    As `find_stimuli` does, with the onsets of the ramps. Events that come by themselves do not count, nor does how
    common they are.

    Parameters
    ----------
    slow
        Slow rises.
    called
        Events that are known.
    known
        Stimuli and NH4+ that are known.
    shape
        Frames, height and width of the movie.
    radius
        Of a place, px.
    ratio
        The paper's theta_s.
    """
    n, frames = len(slow), shape[0]
    if not n:
        return []
    evoked = np.isin(called.class_id, (STIMULATION.id, AMMONIUM.id))
    c, others = slow.candidates, called.candidates[evoked]
    frame = np.concatenate([c.frame, called.onset[evoked]]).astype(np.int64)
    y, x = np.concatenate([c.y, others.y]), np.concatenate([c.x, others.x])
    centres, place = find_places(y, x, np.ones(len(frame)), shape[1:], radius)
    every = Onsets(frame, place, np.full(len(frame), STIMULATION.id))
    found: list[Stimulus] = []
    for members in begin_together(every, len(centres), frames, ratio):
        some = np.flatnonzero(members[:n])
        middle = int(np.median(frame[members]))
        if len(some) >= _FEWEST and not any(s.start - TOGETHER <= middle <= s.end + TOGETHER for s in [*known, *found]):
            later = [s.start for s in known if s.start > middle]
            found.append(_stimulus(slow, some, min(later, default=frames)))
    return found


def _stimulus(slow: SlowRises, some: NDArray[np.int64], stop: int) -> Stimulus:
    """Return the stimulus that some slow rises answer; the next one begins in frame `stop`."""
    course = mean_response(slow.net, some)
    at = int(np.median(slow.candidates.frame[some])) // slow.step
    start, _, _ = fit_ramp(course, at, slow.step)
    # The mean begins to rise when some have begun for a while.
    start = min(start, int(np.quantile(slow.candidates.frame[some], _FIRST)))
    end = find_end(course, start // slow.step, min(stop // slow.step, len(course) - 1), lasting=True)
    return Stimulus(0, "stimulus", start, max((end + 1) * slow.step - 1, start), False)


def stimulus_of(first: NDArray, stimuli: list[Stimulus]) -> NDArray[np.int64]:
    """Return the first frame of the stimulus with which each slow rise begins ``(n,)``, -1 for none.

    A rise begins from 8 frames before the first frame of a stimulus to 16 after; the stimulus lasts 8 frames at least.
    """
    out = np.full(len(first), -1, np.int64)
    for stimulus in stimuli:
        if stimulus.kind == "stimulus" and stimulus.end - stimulus.start + 1 >= _LASTS:
            out[(first >= stimulus.start - _EARLY) & (first <= stimulus.start + _LATE)] = stimulus.start
    return out
