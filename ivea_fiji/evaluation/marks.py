"""Events as the comparison needs them: places and times, whether found or true, from memory or from files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from ivea_fiji.events.model import Event
    from ivea_fiji.simulation.truth import TrueEvent

UNKNOWN_CLASS = -1000
"""Class of a mark whose source tells none."""
SYMMETRIC_KINDS = ("eq16",)
"""Kinds of true events that rise as slowly as they fall."""


@dataclass(frozen=True)
class Marks:
    """Events, one row each; every array has the shape ``(n,)``."""

    frame: NDArray[np.float64]
    """Frame of the peak, from 0."""
    y: NDArray[np.float64]
    x: NDArray[np.float64]
    """Centre in px; the centre of the first pixel is 0."""
    number: NDArray[np.int64]
    """What its source calls it, from 1."""
    class_id: NDArray[np.int64]
    kind: NDArray[np.str_]
    """How a true event was made; empty if unknown."""
    duration: NDArray[np.float64]
    """How long the change lasts, frames; 0 if unknown."""
    peak_z: NDArray[np.float64]
    """Visibility, standard deviations of the noise; NaN if unknown."""
    probability: NDArray[np.float64]
    """Probability given by the program that found it; NaN if unknown."""

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, index: Any) -> Marks:
        return Marks(*(np.atleast_1d(getattr(self, f.name)[index]) for f in fields(self)))

    @property
    def symmetric(self) -> NDArray[np.bool_]:
        """Which rise as slowly as they fall."""
        return np.isin(self.kind, SYMMETRIC_KINDS)

    @classmethod
    def of(
        cls,
        frame: ArrayLike,
        y: ArrayLike,
        x: ArrayLike,
        *,
        number: ArrayLike | None = None,
        class_id: ArrayLike = UNKNOWN_CLASS,
        kind: ArrayLike = "",
        duration: ArrayLike = 0.0,
        peak_z: ArrayLike = np.nan,
        probability: ArrayLike = np.nan,
    ) -> Marks:
        """Make marks of columns; a single value stands for all rows. Frames are counted from 0."""
        frame = np.asarray(frame, np.float64).reshape(-1)
        n = len(frame)

        def column(values: ArrayLike, kind: type) -> NDArray:
            return np.broadcast_to(np.asarray(values, kind).reshape(-1), (n,)).copy()

        return cls(
            frame,
            column(y, np.float64),
            column(x, np.float64),
            column(np.arange(1, n + 1) if number is None else number, np.int64),
            column(class_id, np.int64),
            column(kind, np.str_),
            column(duration, np.float64),
            column(peak_z, np.float64),
            column(probability, np.float64),
        )

    @classmethod
    def of_truth(cls, events: Iterable[TrueEvent]) -> Marks:
        """Make marks of true events."""
        rows = [(e.frame, e.y, e.x, e.class_id, e.kind, e.duration, e.peak_z) for e in events]
        frame, y, x, class_id, kind, duration, z = _columns(rows, 7)
        return cls.of(frame, y, x, class_id=class_id, kind=kind, duration=duration, peak_z=z)

    @classmethod
    def of_events(cls, events: Iterable[Event]) -> Marks:
        """Make marks of events that were found."""
        rows = [(e.frame, e.y, e.x, e.event, e.class_id, e.peak_z, e.probability) for e in events]
        frame, y, x, number, class_id, z, probability = _columns(rows, 7)
        return cls.of(frame, y, x, number=number, class_id=class_id, peak_z=z, probability=probability)


def _columns(rows: Sequence[tuple[Any, ...]], count: int) -> Sequence[Sequence[Any]]:
    return list(zip(*rows, strict=True)) if rows else [()] * count
