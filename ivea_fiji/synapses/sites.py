"""Which events are one, and what each of them looks like in the trace of its synapse."""

from __future__ import annotations

from bisect import bisect, insort

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.events.model import Kinetics
from ivea_fiji.measure.course import follow_trace

_SMOOTH = 3
_OVER = 0.5
"""An event is over where its trace has fallen below this part of its height."""
_LEVEL_FRAMES, _SOON = 10, 15
_POOL_NOISE = 3.0


def keep_one(
    site: NDArray[np.int64], frame: NDArray[np.int64], score: NDArray[np.float64], within: float
) -> NDArray[np.bool_]:
    """Tell which events are kept if those of one site closer than `within` frames are one.

    The one with the highest score stays, and every other that is at least `within` frames from those that stay.
    """
    keep = np.zeros(len(site), bool)
    kept: dict[int, list[int]] = {}
    for i in np.lexsort((frame, -score)):
        near = kept.setdefault(int(site[i]), [])
        t = int(frame[i])
        at = bisect(near, t)
        if any(abs(other - t) < within for other in near[max(at - 1, 0) : at + 1]):
            continue
        insort(near, t)
        keep[i] = True
    return keep


def find_peak(net: NDArray[np.float32], onset: int, stop: int) -> int:
    """Return the frame of the highest intensity of an event that begins at `onset`.

    Looked for before frame `stop` and until the event is over: where the trace, a mean of 3 frames, has fallen below
    half of its height so far.
    """
    part = np.asarray(net[onset : max(stop, onset + 1)], np.float64)
    if len(part) < 2:
        return onset
    before = net[max(onset - _LEVEL_FRAMES, 0) : onset]
    level = float(np.median(before)) if len(before) else float(part.min())
    padded = np.pad(part, _SMOOTH // 2, mode="edge")
    height = np.convolve(padded, np.ones(_SMOOTH) / _SMOOTH, "valid") - level
    highest = np.maximum.accumulate(height)
    # Noise on the foot of a slow rise is no event that is over.
    risen = highest >= _OVER * max(float(height[:_SOON].max()), 0.0)
    over = (height < _OVER * highest) & risen
    end = int(over.argmax()) if over.any() else len(part)
    # The mean of three frames finds the top of noise and plateaus, the frame itself that of a flash.
    top = int(height[:end].argmax())
    low, high = max(top - 1, 0), min(top + 2, len(part))
    return onset + low + int(part[low:high].argmax())


def kinetics(
    raw: NDArray[np.float32], background: NDArray[np.float32], peak: int, first: int, stop: int,
    steps: NDArray[np.float64] | None = None,
) -> Kinetics:
    """Measure an event in the trace of its site, between frames `first` and `stop`, as `follow_trace` does.

    `steps` tells when all frames were taken, in usual intervals; None if they are even.
    """
    part = slice(first, stop)
    found = follow_trace(raw[part].astype(float), background[part].astype(float), peak - first, 0,
                         None if steps is None else steps[part]).kinetics  # fmt: skip
    return Kinetics(**{**found.__dict__, "onset_frame": found.onset_frame + first})


def total_pool(
    net: NDArray[np.float32], level: NDArray[np.float64], noise: NDArray[np.float64], start: int, end: int
) -> NDArray[np.float64]:
    """Return how far NH4+ raises each site above its resting level ``(n,)``, counts: the total pool.

    The median of the second half of the frames with NH4+, when all vesicles are neutral; NaN where it is not 3 standard
    deviations above the resting level.
    """
    middle = min(start + (end - start + 1) // 2, end)
    pool = np.median(net[:, middle : end + 1], axis=1).astype(np.float64) - level
    return np.where(pool > _POOL_NOISE * noise, pool, np.nan)
