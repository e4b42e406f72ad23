"""The one way to a simulated movie, whatever its recipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ivea_fiji.params.simulation import SimulationParams
from ivea_fiji.progress import Progress, heed
from ivea_fiji.simulation.truth import SimulatedMovie


def simulate(params: SimulationParams, *, progress: Progress | None = None) -> SimulatedMovie:
    """Return the movie that the parameters describe.

    Parameters
    ----------
    params
        What movie to simulate; 0 in `events`, `pixel_size_um` and `frame_interval_s` leaves the choice to the recipe.
    progress
        Told what is being simulated, and asked whether to stop.

    Raises
    ------
    ParameterError
        If what was asked for does not fit together, e.g. more events than the movie can hold.
    Cancelled
        The progress asked to stop.
    """
    if progress is not None:
        heed(progress)
    names = ("events", "pixel_size_um", "frame_interval_s")
    choice: dict[str, Any] = {name: getattr(params, name) for name in names if getattr(params, name)}
    size: dict[str, Any] = {"frames": params.frames, "height": params.height, "width": params.width}
    return _RECIPES[params.recipe](params, {**size, **choice, "progress": progress})


def _paper(params: SimulationParams, choice: dict[str, Any]) -> SimulatedMovie:
    from ivea_fiji.simulation.paper import simulate_paper

    if params.kind == "none":
        choice["events"] = 0
    return simulate_paper(noise_factor=params.noise_factor, seed=params.seed, **choice)


def _physics(params: SimulationParams, choice: dict[str, Any]) -> SimulatedMovie:
    from ivea_fiji.simulation.physics import simulate_physics

    return simulate_physics(params.seed, kind=params.kind, **choice)


def _sensors(params: SimulationParams, choice: dict[str, Any]) -> SimulatedMovie:
    from ivea_fiji.simulation.sensors import simulate_sensors

    return simulate_sensors(params.seed, kind=params.kind, **choice)


def _synapses(params: SimulationParams, choice: dict[str, Any]) -> SimulatedMovie:
    from ivea_fiji.simulation.synapses import simulate_synapses

    return simulate_synapses(params.seed, kind=params.kind, **choice)


def _sparks(params: SimulationParams, choice: dict[str, Any]) -> SimulatedMovie:
    from ivea_fiji.simulation.sparks import simulate_sparks

    if params.kind == "none":
        choice["events"] = 0
    return simulate_sparks(params.seed, **choice)


def _molecules(params: SimulationParams, choice: dict[str, Any]) -> SimulatedMovie:
    from ivea_fiji.simulation.molecules import simulate_molecules

    return simulate_molecules(params.seed, kind=params.kind, **choice)


_RECIPES: dict[str, Callable[[SimulationParams, dict[str, Any]], SimulatedMovie]] = {
    "physics": _physics, "paper": _paper, "sensors": _sensors, "synapses": _synapses, "sparks": _sparks,
    "molecules": _molecules,
}  # fmt: skip
"""What makes the movie of every recipe; each takes the parameters, and what was chosen of sizes and numbers."""
