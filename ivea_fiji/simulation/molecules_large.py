"""Large and many things in movies of molecules that are no release: debris, tubules, ruffles, crowds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ivea_fiji.simulation.molecules_scene import Scene, join

_FOCUS, _DRIFT, _MOTION, _FLUCTUATION = -5, -8, -3, -2


def tubule(scene: Scene) -> None:
    """Add a spot out of which a tubule is pulled, and into which it goes back."""
    rng, n, k = scene.rng, scene.frames, 50
    middle = scene.place() + scene.walk(n, "confined", 0.05)
    start, pace = int(rng.integers(0, n - 3)), scene.log(0.2, 3)
    length = np.clip((np.arange(n) - start) * pace, 0, scene.log(4, 30))
    back = int(start + scene.log(10, n))
    length = np.clip(length - np.clip((np.arange(n) - back) * scene.log(0.2, 4), 0, None), 0, None)
    angle = rng.uniform(0, 6.3) + np.cumsum(rng.normal(0, 0.01, n))
    part, own = rng.random(k), rng.normal(0, 0.4 * scene.granule, (2, k))
    bend = rng.normal(0, 0.3) * part**2
    y = middle[:, :1] + length[:, None] * part * np.sin(angle[:, None] + bend) + own[0]
    x = middle[:, 1:] + length[:, None] * part * np.cos(angle[:, None] + bend) + own[1]
    light = scene.bright(0.7, 3)
    seed = np.repeat(middle[:, :, None], 15, axis=2) + rng.normal(0, scene.granule, (2, 15))
    parts = [(y, x, np.full((n, k), light / k)), (seed[:, 0], seed[:, 1], np.full((n, 15), light / 30))]
    scene.bags.append(join("tubule", 0, parts, _MOTION, _MOTION))


def debris(scene: Scene) -> None:
    """Add a large blurred light far from the focus that drifts through, or glows up and fades."""
    rng, n = scene.rng, int(max(scene.log(10, 3 * scene.frames), 4))
    first = int(rng.integers(-n // 2, scene.frames - 3))
    keep = slice(max(-first, 0), scene.frames - first)
    way = (scene.place() + scene.walk(n, "directed", scene.log(0.1, 3)))[keep]
    level = np.sin(np.pi * (np.arange(n) + 0.5) / n) if scene.share(0.6) else np.ones(n)
    wide = scene.log(4, 22)
    light = scene.bright(0.15, 1.2) * (wide / np.hypot(scene.psf, scene.granule)) ** 2
    scene.put("debris", way, level[keep], light, start=max(first, 0), size=wide, molecules=int(150 + 3 * wide**2),
              up=_DRIFT, down=_DRIFT)  # fmt: skip


def ruffle(scene: Scene) -> None:
    """Add a bent stretch of the edge of a cell that moves to and fro and changes its brightness."""
    rng, n, k = scene.rng, scene.frames, 220
    y, x = scene.place()
    angle, far = rng.uniform(0, 6.3), scene.log(8, 60)
    arc = angle + rng.uniform(-1, 1, k) * scene.log(4, 35) / far
    way = scene.wave(n, scene.log(2, 40), scene.log(0.3, 4)) + np.linspace(0, rng.normal(0, 8), n)
    radius = far + way[:, None] + rng.normal(0, scene.log(0.4, 2.5), k)
    level = np.exp(scene.wave(n, scene.log(2, 30), scene.log(0.05, 0.6)))
    light = scene.bright(0.2, 1.0) * 8
    parts = [(y + radius * np.sin(arc) - far * np.sin(angle), x + radius * np.cos(arc) - far * np.cos(angle),
              np.repeat(level[:, None] * light / k, k, axis=1))]  # fmt: skip
    scene.bags.append(join("ruffle", 0, parts, _DRIFT, _DRIFT))


def reservoir(scene: Scene) -> None:
    """Add a large bright organelle of many spots that shifts as a whole and shimmers."""
    n, wide = scene.frames, scene.log(2, 12)
    middle = scene.place() + scene.walk(n, "confined") + scene.walk(n, "brownian", scene.log(0.02, 0.3))
    restless, memory = scene.log(0.05, 0.8), scene.log(1, 20)
    for _ in range(8):
        way = middle + scene.rng.normal(0, wide, 2)
        scene.put("reservoir", way, np.exp(scene.wave(n, memory, restless)), scene.bright(0.5, 2),
                  size=scene.size() * scene.log(0.7, 3), molecules=25, up=_FLUCTUATION, down=_FLUCTUATION)  # fmt: skip


def crowd(scene: Scene, number: int) -> None:
    """Add many small granules that move in the plane and in and out of the evanescent field."""
    rng, n = scene.rng, scene.frames
    restless, pace, light = scene.log(0.1, 1.2), scene.log(0.03, 0.6), scene.log(0.3, 1.2)
    memory = scene.log(1, 40)
    for _ in range(number):
        depth = np.abs(scene.wave(n, memory * rng.uniform(0.5, 2), restless) + rng.uniform(0, 2.5))
        way = scene.place() + scene.walk(n, "brownian" if scene.share(0.6) else "confined", pace * rng.uniform(0.3, 2))
        scene.put("crowd", way, np.ones(n), scene.unit * light * rng.uniform(0.5, 1.5), size=0.5 * scene.granule,
                  molecules=6, depth=depth, up=-6, down=-7)  # fmt: skip


LARGE: dict[Callable[[Scene], None], float] = {tubule: 0.5, debris: 0.6, ruffle: 0.4, reservoir: 0.3}
"""How common each is on average; every movie has shares of its own."""
