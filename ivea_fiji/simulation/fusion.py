"""How each kind of fusion looks: drawn on a canvas, with its truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ivea_fiji.simulation.canvas import Canvas, log_uniform, walk
from ivea_fiji.simulation.truth import TrueEvent

_ABRUPT = 3.0
"""A cloud lost with at most this time constant, in frames, is told from undocking by its haste alone."""
_IN_WINDOW = 12.0
"""Frames after the peak in which a slower cloud has to widen visibly."""


@dataclass(frozen=True)
class FusionRanges:
    """Limits between which a fusion is drawn. Times in frames, lengths in px."""

    amplitude: tuple[float, float] = (0.3, 3.0)
    """Peak, in units of the typical vesicle."""
    cloud_decay: tuple[float, float] = (0.8, 22.0)
    """Time constant with which a cloud is lost by other ways than spreading."""
    cloud_diffusion: tuple[float, float] = (0.03, 6.0)
    """Widening of a cloud, px^2 per frame."""
    latent_decay: tuple[float, float] = (8.0, 160.0)
    latent_rise: tuple[float, float] = (0.2, 0.8)
    """Time constant of the onset of latent fusion, which is abrupt; a docking vesicle takes `docking_frames`."""
    slow_share: float = 0.3
    """Share of flashes that need more than one frame to rise."""
    rise: tuple[float, float] = (0.5, 3.0)
    """Time constant of such a rise."""
    symmetric_tau: tuple[float, float] = (0.8, 5.0)
    """tau of Eq 16."""
    insensitive_gain: tuple[float, float] = (0.9, 2.0)
    """Brightening of a pH-insensitive vesicle as it comes fully into the evanescent field and is dequenched."""
    sensitive_before: tuple[float, float] = (0.0, 0.5)
    """Brightness of a quenched vesicle before fusion, over its peak."""
    arrival: tuple[float, float] = (12.0, 60.0)
    """Frames between arrival at the membrane and fusion, if the vesicle arrives during the movie."""
    docking_frames: tuple[float, float] = (5.0, 12.0)
    """Frames that such an arrival takes: an abrupt one could not be told from latent fusion."""


def _before(canvas: Canvas, r: FusionRanges, y: float, x: float, t0: int, sigma: float, amplitude: float) -> None:
    """Draw the vesicle before its fusion: resident, or arriving with a rise of intensity."""
    rng = canvas.rng
    resident = rng.random() < 0.65
    n = t0 if resident else min(t0, int(log_uniform(rng, *r.arrival)))
    if n <= 0:
        return
    way = walk(rng, n, rng.choice(["still", "confined", "brownian"], p=[0.5, 0.3, 0.2]))
    way -= way[-1]
    rise = np.ones(n) if n == t0 else np.clip((np.arange(n) + 1) / rng.uniform(*r.docking_frames), 0, 1)
    canvas.add(np.arange(t0 - n, t0), y + way[:, 0], x + way[:, 1], sigma, amplitude * rise)
    canvas.note(-2, np.arange(t0 - n, t0 - 6, 4), y, x)
    if n < t0 and n > 10:
        canvas.note(-6, t0 - n + np.arange(0, 8, 2), y + way[0, 0], x + way[0, 1])


def _risen(
    rng: Generator, r: FusionRanges, shape: NDArray[np.float64], rise: tuple[float, float]
) -> NDArray[np.float64]:
    """Let some flashes rise slowly, as a narrow pore or a fast camera shows them; the peak stays as high."""
    if rng.random() >= r.slow_share:
        return shape
    slow = shape * (1 - np.exp(-(np.arange(len(shape)) + 0.7) / rng.uniform(*rise)))
    return slow * shape.max() / max(slow.max(), 1e-9)


def _cloud(
    canvas: Canvas, r: FusionRanges, t0: int, y: float, x: float, sigma: float, peak: float
) -> tuple[int, float]:
    """Draw a cloud that spreads (two-dimensional diffusion) and is lost; return its peak frame and duration."""
    rng = canvas.rng
    time = np.arange(t0, min(t0 + 90, canvas.frames))
    late = rng.uniform(0, 1)  # the pore opens somewhere within the exposure of the first frame
    age = np.maximum(time - t0 - late + 0.5, 0)
    widening = log_uniform(rng, *r.cloud_diffusion)
    decay = log_uniform(rng, *r.cloud_decay)
    if decay > _ABRUPT and 2 * widening * min(decay, _IN_WINDOW) < 0.75 * sigma**2:
        # Cargo that fades slowly without widening is what undocking, bleaching and bobbing look like.
        decay = log_uniform(rng, min(r.cloud_decay[0], _ABRUPT / 2), _ABRUPT)
    variance = sigma**2 + 2 * widening * age
    # Cargo bound to the membrane keeps its sum while it widens; soluble cargo leaves the field as well.
    thinning = (sigma**2 / variance) ** rng.uniform(0.3, 1.0)
    shape = np.exp(-age / decay) * thinning
    if rng.random() < 0.3:  # slow pore: a plateau or a second release
        hold = int(rng.integers(1, 6))
        shape = np.r_[np.full(hold, shape[0]), shape][: len(shape)]
    if rng.random() < 0.5:
        shape[0] *= 1 - 0.7 * late
    shape = _risen(rng, r, shape, r.rise)
    seen = shape > 0.01
    width = np.minimum(np.sqrt(variance), 14)
    canvas.add(time[seen], y, x, width[seen], peak * shape[seen])
    half = np.flatnonzero(shape < 0.5 * shape.max())
    half = half[half > shape.argmax()]
    top = int(shape.argmax())
    return t0 + top, float(half[0] - top) if len(half) else float(len(time))


def ph_sensitive(canvas: Canvas, r: FusionRanges, sigma: float, unit: float) -> None:
    """Draw a flash: a quenched vesicle lights up as its lumen turns neutral, then its cloud spreads."""
    rng = canvas.rng
    y, x, t0 = canvas.moment(11, 26)
    peak = unit * log_uniform(rng, *r.amplitude)
    if rng.random() < 0.5:
        _before(canvas, r, y, x, t0, sigma, peak * rng.uniform(*r.sensitive_before))
    top, lasts = _cloud(canvas, r, t0, y, x, sigma, peak)
    if rng.random() < 0.12:  # a part stays at the membrane
        rest = np.arange(t0, canvas.frames)
        canvas.add(rest, y, x, sigma, peak * rng.uniform(0.1, 0.35) * np.exp(-(rest - t0) / log_uniform(rng, 20, 400)))
    canvas.events.append(TrueEvent(0, "ph_sensitive", top, y, x, lasts, peak, sigma))


def ph_insensitive(canvas: Canvas, r: FusionRanges, sigma: float, unit: float, *, kiss: bool = False) -> None:
    """Draw a visible vesicle whose cargo spreads and is gone; with `kiss` a part of it stays (kiss-and-run)."""
    rng = canvas.rng
    y, x, t0 = canvas.moment(11, 26)
    amplitude = unit * log_uniform(rng, *r.amplitude)
    _before(canvas, r, y, x, t0, sigma, amplitude)
    peak = amplitude * rng.uniform(*r.insensitive_gain)
    if kiss:
        stays = rng.uniform(0.2, 0.6)
        canvas.add(np.arange(t0, canvas.frames), y, x, sigma, amplitude * stays)
        peak -= amplitude * stays
        peak = max(peak, 0.4 * amplitude)
    top, lasts = _cloud(canvas, r, t0, y, x, sigma, peak)
    canvas.events.append(
        TrueEvent(0, "kiss_and_run" if kiss else "ph_insensitive", top, y, x, lasts, peak, sigma)
    )


def kiss_and_run(canvas: Canvas, r: FusionRanges, sigma: float, unit: float) -> None:
    """Draw a vesicle that releases a part of its cargo and stays."""
    ph_insensitive(canvas, r, sigma, unit, kiss=True)


def symmetric(canvas: Canvas, r: FusionRanges, sigma: float, unit: float) -> None:
    """Draw the paper's cloud, Eq 16-17: it comes and goes as a Gaussian in time, wider the farther from its peak."""
    rng = canvas.rng
    y, x, t0 = canvas.moment(11, 26)
    peak = unit * log_uniform(rng, *r.amplitude)
    tau = rng.uniform(*r.symmetric_tau)
    time = np.arange(max(0, t0 - int(6 * tau)), min(canvas.frames, t0 + int(6 * tau) + 1))
    pulse = np.exp(-((time - t0) ** 2) / (2 * tau) ** 2)
    seen = pulse > 0.01
    width = np.minimum(sigma * np.sqrt(2) / np.sqrt(pulse), 12)
    if rng.random() < 0.5 and t0 > int(2 * tau):
        way = walk(rng, t0, rng.choice(["still", "confined", "brownian"]))
        way -= way[-1]
        left = np.ones(t0)
        left[time[0] :] = 1 - pulse[: t0 - time[0]]  # the vesicle gives its light to the cloud
        canvas.add(np.arange(t0), y + way[:, 0], x + way[:, 1], sigma, peak * rng.uniform(0.2, 1.0) * left)
    canvas.add(time[seen], y, x, width[seen], peak * pulse[seen])
    canvas.events.append(TrueEvent(0, "eq16", t0, y, x, 2 * tau, peak, sigma * np.sqrt(2)))


def vanishing(canvas: Canvas, r: FusionRanges, sigma: float, unit: float) -> None:
    """Draw fusion without cloud: the vesicle is there and from one frame to the next it is gone."""
    rng = canvas.rng
    y, x, t0 = canvas.moment(11, 26)
    amplitude = unit * log_uniform(rng, *r.amplitude)
    _before(canvas, r, y, x, t0, sigma, amplitude)
    if rng.random() < 0.4:
        canvas.add([t0], y, x, sigma, amplitude * rng.uniform(0.1, 0.5))
    canvas.events.append(TrueEvent(1, "vanish", t0, y, x, 1.0, amplitude, sigma))


def latent(canvas: Canvas, r: FusionRanges, sigma: float, unit: float) -> None:
    """Draw latent fusion: abrupt onset, then a slow decay with little spreading."""
    rng = canvas.rng
    y, x, t0 = canvas.moment(11, 40)
    peak = unit * log_uniform(rng, *r.amplitude)
    if rng.random() < 0.3:
        _before(canvas, r, y, x, t0, sigma, peak * rng.uniform(0, 0.3))
    time = np.arange(t0, canvas.frames)
    age = time - t0
    decay = log_uniform(rng, *r.latent_decay)
    shape = np.exp(-age / decay)
    if rng.random() < 0.3:  # a fast first part before the slow one
        fast = rng.uniform(0.1, 0.4)
        shape = (1 - fast) * shape + fast * np.exp(-age / rng.uniform(1, 4))
    if rng.random() < 0.5:
        shape[0] *= rng.uniform(0.3, 1)
    shape = _risen(rng, r, shape, r.latent_rise)
    width = np.minimum(np.sqrt(sigma**2 + 2 * rng.uniform(0, 0.12) * age), 8)
    way = walk(rng, len(time), rng.choice(["still", "confined"]))
    way -= way[0]
    seen = shape > 0.01
    canvas.add(time[seen], y + way[seen, 0], x + way[seen, 1], width[seen], peak * shape[seen])
    peak_frame = t0 + int(np.argmax(shape[:10]))
    canvas.note(-2, np.arange(t0 + 27, canvas.frames, 4), y, x)
    canvas.events.append(TrueEvent(2, "latent", peak_frame, y, x, min(decay, 30.0), peak, sigma))


KINDS = {
    "ph_sensitive": ph_sensitive,
    "ph_insensitive": ph_insensitive,
    "kiss_and_run": kiss_and_run,
    "eq16": symmetric,
    "vanish": vanishing,
    "latent": latent,
}
MIXES = {
    "mixed": {"ph_sensitive": 0.2, "ph_insensitive": 0.24, "kiss_and_run": 0.05, "eq16": 0.15, "vanish": 0.14,
              "latent": 0.22},
    "ph_sensitive": {"ph_sensitive": 1.0},
    "ph_insensitive": {"ph_insensitive": 0.85, "kiss_and_run": 0.15},
    "latent": {"latent": 1.0},
    "without_cloud": {"vanish": 1.0},
    "none": {},
}  # fmt: skip
"""Share of each kind in a movie of that name."""
