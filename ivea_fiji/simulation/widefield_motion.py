"""Things of widefield movies that move; none of them fuses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.simulation.widefield_stage import PARTS, Stage, Thing

_MOVES = (-3, -3)
_COMES_GOES = (-6, -7)


def _track(stage: Stage, speed: float, bend: float = 0.08, stops: float = 0.3) -> NDArray[np.float64]:
    """Return a curved way ``(2, parts)`` from 0 at `speed` px a frame that rests for a part `stops` of the time."""
    n = len(stage.time)
    turn = np.cumsum(stage.rng.normal(0, bend / np.sqrt(PARTS), n)) + stage.rng.uniform(0, 2 * np.pi)
    goes = stage.wander(1, stage.log(2, 25)) > np.quantile(stage.wander(1, 5), stops)
    pace = speed / PARTS * goes * (1 + 0.3 * stage.wander(1, 4))
    return np.stack([np.cumsum(pace * np.sin(turn)), np.cumsum(pace * np.cos(turn))])


def _from(stage: Stage, way: NDArray, start: float) -> NDArray[np.float64]:
    """Return the way so that it is at 0 at a time."""
    return way - way[:, [int(np.clip(start * PARTS, 0, way.shape[1] - 1))]]


def visitor(stage: Stage) -> list[Thing]:
    """Return a vesicle that comes out of the depth, stays, and goes back, once or more often."""
    y, x = stage.place()
    strength, size = stage.strength(), stage.size()
    deep, side = stage.log(0.25, 1.6), stage.log(0.1, 4)
    rows = []
    start = stage.rng.uniform(-20, stage.frames)
    again = 1 if stage.chance(0.6) else int(stage.rng.integers(2, 6))
    abrupt = stage.chance(0.35)  # as fast as a camera sees it, at either end
    for _ in range(again):
        comes, goes = (stage.log(0.3, 2.5) if abrupt and stage.chance(0.7) else stage.log(2, 15) for _ in range(2))
        stays = stage.log(2, 150) if stage.chance(0.8) else stage.frames * 2.0
        near = stage.window(start, start + stays, comes, goes)
        near = near * near * (3 - 2 * near) if stage.chance(0.5) else near
        angle = stage.rng.uniform(0, 2 * np.pi)
        far = side * (1 - near) ** 2
        shake = stage.tether(stage.log(0.03, 0.5), stage.log(1, 20))
        there = near if stage.chance(0.5) else np.minimum(near * 4, 1)
        rows.append(
            stage.expose(
                strength * there, y + shake[0] + far * np.sin(angle), x + shake[1] + far * np.cos(angle),
                deep * (1 - near), size,
            )
        )  # fmt: skip
        start += stays + comes + goes + stage.log(1, 60)
    return [Thing("visitor", np.concatenate(rows), _COMES_GOES)]


def lodger(stage: Stage) -> list[Thing]:
    """Return a vesicle that has been docked for long and leaves within some frames, or that comes and stays."""
    takes, when = stage.log(1.5, 14), stage.rng.uniform(1, stage.frames - 1)
    gone = np.clip((stage.time - when) / takes, 0, 1)
    gone = gone if stage.chance(0.7) else 1 - gone
    smooth = gone * gone * (3 - 2 * gone) if stage.chance(0.5) else gone
    deep, side, angle = stage.log(0.2, 2), stage.log(0.05, 5) * stage.chance(0.5), stage.rng.uniform(0, 2 * np.pi)
    # Some go out of sight behind something, as dark as they become, or are carried off.
    dims = 1 - smooth if stage.chance(0.4) else (gone < 1).astype(float)
    (y, x), shake = stage.place(), stage.tether(stage.log(0.02, 0.4), stage.log(1, 20))
    rows = stage.expose(
        stage.strength() * dims, y + shake[0] + side * smooth**2 * np.sin(angle),
        x + shake[1] + side * smooth**2 * np.cos(angle), deep * smooth, stage.size(),
    )  # fmt: skip
    return [Thing("lodger", rows, _COMES_GOES)]


def wanderer(stage: Stage) -> list[Thing]:
    """Return a spot that appears and diffuses about without changing its light, and leaves at some time."""
    start = stage.rng.uniform(-40, stage.frames) if stage.chance(0.8) else -10
    end = start + stage.log(8, 3 * stage.frames)
    there = stage.window(start, end, stage.log(0.1, 8), stage.log(0.1, 8))
    y, x = stage.place()
    # Some rest for a while before they set out.
    freed = stage.time > start + stage.log(0.5, 60) * stage.chance(0.6)
    steps = stage.rng.normal(0, stage.log(0.15, 2.5) / np.sqrt(PARTS), (2, len(stage.time))) * freed
    way = _from(stage, np.cumsum(steps, 1), start)
    return [Thing("wanderer", stage.expose(stage.strength() * there, y + way[0], x + way[1], 0, stage.size()), _MOVES)]


def carrier(stage: Stage) -> list[Thing]:
    """Return a vesicle that is carried along a curved track, with stops; it comes out of the depth or from outside."""
    way = _track(stage, stage.log(0.2, 6), stage.log(0.01, 0.25), stage.rng.uniform(0, 0.8))
    start = stage.rng.uniform(-60, stage.frames)
    there = stage.window(start, start + stage.log(10, 2 * stage.frames), stage.log(0.3, 10), stage.log(0.3, 10))
    y, x = stage.place()
    way = _from(stage, way, start)
    z = stage.wander(stage.log(0.02, 0.4), 20)
    rows = stage.expose(stage.strength() * there, y + way[0], x + way[1], z, stage.size())
    return [Thing("carrier", rows, _MOVES)]


def pair(stage: Stage) -> list[Thing]:
    """Return two spots that were one, or become one."""
    meets = stage.rng.uniform(0, stage.frames)
    since = np.maximum(stage.time - meets, 0) if stage.chance(0.5) else np.maximum(meets - stage.time, 0)
    speed, most = stage.log(0.1, 2.5), stage.log(2, 25)
    far = np.minimum(speed * since, most)
    angle, share = stage.rng.uniform(0, 2 * np.pi), stage.rng.uniform(0.25, 0.75)
    (y, x), way = stage.place(), stage.tether(stage.log(0.1, 2), 12)
    rows = [
        stage.expose(stage.strength() * part, y + way[0] + part_way * far * np.sin(angle),
                     x + way[1] + part_way * far * np.cos(angle), 0.0, stage.size())
        for part, part_way in ((share, 1 - share), (1 - share, -share))
    ]  # fmt: skip
    return [Thing("pair", r, _MOVES) for r in rows]


def debris(stage: Stage) -> list[Thing]:
    """Return something bright out of focus that crosses the field."""
    speed, angle = stage.log(0.1, 8), stage.rng.uniform(0, 2 * np.pi)
    crosses = stage.rng.uniform(0, stage.frames)
    y, x = stage.rng.uniform(0, stage.height), stage.rng.uniform(0, stage.width)
    go, way = speed * (stage.time - crosses), stage.tether(stage.log(0.1, 4), 8)
    z = stage.sign() * stage.rng.uniform(0.4, 1.7) + stage.wander(0.2, 20)
    light = stage.unit * stage.log(2, 40)
    rows = stage.expose(
        light / np.maximum(stage.excitation(z), 0.05), y + way[0] + go * np.sin(angle), x + way[1] + go * np.cos(angle),
        z, stage.log(0.1, 1.2) / stage.pixel_um,
    )  # fmt: skip
    near = (np.abs(rows[:, 1] - stage.height / 2) < stage.height / 2 + 40) & (
        np.abs(rows[:, 2] - stage.width / 2) < stage.width / 2 + 40
    )
    return [Thing("debris", rows[near], (-8, -8))]


def thread(stage: Stage) -> list[Thing]:
    """Return a tubule or a filopodium: a chain of light that grows, shrinks and waves."""
    most = int(stage.rng.integers(6, 26))
    gap = max(0.12 / stage.pixel_um, 0.9)
    reaches = most * (0.6 + stage.wander(0.3, stage.log(10, 100)))
    if stage.chance(0.5):  # it is pulled out once, and falls back fast
        start = stage.rng.uniform(-20, stage.frames)
        reaches = reaches * stage.window(start, start + stage.log(3, stage.frames), stage.log(3, 40), stage.log(1, 20))
    angle = stage.rng.uniform(0, 2 * np.pi) + stage.wander(stage.log(0.02, 0.4), stage.log(5, 60))
    bend = stage.wander(0.06, 30)
    y = np.full(len(stage.time), stage.place()[0])
    x = np.full(len(stage.time), stage.place()[1])
    light, size = stage.strength() * stage.log(0.08, 0.6), stage.size()
    rows = []
    for k in range(most):
        rows.append(stage.expose(light * np.clip(reaches - k, 0, 1), y, x, 0.0, size))
        y, x = y + gap * np.sin(angle + k * bend), x + gap * np.cos(angle + k * bend)
    tip = rows[min(most - 1, int(reaches.mean().clip(0)))] if stage.chance(0.3) else None
    if tip is not None and len(tip):
        rows.append(tip * np.array([1, 1, 1, 1, 1, stage.log(1, 6)]))
    return [Thing("thread", r, _MOVES, part=True) for r in rows]


def comet(stage: Stage) -> list[Thing]:
    """Return a bright tip that runs on and leaves a fading tail."""
    start, lasts = stage.rng.uniform(-20, stage.frames), stage.log(6, 80)
    way = _from(stage, _track(stage, stage.log(0.4, 4), 0.04, 0.05), start)
    (y, x), strength, size = stage.place(), stage.strength(), stage.size()
    there = stage.window(start, start + lasts, stage.log(0.3, 6), stage.log(0.3, 6))
    tail, parts = stage.log(1, 6), 5
    rows = []
    for k in range(parts):
        lag = int(k * tail / parts * PARTS)
        past = np.concatenate([np.repeat(way[:, :1], lag, 1), way], 1)[:, : way.shape[1]]
        rows.append(stage.expose(strength * there * 0.55**k, y + past[0], x + past[1], 0.0, size * (1 + 0.15 * k)))
    return [Thing("comet", np.concatenate(rows), _MOVES)]


def sorter(stage: Stage) -> list[Thing]:
    """Return a bright heap, as a Golgi is, that trembles and sheds spots which run away."""
    y, x = stage.place()
    strength = stage.unit * stage.log(1, 6)
    rows = []
    for _ in range(int(stage.rng.integers(3, 12))):
        way = stage.tether(stage.log(0.2, 1.5), 20) + stage.rng.normal(0, 0.5 / stage.pixel_um, (2, 1))
        trembles = 1 + 0.2 * stage.wander(1, 20)
        rows.append(
            stage.expose(strength * trembles.clip(0), y + way[0], x + way[1], stage.rng.normal(0, 0.5),
                         stage.log(0.1, 0.5) / stage.pixel_um)
        )  # fmt: skip
    out = [Thing("sorter", np.concatenate(rows), (-2, -2))]
    for _ in range(int(stage.rng.integers(0, 12))):
        start = stage.rng.uniform(-10, stage.frames)
        way = _from(stage, _track(stage, stage.log(0.3, 4), 0.05, 0.2), start)
        there = stage.window(start, start + stage.log(5, 60), 0.5, stage.log(0.5, 8))
        out.append(
            Thing("carrier", stage.expose(stage.strength() * there, y + way[0], x + way[1], 0.0, stage.size()), _MOVES)
        )
    return out


def granule(stage: Stage) -> list[Thing]:
    """Return one of the many small granules that diffuse and are carried about, in and out of focus."""
    way = stage.walk(stage.log(0.05, 1.2))
    if stage.chance(0.3):
        way = way + _track(stage, stage.log(0.1, 2), 0.1, 0.6)
    (y, x), deep = stage.place(), stage.log(0.02, 0.4)
    z = stage.rng.normal(0, 0.25) + stage.wander(deep, stage.log(5, 60))
    light = 0.6 * stage.strength()
    return [Thing("granule", stage.expose(light, y + way[0], x + way[1], z, 0.6 * stage.size()), _MOVES)]
