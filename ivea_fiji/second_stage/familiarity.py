"""How much a candidate is like those a model has learned from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

_LEVELS = 33
_NEIGHBOURS = 3
_ROWS = 2048
_PROTOTYPES = 1200


@dataclass(frozen=True)
class Familiarity:
    """Examples that stand for the training candidates, and how far from them is usual.

    Measures have any unit and any tail, so each is told by its rank among the training candidates; the distance of a
    candidate is the mean distance to the three nearest examples. Ours.
    """

    levels: NDArray[np.float32]
    """Quantiles of every measure among the training candidates ``(measures, 33)``."""
    examples: NDArray[np.float16]
    """Ranks of the examples ``(k, measures)``, 0 to 1."""
    usual: NDArray[np.float32]
    """Quantiles of the distance of candidates of a family that was left out ``(101,)``."""

    def of(self, measures: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return for every candidate ``(n, measures)`` which part of candidates of new movies is at least as strange.

        Returns
        -------
        ndarray
            ``(n,)`` between 0 (stranger than all) and 1.
        """
        distance = distances(ranks(measures, self.levels), self.examples)
        return (1 - np.searchsorted(self.usual, distance) / len(self.usual)).clip(0, 1).astype(np.float32)

    def arrays(self, prefix: str) -> dict[str, NDArray]:
        """Return everything by name, to be written."""
        return {prefix + f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray], prefix: str, measures: int) -> Self:
        """Return what `arrays` gave; `ValueError` if these are no examples of so many measures."""
        made = cls(**{f.name: arrays[prefix + f.name] for f in fields(cls)})
        if made.levels.shape != (measures, _LEVELS) or made.usual.ndim != 1 or not len(made.usual):
            raise ValueError("arrays of the wrong shape")
        if made.examples.ndim != 2 or made.examples.shape[1] != measures or len(made.examples) < _NEIGHBOURS:
            raise ValueError("arrays of the wrong shape")
        return made


def learn_levels(measures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return quantiles of every measure of ``(n, measures)``, NaN left out; of one that is never known, 0."""
    out = np.zeros((measures.shape[1], _LEVELS), np.float32)
    for k in range(measures.shape[1]):
        known = measures[~np.isnan(measures[:, k]), k]
        if len(known):
            out[k] = np.quantile(known, np.linspace(0, 1, _LEVELS))
    return out


def ranks(measures: NDArray[np.float32], levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return measures as ranks between 0 and 1; what is unknown is in the middle."""
    out = np.empty(measures.shape, np.float32)
    scale = np.linspace(0, 1, _LEVELS)
    for k in range(measures.shape[1]):
        column = measures[:, k]
        out[:, k] = np.where(np.isnan(column), 0.5, np.interp(column, levels[k], scale))
    return out


def distances(rank: NDArray[np.float32], examples: NDArray) -> NDArray[np.float32]:
    """Return the mean distance of rows ``(n, measures)`` to the nearest three examples ``(n,)``."""
    examples, rank = examples.astype(np.float64), rank.astype(np.float64)  # the same whatever number of threads
    squares = (examples**2).sum(axis=1)
    out = np.empty(len(rank), np.float32)
    for first in range(0, len(rank), _ROWS):
        part = rank[first : first + _ROWS]
        square = (part**2).sum(axis=1)[:, None] + squares - 2 * part @ examples.T
        near = np.partition(square, _NEIGHBOURS - 1, axis=1)[:, :_NEIGHBOURS]
        out[first : first + _ROWS] = np.sqrt(np.maximum(near, 0)).mean(axis=1)
    return out


def choose_examples(rank: NDArray[np.float32], seed: int = 0) -> NDArray[np.float16]:
    """Return rows that cover all of ``(n, measures)``: each next one is drawn from those far from all before."""
    rng = np.random.default_rng(seed)
    most = min(_PROTOTYPES, len(rank))
    chosen = [int(rng.integers(len(rank)))]
    far = ((rank - rank[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < most and far.max() > 0:
        chosen.append(int(rng.choice(len(rank), p=far / far.sum())))
        far = np.minimum(far, ((rank - rank[chosen[-1]]) ** 2).sum(axis=1))
    return rank[chosen].astype(np.float16)
