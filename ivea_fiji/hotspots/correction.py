"""Take back what changes whole layers of brightness, so that only what changes in places is left."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.hotspots.layers import Layers

Correction = Literal["mic", "dart", "none"]

_CLIP_SD = 3.0
_MAD_TO_SD = 1.4826
_GAINS = (0.2, 5.0)


def correct(
    frame: NDArray[np.float32], earlier: NDArray[np.float32], layers: Layers, how: Correction = "mic",
    theta: float = 1.0,
) -> NDArray[np.float32]:
    """Match the brightness of a frame's layers to an earlier frame, brightening as well as dimming.

    Parameters
    ----------
    frame, earlier
        float32 ``(y, x)``, counts.
    layers
        Which pixels belong together.
    how
        'mic', 'dart' or 'none'; see Notes.
    theta
        Part of the change that is taken back.

    Returns
    -------
    ndarray
        The corrected frame, float32 ``(y, x)``.

    Notes
    -----
    'mic' (paper, Eq 19): ``I' = ((mu_earlier(k) / mu(k) - 1) theta + 1) I``. 'dart': ``I' = I + theta (mu_earlier(k) -
    mu(k))`` with plain means, after the paper's description of that program.
    """
    if how == "none":
        return frame
    if how == "dart":
        change = np.array([frame.ravel()[s].mean() - earlier.ravel()[s].mean() for s in layers.samples])
        return frame - layers.paint(theta * change)
    return frame * layers.paint(layer_gains(frame, earlier, layers, theta))


def layer_gains(
    frame: NDArray[np.float32], earlier: NDArray[np.float32], layers: Layers, theta: float = 1.0
) -> NDArray[np.float64]:
    """Return the factor of Eq 19 for each layer ``(k,)``.

    The change of a layer's mean is taken from its pixels without those that change unlike the others (more than 3
    standard deviations, robustly measured): an event that covers part of a layer would otherwise darken all of it,
    and brighten it again when it ends. A layer whose mean is not positive has no ratio and stays as it is. A
    layer whose pixels all lie at one place, where an event can be all there is, does as the next darker one does. Ours.
    """
    gains = np.ones(layers.count)
    for k, sample in enumerate(layers.samples):
        now = frame.ravel()[sample].astype(np.float64)
        change = now - earlier.ravel()[sample]
        mean = float(now.mean())
        if k and layers.crowded and layers.crowded[k]:
            gains[k] = gains[k - 1]
        elif mean > 0:
            gains[k] = np.clip((mean - _usual_mean(change)) / mean, *_GAINS)
    return (gains - 1) * theta + 1


def _usual_mean(change: NDArray[np.float64]) -> float:
    """Return the mean without values that are more than 3 robust standard deviations off the median."""
    half = len(change) // 2
    middle = np.partition(change, half)[half]  # np.median spends as long on its preparations
    off = np.abs(change - middle)
    usual = off <= _CLIP_SD * _MAD_TO_SD * np.partition(off, half)[half]
    return float(change[usual].mean())
