"""Things of widefield movies that stay where they are and change their light; none of them fuses."""

from __future__ import annotations

import numpy as np

from ivea_fiji.simulation.widefield_stage import Stage, Thing

_UP_DOWN = (-2, -2)
_GROWS = (-6, -7)


def _durations(stage: Stage) -> float:
    return stage.log(0.5, stage.frames)


def blinker(stage: Stage) -> list[Thing]:
    """Return a spot that is switched on and off: once or often, with times of any length or of no typical length."""
    level = np.zeros(len(stage.time))
    law = stage.rng.choice(["once", "steady", "exponential", "power"])
    on, off = _durations(stage), _durations(stage)
    power = stage.rng.uniform(0.4, 1.2)

    def lasts(typical: float) -> float:
        if law == "steady":
            return typical * stage.rng.uniform(0.85, 1.15)
        if law == "power":
            return min(0.4 * stage.rng.random() ** (-1 / power), 2.0 * stage.frames)
        return float(stage.rng.exponential(typical)) + 0.05

    if law == "once":
        on, off = stage.log(1, 0.7 * stage.frames), 0.0
        start = stage.rng.uniform(-0.2 * on, stage.frames)
        level += stage.window(start, start + on)
    else:
        off = min(off, 30.0 * on, 0.4 * stage.frames)
        t, shines = -lasts(on) * stage.rng.random(), stage.chance(0.5)
        varied = 0.0 if stage.chance(0.6) else stage.rng.uniform(0.1, 0.5)
        while t < stage.frames:
            end = t + lasts(on if shines else off)
            if shines:
                level += max(stage.rng.normal(1, varied), 0.1) * stage.window(t, end)
            t, shines = end, not shines
    rest = 0.0 if stage.chance(0.6) else stage.rng.uniform(0.05, 0.7)
    light = stage.strength() * (rest + (1 - rest) * np.minimum(level, 2))
    (y, x), (dy, dx) = stage.place(), stage.tether(stage.log(0.02, 0.25))
    sigma = stage.size() * (1.0 if stage.chance(0.8) else stage.log(1, 5))
    return [Thing("blinker", stage.expose(light, y + dy, x + dx, stage.rng.normal(0, 0.08), sigma), _UP_DOWN)]


def bleacher(stage: Stage) -> list[Thing]:
    """Return a spot that loses, or now and then gains, its light in some steps."""
    steps = int(stage.rng.integers(1, 7))
    left = np.full(len(stage.time), float(steps))
    for _ in range(steps):
        if stage.chance(0.85):
            left -= stage.time > stage.rng.exponential(stage.frames * stage.log(0.2, 1.5))
        else:
            left -= stage.time < stage.rng.uniform(0, stage.frames)
    y, x = stage.place()
    return [Thing("bleacher", stage.expose(stage.strength() * left / steps, y, x, 0.0, stage.size()), (-2, -7))]


def ramp(stage: Stage) -> list[Thing]:
    """Return a spot that becomes brighter or dimmer over many frames, and perhaps goes back."""
    start, takes = stage.rng.uniform(-20, stage.frames), stage.log(5, 150)
    stays, back = stage.log(1, stage.frames), stage.log(4, 150)
    level = stage.window(start + takes, start + takes + stays, takes, back)
    if stage.chance(0.3):
        level = 1 - level
    rest = 0.0 if stage.chance(0.5) else stage.rng.uniform(0.1, 0.8)
    y, x = stage.place()
    light = stage.strength() * (rest + (1 - rest) * level)
    return [Thing("ramp", stage.expose(light, y, x, 0.0, stage.size()), _GROWS)]


def coat(stage: Stage) -> list[Thing]:
    """Return a coat of a membrane pit: it grows for long, stays a while, and goes within a few frames."""
    rows = []
    y, x = stage.place()
    start = stage.rng.uniform(-60, stage.frames)
    strength, size = stage.strength(), stage.size()
    often = 1 if stage.chance(0.7) else int(stage.rng.integers(2, 5))
    for _ in range(often):
        grows, stays, goes = stage.log(10, 100), stage.log(1, 40), stage.log(0.2, 6)
        top = start + grows
        level = stage.window(top, top + stays, grows, goes) ** stage.rng.uniform(0.5, 1.5)
        deep = np.clip((stage.time - top - stays) / goes, 0, 1) * stage.rng.uniform(0, 0.3)
        rows.append(stage.expose(strength * level, y, x, deep, size))
        y, x = y + stage.rng.normal(0, 0.7), x + stage.rng.normal(0, 0.7)
        start = top + stays + goes + stage.log(2, 60)
    return [Thing("coat", np.concatenate(rows), _GROWS)]


def organelle(stage: Stage) -> list[Thing]:
    """Return a large body that fills with light and empties again, at its own pace, or hardly changes."""
    level = np.full(len(stage.time), 0.0 if stage.chance(0.5) else stage.rng.uniform(0.1, 1))
    for _ in range(int(stage.rng.integers(0, 6))):
        start = stage.rng.uniform(-30, stage.frames)
        fills, empties = stage.log(2, 60), stage.log(4, 120)
        since = np.maximum(stage.time - start, 0)
        level += stage.rng.uniform(0.2, 1.5) * (np.exp(-since / (fills + empties)) - np.exp(-since / fills))
    sigma = stage.log(0.2, 1.0) / stage.pixel_um
    light = stage.strength() * stage.log(0.5, 2) * (1 + sigma**2 / 4) * level
    (y, x), (dy, dx) = stage.place(), stage.tether(stage.log(0.05, 0.8), 15)
    rows = stage.expose(light, y + dy, x + dx, stage.rng.normal(0, 0.3), sigma)
    return [Thing("organelle", rows, (-2, -2))]


def resident(stage: Stage) -> list[Thing]:
    """Return a docked vesicle that trembles, and shines steadily or not quite."""
    trembles = 1 + stage.wander(stage.log(0.01, 0.35), stage.log(0.5, 30))
    (y, x), (dy, dx) = stage.place(), stage.tether(stage.log(0.03, 0.6), stage.log(1, 30))
    z = stage.rng.normal(0, 0.1) + stage.wander(stage.log(0.01, 0.2), stage.log(2, 40))
    light = stage.strength() * np.maximum(trembles, 0)
    return [Thing("resident", stage.expose(light, y + dy, x + dx, z, stage.size()), _UP_DOWN)]


def flare(stage: Stage) -> list[Thing]:
    """Return a whole neighbourhood that becomes brighter, travels perhaps, and is as before."""
    start, rise, fall = stage.rng.uniform(-5, stage.frames), stage.log(0.5, 30), stage.log(1, 80)
    since = np.maximum(stage.time - start, 0)
    level = (1 - np.exp(-since / rise)) * np.exp(-since / fall)
    sigma = np.minimum(stage.log(0.6, 4) / stage.pixel_um, 20) * np.ones(len(since))
    speed, angle = stage.log(0.01, 2.0) * stage.chance(0.6), stage.rng.uniform(0, 2 * np.pi)
    y, x = stage.place()
    light = stage.unit * stage.log(0.05, 0.5) * (1 + sigma**2 / 3) * level / max(float(level.max()), 1e-6)
    rows = stage.expose(light, y + speed * since * np.sin(angle), x + speed * since * np.cos(angle), 0.0, sigma)
    return [Thing("flare", rows, (-5, -5))]
