"""Iterative threshold: how high the noise of a difference image reaches once lone pixels are cleared away."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_STEPS = 256
"""Grey steps of the iteration (paper: under 255)."""
_ERODE = np.ones((3, 3), np.uint8)


def eroded(change: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the 3x3 erosion of a difference image: thresholding and eroding give the same in either order."""
    return np.asarray(cv2.erode(change, _ERODE, borderType=cv2.BORDER_REPLICATE), np.float32)


def median_filter(mask: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """Return the median of a binary image in squares of side ``2 radius + 1``; the edges are repeated.

    The median of zeros and ones is one where more than half are ones, so that it is a count in a box.
    """
    if radius == 0:
        return mask
    side = 2 * radius + 1
    ones = np.ascontiguousarray(mask, np.uint8)
    kind = cv2.CV_8U if side * side < 256 else cv2.CV_16U
    count = cv2.boxFilter(ones, kind, (side, side), normalize=False, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(count > side * side // 2)


def cleared(change: NDArray[np.float32], threshold: float, radius: int) -> NDArray[np.bool_]:
    """Return which pixels of an eroded difference image are left of a threshold after the median filter."""
    return median_filter(change > threshold, radius)


def iterative_threshold(change: NDArray[np.float32], radius: int) -> float:
    """Return the lowest threshold that clears a difference image (paper, Methods: v_1 and v_2).

    The paper raises the threshold from half the mean of the image, grey step by grey step, until nothing is left after
    threshold, erosion and median filter. What is left only shrinks as the threshold rises, so that the step is found
    by halving the range; steps are 1/256 of the range of the eroded image, on its own absolute scale.

    Parameters
    ----------
    change
        Eroded difference image float32 ``(y, x)``, counts.
    radius
        Of the median filter, px.

    Returns
    -------
    float
        Counts; 0 if nothing is above 0.
    """
    highest = float(change.max())
    if highest <= 0 or not cleared(change, 0.0, radius).any():
        return 0.0
    low, high = 0, _STEPS  # something is left at low, nothing at high
    while high - low > 1:
        middle = (low + high) // 2
        if cleared(change, highest * middle / _STEPS, radius).any():
            low = middle
        else:
            high = middle
    return highest * high / _STEPS
