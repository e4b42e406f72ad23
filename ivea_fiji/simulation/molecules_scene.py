"""What movies of molecules are made of: bags of single molecules, and the scene they are put into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import ndimage

_TRIES = 200
_EVEN = 150
"""From so many molecules on, an object has no grain."""


@dataclass(frozen=True)
class Bag:
    """One object: molecules whose places and light are known in every frame from `start` on."""

    kind: str
    start: int
    y: NDArray[np.float32]
    x: NDArray[np.float32]
    """Places ``(t, n)``, px, without drift of the stage."""
    light: NDArray[np.float32]
    """Photons per frame ``(t, n)``; 0 where a molecule is dark, bleached, or not there."""
    released: tuple[int, ...] = ()
    """Frames in which it was drawn to release its cargo."""
    up: int = -2
    down: int = -2
    """Artefact class of its brightenings and dimmings that are no events."""


@dataclass(frozen=True)
class Scene:
    """A movie to be: its size, scale and the objects so far."""

    rng: Generator
    frames: int
    shape: tuple[int, int]
    inside: NDArray[np.intp]
    """Pixels within cells ``(n, 2)``."""
    psf: float
    """Standard deviation of the image of one molecule, px."""
    granule: float
    """Standard deviation of a typical granule, px."""
    unit: float
    """Photons per frame of a typical object, all its molecules together."""
    leak: float
    """Part of the light that does not fall off with depth."""
    bags: list[Bag]
    taken: list[tuple[float, float, int]]
    """Places and frames of releases."""

    def log(self, low: float, high: float) -> float:
        """Return a random number between limits, uniform in its logarithm; in a short movie limits may cross."""
        return float(np.exp(self.rng.uniform(*np.log(sorted((low, high))))))

    def share(self, part: float) -> bool:
        """Return True with this probability."""
        return bool(self.rng.random() < part)

    def place(self) -> tuple[float, float]:
        """Return a random place, nearly always within a cell, px."""
        if len(self.inside) and self.rng.random() < 0.93:
            y, x = self.inside[self.rng.integers(len(self.inside))] + self.rng.uniform(-0.5, 0.5, 2)
        else:
            y, x = self.rng.uniform(-0.5, np.array(self.shape) - 0.5)
        return float(y), float(x)

    def moment(self, after: int, apart_px: float = 12.0, apart_frames: int = 28) -> tuple[float, float, int]:
        """Return place and frame of a release, `after` frames before the end, apart from others if there is room."""
        first, last = min(10, self.frames // 3), max(self.frames - after, self.frames // 3 + 1)
        for _ in range(_TRIES):
            (y, x), t = self.place(), int(self.rng.integers(first, last))
            if all(np.hypot(y - v, x - u) > apart_px or abs(t - s) > apart_frames for v, u, s in self.taken):
                break
        self.taken.append((y, x, t))
        return y, x, t

    def size(self) -> float:
        """Return the size of one granule, px."""
        return self.granule * self.rng.uniform(0.6, 1.5)

    def bright(self, low: float = 0.3, high: float = 2.5) -> float:
        """Return the light of one object, photons per frame."""
        return self.unit * self.log(low, high)

    def walk(self, n: int, how: str | None = None, speed: float | None = None) -> NDArray[np.float64]:
        """Return a way ``(n, 2)`` in px that starts at 0: 'still', 'confined', 'brownian', 'directed' or 'caged'."""
        rng = self.rng
        how = how or str(
            rng.choice(["still", "confined", "brownian", "directed", "caged"], p=[0.3, 0.25, 0.25, 0.1, 0.1])
        )
        if how == "still":
            return np.zeros((n, 2))
        if how == "confined":
            stays = rng.uniform(0.6, 0.97)
            way = _relax(rng.normal(0, speed or self.log(0.04, 0.5), (n, 2)), stays)
        elif how == "brownian":
            way = np.cumsum(rng.normal(0, speed or self.log(0.05, 1.0), (n, 2)), axis=0)
        elif how == "directed":
            turn = np.cumsum(rng.normal(0, self.log(0.01, 0.4), n)) + rng.uniform(0, 2 * np.pi)
            pace = (speed or self.log(0.1, 2.5)) * np.clip(1 + 0.5 * _relax(rng.normal(0, 0.4, n), 0.9), 0, None)
            way = np.cumsum(np.column_stack([np.sin(turn), np.cos(turn)]) * pace[:, None], axis=0)
        else:  # caged: stays, then hops
            hops = rng.random(n) < self.log(0.005, 0.1)
            way = np.cumsum(rng.normal(0, self.log(0.6, 4), (n, 2)) * hops[:, None], axis=0)
            way += _relax(rng.normal(0, 0.1, (n, 2)), 0.8)
        return way - way[0]

    def wave(self, n: int, memory: float, spread: float) -> NDArray[np.float64]:
        """Return smooth random values ``(n,)`` of mean 0, this standard deviation and memory in frames."""
        raw = ndimage.gaussian_filter1d(self.rng.normal(0, 1, n), min(memory, n / 5), mode="nearest")
        return (raw - raw.mean()) * spread / max(float(raw.std()), 1e-9)

    def put(
        self,
        kind: str,
        way: NDArray,
        level: NDArray,
        light: float,
        *,
        start: int = 0,
        size: float | None = None,
        molecules: int | None = None,
        depth: NDArray | None = None,
        lifetime: float | None = None,
        up: int = -2,
        down: int = -2,
    ) -> Bag:
        """Add an object whose molecules move together.

        Parameters
        ----------
        kind
            Its name.
        way
            Where its middle is ``(t, 2)``, px.
        level
            Light of each frame ``(t,)`` as part of `light`.
        light
            Photons per frame of all molecules.
        start
            Frame of the first row.
        size
            Standard deviation, px; a granule's by default.
        molecules
            Their number.
        depth
            Depth in the evanescent field ``(t,)``, in units of its 1/e depth; deeper is dimmer and less sharp.
        lifetime
            Mean time to bleaching, frames; the molecules bleach one by one.
        up, down
            Classes of its changes.
        """
        rng, t = self.rng, len(level)
        n = molecules or int(rng.integers(10, 40))
        own = rng.normal(0, 1, (2, n)) if n < _EVEN else _even(n)
        own *= self.size() if size is None else size
        spread = np.ones((t, 1))
        if depth is not None:
            level = level * self.evanescent(depth)
            spread = spread + 0.5 * np.clip(depth, 0, 4)[:, None]
        each = np.repeat((np.asarray(level) * light / n)[:, None], n, axis=1)
        if lifetime:
            each *= np.arange(t)[:, None] < rng.exponential(lifetime, n)
        y, x = (narrow(way[:, k : k + 1] + own[k] * spread) for k in (0, 1))
        bag = Bag(kind, start, y, x, narrow(each), (), up, down)
        self.bags.append(bag)
        return bag

    def evanescent(self, depth: NDArray) -> NDArray[np.float64]:
        """Return the light at a depth as part of that at the glass."""
        return (1 - self.leak) * np.exp(-np.clip(depth, 0, None)) + self.leak * np.exp(-np.clip(depth - 3, 0, None))


def join(kind: str, start: int, parts: Sequence[tuple[NDArray, NDArray, NDArray]], up: int, down: int) -> Bag:
    """Return an object of several parts, each places and light ``(t, n)``."""
    y, x, light = (narrow(np.concatenate(p, axis=1)) for p in zip(*parts, strict=True))
    return Bag(kind, start, y, x, light, (), up, down)


def narrow(values: NDArray) -> NDArray[np.float32]:
    """Return values as they are kept."""
    return np.ascontiguousarray(values, np.float32)


def _even(n: int) -> NDArray[np.float64]:
    """Return places ``(2, n)`` as of a Gaussian of standard deviation 1 but without grain: a spiral of seeds."""
    radius = np.sqrt(-2 * np.log(1 - (np.arange(n) + 0.5) / n))
    turn = np.arange(n) * np.pi * (3 - np.sqrt(5))
    return np.stack([radius * np.sin(turn), radius * np.cos(turn)])


def _relax(kicks: NDArray, stays: float) -> NDArray[np.float64]:
    """Return what random kicks make of something that forgets: an autoregression along the first axis."""
    out = np.array(kicks, float)
    for k in range(1, len(out)):
        out[k] += stays * out[k - 1]
    return out
