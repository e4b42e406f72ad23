"""Neurites with boutons, and what travels along them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ivea_fiji.simulation.canvas import log_uniform

_MARGIN = 20
"""Neurites begin and end outside the image, px."""


@dataclass(frozen=True)
class Bouton:
    """A place where vesicles are released again and again."""

    site: int
    """Number, from 1."""
    y: float
    x: float
    sigma: float
    """Standard deviation of its light, px."""


def neurites(rng: Generator, height: int, width: int, count: int) -> list[NDArray[np.float64]]:
    """Draw the courses of neurites: points ``(n, 2)`` (y, x), a pixel apart, that wind through the image."""
    out = []
    for _ in range(count):
        y, x = rng.uniform(0, height), rng.uniform(0, width)
        angle = rng.uniform(0, 2 * np.pi)
        half = height + width
        turn = np.cumsum(rng.normal(0, rng.uniform(0.02, 0.08), 2 * half))
        turn = angle + turn - turn[half]
        step = np.stack([np.sin(turn), np.cos(turn)], 1)
        way = np.cumsum(step, 0)
        way += (y, x) - way[half]
        near = (way > -_MARGIN).all(axis=1) & (way[:, 0] < height + _MARGIN) & (way[:, 1] < width + _MARGIN)
        # The stretch around the start, up to where the neurite leaves the image.
        first = half - int(np.argmin(near[half::-1])) + 1 if not near[: half + 1].all() else 0
        last = half + int(np.argmin(near[half:])) if not near[half:].all() else len(way)
        out.append(way[first:last])
    return out


def neurite_image(rng: Generator, ways: list[NDArray[np.float64]], height: int, width: int) -> NDArray[np.float32]:
    """Draw the light of the neurites themselves ``(y, x)``, about 1 in the middle of one."""
    out = np.zeros((height, width), np.float32)
    for way in ways:
        line = np.zeros((height, width), np.float32)
        at = np.rint(way).astype(int)
        inside = (at >= 0).all(axis=1) & (at[:, 0] < height) & (at[:, 1] < width)
        line[at[inside, 0], at[inside, 1]] = 1
        thick = np.asarray(cv2.GaussianBlur(line, (0, 0), rng.uniform(0.9, 2.2)), np.float32)
        out += thick * np.float32(log_uniform(rng, 0.4, 1.6) / max(float(thick.max()), 1e-6))
    return out


def boutons(
    rng: Generator, ways: list[NDArray[np.float64]], height: int, width: int, spacing: tuple[float, float],
    apart: float, sigma: tuple[float, float],
) -> list[Bouton]:
    """Set boutons along neurites, none nearer to another than `apart` px.

    Parameters
    ----------
    rng
        Source of chance.
    ways
        Neurites.
    height, width
        Size of the image.
    spacing
        Limits of the way from one bouton to the next, px.
    apart
        Smallest distance of two boutons, px.
    sigma
        Limits of their size, px.
    """
    kept: list[Bouton] = []
    for way in ways:
        at = 0.0
        while True:
            at += log_uniform(rng, *spacing)
            if at >= len(way) - 1:
                break
            y, x = way[int(at)] + rng.normal(0, 0.7, 2)
            size = rng.uniform(*sigma)
            inside = 1 <= y < height - 1 and 1 <= x < width - 1
            if inside and all(np.hypot(y - b.y, x - b.x) >= apart for b in kept):
                kept.append(Bouton(len(kept) + 1, float(y), float(x), size))
    return kept


def travel(rng: Generator, way: NDArray[np.float64], frames: int, speed: tuple[float, float]) -> NDArray[np.float64]:
    """Draw a packet that moves along a neurite, stops and goes on: its place in every frame, ``(t, 2)``."""
    at, direction = rng.uniform(0, len(way) - 1), rng.choice([-1, 1])
    out = np.empty((frames, 2))
    t = 0
    while t < frames:
        stay = int(rng.exponential(30)) + 3
        moving = rng.random() < 0.6
        pace = direction * rng.uniform(*speed) if moving else 0.0
        for _ in range(min(stay, frames - t)):
            at += pace
            if not 0 <= at <= len(way) - 1:
                direction, pace = -direction, -pace
                at = float(np.clip(at, 0, len(way) - 1))
            low = min(int(at), len(way) - 2)
            out[t] = way[low] + (at - low) * (way[low + 1] - way[low])
            t += 1
    return out + rng.normal(0, 0.05, (frames, 2))
