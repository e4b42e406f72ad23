"""A time lapse of one channel, read in blocks."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import MovieError
from ivea_fiji.movie.rois import Reference
from ivea_fiji.movie.timing import observed


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
    """Frames of the file from one frame here to the next."""
    every: int = 1
    """Of so many frames of the file one was read; `frames_per_step` over this were combined into one."""
    times_s: NDArray[np.float64] | None = None
    """Time of every frame here from the first of the file ``(t,)``, s; None if frames are even or nothing is known."""
    bad: tuple[int, ...] = ()
    """Frames (from 0) that are none: dark, saturated, or named by the user. Others stand in for them."""
    valid: NDArray[np.bool_] | None = None
    """Pixels ``(y, x)`` that have a value in every frame; None if all have."""
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
        combined = self.frames_per_step // self.every
        return self.first_frame + frame * self.frames_per_step + (combined - 1) // 2 * self.every + 1

    def frame_of(self, file_frame: int) -> int:
        """Return the frame here, from 0, that a frame of the file (from 1) belongs to; it may lie outside the movie."""
        return (file_frame - 1 - self.first_frame) // self.frames_per_step

    def time_s(self, frame: float) -> float:
        """Return the time of a frame here, s from the first frame of the file; between frames on a straight line.

        NaN if no time is known. Before and after the movie the usual interval goes on.
        """
        usual = self.frame_interval_s or math.nan
        if self.times_s is None:
            return (self.file_frame(0) - 1 + frame * self.frames_per_step) / self.frames_per_step * usual
        last = len(self.times_s) - 1
        inside = float(np.interp(min(max(frame, 0.0), last), np.arange(last + 1), self.times_s))
        return inside + (min(frame, 0.0) + max(frame - last, 0.0)) * usual

    def span_s(self, first: float, last: float) -> float:
        """Return the time from one frame here to another, s; NaN if no time is known."""
        if self.times_s is None:
            return (last - first) * (self.frame_interval_s or math.nan)
        return self.time_s(last) - self.time_s(first)

    def steps(self, first: int, count: int) -> NDArray[np.float64] | None:
        """Return when `count` frames from `first` on were taken, in usual intervals; None if frames are even."""
        if self.times_s is None or not self.frame_interval_s:
            return None
        return np.array([self.time_s(t) for t in range(first, first + count)]) / self.frame_interval_s

    @property
    def duration_s(self) -> float:
        """How long the movie shows something, s, without pauses and frames that are none; NaN if no time is known."""
        usual = self.frame_interval_s or math.nan
        whole = self.shape[0] * usual if self.times_s is None else observed(self.times_s, usual)
        return whole - len(self.bad) * usual

    @property
    def area_is_of(self) -> str:
        """What the cell area is the area of, in words."""
        if self.mask is None:
            return "whole image"
        return "valid pixels" if self.mask is self.valid else "cell mask"
