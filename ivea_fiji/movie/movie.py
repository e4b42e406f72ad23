"""A time lapse of one channel, read in blocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import MovieError
from ivea_fiji.movie.rois import Reference


class FrameSource(Protocol):
    """Where frames come from: a file reader or an array. One object may be read from several threads."""

    shape: tuple[int, int, int]
    dtype: np.dtype

    def read(self, start: int, stop: int) -> NDArray:
        """Return frames ``start`` to ``stop`` (not included) as ``(t, y, x)``."""


@dataclass(frozen=True)
class Movie:
    """Frames of one channel with what is known of them.

    Frames are counted from 0 here; `file_frame` gives the number ImageJ shows.
    """

    source: FrameSource
    name: str
    path: Path | None = None
    pixel_size_um: float | None = None
    frame_interval_s: float | None = None
    """From one frame here to the next: the file's interval times `frames_per_step`."""
    mask: NDArray[np.bool_] | None = None
    """Cell mask ``(y, x)``; None means the whole image."""
    first_frame: int = 0
    """Frame of the file (from 0) that is frame 0 here."""
    frames_per_step: int = 1
    """Frames of the file that make one frame here (temporal reduction)."""
    file_axes: str = "TYX"
    """Axes of the file; a Z here means that the Z slices of the file are its frames."""
    channels: int = 1
    """Channels of the file, of which this is one."""
    notes: tuple[str, ...] = field(default=())
    """Sentences the user should read, for example that Z was taken as time."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, height and width."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype:
        """Pixel type as read."""
        return self.source.dtype

    @property
    def reference(self) -> Reference:
        """What labels and ROIs of this movie refer to."""
        return Reference("Z" if "Z" in self.file_axes else "T", self.channels, self.pixel_size_um)

    @property
    def cell_area_px(self) -> int:
        """Pixels inside the mask, or of the whole frame."""
        return int(self.mask.sum()) if self.mask is not None else self.shape[1] * self.shape[2]

    def read(self, start: int, stop: int) -> NDArray:
        """Return frames ``start`` to ``stop`` (not included), ``(t, y, x)``, in the file's pixel type."""
        if not 0 <= start < stop <= self.shape[0]:
            raise MovieError(f"Frames {start} to {stop} were asked of '{self.name}', which has {self.shape[0]}.")
        return self.source.read(start, stop)

    def mean_image(self, frames: int = 32) -> NDArray[np.float32]:
        """Return the mean ``(y, x)`` of at most so many frames spread over the movie."""
        at = np.unique(np.linspace(0, self.shape[0] - 1, frames).astype(int))
        return np.mean([self.read(int(t), int(t) + 1)[0].astype(np.float32) for t in at], axis=0, dtype=np.float32)

    def file_frame(self, frame: int) -> int:
        """Return the file's frame number, counted from 1, of frame `frame` counted from 0."""
        return self.first_frame + frame * self.frames_per_step + (self.frames_per_step - 1) // 2 + 1
