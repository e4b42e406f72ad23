"""What a training sample looks like, and what the attributes and columns of a data set file mean.

The file layout is that of the original program: ``x_train`` with grey values ``(n, frames, size, size)``, ``y_train``
one-hot ``(n, classes)``, and five attributes. Classes stand in a fixed order: fusion 0, 1, ... and then the artefacts
-1, -2, ...
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.events.classes import BY_ID
from ivea_fiji.patches import SIZE

JITTER_FRAMES = 2
"""Frames kept beyond each end of a sequence, so that training can shift it in time."""
JITTER_PX = 1
"""Patch pixels kept beyond each side, so that training can shift it in space."""
FUSION_CLASSES, ARTEFACT_CLASSES = 3, 8
"""Classes of the original's default map: 0, 1, 2 and -1 ... -8."""


@dataclass(frozen=True)
class Layout:
    """Size of a sample, without what is kept around it for augmentation."""

    before: int = 13
    """Frames before the peak."""
    after: int = 14
    """Frames after it."""
    size: int = SIZE
    """Side of the patches, px."""

    @property
    def frames(self) -> int:
        """Frames in all."""
        return self.before + 1 + self.after

    @property
    def timeseries(self) -> int:
        """The original's ``timeseries``: half of it are the frames before the event."""
        return 2 * self.before

    @property
    def more_frames(self) -> int:
        """The original's ``more_frames``, taken after the ``timeseries``."""
        return self.frames - self.timeseries

    @property
    def stored(self) -> tuple[int, int, int]:
        """Shape of a sample as our training wants it, with margins."""
        side = self.size + 2 * JITTER_PX
        return self.frames + 2 * JITTER_FRAMES, side, side

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of a sample as the original's trainer wants it."""
        return self.frames, self.size, self.size

    @classmethod
    def of_original(cls, timeseries: int, more_frames: int, size: int) -> Layout:
        """Return the layout that the attributes of an original file describe."""
        before = timeseries // 2
        return cls(before, timeseries + more_frames - before - 1, size)

    def __str__(self) -> str:
        return f"{self.frames} frames ({self.before} before the peak) of {self.size} x {self.size} px"


def class_ids(fusion: int, classes: int) -> tuple[int, ...]:
    """Return the class of each column: 0 ... `fusion` - 1, then -1, -2, ... up to `classes` in all."""
    return (*range(fusion), *(-k for k in range(1, classes - fusion + 1)))


def needed_classes(labels: Iterable[int], fusion: int = FUSION_CLASSES, artefacts: int = ARTEFACT_CLASSES) -> tuple[
    int, ...
]:
    """Return the columns for `labels`: at least those of the default map, so that files can be put together."""
    labels = list(labels)
    fusion = max([fusion, *(k + 1 for k in labels)])
    return class_ids(fusion, fusion + max([artefacts, *(-k for k in labels)]))


def class_name(class_id: int) -> str:
    """Return the machine name of a class; classes of users are named by their number."""
    if class_id in BY_ID:
        return BY_ID[class_id].name
    return f"class_{class_id}" if class_id >= 0 else f"artefact_{-class_id}"


def scaled_to_uint16(x: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Scale each sequence ``(n, t, h, w)`` to 0-65535, as training keeps it; one without contrast becomes 0."""
    x = np.nan_to_num(x, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = x.min(axis=(1, 2, 3), keepdims=True), x.max(axis=(1, 2, 3), keepdims=True)
    span = np.maximum(high - low, 1e-6 * np.maximum(np.abs(high), 1))
    return ((x - low) / span * 65535).astype(np.uint16)


def with_margins(x: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Repeat the outermost frames and pixels of sequences that were stored without what lies around them."""
    return np.pad(x, ((0, 0), (JITTER_FRAMES,) * 2, (JITTER_PX,) * 2, (JITTER_PX,) * 2), mode="edge")
