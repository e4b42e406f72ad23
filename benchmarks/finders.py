"""What finds events in a movie: IVEA, and a classical detector that anybody could put together."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from ivea_fiji.evaluation import Marks


class Finder(Protocol):
    """Anything that finds events. What it returns carries a score as `probability`."""

    name: str
    thresholds: tuple[float, ...]
    """Smallest scores to choose from on validation movies; empty if the finder brings its own decision."""

    def find(self, movie: Path, frames: NDArray[np.uint16]) -> Marks:
        """Return the events of a movie, given as file and as array ``(t, y, x)``."""


class Ivea:
    """IVEA as a user runs it: from the file, with the threshold that was stored with the model."""

    name = "IVEA"
    thresholds: tuple[float, ...] = ()

    def __init__(self, model: str) -> None:
        self._model = model

    def find(self, movie: Path, frames: NDArray[np.uint16]) -> Marks:
        """Return the events of a movie."""
        from ivea_fiji.params import RandomParams
        from ivea_fiji.random_bursts import detect_random

        return Marks.of_events(detect_random(movie, RandomParams.make(model=self._model)).events)


class Trackpy:
    """Sudden brightenings located and linked by trackpy.

    Bright spots are located in the differences of blurred frames 4 apart, in units of the noise at their place, and
    linked over 3 px and 2 missing frames. A track of at least 2 frames is an event: its place and frame are those of
    its strongest spot, its score the height of that spot.
    """

    name = "trackpy"
    thresholds: tuple[float, ...] = (4, 5, 6, 8, 10, 12, 15, 20, 30)
    _lag = 4
    _lowest = 3.0

    def __init__(self) -> None:
        import trackpy

        trackpy.quiet()
        self._trackpy = trackpy

    def find(self, movie: Path, frames: NDArray[np.uint16]) -> Marks:
        """Return the events of a movie."""
        change = self._changes(frames)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # frames without any change
            spots = self._trackpy.batch(
                change, diameter=11, threshold=self._lowest, noise_size=0.5, max_iterations=3, engine="python",
                processes=1,
            )
        if not len(spots):
            return Marks.of([], [], [])
        tracks = self._trackpy.link(spots, search_range=3, memory=2, link_strategy="drop")
        tracks = self._trackpy.filter_stubs(tracks, 2).reset_index(drop=True)
        best = tracks.loc[tracks.groupby("particle")["signal"].idxmax()]
        return Marks.of(best["frame"] + self._lag, best["y"], best["x"], probability=best["signal"])

    def _changes(self, frames: NDArray[np.uint16]) -> NDArray[np.float32]:
        """Return the brightening of every frame against 4 frames before, over its noise ``(t - 4, y, x)``."""
        smooth = np.stack([cv2.GaussianBlur(f.astype(np.float32), (0, 0), 1.0) for f in frames])
        change = smooth[self._lag :] - smooth[: -self._lag]
        noise = 1.4826 * np.median(np.abs(change[:: max(1, len(change) // 40)]), axis=0)
        return np.maximum(change / np.maximum(cv2.GaussianBlur(noise, (0, 0), 4.0), 1e-6), 0)
