"""What small objects do in movies of molecules that is no release: they blink, come, go, wander, grow and bleach."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.simulation.molecules_scene import Scene, join

_NOISE_FLUCTUATION, _FLUCTUATION, _MOTION, _DOCKING, _UNDOCKING = -4, -2, -3, -6, -7


def _times(scene: Scene, n: int, shortest: float = 1.0) -> NDArray[np.float64]:
    """Return `n` durations in frames, from one to the whole movie: regular, exponential, or of a power law."""
    rng, longest = scene.rng, float(scene.frames)
    law = rng.integers(4)
    if law == 0:
        return np.maximum(scene.log(shortest, longest) * rng.uniform(0.8, 1.2, n), shortest)
    if law == 1:
        return np.maximum(rng.exponential(scene.log(shortest, longest / 2), n), 0.5 * shortest)
    if law == 2:
        return np.minimum(shortest * rng.pareto(rng.uniform(0.4, 1.5), n) + shortest, 2 * longest)
    return np.exp(rng.uniform(np.log(shortest), np.log(longest), n))


def _telegraph(scene: Scene) -> NDArray[np.float64]:
    """Return on and off of something ``(t,)``; a frame in which it switches has a part of the light."""
    t, rng = scene.frames, scene.rng
    n = 2 * t + 2
    ends = np.empty(n)
    ends[0::2], ends[1::2] = _times(scene, n // 2), _times(scene, n // 2)
    ends = np.cumsum(ends) - rng.uniform(0, 1) * ends[0]
    fine = np.searchsorted(ends, (np.arange(8 * t) + 0.5) / 8, side="right") % 2
    return (fine == rng.integers(2)).reshape(t, 8).mean(axis=1)


def blinker(scene: Scene) -> None:
    """Add something that is on and off, once or again and again, fully or in part."""
    level = _telegraph(scene)
    low = 0.0 if scene.share(0.75) else scene.rng.uniform(0.1, 0.7)
    if scene.share(0.15):  # several steps of brightness
        level = (level + _telegraph(scene) + _telegraph(scene)) / 3
    way = scene.place() + scene.walk(scene.frames, "still" if scene.share(0.7) else "confined")
    size = 0.0 if scene.share(0.6) else scene.size()
    scene.put("blinker", way, low + (1 - low) * level, scene.bright(), size=size, up=_NOISE_FLUCTUATION,
              down=_NOISE_FLUCTUATION)  # fmt: skip


def _window(scene: Scene, longest: float) -> tuple[int, int]:
    """Return first frame and number of frames of something that is there for a while."""
    lasts = int(np.ceil(scene.log(2, longest)))
    start = int(scene.rng.integers(-lasts // 2, scene.frames - 3))
    return max(start, 0), max(min(start + lasts, scene.frames) - max(start, 0), 2)


def _ramp(scene: Scene, n: int, frames: float) -> NDArray[np.float64]:
    """Return a rise from 0 to 1 over so many frames, straight, bent, or as something that comes up the field."""
    part = np.clip((np.arange(n) + scene.rng.random()) / max(frames, 1e-3), 0, 1)
    how = scene.rng.integers(3)
    return (
        part if how == 0 else part ** scene.rng.uniform(0.5, 2.5) if how == 1 else np.exp(-3 * (1 - part)) * part**0.3
    )


def wanderer(scene: Scene) -> None:
    """Add a spot that appears within 1-10 frames and then moves about as bright as it is."""
    start, n = int(scene.rng.integers(2, scene.frames - 5)), scene.frames
    n -= start
    way = scene.place() + scene.walk(n, str(scene.rng.choice(["brownian", "directed", "caged"])), scene.log(0.2, 1.5))
    level = _ramp(scene, n, scene.log(0.2, 10))
    level[int(scene.log(8, 400)) :] = 0
    scene.put("wanderer", way, level, scene.bright(), start=start, up=_DOCKING, down=_UNDOCKING)


def visitor(scene: Scene) -> None:
    """Add a granule that arrives, stays, and leaves, each at a speed of its own."""
    start, n = _window(scene, scene.frames)
    come, go = scene.log(0.7, 30), scene.log(0.7, 30)
    up = _ramp(scene, n, come) if start and scene.share(0.9) else np.ones(n)
    down = _ramp(scene, n, go)[::-1] if start + n < scene.frames else np.ones(n)
    way = scene.place() + scene.walk(n)
    scene.put("visitor", way, np.minimum(up, down), scene.bright(), start=start, up=_DOCKING, down=_UNDOCKING)


def lodger(scene: Scene) -> None:
    """Add a granule that has been docked for long and leaves within some frames, or that comes and stays for good."""
    n, takes = scene.frames, scene.log(1.5, 14)
    when = scene.rng.uniform(1, n - 1)
    gone = np.clip((np.arange(n) + scene.rng.random() - when) / takes, 0, 1)
    gone = gone if scene.share(0.7) else 1 - gone
    # Into the depth, where the field is dark, or out of sight in some other way.
    deep = scene.rng.uniform(2, 5) * gone if scene.share(0.6) else None
    level = np.ones(n) if deep is not None else (1 - gone) ** scene.rng.uniform(0.6, 2)
    level[gone >= 1] = 0
    side = scene.log(0.05, 5) * gone**2 * scene.share(0.5)
    angle = scene.rng.uniform(0, 6.3)
    way = scene.place() + scene.walk(n, str(scene.rng.choice(["still", "confined"])))
    way = way + side[:, None] * np.array([np.sin(angle), np.cos(angle)])
    scene.put("lodger", way, level, scene.bright(), depth=deep, up=_DOCKING, down=_UNDOCKING)


def passer(scene: Scene) -> None:
    """Add a granule that goes through the picture at a steady depth, or dips into the field on its way."""
    start, n = _window(scene, 120)
    way = scene.place() + scene.walk(n, "directed" if scene.share(0.6) else "brownian", scene.log(0.3, 3))
    depth = scene.rng.uniform(1, 3) * np.linspace(-1, 1, n) ** 2 if scene.share(0.6) else np.zeros(n)
    scene.put("passer", way, np.ones(n), scene.bright(), start=start, depth=depth, up=_MOTION, down=_MOTION)


def resident(scene: Scene) -> None:
    """Add a granule that is there all the time: still or moving, steady or bobbing in the field."""
    n = scene.frames
    depth = scene.wave(n, scene.log(0.7, 30), scene.log(0.02, 0.6)) + 0.3 if scene.share(0.7) else None
    scene.put("resident", scene.place() + scene.walk(n), np.ones(n), scene.bright(), depth=depth,
              lifetime=scene.log(60, 5000) if scene.share(0.4) else None)  # fmt: skip


def pair(scene: Scene) -> None:
    """Add a spot that splits in two, or two that become one, once or several times."""
    n, rng = scene.frames, scene.rng
    way = scene.place() + scene.walk(n, "confined")
    apart = np.clip(np.cumsum(rng.normal(0, scene.log(0.1, 1), n)), 0, None)
    if scene.share(0.5):
        turn = int(rng.integers(3, n - 3))
        apart = np.clip((np.arange(n) - turn) * scene.log(0.05, 2), 0, None)
        apart = apart[::-1] if scene.share(0.5) else apart
    angle = np.cumsum(rng.normal(0, 0.03, n)) + rng.uniform(0, 6.3)
    step = (apart / 2)[:, None] * np.column_stack([np.sin(angle), np.cos(angle)])
    for sign in (-1, 1):
        scene.put("pair", way + sign * step, np.ones(n), scene.bright(0.3, 1.5), up=_MOTION, down=_MOTION)


def steps(scene: Scene) -> None:
    """Add a spot of few fluorophores that bleach one after the other, some of them blinking before."""
    n, k = scene.frames, int(scene.rng.integers(1, 9))
    ends = scene.rng.exponential(scene.log(5, 2 * n), k)
    time = np.arange(n)[:, None]
    level = np.clip(ends - time, 0, 1)
    if scene.share(0.3):
        level[:, 0] *= _telegraph(scene)
    way = scene.place() + scene.walk(n, str(scene.rng.choice(["still", "confined"])))
    scene.put("steps", way, level.mean(axis=1), scene.bright(), size=scene.rng.choice([0.0, 0.5]) * scene.granule,
              up=_NOISE_FLUCTUATION, down=_UNDOCKING)  # fmt: skip


def grower(scene: Scene) -> None:
    """Add a spot that becomes brighter over many frames and then goes, or stays."""
    rise = int(scene.log(6, 150))
    start = int(scene.rng.integers(-rise // 2, scene.frames - 6))
    n = scene.frames - max(start, 0)
    level = _ramp(scene, n + max(-start, 0), rise)[max(-start, 0) :]
    if scene.share(0.6):  # then it goes, at once or over some frames
        top = int(max(start + rise * scene.log(0.5, 2), 4)) - max(start, 0)
        level *= np.clip(1 - (np.arange(n) - top) / scene.log(0.5, 12), 0, 1)
    low = 0.0 if scene.share(0.6) else scene.rng.uniform(0, 0.5)
    way = scene.place() + scene.walk(n, "confined" if scene.share(0.7) else None)
    scene.put("grower", way, low + (1 - low) * level, scene.bright(), start=max(start, 0), up=_DOCKING,
              down=_UNDOCKING)  # fmt: skip


def swell(scene: Scene) -> None:
    """Add a spot that lights up and fades slowly, as wide as it is, once or a few times."""
    n, level = scene.frames, np.zeros(scene.frames)
    for _ in range(int(scene.rng.integers(1, 4))):
        up, down = scene.log(5, 40), scene.log(5, 60)
        age = np.arange(n) - scene.rng.uniform(-10, n)
        level += np.exp(-0.5 * (age / np.where(age < 0, up, down)) ** 2)
    scene.put("swell", scene.place() + scene.walk(n, "confined"), level, scene.bright(), up=_DOCKING, down=_UNDOCKING)


def organelle(scene: Scene) -> None:
    """Add something that fills and empties again and again, evenly or by fits and starts."""
    n, rng = scene.frames, scene.rng
    period, phase = scene.log(4, n), rng.random()
    turn = np.arange(n) / period + phase + np.cumsum(rng.normal(0, 0.02, n))
    how, saw = rng.integers(3), turn % 1
    level = (0.5 + 0.5 * np.sin(2 * np.pi * turn), saw, 1 - saw)[how] ** rng.uniform(0.5, 3)
    heights = rng.uniform(0.6, 1, int(abs(turn).max()) + 2)
    level = rng.uniform(0, 0.6) + level * heights[np.abs(turn).astype(int)]
    scene.put("organelle", scene.place() + scene.walk(n, "confined"), level, scene.bright(),
              size=scene.size() * scene.log(1, 4), molecules=60)  # fmt: skip


def landing(scene: Scene) -> None:
    """Add a single molecule that binds to the membrane, diffuses there, and leaves or bleaches."""
    lasts = float(_times(scene, 1, scene.log(1, 8))[0])
    start = float(scene.rng.uniform(-min(lasts, scene.frames), scene.frames - 1))
    first = int(max(start, 0))
    n = int(np.ceil(min(start + lasts, scene.frames))) - first
    if n < 1:
        return
    seen = np.minimum(np.arange(first, first + n) + 1, start + lasts) - np.maximum(np.arange(first, first + n), start)
    way = scene.place() + scene.walk(n, "still" if scene.share(0.3) else "brownian", scene.log(0.05, 2))
    scene.put("landing", way, np.clip(seen, 0, 1), scene.bright(0.1, 1.0), start=first, size=0.0, molecules=1,
              up=_NOISE_FLUCTUATION, down=_NOISE_FLUCTUATION)  # fmt: skip


def rocker(scene: Scene) -> None:
    """Add a bright granule that hops to and fro or shakes at its place, or changes its depth from frame to frame."""
    n = scene.frames
    side = _telegraph(scene)
    angle, far = scene.rng.uniform(0, 6.3), scene.log(0.5, 4)
    way = scene.place() + scene.walk(n, "confined") + side[:, None] * far * np.array([np.sin(angle), np.cos(angle)])
    depth = scene.rng.uniform(0, 1.5) * _telegraph(scene)
    scene.put("rocker", way, np.ones(n), scene.bright(0.5, 3), depth=depth)


def comet(scene: Scene) -> None:
    """Add a moving head that leaves a trail of molecules behind, each of which is lost after a while."""
    start, n = _window(scene, 100)
    way = scene.place() + scene.walk(n, "directed", scene.log(0.3, 2.5))
    light, k = scene.bright(0.5, 2.5), 60
    born, lasts = scene.rng.uniform(0, n, k), scene.rng.exponential(scene.log(2, 25), k)
    time = np.arange(n)[:, None]
    own = scene.rng.normal(0, 0.3 * scene.granule, (2, k))
    at = way[born.astype(int)]
    soft = np.minimum(_ramp(scene, n, scene.log(0.5, 15)), _ramp(scene, n, scene.log(0.5, 15))[::-1])
    trail = (time >= born) & (time < born + lasts)
    head = np.repeat(way[:, :, None], 10, axis=2) + scene.rng.normal(0, 0.5 * scene.granule, (2, 10))
    parts = [
        (at[:, 0] + own[0] + 0 * time, at[:, 1] + own[1] + 0 * time, trail * light / 15),
        (head[:, 0], head[:, 1], np.full((n, 10), light / 10) * scene.rng.uniform(0.2, 1) * soft[:, None]),
    ]
    scene.bags.append(join("comet", start, parts, _MOTION, _MOTION))


SPOTS: dict[Callable[[Scene], None], float] = {
    blinker: 1.6, wanderer: 0.9, visitor: 1.6, lodger: 2.5, passer: 1.0, resident: 1.5, pair: 0.5, steps: 0.8,
    grower: 1.0, swell: 0.5, organelle: 0.6, landing: 1.2, rocker: 0.6, comet: 0.4,
}  # fmt: skip
"""How common each is on average; every movie has shares of its own."""
