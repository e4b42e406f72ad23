"""What is not fusion but changes intensity: drawn on a canvas, with its label."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ivea_fiji.simulation.canvas import Canvas, log_uniform, walk


def resident(canvas: Canvas, sigma: float, amplitude: float) -> None:
    """Draw a vesicle that stays in the movie: resting or moving, steady, fluctuating or bobbing in the field."""
    rng = canvas.rng
    y, x = canvas.place()
    n = canvas.frames
    way = walk(rng, n, rng.choice(["still", "confined", "brownian", "directed"], p=[0.3, 0.25, 0.25, 0.2]))
    way = way + (y, x)
    brightness = np.ones(n)
    if rng.random() < 0.45:
        # Moving by a part of the field's depth changes intensity exponentially (evanescent field).
        depth = ndimage.gaussian_filter1d(rng.normal(0, 1, n), rng.uniform(1.0, 20))
        depth *= rng.uniform(0.1, 0.7) / (depth.std() + 1e-9)
        brightness = np.exp(-depth)
    canvas.add(canvas.time, way[:, 0], way[:, 1], sigma, amplitude * brightness)
    smooth = ndimage.gaussian_filter1d(way, 1.5, axis=0)
    moving = np.hypot(*np.gradient(smooth, axis=0).T) > 0.25
    canvas.note(-3, canvas.time[moving], way[moving, 0], way[moving, 1])
    calm = np.flatnonzero(~moving)[::4]
    canvas.note(-2, calm, way[calm, 0], way[calm, 1])


def docking(canvas: Canvas, sigma: float, amplitude: float) -> None:
    """Draw a vesicle that comes up from the cytosol and stays.

    The evanescent field is thinner than the depth of focus, so that it brightens far more than it sharpens.
    """
    rng = canvas.rng
    y, x = canvas.place()
    t0, lasts = int(rng.integers(0, canvas.frames - 4)), int(rng.integers(6, 30))
    time = np.arange(t0, canvas.frames)
    way = walk(rng, len(time), rng.choice(["still", "confined", "brownian"])) + (y, x)
    part = np.clip((time - t0 + 1) / lasts, 0, 1)
    canvas.add(time, way[:, 0], way[:, 1], sigma * (1 + rng.uniform(0, 0.4) * (1 - part)), amplitude * part**1.5)
    k = np.arange(0, min(lasts + 3, len(time)), 2)
    canvas.note(-6, time[k], way[k, 0], way[k, 1])


def undocking(canvas: Canvas, sigma: float, amplitude: float) -> None:
    """Draw a vesicle that leaves the membrane again: the reverse of docking."""
    rng = canvas.rng
    y, x = canvas.place()
    t0, lasts = int(rng.integers(0, canvas.frames - 4)), int(rng.integers(6, 30))
    part = 1 - np.clip((canvas.time - t0) / lasts, 0, 1)
    time = canvas.time[part > 0]
    way = walk(rng, canvas.frames, rng.choice(["still", "confined", "brownian"])) + (y, x)
    width = sigma * (1 + rng.uniform(0, 0.4) * (1 - part[time]))
    canvas.add(time, way[time, 0], way[time, 1], width, amplitude * part[time] ** 1.2)
    k = np.arange(t0, min(t0 + lasts + 3, canvas.frames), 2)
    canvas.note(-7, k, way[k, 0], way[k, 1])


def slow_rise(canvas: Canvas, sigma: float, amplitude: float) -> None:
    """Draw a place that becomes brighter over tens of frames."""
    rng = canvas.rng
    y, x = canvas.place()
    t0, lasts = int(rng.integers(0, canvas.frames - 4)), int(rng.integers(12, 70))
    part = np.clip((canvas.time - t0) / lasts, 0, 1)
    canvas.add(canvas.time, y, x, sigma, amplitude * (0.3 + 1.2 * part))
    canvas.note(-6, np.arange(t0, min(t0 + lasts + 3, canvas.frames), 2), y, x)


def blinking(canvas: Canvas, sigma: float, amplitude: float) -> None:
    """Draw a fluorophore cluster that blinks: on and off again and again, always as small as the optics allow."""
    rng = canvas.rng
    y, x = canvas.place()
    # Fast enough to be seen more than once in a sequence: a single long step is what a fusion looks like.
    longest = rng.integers(2, 11, 2)
    turns = np.cumsum(rng.integers(1, longest[np.arange(canvas.frames) % 2] + 1))
    state = np.searchsorted(turns, canvas.time, side="right") % 2 == rng.integers(2)
    canvas.add(canvas.time, y, x, sigma * 0.85, amplitude * state)
    canvas.note(-4, np.flatnonzero(np.diff(state.astype(int))) + 1, y, x)
    canvas.note(-4, np.flatnonzero(state), y, x)


def spike(canvas: Canvas, sigma: float, amplitude: float) -> None:
    """Draw a cosmic ray or a warm pixel: one or two frames, smaller than any vesicle."""
    rng = canvas.rng
    y, x = canvas.place()
    t0 = int(rng.integers(0, canvas.frames))
    time = np.arange(t0, min(t0 + int(rng.integers(1, 3)), canvas.frames))
    canvas.add(time, y, x, rng.uniform(0.35, 0.6), amplitude * rng.uniform(1, 6))
    canvas.note(-1, time, y, x)


def visit(canvas: Canvas, sigma: float, amplitude: float) -> None:
    """Draw a vesicle that passes by sideways."""
    rng = canvas.rng
    y, x = canvas.place()
    n = int(rng.integers(8, 50))
    t0 = int(rng.integers(-n // 2, canvas.frames - 4))
    speed, angle = rng.uniform(0.35, 2.5), rng.uniform(0, 2 * np.pi)
    u = np.arange(n) - n / 2
    bright = np.clip(np.minimum(np.arange(n) + 1, n - np.arange(n)) / rng.uniform(3, 10), 0, 1)
    time = t0 + np.arange(n)
    seen = (time >= 0) & (time < canvas.frames)
    py, px = y + np.sin(angle) * speed * u, x + np.cos(angle) * speed * u
    canvas.add(time[seen], py[seen], px[seen], sigma, amplitude * bright[seen])
    canvas.note(-3, time[seen], py[seen], px[seen])


def passage(canvas: Canvas, sigma: float, amplitude: float) -> None:
    """Draw something that goes through the focus from below: wide, sharper, wide again."""
    rng = canvas.rng
    y, x = canvas.place()
    # Slower than the clouds of Eq 16, which come and go alike within some 16 frames at most.
    n = int(rng.integers(70, 180))
    t0 = int(rng.integers(-n // 2, canvas.frames - 4))
    bump = np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2
    time = t0 + np.arange(n)
    seen = (time >= 0) & (time < canvas.frames)
    way = walk(rng, n, rng.choice(["confined", "brownian"])) + (y, x)
    canvas.add(time[seen], way[seen, 0], way[seen, 1], sigma * (2.6 - 1.4 * bump[seen]), amplitude * bump[seen])
    canvas.note(-5, time[seen], way[seen, 0], way[seen, 1])


def haze(canvas: Canvas, sigma: float, amplitude: float) -> None:
    """Draw a large blurred light that drifts through below the focus."""
    rng = canvas.rng
    y, x = canvas.place()
    n = int(rng.integers(30, 160))
    t0 = int(rng.integers(-n // 2, canvas.frames - 4))
    speed, angle = rng.uniform(0.1, 1.5), rng.uniform(0, 2 * np.pi)
    u = np.arange(n) - n / 2
    time = t0 + np.arange(n)
    seen = (time >= 0) & (time < canvas.frames)
    py, px = y + np.sin(angle) * speed * u, x + np.cos(angle) * speed * u
    bright = np.sin(np.pi * (np.arange(n) + 0.5) / n)
    canvas.add(time[seen], py[seen], px[seen], rng.uniform(4, 12), rng.uniform(0.1, 0.5) * amplitude * bright[seen])
    canvas.note(-8, time[seen], py[seen], px[seen])


LOCAL = {
    docking: 0.2,
    undocking: 0.2,
    slow_rise: 0.1,
    blinking: 0.08,
    spike: 0.1,
    visit: 0.17,
    passage: 0.1,
    haze: 0.05,
}
"""Artefacts that happen at one place, with their share."""


def draw_local(canvas: Canvas, sigma: float, unit: float) -> None:
    """Draw one local artefact of a random kind."""
    rng = canvas.rng
    kind = list(LOCAL)[rng.choice(len(LOCAL), p=np.array(list(LOCAL.values())) / sum(LOCAL.values()))]
    kind(canvas, sigma, unit * log_uniform(rng, 0.3, 2.5))
