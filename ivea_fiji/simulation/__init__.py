"""Simulated movies with truth."""

from __future__ import annotations

from ivea_fiji.params.simulation import SimulationParams
from ivea_fiji.simulation.truth import SimulatedMovie, TrueEvent

__all__ = ["SimulatedMovie", "TrueEvent", "simulate"]


def simulate(params: SimulationParams) -> SimulatedMovie:
    """Return the movie that the parameters describe.

    Parameters
    ----------
    params
        What movie to simulate; 0 in `events`, `pixel_size_um` and `frame_interval_s` leaves the choice to the recipe.
    """
    choice = {
        name: value
        for name in ("events", "pixel_size_um", "frame_interval_s")
        if (value := getattr(params, name))
    }
    size = {"frames": params.frames, "height": params.height, "width": params.width}
    if params.recipe == "paper":
        from ivea_fiji.simulation.paper import simulate_paper

        if params.kind == "none":
            choice["events"] = 0
        return simulate_paper(noise_factor=params.noise_factor, seed=params.seed, **size, **choice)
    from ivea_fiji.simulation.physics import simulate_physics

    return simulate_physics(params.seed, kind=params.kind, **size, **choice)
