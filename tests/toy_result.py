"""Small results made by hand, for the tests of what is written."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ivea_fiji.events.classes import BY_ID
from ivea_fiji.events.model import Event, Kinetics, Rejected, Result, Traces
from ivea_fiji.movie.movie import Movie
from ivea_fiji.params import RandomParams

BEFORE, AFTER = 20, 100
TILES = tuple(range(-4, 13))


class Blank:
    """A movie of which only the shape matters."""

    dtype = np.dtype(np.uint16)

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.shape = shape

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return frames of zeros."""
        return np.zeros((stop - start, *self.shape[1:]), self.dtype)


def toy_movie(**values) -> Movie:
    """Return a movie of 600 frames of 160 x 200 px, 0.1 um and 0.1 s."""
    given = {"source": Blank((600, 160, 200)), "name": "cell 1.tif", "pixel_size_um": 0.1, "frame_interval_s": 0.1}
    return Movie(**{**given, **values})


def toy_result(n: int = 24, seed: int = 0, movie: Movie | None = None, **values) -> Result:
    """Return a result with `n` events of three classes in a cell, and a third as many rejected candidates."""
    rng = np.random.default_rng(seed)
    movie = movie or toy_movie()
    frames, height, width = movie.shape
    image = _cell(rng, height, width)
    inside = np.argwhere(image > np.quantile(image, 0.6))
    places = inside[rng.integers(0, len(inside), n + n // 3)] + rng.uniform(-0.4, 0.4, (n + n // 3, 2))
    times = np.sort(rng.integers(0, frames, n))
    classes = rng.choice([0, 0, 0, 1, 2], n)
    offset = np.arange(-BEFORE, AFTER + 1, dtype=np.int32)
    raw = np.empty((n, offset.size), np.float32)
    events, patches = [], []
    for i in range(n):
        amplitude, tau = rng.uniform(150, 600), rng.uniform(5, 15) * (4 if classes[i] == 2 else 1)
        shape = _course(classes[i], offset, tau)
        raw[i] = 400 + amplitude * shape + rng.normal(0, 20, offset.size)
        raw[i, (times[i] + offset < 0) | (times[i] + offset >= frames)] = np.nan
        onset = float(times[i]) - 2.5 if i % 7 else np.nan
        kinetics = Kinetics(onset, 400.0, amplitude, amplitude / 400, amplitude / 20, 1.5, tau, 0.95, tau * 0.69,
                            tau, 3.5 + i % 3, amplitude * tau, 0.31 if i % 2 else np.nan, 0.9 if i % 2 else np.nan)
        y, x = places[i]
        events.append(
            Event(i + 1, int(classes[i]), BY_ID[classes[i]].name, float(rng.uniform(0.6, 1)), int(times[i]),
                  float(y), float(x), 4.5, 9.25, 1.6, kinetics)
        )
        patches.append(_patch(rng, amplitude, classes[i], tau))
    best = sorted(range(n), key=lambda i: -events[i].probability)[:24]
    rejected = tuple(
        Rejected(int(rng.integers(0, frames)), float(y), float(x), *_why(rng)) for y, x in places[n:]
    )
    empty = np.zeros((0, len(TILES), 32, 32), np.float32)
    result = Result(
        movie, RandomParams(), tuple(events), Traces(offset, raw, np.full_like(raw, 120.0)), rejected,
        {"name": "evit28", "version": "1", "sha256": "ab" * 32, "threshold": 0.5}, {"threshold": 3.25},
        image, np.stack([patches[i] for i in best]) if n else empty, tuple(events[i].event for i in best), TILES,
        timings={"candidates": 1.5, "network": 2.25},
    )
    return replace(result, **values)


def _why(rng: np.random.Generator) -> tuple[int, float, str]:
    choices = [(-3, 0.02, "artefact"), (-1, 0.1, "artefact"), (0, 0.4, "below threshold"), (0, 0.8, "repeat")]
    return choices[rng.integers(len(choices))]


def _course(class_id: int, offset: np.ndarray, tau: float) -> np.ndarray:
    if class_id == 1:
        return np.where(offset < 0, 1.0, 0.1)
    rise = 3 if class_id == 0 else 2
    return np.clip((offset + rise) / rise, 0, 1) * np.exp(-np.clip(offset, 0, None) / tau)


def _patch(rng: np.random.Generator, amplitude: float, class_id: int, tau: float) -> np.ndarray:
    yy, xx = np.mgrid[-16:16, -16:16]
    tiles = []
    for t in TILES:
        width = 2.0 + 0.12 * max(t, 0) * (class_id == 0)
        height = amplitude * _course(class_id, np.array([t]), tau)[0] * 4 / width**2
        tiles.append(400 + height * np.exp(-(yy**2 + xx**2) / (2 * width**2)) + rng.normal(0, 25, yy.shape))
    return np.stack(tiles).astype(np.float32)


def _cell(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    yy, xx = np.mgrid[:height, :width]
    angle = np.arctan2(yy - height / 2, xx - width / 2)
    reach = np.hypot((yy - height / 2) / height, (xx - width / 2) / width) / (0.38 + 0.04 * np.sin(3 * angle + 1))
    image = 120 + 280 / (1 + np.exp((reach - 1) * 25))
    for _ in range(150):
        y, x = rng.uniform(0, height), rng.uniform(0, width)
        spot = np.exp(-((yy - y) ** 2 + (xx - x) ** 2) / (2 * 1.4**2))
        image += rng.uniform(20, 200) * spot * (image[int(y), int(x)] > 300)
    return (image + rng.normal(0, 3, image.shape)).astype(np.float32)
