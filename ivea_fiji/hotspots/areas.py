"""The area of an event: which pixels are active in each frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ivea_fiji.candidates.differences import blur
from ivea_fiji.hotspots.threshold import median_filter

_LEAST_RING_PX = 30
_RING_GAP_PX = 4
_DARKEST = 0.05
"""Part of the ring's brightness below which a pixel tells nothing of the drift."""
_DIM = 0.3
"""Part of the surroundings' brightness that a pixel is taken to have at least: the change of darker ones is noise."""
_CLIP_SD = 3.0
_MAD_TO_SD = 1.4826
GONE = 2
"""Frames without an active pixel after which an area is gone."""
_HIGHEST = 95.0
"""Percentile of the core that is called its highest change: the highest pixel of a faint event is its noise."""


@dataclass(frozen=True)
class Change:
    """How a part of the movie changes against the frames before an event, float32 ``(t, y, x)``, then 0 on average.

    Attributes
    ----------
    counts
        Change of the intensity.
    relative
        The same over the brightness of each pixel, in counts of a pixel as bright as the surroundings. Sensors lie in
        patches: where there are more of them the same transmitter changes more counts (ours).
    """

    counts: NDArray[np.float32]
    relative: NDArray[np.float32]


def changes(
    frames: NDArray, gains: NDArray[np.float64], labels: NDArray[np.uint8], ring: NDArray[np.bool_],
    before: slice, sigma: float, pooled: int = 1,
) -> Change:
    """Return how a part of the movie changes against the frames before an event.

    Parameters
    ----------
    frames
        Part of the movie ``(t, y, x)``, counts.
    gains
        Factor per frame and layer ``(t, k)`` that takes back what whole layers did (Eq 19, against one reference).
    labels
        Layer of every pixel ``(y, x)``.
    ring
        Pixels around the event ``(y, x)``: what they do is taken back too, as a part of the brightness (`drift`).
    before
        Frames before the event.
    sigma
        Of the Gaussian blur, px.
    pooled
        Frames whose running mean is taken, odd: of a faint event single frames tell nothing.

    Returns
    -------
    Change
        Of every frame of the part.
    """
    level = blur(frames, sigma)
    for frame, gain in zip(level, gains, strict=True):
        frame *= gain.astype(np.float32)[labels]
    if pooled > 1:
        level = ndimage.uniform_filter1d(level, pooled, axis=0, mode="nearest")
    reference = level[before].mean(axis=0, dtype=np.float32)
    level -= reference
    enough = np.count_nonzero(ring) >= _LEAST_RING_PX
    usual = float(np.median(reference[ring] if enough else reference))
    brightness = reference / usual if usual > 0 else np.ones_like(reference)
    if enough:
        level -= brightness * drift(level / np.maximum(brightness, _DARKEST), ring)
    return Change(level, level / np.maximum(brightness, _DIM))


def drift(level: NDArray[np.float32], ring: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return what the surroundings of an event do, carried on into the event by a curved surface.

    Parameters
    ----------
    level
        Changes over the brightness ``(t, y, x)``.
    ring
        Pixels around the event ``(y, x)``.

    Returns
    -------
    ndarray
        ``(t, y, x)``: in each frame the polynomial of second degree in y and x that fits the ring best. Values far from
        the ring's median count no more than 3 standard deviations, robustly measured, so that another event in the
        ring does not tilt the surface. Ours: drift of sensors is patchy, but smooth over the size of an event.
    """
    height, width = ring.shape
    # In float64: the last digits of a product of matrices depend on how many frames came at once.
    y, x = np.mgrid[:height, :width] / max(height, width) - 0.5
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    values = level[:, ring].astype(np.float64)
    middle = np.median(values, axis=1, keepdims=True)
    reach = _CLIP_SD * _MAD_TO_SD * np.median(np.abs(values - middle), axis=1, keepdims=True)
    fit = np.clip(values, middle - reach, middle + reach) @ np.linalg.pinv(terms[ring]).T
    return np.asarray(np.tensordot(fit, terms, axes=([1], [2])), np.float32)


def surroundings(core: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels ``(y, x)`` of a part of the movie that lie apart from the event's `core`."""
    size = 2 * _RING_GAP_PX + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.dilate(core.astype(np.uint8), kernel) == 0)


def active(
    change: NDArray[np.float32], core: NDArray[np.bool_], frames: slice, part: float, radius: int, *,
    beyond: bool = False,
) -> NDArray[np.bool_]:
    """Return which pixels are active in each frame of an event.

    A pixel is active if its change is at least `part` of the event's highest and if it is connected, through active
    pixels, to the core of the event or to its area in the frame before. Holes are filled.

    Parameters
    ----------
    change
        Relative change ``(t, y, x)``.
    core
        Pixels in which the event was detected ``(y, x)``.
    frames
        Frames of the event, from start to end.
    part
        Of the highest change.
    radius
        Of the median filter, px.
    beyond
        Whether to go on after these frames for as long as there is an area, and `GONE` frames more: a hotspot that
        travels leaves the place where it was detected, which tells nothing of how long it lasts (ours).

    Returns
    -------
    ndarray
        ``(n, y, x)``, one mask per frame of the event; with `beyond` up to the end of its area, or of the movie.
    """
    highest = float(np.percentile(change[frames][:, core], _HIGHEST, axis=1).max())
    out = np.zeros((len(change) - frames.start if beyond else frames.stop - frames.start, *core.shape), np.bool_)
    if highest <= 0:
        return out[: frames.stop - frames.start]
    seed, empty = core, 0
    for k, (mask, frame) in enumerate(zip(out, change[frames.start :], strict=False)):
        if frames.start + k >= frames.stop and empty >= GONE:
            return out[:k]
        above = median_filter(frame >= part * highest, radius)
        _, labels = cv2.connectedComponents(above.astype(np.uint8), connectivity=8)
        touched = np.unique(labels[seed & above])
        empty = 0 if touched.size else empty + 1
        if touched.size:
            # One piece: the largest, the first of equals.
            sizes = np.bincount(labels.ravel())[touched]
            mask[:] = ndimage.binary_fill_holes(labels == touched[np.argmax(sizes)])
            seed = core | mask
    return out


def centres(
    change: NDArray[np.float32], masks: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return y and x of the centre of each mask ``(n,)``, weighted by the change; NaN where a mask is empty."""
    weights = np.where(masks, np.maximum(change, 0), 0).astype(np.float64)
    total = weights.sum(axis=(1, 2))
    rows, columns = np.arange(masks.shape[1]), np.arange(masks.shape[2])
    with np.errstate(invalid="ignore", divide="ignore"):
        return (weights.sum(axis=2) @ rows) / total, (weights.sum(axis=1) @ columns) / total
