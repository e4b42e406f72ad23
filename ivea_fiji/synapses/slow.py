"""Slow responses: rises that take longer than the network looks, of many synapses that begin together (ours).

A response is slow if it rises over more frames than the network can tell from drift, wandering light and what comes
into focus. Two things tell it from these. The network, which knows activations by their course, knows it in the movie
of averages of 8 frames, where it is as short as any. And it does not come alone: by definition it belongs to a
stimulus, which makes several synapses begin within few frames, however slowly they go on (`slow_answers`). When each
begins is told by the ramp that fits its averages best, to a part of an average.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.events.model import Candidates
from ivea_fiji.movie.blocks import each_block
from ivea_fiji.movie.movie import Movie
from ivea_fiji.movie.sources import ArraySource

_TOGETHER = 8
"""Most frames averaged into one."""
_LEAST_TOGETHER = 3
_FEWEST = 24
"""Fewest averages."""
_IN_MEMORY = 128 << 20
"""Bytes of averages beyond which they are kept in a temporary file."""
_BLOCK_BYTES = 16 << 20
LIKELY = 0.5
"""Probability of being an activation from which on the averages of a place are fitted. Most of what is no response is
told by the fit and by its being alone."""
EXPLAINED = 0.85
"""Least part of the variance of the averages around a rise that its ramp explains."""
_BEFORE, _AFTER = 6, 4
"""Averages before and from the onset to which a ramp is fitted."""
_AGAIN = 3
_RAMPS = np.array([2, 4, 8, 16, 24, 32, 48, 64, 96], float)
"""Frames from the beginning to the top of a ramp; of a longer one, only the beginning lies in the averages fitted."""


@dataclass(frozen=True)
class SlowRises:
    """Places that rise slowly, in order of time; arrays ``(n,)``."""

    candidates: Candidates
    """Where; `frame` is the first frame of the rise."""
    half: NDArray[np.int64]
    """Frames from there to where it is half way up."""
    class_id: NDArray[np.int64]
    """What the network says of the averages."""
    probability: NDArray[np.float64]
    net: NDArray[np.float32]
    """Averages of the traces less their background ``(n, averages)``, counts."""
    step: int
    """Frames averaged into one."""

    def __len__(self) -> int:
        return len(self.half)

    def where(self, keep: NDArray) -> SlowRises:
        """Return some of them."""
        return SlowRises(
            self.candidates[keep], self.half[keep], self.class_id[keep], self.probability[keep], self.net[keep],
            self.step,
        )  # fmt: skip


def frames_together(frames: int) -> int:
    """Return how many frames of a movie are averaged into one to see slow rises: 8, fewer in a short movie, or 0."""
    together = min(_TOGETHER, frames // _FEWEST)
    return together if together >= _LEAST_TOGETHER else 0


def averaged(movie: Movie, together: int, threads: int) -> Movie:
    """Return the movie of the means of every `together` frames, which is read many times but made once."""
    frames, height, width = movie.shape
    shape = frames // together, height, width
    if 4 * int(np.prod(shape)) <= _IN_MEMORY:
        means: NDArray[np.float32] = np.empty(shape, np.float32)
    else:
        with tempfile.TemporaryFile() as file:  # the map keeps what it needs of it
            means = np.memmap(file, np.float32, "w+", shape=shape)
    size = max(_BLOCK_BYTES // (4 * height * width * together), 1)

    def make(start: int, stop: int) -> None:
        part = movie.read(start * together, stop * together)
        part = part.reshape(stop - start, together, height, width)
        np.mean(part, axis=1, dtype=np.float32, out=means[start:stop])

    for _ in each_block(shape[0], size, threads, make):
        pass
    return Movie(ArraySource(means), movie.name)


def fit_ramp(means: NDArray, at: int, together: int) -> tuple[int, float, float]:
    """Tell where in a trace of averages a rise begins, by the ramp that fits best.

    A level, a straight line and a level again are averaged as the frames were; for every beginning (by the frame) and
    length the best height is known in closed form. What seems to begin with the first average that is looked at begins
    before, and is fitted again from there.

    Parameters
    ----------
    means
        Trace ``(averages,)``.
    at
        Average in which a rise was found.
    together
        Frames averaged into one.

    Returns
    -------
    first, lasts, explained
        First frame of the rise; frames it takes; part of the variance of the averages around it that the ramp explains.
    """
    first, lasts, explained = _fit_once(means, at, together)
    for _ in range(_AGAIN):
        low = max(at - _BEFORE, 0)
        if low == 0 or first >= (low + 2) * together:
            break
        at = first // together
        first, lasts, explained = _fit_once(means, at, together)
    return first, lasts, explained


def _fit_once(means: NDArray, at: int, together: int) -> tuple[int, float, float]:
    low, high = max(at - _BEFORE, 0), min(at + _AFTER, len(means))
    part = np.asarray(means[low:high], float)
    part = part - part.mean()
    total = float(part @ part)
    firsts = np.arange(together, (len(part) - 1) * together)
    if not len(firsts) or total <= 0:
        return at * together, 0.0, 0.0
    time = np.arange(len(part) * together)
    ramps = np.clip((time - firsts[:, None, None] + 1) / _RAMPS[:, None], 0, 1)
    ramps = ramps.reshape(len(firsts), len(_RAMPS), len(part), together).mean(axis=-1)
    ramps -= ramps.mean(axis=-1, keepdims=True)
    gain = np.maximum(ramps @ part, 0) ** 2 / np.maximum((ramps**2).sum(axis=-1), 1e-12)
    best = np.unravel_index(int(gain.argmax()), gain.shape)
    return low * together + int(firsts[best[0]]), float(_RAMPS[best[1]]), float(gain[best]) / total


def fitted(
    candidates: Candidates, onset: NDArray[np.int64], chance: NDArray, class_id: NDArray[np.int64],
    net: NDArray[np.float32], together: int,
) -> SlowRises:
    """Return the candidates whose averages rise as a ramp does.

    Parameters
    ----------
    candidates, onset
        In the movie of averages; `onset` is the average in which each begins.
    chance, class_id
        What the network says ``(n,)``.
    net
        Their traces less the background in the movie of averages.
    together
        Frames averaged into one.
    """
    fits = [fit_ramp(row, int(t), together) for row, t in zip(net, onset, strict=True)]
    first, lasts, explained = np.array(fits, float).reshape(-1, 3).T
    c = candidates
    frame = first.astype(np.int32)
    found = SlowRises(
        Candidates(frame, c.y, c.x, c.strength, c.peak, c.sigma, c.direction), (lasts / 2).astype(np.int64), class_id,
        np.asarray(chance, np.float64), net, together,
    )  # fmt: skip
    good = np.flatnonzero(explained >= EXPLAINED)
    return found.where(good[np.lexsort((c.x[good], c.y[good], frame[good]))])
