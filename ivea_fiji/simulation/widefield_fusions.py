"""Fusions of widefield movies: compartments between which the light of a vesicle flows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from ivea_fiji.simulation.widefield_stage import PARTS, Stage, Thing

_VESICLE = (-6, -7)
_SLOWEST = 60.0


def _flow(source: NDArray, rate: float) -> NDArray[np.float64]:
    """Return what a compartment holds ``(parts,)`` that is filled by `source` and loses `rate` per frame."""
    return np.asarray(lfilter([1.0], [1.0, -np.exp(-rate / PARTS)], source))


def compartments(
    stage: Stage,
    start: float,
    *,
    dark: float,
    opening: float,
    release: float,
    spread: float,
    loss: float,
    closing: float = 0.0,
    size: float = 1.0,
) -> tuple[NDArray, NDArray, NDArray]:
    """Return the light of a vesicle of 1 unit that fuses, by linear compartments (ours).

    Acid cargo becomes bright as the pore opens, leaves the vesicle into the membrane, spreads there as a Gaussian whose
    mass and second moment follow from the same flow, and is lost into the medium or bleached.

    Parameters
    ----------
    stage
        Where it happens.
    start
        When the pore opens, frames.
    dark
        Part of the cargo that does not shine before.
    opening, release, loss, closing
        Rates per frame: of becoming bright, of leaving into the membrane, of being lost from there, and of becoming
        dark again within the vesicle.
    spread
        Diffusion in the membrane, px^2 per frame.
    size
        Standard deviation with which cargo enters the membrane, px.

    Returns
    -------
    vesicle, cloud, sigma
        Light of both and the standard deviation of the cloud, px, each ``(parts,)``.
    """
    since = np.maximum(stage.time - start, 0)
    open_now = stage.time > start
    acid = np.where(open_now, dark * np.exp(-opening * since), dark)
    brighter = -np.diff(acid, prepend=dark)
    inside = _flow(brighter + np.diff(open_now, prepend=False) * (1 - dark), release + closing)
    gone = release + closing
    left = np.concatenate([[0.0], inside[:-1]]) * -np.expm1(-gone / PARTS) * (release / gone if gone else 0.0)
    cloud = _flow(left, loss)
    moment = _flow(left * size**2 + 2 * spread / PARTS * cloud, loss)
    vesicle = np.where(open_now, inside, 1 - dark)
    return vesicle, cloud, np.sqrt(moment / np.maximum(cloud, 1e-9))


def _slow(stage: Stage, fastest: float, low_s: float = 0.1, high_s: float = 20.0) -> float:
    """Draw a time in seconds such that it is also a number of frames that a movie can show; return frames."""
    low = max(low_s / stage.interval_s, fastest)
    return stage.log(low, max(min(high_s / stage.interval_s, _SLOWEST), 1.5 * low))


def _history(stage: Stage, start: float) -> tuple[NDArray, NDArray]:
    """Return whether the vesicle is there, and its depth before it docks ``(parts,)``."""
    if stage.chance(0.55) or start < 16:
        return np.ones(len(stage.time)), np.zeros(len(stage.time))
    arrives, takes = stage.rng.uniform(0, start - 13), stage.log(1, 15)
    way = np.clip((arrives + takes - stage.time) / takes, 0, 1)
    deep = stage.log(0.3, 1.5)
    return (stage.time > arrives).astype(float) * (1 - way**2), deep * way


def _assemble(
    stage: Stage, name: str, start: float, vesicle: NDArray, cloud: NDArray, sigma: NDArray, there: NDArray, z: NDArray
) -> Thing:
    y, x = stage.place()
    dy, dx = stage.tether(stage.log(0.03, 0.3), stage.log(1, 30))
    light, size = stage.strength(), stage.size()
    rows = [
        stage.expose(light * vesicle * there, y + dy, x + dx, z, size),
        stage.expose(light * cloud, y, x, 0.0, np.hypot(sigma, size)),
    ]
    return Thing(name, np.concatenate(rows), _VESICLE, (int(start),))


def sensitive(stage: Stage, start: float) -> Thing:
    """Return a vesicle whose cargo flashes as it opens, and spreads or becomes dark again."""
    dark = 1.0 if stage.chance(0.6) else stage.rng.uniform(0.5, 0.95)
    tau = _slow(stage, 0.6)
    um2 = stage.log(0.008, 1.5) * stage.interval_s / stage.pixel_um**2
    if stage.chance(0.3):  # the cargo stays and becomes dark
        out = compartments(
            stage, start, dark=dark, opening=stage.log(0.8, 10), release=0, spread=0, loss=0, closing=1 / tau
        )
    else:
        out = compartments(
            stage, start, dark=dark, opening=stage.log(0.8, 10), release=1 / min(stage.log(0.25, 12), tau),
            spread=float(np.clip(um2, 0.03, 12)), loss=1 / tau, size=stage.log(0.2, 1),
        )  # fmt: skip
    there, z = _history(stage, start)
    return _assemble(stage, "ph_sensitive", start, *out, there, z)


def latent(stage: Stage, start: float) -> Thing:
    """Return a vesicle that becomes bright within a frame or two, stays, and fades slowly."""
    dark = 1.0 if stage.chance(0.7) else stage.rng.uniform(0.6, 0.95)
    out = compartments(
        stage, start, dark=dark, opening=stage.log(1.2, 10), release=0, spread=0, loss=0, closing=1 / stage.log(30, 240)
    )
    there, z = _history(stage, start)
    return _assemble(stage, "latent", start, *out, there, z)


def insensitive(stage: Stage, start: float) -> Thing:
    """Return a steady vesicle whose cargo spreads in the membrane, or is gone in one step."""
    there, z = _history(stage, start)
    if stage.chance(0.35):
        gone = (stage.time < start).astype(float)
        return _assemble(stage, "vanish", start, gone, np.zeros_like(z), np.ones_like(z), there, z)
    tau = stage.log(0.3, 5)
    dark = 0.0 if stage.chance(0.6) else stage.rng.uniform(0.05, 0.45)  # packed dye shines less
    out = compartments(
        stage, start, dark=dark, opening=stage.log(2, 10), release=1 / tau, size=stage.log(0.2, 1.2),
        spread=stage.log(0.15, 8), loss=1 / stage.log(0.5, 12),
    )  # fmt: skip
    return _assemble(stage, "ph_insensitive", start, *out, there, z)


Fusion = Callable[[Stage, float], Thing]
MIXES: dict[str, dict[Fusion, float]] = {
    "mixed": {sensitive: 0.5, insensitive: 0.3, latent: 0.2},
    "ph_sensitive": {sensitive: 0.85, latent: 0.15},
    "ph_insensitive": {insensitive: 1.0},
    "latent": {latent: 1.0},
    "none": {},
}
"""Which fusions the kinds of movies show, and how often."""
