"""From what the network calls an event to numbered events and synapses with their measurements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.events.classes import AMMONIUM
from ivea_fiji.events.model import Candidates
from ivea_fiji.synapses.model import Site, Stimulus, SynapticEvent
from ivea_fiji.synapses.sites import find_peak, kinetics, total_pool
from ivea_fiji.synapses.stimulus import assign_stimulus
from ivea_fiji.synapses.traces import SiteTraces, baselines, frames_of_rest, noise_of

if TYPE_CHECKING:
    from ivea_fiji.params.stationary import StationaryParams


@dataclass(frozen=True)
class Called:
    """Events as the network calls them, in order of time, and the places they belong to; arrays ``(n,)``."""

    candidates: Candidates
    onset: NDArray[np.int64]
    class_id: NDArray[np.int64]
    class_name: tuple[str, ...]
    probability: NDArray[np.float64]
    centres: NDArray[np.float64]
    """y and x of the places ``(k, 2)``, px."""
    place: NDArray[np.int64]
    """Row of its place."""
    half: NDArray[np.int64]
    """Frames from the onset of a slow response to where it is half way up; 0 for all others."""


@dataclass(frozen=True)
class Measured:
    """Everything that is known before events are put together."""

    called: Called
    traces: SiteTraces
    stimuli: list[Stimulus]
    params: StationaryParams
    after: int
    """Frames after an onset within which its peak is looked for."""
    steps: NDArray[np.float64] | None = None
    """When the frames were taken, in usual intervals; None if they are even."""


def assemble(known: Measured) -> tuple[tuple[SynapticEvent, ...], tuple[Site, ...]]:
    """Give events and synapses their numbers, and measure both."""
    called, traces = known.called, known.traces
    net = traces.net
    number, latency = assign_stimulus(called.onset, known.stimuli, known.params.response_frames)
    peaks = _peaks(known, net, number)
    shown = _shown(known, net, peaks)
    activation = _activations(called)
    c = called.candidates
    events = tuple(
        SynapticEvent(
            i + 1, int(called.place[i]) + 1, int(activation[i]), int(called.class_id[i]), called.class_name[i],
            float(called.probability[i]), int(called.onset[i]), int(shown[i]), int(peaks[i]), float(c.y[i]),
            float(c.x[i]), float(c.strength[i]), float(c.peak[i]), float(c.sigma[i]), int(number[i]),
            float(latency[i]),
            kinetics(
                traces.raw[called.place[i]], traces.background[called.place[i]], int(peaks[i]),
                max(int(called.onset[i]) - known.params.window_before, 0),
                min(int(peaks[i]) + known.params.window_after + 1, net.shape[1]), known.steps,
            ),
        )
        for i in range(len(called.onset))
    )  # fmt: skip
    return events, _sites(known, net, number)


def _peaks(known: Measured, net: NDArray[np.float32], number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the frame of the highest intensity of every event, before the next one of its synapse begins."""
    called, frames = known.called, net.shape[1]
    ends = {s.number: s.end + known.params.response_frames for s in known.stimuli}
    order = np.lexsort((called.onset, called.place))
    peaks = np.array(called.onset)
    for i, following in zip(order, [*order[1:], None], strict=True) if len(order) else ():
        stop = max(int(called.onset[i]) + known.after, ends.get(int(number[i]), 0)) + 1
        if following is not None and called.place[following] == called.place[i]:
            stop = min(stop, int(called.onset[following]))
        peaks[i] = find_peak(net[called.place[i]], int(called.onset[i]), min(stop, frames))
    return peaks


def _shown(known: Measured, net: NDArray[np.float32], peaks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the frame at which every event is shown: its peak, if that lies within what the network saw of it.

    What goes on for longer is about as high in any of many frames: it is shown where it is highest within what the
    network saw, and a slow response where it is half way up, or as late within that.
    """
    called = known.called
    shown = np.array(peaks)
    for i in np.flatnonzero(peaks - called.onset > known.after):
        stop = int(called.onset[i]) + known.after + 1
        shown[i] = find_peak(net[called.place[i]], int(called.onset[i]), stop)
    half = np.minimum(called.onset + np.minimum(called.half, known.after), net.shape[1] - 1)
    return np.where(called.half > 0, half, shown)


def _activations(called: Called) -> NDArray[np.int64]:
    """Return which activation of its synapse every event is, from 1; 0 for NH4+, which is none."""
    counts = np.zeros(len(called.centres), np.int64)
    out = np.zeros(len(called.onset), np.int64)
    for i, place in enumerate(called.place):
        if called.class_id[i] != AMMONIUM.id:
            counts[place] += 1
            out[i] = counts[place]
    return out


def _sites(known: Measured, net: NDArray[np.float32], number: NDArray[np.int64]) -> tuple[Site, ...]:
    called, stimuli = known.called, known.stimuli
    first = min((s.start for s in stimuli), default=None)
    rest = frames_of_rest((len(net), net.shape[1]), called.place, called.onset, known.after, first)
    f0, level = baselines(known.traces.raw, rest), baselines(net, rest)
    noise = noise_of(net)
    ammonium = [s for s in stimuli if s.kind == "ammonium"]
    pool = np.full(len(net), np.nan)
    if ammonium:
        pool = total_pool(net, level, noise, ammonium[-1].start, ammonium[-1].end)
    evoked = {s.number for s in stimuli if s.kind == "stimulus"}
    members: list[list[int]] = [[] for _ in range(len(net))]
    for i, place in enumerate(called.place):
        members[place].append(i)
    return tuple(
        Site(
            k + 1, float(y), float(x), tuple(i + 1 for i in members[k]),
            sum(int(number[i]) in evoked for i in members[k]), float(f0[k]), float(level[k]), float(noise[k]),
            float(pool[k]),
        )
        for k, (y, x) in enumerate(called.centres)
    )  # fmt: skip
