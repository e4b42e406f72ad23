"""Synapses that answer a stimulus slowly, and what brightens as slowly without being an answer (ours)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ivea_fiji.simulation.canvas import Canvas, log_uniform
from ivea_fiji.simulation.release import Course


@dataclass(frozen=True)
class SlowRanges:
    """Limits between which slow responses and slow changes are drawn. Times in frames."""

    train: tuple[float, float] = (30.0, 160.0)
    """Length of a stimulus."""
    rise: tuple[float, float] = (1.0, 120.0)
    """Frames until a response is high, unless the stimulus ends before."""
    late: int = 8
    """Most frames by which a synapse begins after the others."""
    amplitude: tuple[float, float] = (0.5, 3.5)
    """Height, in units of the movie's typical event."""
    fatigue: tuple[float, float] = (80.0, 2000.0)
    """Time constant with which a response fades while the stimulus lasts."""
    decay: tuple[float, float] = (15.0, 400.0)
    """Time constant after the stimulus."""
    stays: float = 0.2
    """Share of movies in which responses outlast the movie."""
    wander: tuple[float, float] = (0.02, 0.3)
    """Standard deviation of the light of a resting bouton that comes and goes, over that light."""
    wander_frames: tuple[float, float] = (20.0, 200.0)
    clouds: tuple[float, float] = (1.0, 8.0)
    """Wide lights out of focus per 256 x 256 px and 250 frames."""
    cloud_px: tuple[float, float] = (5.0, 20.0)
    lamp: tuple[float, float] = (0.03, 0.4)
    """By what part the lamp grows brighter or dimmer for good."""
    lamp_frames: tuple[float, float] = (3.0, 120.0)
    blinkers: tuple[float, float] = (0.5, 6.0)
    """Spots per 256 x 256 px that turn on and off rarely."""
    blink_frames: tuple[float, float] = (8.0, 80.0)


_SHAPES: dict[str, Callable[[NDArray], NDArray]] = {
    "ramp": lambda part: np.clip(part, 0, 1),
    "saturating": lambda part: (1 - np.exp(-2.3 * part)) / (1 - np.exp(-2.3)),
    "sigmoid": lambda part: np.where(part < 1, 0.5 - 0.5 * np.cos(np.pi * np.clip(part, 0, 1)), 1.0),
}
"""How light grows, from 0 at the beginning to 1 when the rise is over."""


def slow_response(rng: Generator, r: SlowRanges, n: int, lasts: int, stays: bool) -> Course:
    """Draw a response that rises over up to 120 frames, is high as long as the stimulus lasts, and decays.

    Parameters
    ----------
    rng
        Source of chance.
    r
        Limits.
    n
        Frames until the movie ends.
    lasts
        Frames until the stimulus ends, at which the rise ends too.
    stays
        Whether it stays high afterwards.
    """
    age = np.arange(n)
    rise = log_uniform(rng, *r.rise)
    shape = _SHAPES[str(rng.choice(list(_SHAPES)))]
    grown = shape((np.minimum(age, lasts) + 1) / rise)
    grown /= max(float(shape(np.array([(lasts + 1) / rise]))[0]), 1e-9)
    grown = np.minimum(grown, 1) * np.exp(-np.clip(age - rise, 0, lasts) / log_uniform(rng, *r.fatigue))
    decay = 1e9 if stays else log_uniform(rng, *r.decay)
    return Course(grown * np.exp(-np.maximum(age - lasts, 0) / decay), float(min(rise, lasts)))


def wander(rng: Generator, r: SlowRanges, frames: int) -> NDArray[np.float64]:
    """Draw by what a resting light is multiplied as it comes and goes ``(t,)``: 1 on average."""
    slow = log_uniform(rng, *r.wander_frames)
    half = round(3 * slow)
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) / slow) ** 2)
    wave = np.convolve(rng.normal(0, 1, frames + 2 * half), kernel, "valid")
    return np.maximum(1 + log_uniform(rng, *r.wander) * wave / np.sqrt((kernel**2).sum()), 0)


def lamp_change(rng: Generator, r: SlowRanges, frames: int) -> NDArray[np.float64]:
    """Draw a lamp that grows brighter or dimmer for good ``(t,)``, from 1."""
    middle, lasts = rng.uniform(0, frames), log_uniform(rng, *r.lamp_frames)
    part = _SHAPES["sigmoid"]((np.arange(frames) - middle) / lasts + 0.5)
    return 1 + rng.choice([-1, 1]) * log_uniform(rng, *r.lamp) * part


def draw_clouds(canvas: Canvas, r: SlowRanges, area: float, unit: float) -> None:
    """Draw wide lights that brighten out of focus, some for good; `area` is that of the movie over 256 x 256 px."""
    rng = canvas.rng
    for _ in range(rng.poisson(log_uniform(rng, *r.clouds) * area * canvas.frames / 250)):
        y, x = canvas.place()
        lasts = log_uniform(rng, 8, 200)
        begin = rng.uniform(-lasts, canvas.frames)
        course = _SHAPES["sigmoid"]((canvas.time - begin) / lasts)
        if rng.random() < 0.5:
            course = course * (1 - _SHAPES["sigmoid"]((canvas.time - begin - 1.2 * lasts) / lasts))
        height = unit * log_uniform(rng, 0.1, 1.0)
        canvas.add(canvas.time, y, x, log_uniform(rng, *r.cloud_px), height * course)
        canvas.note(-5, canvas.time[(course > 0)][::2], y, x)


def draw_blinkers(canvas: Canvas, r: SlowRanges, area: float, sigma: float, unit: float) -> None:
    """Draw spots that turn on and off after tens of frames; `area` is that of the movie over 256 x 256 px."""
    rng = canvas.rng
    for _ in range(rng.poisson(log_uniform(rng, *r.blinkers) * area)):
        y, x = canvas.place()
        stays = [log_uniform(rng, *r.blink_frames) for _ in range(2)]
        waits = rng.exponential(np.resize(stays, 2 + 2 * canvas.frames))
        on = np.searchsorted(np.cumsum(waits), canvas.time, side="right") % 2 == rng.integers(2)
        canvas.add(canvas.time, y, x, sigma, unit * log_uniform(rng, 0.3, 2.0) * on)
        canvas.note(-2, canvas.time[::2], y, x)
