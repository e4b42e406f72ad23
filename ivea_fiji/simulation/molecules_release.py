"""Releases in movies of molecules: what each molecule of a granule does when the pore opens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.simulation.molecules_scene import Bag, Scene, narrow

SUBSTEPS = 3
"""Places of a freely diffusing molecule within one exposure."""
_NEVER = 1e9

MIXES: dict[str, dict[str, float]] = {
    "mixed": {"flash": 0.25, "kiss": 0.06, "cloud": 0.29, "partial": 0.03, "vanish": 0.15, "latent": 0.22},
    "ph_sensitive": {"flash": 0.85, "kiss": 0.15},
    "ph_insensitive": {"cloud": 0.6, "partial": 0.1, "vanish": 0.3},
    "latent": {"latent": 1.0},
    "none": {},
}
"""Share of each way of release in a movie of that kind."""


@dataclass(frozen=True)
class Fate:
    """What becomes of the molecules of one granule; times in frames after the pore opens."""

    leaves: NDArray[np.float64]
    """When each leaves the granule."""
    lost: NDArray[np.float64]
    """When each is lost from sight: bleached, gone into the bath, or quenched again."""
    diffusion: NDArray[np.float64]
    """Of each, px^2 per frame, once it has left."""
    before: float
    """Light before the pore opens, as part of that after."""


def release(scene: Scene, how: str) -> None:
    """Add a granule that fuses in the given way, a key of `MIXES`."""
    y, x, t0 = scene.moment(26 if how == "latent" else 10)
    size, n = scene.size(), int(scene.rng.integers(40, 140))
    fate = _FATES[how](scene, n, float(np.hypot(size, scene.psf)))
    kind = {"flash": "ph_sensitive", "kiss": "kiss_and_run", "cloud": "ph_insensitive"}.get(how, how)
    scene.bags.append(_draw(scene, kind, (y, x, t0), size, fate))


def _spreading(scene: Scene, n: int, wide: float, fast: float, slow: float) -> NDArray[np.float64]:
    """Return diffusion such that the spot is half as bright after between `fast` and `slow` frames."""
    return np.full(n, wide**2 / (2 * scene.log(fast, slow)))


def _opening(scene: Scene, n: int, longest: float) -> NDArray[np.float64]:
    """Return when molecules leave: all at once, or through a pore that lets them out one by one."""
    if scene.share(0.5):
        return np.full(n, scene.rng.uniform(0, 1.5) if scene.share(0.3) else 0.0)
    return scene.rng.exponential(scene.log(0.3, longest), n)


def _cargo(scene: Scene, n: int, wide: float, slow: float) -> tuple[NDArray, NDArray, NDArray]:
    """Return leaves, lost and diffusion of cargo in the membrane, in the lumen, or of both."""
    rng = scene.rng
    leaves, spread = _opening(scene, n, 5.0), _spreading(scene, n, wide, 0.7, slow)
    lost = leaves + rng.exponential(scene.log(1.5, 40), n)
    lumen = rng.random(n) < rng.choice([0.0, 1.0, rng.random()], p=[0.5, 0.25, 0.25])
    spread[lumen] = wide**2 * scene.log(0.5, 3)
    lost[lumen] = leaves[lumen] + rng.exponential(scene.log(0.3, 2.0), n)[lumen]
    return leaves, lost, spread


def _flash(scene: Scene, n: int, wide: float) -> Fate:
    before = 0.0 if scene.share(0.55) else scene.rng.uniform(0.05, 0.45)
    return Fate(*_cargo(scene, n, wide, 18.0), before)


def _kiss(scene: Scene, n: int, wide: float) -> Fate:
    """Let the pore close: some molecules got out, the others are quenched again."""
    leaves, lost, spread = _cargo(scene, n, wide, 10.0)
    stays = scene.rng.random(n) < scene.rng.uniform(0.2, 0.9)
    leaves[stays] = _NEVER
    lost[stays] = scene.rng.exponential(scene.log(1.5, 14), n)[stays]
    return Fate(leaves, lost, spread, scene.rng.uniform(0, 0.25))


def _cloud(scene: Scene, n: int, wide: float) -> Fate:
    return Fate(*_cargo(scene, n, wide, 8.0), 1 / scene.log(0.9, 1.9))


def _partial(scene: Scene, n: int, wide: float) -> Fate:
    """Let a part of what was seen before stay."""
    leaves, lost, spread = _cargo(scene, n, wide, 5.0)
    stays = scene.rng.random(n) < scene.rng.uniform(0.1, 0.5)
    leaves[stays], lost[stays] = _NEVER, _NEVER
    return Fate(leaves, lost, spread, 1 / scene.log(0.9, 1.9))


def _vanish(scene: Scene, n: int, wide: float) -> Fate:
    leaves = np.zeros(n) if scene.share(0.7) else scene.rng.exponential(scene.log(0.1, 0.8), n)
    lost = leaves + scene.rng.exponential(0.15, n)
    return Fate(leaves, lost, np.full(n, wide**2 * scene.log(0.3, 3)), 1.0)


def _latent(scene: Scene, n: int, wide: float) -> Fate:
    """Light that appears and is lost molecule by molecule, at its place."""
    rng = scene.rng
    lost = rng.exponential(scene.log(14, 200), n)
    if scene.share(0.3):
        fast = rng.random(n) < rng.uniform(0.1, 0.35)
        lost[fast] = rng.exponential(rng.uniform(1, 4), n)[fast]
    leaves = np.full(n, _NEVER) if scene.share(0.6) else rng.exponential(scene.log(20, 200), n)
    return Fate(leaves, lost, _spreading(scene, n, wide, 30, 300), 0.0 if scene.share(0.7) else rng.uniform(0, 0.3))


_FATES = {"flash": _flash, "kiss": _kiss, "cloud": _cloud, "partial": _partial, "vanish": _vanish, "latent": _latent}


def _draw(scene: Scene, kind: str, at: tuple[float, float, int], size: float, fate: Fate) -> Bag:
    rng, (y, x, t0), n = scene.rng, at, len(fate.lost)
    first = _arrival(scene, t0) if fate.before > 0 else t0
    t = scene.frames - first
    way = scene.walk(t, str(rng.choice(["still", "confined"])), scene.log(0.03, 0.15))
    way += (y, x) - way[t0 - first]
    steps = np.repeat(np.arange(t), SUBSTEPS)
    age = first + (np.arange(t * SUBSTEPS) + 0.5) / SUBSTEPS - t0 - rng.random()  # opens anywhere in the exposure
    out = age[:, None] >= fate.leaves
    kicks = rng.normal(0, 1, (2, len(age), n)) * np.sqrt(2 * fate.diffusion / SUBSTEPS) * out
    own = rng.normal(0, size, (2, 1, n)) + np.cumsum(kicks, axis=1)
    seen = np.where(age[:, None] < 0, fate.before, (age[:, None] < fate.lost).astype(float))
    light = scene.bright(0.5, 3.0) / n / SUBSTEPS * seen
    if first and fate.before > 0:  # comes up to the membrane
        light *= scene.evanescent(6 * np.clip(1 - steps / scene.rng.uniform(1, 15), 0, 1))[:, None]
    if fate.before > 0 and scene.share(0.4):  # bobs while it waits
        depth = scene.wave(t, scene.log(1, 12), rng.uniform(0.03, 0.2))
        light *= np.where(age < 0, np.exp(-np.abs(depth))[steps], 1)[:, None]
    flat = [narrow(a.reshape(t, SUBSTEPS * n)) for a in (way[steps, :1] + own[0], way[steps, 1:] + own[1], light)]
    lasts = int(np.flatnonzero(flat[2].any(axis=1)).max(initial=0)) + 1
    return Bag(kind, first, flat[0][:lasts], flat[1][:lasts], flat[2][:lasts], (t0,), -6, -7)


def _arrival(scene: Scene, t0: int) -> int:
    """Return since when a granule has been there: always, or it came well before it fuses."""
    if t0 < 30 or scene.share(0.6):
        return 0
    return int(t0 - scene.log(18, t0))
