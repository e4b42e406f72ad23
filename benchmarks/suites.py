"""Kinds of simulated movies to judge by. No training and no choice of a threshold may use the test seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ivea_fiji.simulation import SimulatedMovie
from ivea_fiji.simulation.paper import simulate_paper
from ivea_fiji.simulation.physics import RANGES, simulate_physics

VALIDATION_SEED, TEST_SEED = 9_100_000, 9_200_000


@dataclass(frozen=True)
class Suite:
    """Movies of one kind."""

    name: str
    make: Callable[[int, int, int], SimulatedMovie]
    """Takes seed, frames and side in px."""
    min_peak_z: float
    """True events less visible than this are ignored."""


def _paper(noise_factor: float) -> Suite:
    def make(seed: int, frames: int, side: int) -> SimulatedMovie:
        # As many events and vesicles per voxel and pixel as 20 and 50 in 200 frames of 256x256 px.
        area = (side / 256) ** 2
        return simulate_paper(
            noise_factor=noise_factor, seed=seed, frames=frames, height=side, width=side,
            events=max(1, round(20 * area * frames / 200)), vesicles=round(50 * area),
        )

    return Suite(f"paper, lambda {noise_factor:g}", make, 0.0)


def _physics(kind: str) -> Suite:
    def make(seed: int, frames: int, side: int) -> SimulatedMovie:
        return simulate_physics(seed, frames=frames, height=side, width=side, kind=kind, ranges=RANGES["shifted"])

    return Suite(kind, make, 6.0)


SUITES = {
    s.name: s
    for s in (
        *(_paper(factor) for factor in (0.3, 1.0, 3.0)),
        *(_physics(kind) for kind in ("ph_sensitive", "ph_insensitive", "latent", "mixed", "none")),
    )
}
"""The paper's recipe counts every event; physics movies of shifted ranges count those with a peak z above 6."""
