"""What is learned of a movie before events are looked for: layers, noise and thresholds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.candidates.differences import blur
from ivea_fiji.errors import ParameterError
from ivea_fiji.hotspots.correction import correct
from ivea_fiji.hotspots.differences import Differences, darkest_strip, noise_map, noise_of_layers
from ivea_fiji.hotspots.layers import Layers, find_layers
from ivea_fiji.hotspots.threshold import iterative_threshold
from ivea_fiji.params.hotspot import HotspotParams

Read = Callable[[int, int], NDArray]
"""Returns frames ``(t, y, x)`` of a movie."""

_KMEANS_SIGMA = 1.0
_REFERENCE_FRAMES = 16
_MEMORY = 31
"""Frames over which the threshold of the background is steadied."""
_SMALLEST_REGION = 5
_QUIET = 0.2
"""Which learning frame stands for those without events: its place among all, sorted by how much clears it."""
_MARGIN = 1.3
_UNUSUAL = 1.4
"""A frame is noisier than others if its background is so by more than this factor, more than chance reaches."""
_MOST = 1.5
"""No frame's background may raise the threshold by more than this factor: an event there would hide all others."""


@dataclass(frozen=True)
class Learned:
    """What was learned of a movie.

    Attributes
    ----------
    reference
        Mean of some frames of the movie, blurred as frames are, ``(y, x)``, counts.
    differences
        Makes difference images.
    region
        The background region: rows and columns.
    noise
        Standard deviation of differences in the background layer, counts.
    whole, background
        Thresholds that clear the learning frames: v_1 of the whole image and v_2 of the background region, ``(n,)``.
    alpha
        Factor on the threshold of the background region.
    """

    reference: NDArray[np.float32]
    differences: Differences
    region: tuple[slice, slice]
    noise: float
    whole: NDArray[np.float64]
    background: NDArray[np.float64]
    alpha: float

    @property
    def layers(self) -> Layers:
        """Groups of pixels of like brightness."""
        return self.differences.layers


def learn(read: Read, shape: tuple[int, int, int], params: HotspotParams) -> Learned:
    """Learn layers, noise and thresholds from frames spread over a movie.

    Parameters
    ----------
    read
        The movie.
    shape
        Frames, height, width.
    params
        Parameters of the module.

    Notes
    -----
    The paper learns from frames at the beginning in which nothing may happen. Here frames all over the movie are used
    and the thresholds that clear them are treated as in `learn_alpha`, so that events among them do not matter.
    """
    frames = shape[0]
    shown = np.unique(np.linspace(0, frames - 1, min(_REFERENCE_FRAMES, frames)).astype(int))
    mean = np.stack([read(int(t), int(t) + 1)[0] for t in shown]).mean(axis=0, dtype=np.float32)[None]
    layers = find_layers(blur(mean, _KMEANS_SIGMA)[0], params.layers, params.seed)
    lag = min(params.lag, frames - 1)
    at = np.unique(np.linspace(lag, frames - 1, min(params.learning_frames, frames - lag)).astype(int))
    changes = [_change(read, int(t), lag, layers, params) for t in at]
    noise = noise_of_layers(np.stack(changes), layers)
    relative = noise_map(noise, layers, params.blur_sigma)
    make = Differences(layers, params.correction, params.theta, relative)
    reference = blur(mean, params.blur_sigma)[0]
    region = background_region(params.background_region, reference)
    images = [make.finish(change) for change in changes]
    whole = np.array([iterative_threshold(image, params.noise_filter_radius) for image in images])
    background = np.array([iterative_threshold(part(image, region), params.noise_filter_radius) for image in images])
    alpha = params.alpha or learn_alpha(whole, background)
    return Learned(reference, make, region, float(noise[0]), whole, background, alpha)


def learn_alpha(whole: NDArray[np.float64], background: NDArray[np.float64]) -> float:
    """Return the factor by which the threshold of the background region is raised to that of the whole image.

    Parameters
    ----------
    whole, background
        Thresholds that clear learning frames, as `Learned` has them.

    Notes
    -----
    The paper raises alpha until two more frames are empty, assuming that nothing happens in them. Here something may
    happen in most of the learning frames: both thresholds are taken from a frame that is among the quietest fifth, in
    the whole image and in the background, and `_MARGIN` is by how much the noise of some hundred frames exceeds that of
    the median one (chosen on validation movies). Ours.
    """
    quiet = float(np.quantile(background, _QUIET)) if len(background) else 0.0
    return _MARGIN * float(np.quantile(whole, _QUIET)) / quiet if quiet > 0 else 1.0


class FrameThreshold:
    """The threshold v_i of every frame: that of its background region, steadied, times alpha (paper: v_2 alpha).

    Parameters
    ----------
    learned
        What was learned of the movie.
    radius
        Of the median filter, px.
    fixed
        A threshold that is used instead, counts; 0 for none.
    """

    def __init__(self, learned: Learned, radius: int, fixed: float = 0.0) -> None:
        self._learned, self._radius, self._fixed = learned, radius, fixed
        self._recent = [float(np.quantile(learned.background, 0.5))] * _MEMORY

    def clears(self, image: NDArray[np.float32]) -> float:
        """Return the threshold that clears the background region of a difference image (v_2), counts."""
        return 0.0 if self._fixed else iterative_threshold(part(image, self._learned.region), self._radius)

    def __call__(self, own: float) -> float:
        """Return the threshold of the next frame, counts, whose background region is cleared at `own`."""
        if self._fixed:
            return self._fixed
        usual = median(self._recent)
        self._recent = [*self._recent[1:], own]
        return self._learned.alpha * float(np.clip(own / _UNUSUAL, usual, _MOST * usual))


def part(image: NDArray[np.float32], region: tuple[slice, slice]) -> NDArray[np.float32]:
    """Return the pixels of a region as an image of its own."""
    return np.ascontiguousarray(image[region])


def read_region(text: str) -> tuple[int, int, int, int] | None:
    """Return x, y, width and height of a text such as ``0,0,256,20``; None if it is empty.

    Raises
    ------
    ParameterError
        If it is something else.
    """
    if not text.strip():
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 4 or not all(part.isdecimal() for part in parts):
        raise ParameterError(
            f"'{text}' is no background region; write it as x,y,width,height in px, such as 0,0,256,20."
        )
    x, y, width, height = (int(part) for part in parts)
    if width < _SMALLEST_REGION or height < _SMALLEST_REGION:
        raise ParameterError(f"The background region {text} is too small; give at least 5 x 5 px.")
    return x, y, width, height


def background_region(text: str, image: NDArray[np.float32]) -> tuple[slice, slice]:
    """Return the rows and columns that a text names, or the darkest strip if it is empty.

    Raises
    ------
    ParameterError
        If it is no region of the movie.
    """
    named = read_region(text)
    if named is None:
        return darkest_strip(image)
    x, y, width, height = named
    rows, columns = image.shape
    if x + width > columns or y + height > rows:
        raise ParameterError(
            f"The background region {text} does not lie within the {columns} x {rows} px of the movie; choose another."
        )
    return slice(y, y + height), slice(x, x + width)


def _change(read: Read, t: int, lag: int, layers: Layers, params: HotspotParams) -> NDArray[np.float32]:
    now, earlier = blur(np.stack([read(t, t + 1)[0], read(t - lag, t - lag + 1)[0]]), params.blur_sigma)
    return correct(now, earlier, layers, params.correction, params.theta) - earlier
