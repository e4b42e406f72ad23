"""Movies of calcium sparks: events of a kind, size and speed that the networks were not trained on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ivea_fiji.progress import Progress, each
from ivea_fiji.simulation import optics
from ivea_fiji.simulation.camera import CameraRanges, record
from ivea_fiji.simulation.canvas import Canvas, log_uniform
from ivea_fiji.simulation.truth import SimulatedMovie, TrueEvent
from ivea_fiji.simulation.visibility import with_peak_z

_FWHM = 2.355
_SARCOMERE_UM = 1.8
_GLOW_CLASS = -2


@dataclass(frozen=True)
class SparkRanges:
    """Limits between which a movie of sparks is drawn (log-uniform).

    Size and speed of sparks are those that confocal movies of heart cells show: 1-2 um wide, up within some 10 ms,
    gone with a time constant of some tens of ms.
    """

    pixel_size_um: tuple[float, float] = (0.16, 0.3)
    frame_interval_s: tuple[float, float] = (0.0015, 0.003)
    background: tuple[float, float] = (50.0, 300.0)
    """Photoelectrons per pixel and frame within a cell."""
    amplitude: tuple[float, float] = (0.5, 2.0)
    """Peak of a spark over the background of the cell (dF/F0)."""
    fwhm_um: tuple[float, float] = (1.0, 2.0)
    rise_s: tuple[float, float] = (0.01, 0.025)
    """Time from onset to peak."""
    decay_s: tuple[float, float] = (0.02, 0.06)
    """Time constant of the fall."""
    events: tuple[float, float] = (8, 30)
    """Sparks per 256 x 256 px and 200 frames."""
    glows: tuple[float, float] = (10, 40)
    """Slow local rises and falls of calcium that are no sparks, per 256 x 256 px and 200 frames."""
    glow_rise_s: tuple[float, float] = (0.08, 0.4)
    camera: CameraRanges = field(default_factory=CameraRanges)


SPARKS = SparkRanges()


def simulate_sparks(
    seed: int,
    *,
    frames: int = 200,
    height: int = 256,
    width: int = 256,
    events: int | None = None,
    pixel_size_um: float | None = None,
    frame_interval_s: float | None = None,
    ranges: SparkRanges = SPARKS,
    progress: Progress | None = None,
) -> SimulatedMovie:
    """Simulate a fast confocal movie of heart cells with calcium sparks.

    Parameters
    ----------
    seed
        Same seed and arguments, same movie.
    frames, height, width
        Size.
    events
        Number of sparks; drawn if None.
    pixel_size_um, frame_interval_s
        Scale; drawn if None.
    ranges
        Limits of everything else.
    progress
        Told what is being simulated, and asked whether to stop.

    Returns
    -------
    SimulatedMovie
        Counts and truth; sparks have class 0, the kind is 'spark'.

    Notes
    -----
    Ours. Kinetics are drawn in seconds and um, since sparks have a size and speed of their own. Beside the sparks the
    cell glows up and fades slowly at places, and bright spots lie in it: what a network must not take for sparks.
    """
    rng = np.random.default_rng([seed, 70321])
    pixel = pixel_size_um or log_uniform(rng, *ranges.pixel_size_um)
    interval = frame_interval_s or log_uniform(rng, *ranges.frame_interval_s)
    cell = optics.cells(rng, height, width)
    canvas = Canvas(rng, frames, cell > 0.6)
    level = log_uniform(rng, *ranges.background)
    dense = height * width / 256**2 * frames / 200
    n = round(log_uniform(rng, *ranges.events) * dense) if events is None else events
    for _ in each(range(n), progress, "drawing events"):
        _spark(canvas, ranges, level, pixel, interval)
    for _ in range(round(log_uniform(rng, *ranges.glows) * dense)):
        _glow(canvas, ranges, level, pixel, interval)
    light = canvas.spots
    light += _cytosol(rng, cell, level, pixel)
    light *= optics.illumination(rng, height, width)
    brightness, shaken = optics.lamp(rng, frames)
    light *= brightness[:, None, None]
    way, jumps = optics.drift(rng, frames, 0.5)
    optics.move_and_blur(light, way, np.zeros(frames), progress)
    counts, gain, camera = record(light, rng, ranges.camera, progress)
    moved = [replace(e, y=e.y + way[e.frame, 0], x=e.x + way[e.frame, 1]) for e in canvas.events]
    seen = sorted(with_peak_z(moved, light, counts, gain=gain, progress=progress), key=lambda e: (e.frame, e.y, e.x))
    recipe = {
        "recipe": "sparks", "seed": seed, "background_photons": level, "pixel_size_um": pixel,
        "frame_interval_s": interval, "largest_shift_px": float(np.abs(way).max()), "ranges": asdict(ranges), **camera,
    }  # fmt: skip
    return SimulatedMovie(
        counts, tuple(seen), _artefacts(canvas, way, jumps, shaken), pixel, interval, recipe, cell > 0.5
    )


def spark_shape(age_s: NDArray[np.float64], rise_s: float, decay_s: float) -> NDArray[np.float64]:
    """Return the time course of a spark, 1 at its peak: ``(1 - exp(-3 t / rise)) exp(-(t - rise) / decay)``, capped.

    Parameters
    ----------
    age_s
        Seconds since onset ``(n,)``; 0 before it.
    rise_s
        Seconds to the peak.
    decay_s
        Time constant of the fall.
    """
    up = np.where(age_s > 0, 1 - np.exp(-3 * np.clip(age_s, 0, rise_s) / rise_s), 0) / (1 - np.exp(-3))
    return up * np.exp(-np.maximum(age_s - rise_s, 0) / decay_s)


def _spark(canvas: Canvas, r: SparkRanges, level: float, pixel: float, interval: float) -> None:
    rng = canvas.rng
    y, x, t0 = canvas.moment(3 / pixel, round(0.25 / interval))
    rise, decay = log_uniform(rng, *r.rise_s), log_uniform(rng, *r.decay_s)
    peak, sigma = level * log_uniform(rng, *r.amplitude), log_uniform(rng, *r.fwhm_um) / _FWHM / pixel
    age = (canvas.time - t0 + rng.uniform(0, 1)) * interval
    shape = spark_shape(np.asarray(age, np.float64), rise, decay)
    seen = shape > 0.01
    # Calcium spreads while it is released: a spark is two thirds as wide when it begins.
    width = sigma * np.clip(0.67 + 0.33 * age / rise, 0.67, 1)
    canvas.add(canvas.time[seen], y, x, width[seen], peak * shape[seen])
    canvas.events.append(
        TrueEvent(0, "spark", int(shape.argmax()), y, x, decay / interval, peak * float(shape.max()), sigma)
    )


def _glow(canvas: Canvas, r: SparkRanges, level: float, pixel: float, interval: float) -> None:
    """Draw calcium that rises and falls slowly at a place."""
    rng = canvas.rng
    y, x = canvas.place()
    t0 = rng.uniform(0, canvas.frames)
    up = log_uniform(rng, *r.glow_rise_s) / interval
    time = canvas.time - t0
    shape = np.exp(-((time / np.where(time < 0, up, up * rng.uniform(0.7, 3))) ** 2))
    seen = shape > 0.02
    sigma = log_uniform(rng, 0.8, 2 * r.fwhm_um[1]) / _FWHM / pixel
    canvas.add(canvas.time[seen], y, x, sigma, level * log_uniform(rng, *r.amplitude) * shape[seen])
    canvas.note(_GLOW_CLASS, canvas.time[seen][::3], y, x)


def _cytosol(rng: Generator, cell: NDArray[np.float32], level: float, pixel: float) -> NDArray[np.float32]:
    """Draw the resting light of cells, striped as their sarcomeres are ``(y, x)``."""
    light = optics.background(rng, cell, level)
    yy, xx = np.mgrid[: cell.shape[0], : cell.shape[1]]
    angle = rng.uniform(0, np.pi)
    phase = 2 * np.pi * pixel / _SARCOMERE_UM * (np.cos(angle) * yy + np.sin(angle) * xx)
    return (light * (1 + rng.uniform(0.03, 0.15) * np.cos(phase) * cell)).astype(np.float32)


def _artefacts(
    canvas: Canvas, way: NDArray[np.float64], jumps: NDArray[np.int64], shaken: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return rows (class, frame, y, x) of what is no spark; what goes on everywhere has no place."""
    rows = np.array(canvas.artefacts, np.float32).reshape(-1, 4)
    rows[:, 2:] += way[rows[:, 1].astype(int)]
    everywhere = [(-8, t, np.nan, np.nan) for t in jumps] + [(-5, t, np.nan, np.nan) for t in shaken]
    return np.concatenate([rows, np.array(everywhere, np.float32).reshape(-1, 4)])
