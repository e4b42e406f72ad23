"""The light of single objects over time, to be drawn into a recording: fusions, and what looks like them.

Every function draws one object as the camera sees it, each frame averaged over its exposure. All of them are ours;
what an object is called follows from its light (`ivea_fiji.simulation.definition`), not from the name it has here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ivea_fiji.events.classes import FUSION, LATENT, NO_CLOUD
from ivea_fiji.simulation.canvas import log_uniform
from ivea_fiji.simulation.definition import Course

_PARTS = 8
"""Moments of an exposure over which a frame is averaged."""
_WIDEST = 6.0
"""A cloud wider than this many vesicles is too thin to be drawn."""
_FAINTEST = 0.004


@dataclass(frozen=True)
class DrawnLight:
    """One object of a movie."""

    kind: str
    course: Course
    """Its place is relative to where it is put; its light is 1 for a spot of the brightness 1 and the width of the
    optics."""
    released: tuple[int, ...] = ()
    """Frames in which it was made to fuse."""
    decay: float = 1.0
    """Time constant of its loss, frames."""


Draw = Callable[[Generator, int, float], DrawnLight]
"""Takes the source of chance, the frames of the movie and the width of a spot in px."""


def flash(rng: Generator, frames: int, sigma: float) -> DrawnLight:
    """Draw the flash of a pH-sensitive label: sudden light that spreads and is lost; some vesicles glow before."""
    start = rng.uniform(0.5, frames - 1)
    decay, lost = _loss(rng)
    spread = log_uniform(rng, 0.01, 2.0) * sigma**2 if rng.random() < 0.75 else 0.0
    hold = rng.uniform(0, 3) if rng.random() < 0.25 else 0.0
    light, width = _cloud(frames, start, sigma, spread, lambda age: lost(np.maximum(age - hold, 0)))
    if rng.random() < 0.35:
        light = light + rng.uniform(0.03, 0.45) * _there(rng, frames, start)
    return DrawnLight("ph_sensitive", _course(light, width, _jitter(rng, frames)), (int(start),), decay)


def spreading(rng: Generator, frames: int, sigma: float) -> DrawnLight:
    """Draw a docked vesicle that brightens or not, spreads and is lost (pH-insensitive label)."""
    start = rng.uniform(3, frames - 1)
    decay, lost = _loss(rng)
    spread = log_uniform(rng, 0.05, 2.0) * sigma**2
    light, width = _cloud(frames, start, sigma, spread, lost)
    light = rng.uniform(0.8, 2.0) * light + _there(rng, frames, start) * _bobbing(rng, frames)
    return DrawnLight("ph_insensitive", _course(light, width, _jitter(rng, frames)), (int(start),), decay)


def lost_at_once(rng: Generator, frames: int, sigma: float) -> DrawnLight:
    """Draw a docked vesicle that is gone from one frame to the next."""
    start = rng.uniform(5, frames - 1)
    light = _there(rng, frames, start) * _bobbing(rng, frames)
    return DrawnLight("vanish", _course(light, np.full(frames, sigma), _jitter(rng, frames)), (int(np.ceil(start)),))


def latent(rng: Generator, frames: int, sigma: float) -> DrawnLight:
    """Draw latent fusion: sudden light that stays where it is and fades slowly."""
    start = rng.uniform(0.5, frames - 1)
    decay = log_uniform(rng, 12, 200)
    spread = rng.uniform(0, 0.004) * sigma**2
    light, width = _cloud(frames, start, sigma, spread, lambda age: np.exp(-age / decay))
    if rng.random() < 0.25:
        light = light + rng.uniform(0.03, 0.3) * _there(rng, frames, start)
    return DrawnLight("latent", _course(light, width, _jitter(rng, frames)), (int(start),), decay)


def blinker(rng: Generator, frames: int, sigma: float) -> DrawnLight:
    """Draw a spot that goes on and off again and again, some with two levels."""
    on, off = log_uniform(rng, 1.5, 25), log_uniform(rng, 1.5, 25)
    level = rng.uniform(0.5, 1, 2)
    light, time = np.zeros(frames), -rng.exponential(on + off)
    while time < frames:
        lasts = rng.exponential(on)
        light += rng.choice(level) * _exposed(frames, time, time + lasts)
        time += lasts + rng.exponential(off)
    return DrawnLight("blinker", _course(light, np.full(frames, sigma), _jitter(rng, frames)))


def box(rng: Generator, frames: int, sigma: float) -> DrawnLight:
    """Draw a light that is on for any time: it comes at once, stays as it is, and goes at once."""
    start = rng.uniform(-0.3 * frames, frames - 1)
    light = _exposed(frames, start, start + log_uniform(rng, 1, 1.5 * frames))
    return DrawnLight("box", _course(light, np.full(frames, sigma), _jitter(rng, frames)))


def visitor(rng: Generator, frames: int, sigma: float) -> DrawnLight:
    """Draw a vesicle that comes to the membrane within some frames, stays there, still or not, and leaves again."""
    come, go, stay = log_uniform(rng, 3, 14), log_uniform(rng, 3, 14), log_uniform(rng, 2, 60)
    start = rng.uniform(-come - stay, frames - 3)
    time = np.arange(frames) + 0.5 - start
    light = np.clip(np.minimum(time / come, (come + stay + go - time) / go), 0, 1) ** rng.uniform(0.8, 2)
    way = _way(rng, frames, rng.choice([0.0, log_uniform(rng, 0.05, 0.8)]))
    # It is sharper the nearer it is, but brightens far more than it sharpens.
    return DrawnLight("visitor", _course(light, sigma * (1 + rng.uniform(0, 0.35) * (1 - light)), way))


def lodger(rng: Generator, frames: int, sigma: float) -> DrawnLight:
    """Draw a vesicle that has been there for long and leaves within some frames, or that comes and stays."""
    takes, when = log_uniform(rng, 1.5, 14), rng.uniform(1, frames - 1)
    light = np.clip(1 - (np.arange(frames) + 0.5 - when) / takes, 0, 1) ** rng.uniform(0.6, 2)
    if rng.random() < 0.3:
        light = light[::-1]
    wide = sigma * (1 + rng.uniform(0, 0.35) * (1 - light))
    return DrawnLight("lodger", _course(light * _bobbing(rng, frames), wide, _jitter(rng, frames)))


def wanderer(rng: Generator, frames: int, sigma: float) -> DrawnLight:
    """Draw a spot that appears and wanders off, as bright as it came; some go straight on."""
    start = rng.uniform(-5, frames - 2)
    light = _exposed(frames, start, start + log_uniform(rng, 4, 2 * frames))
    come = rng.uniform(0.5, 5)
    light = light * np.clip((np.arange(frames) + 1 - start) / come, 0, 1)
    way = _way(rng, frames, log_uniform(rng, 0.3, 1.8))
    if rng.random() < 0.4:
        angle, speed = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 1.8)
        going = np.maximum(np.arange(frames) - start - rng.uniform(0, 6), 0)
        way = 0.3 * way + speed * going[:, None] * (np.sin(angle), np.cos(angle))
    way = way - way[max(int(start), 0)]
    return DrawnLight("wanderer", _course(light, np.full(frames, sigma), way))


def ramp(rng: Generator, frames: int, sigma: float) -> DrawnLight:
    """Draw a place that becomes slowly brighter or darker."""
    start, lasts = rng.uniform(-10, frames - 2), log_uniform(rng, 8, 80)
    part = np.clip((np.arange(frames) + 0.5 - start) / lasts, 0, 1)
    light = part if rng.random() < 0.5 else 1 - part
    return DrawnLight("ramp", _course(light, np.full(frames, sigma), _jitter(rng, frames)))


def resident(rng: Generator, frames: int, sigma: float) -> DrawnLight:
    """Draw a vesicle that is there all the time, steady or bobbing, some brightening or dimming by a part at once."""
    light = _bobbing(rng, frames, 0.35)
    if rng.random() < 0.5:
        step = _exposed(frames, rng.uniform(1, frames - 1), frames)
        light = light * (1 + rng.uniform(-0.5, 0.6) * step)
    return DrawnLight("resident", _course(light, np.full(frames, sigma), _jitter(rng, frames)))


FUSIONS: dict[str, dict[Draw, float]] = {
    "mixed": {flash: 0.35, spreading: 0.25, lost_at_once: 0.15, latent: 0.25},
    "ph_sensitive": {flash: 1.0},
    "ph_insensitive": {spreading: 0.6, lost_at_once: 0.4},
    "latent": {latent: 1.0},
    "none": {},
}
"""Share of each fusion in a movie of that kind."""
CLASS_OF: dict[Draw, int] = {flash: FUSION.id, spreading: FUSION.id, lost_at_once: NO_CLOUD.id, latent: LATENT.id}
"""What the light of each fusion has to show."""
OTHERS: dict[Draw, float] = {
    blinker: 0.17, box: 0.16, visitor: 0.16, lodger: 0.2, wanderer: 0.16, ramp: 0.07, resident: 0.08,
}  # fmt: skip
"""Share of each other light."""


def _course(light: NDArray, width: NDArray, way: NDArray) -> Course:
    """Scale the light so that the brightest moment of the object has the brightness 1."""
    sigma = float(width.min())
    bright = float((light * (sigma / width) ** 2).max())
    light = np.where(light > _FAINTEST * light.max(initial=0.0), light, 0.0) / max(bright, 1e-12)
    return Course(light, np.asarray(width, np.float64), way[:, 0], way[:, 1])


def _loss(rng: Generator) -> tuple[float, Callable[[NDArray], NDArray]]:
    """Draw how light is lost: exponentially, or ever more slowly as by diffusion (a power of the time)."""
    decay = log_uniform(rng, 0.8, 30)
    if rng.random() < 0.7:
        return decay, lambda age: np.exp(-age / decay)
    power = rng.uniform(1.0, 2.0)
    return decay, lambda age: (1 + age / (decay * power)) ** -power


def _cloud(
    frames: int, start: float, sigma: float, spread: float, lost: Callable[[NDArray], NDArray]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return light and width of a cloud that begins within a frame, averaged over each exposure.

    Parameters
    ----------
    frames
        Frames of the movie.
    start
        When it begins, in frames; frame 0 is exposed from 0 to 1.
    sigma
        Width when it begins, px.
    spread
        How fast half of its variance grows, px^2 per frame (the diffusion coefficient).
    lost
        What is left of the light at an age in frames.
    """
    age = np.arange(frames)[:, None] + (np.arange(_PARTS) + 0.5) / _PARTS - start
    variance = sigma**2 + 2 * spread * np.maximum(age, 0)
    part = np.where((age > 0) & (variance < (_WIDEST * sigma) ** 2), lost(np.maximum(age, 0)), 0.0)
    light = part.mean(axis=1)
    width = np.sqrt(np.divide((part * variance).mean(axis=1), light, out=np.full(frames, sigma**2), where=light > 0))
    return light, width


def _exposed(frames: int, start: float, stop: float) -> NDArray[np.float64]:
    """Return the part of each exposure ``(t,)`` that lies between two times, in frames."""
    first = np.arange(frames)
    return np.clip(np.minimum(first + 1, stop) - np.maximum(first, start), 0, 1).astype(np.float64)


def _there(rng: Generator, frames: int, until: float) -> NDArray[np.float64]:
    """Draw the light of a vesicle before its fusion: there from the start, or come at once or within some frames."""
    light = _exposed(frames, 0, until)
    if rng.random() < 0.55 or until < 6:
        return light
    come = rng.uniform(0, until - 5)
    if rng.random() < 0.5:
        return light * _exposed(frames, come, frames)
    return light * np.clip((np.arange(frames) + 0.5 - come) / rng.uniform(4, 12), 0, 1)


def _bobbing(rng: Generator, frames: int, strength: float = 0.12) -> NDArray[np.float64]:
    """Draw how the brightness of a vesicle fluctuates as its depth does, about 1 ``(t,)``."""
    depth = np.zeros(frames)
    keep = np.exp(-1 / log_uniform(rng, 2, 30))
    kicks = rng.normal(0, np.sqrt(1 - keep**2), frames)
    depth[0] = rng.normal()
    for t in range(1, frames):
        depth[t] = keep * depth[t - 1] + kicks[t]
    return np.exp(rng.uniform(0, strength) * depth)


def _jitter(rng: Generator, frames: int) -> NDArray[np.float64]:
    """Draw the way of an object that is held at its place ``(t, 2)``, px."""
    return rng.normal(0, rng.uniform(0, 0.12), (frames, 2))


def _way(rng: Generator, frames: int, step: float) -> NDArray[np.float64]:
    """Draw a random walk ``(t, 2)``, px."""
    return np.cumsum(rng.normal(0, step, (frames, 2)), axis=0)
