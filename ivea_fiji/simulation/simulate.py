"""The one way to a simulated movie, whatever its recipe."""

from __future__ import annotations

from typing import Any

from ivea_fiji.params.simulation import SimulationParams
from ivea_fiji.progress import Progress, Silent, step
from ivea_fiji.simulation.truth import SimulatedMovie


def simulate(params: SimulationParams, *, progress: Progress | None = None) -> SimulatedMovie:
    """Return the movie that the parameters describe.

    Parameters
    ----------
    params
        What movie to simulate; 0 in `events`, `pixel_size_um` and `frame_interval_s` leaves the choice to the recipe.
    progress
        Is told the beginning and the end.

    Raises
    ------
    ParameterError
        If what was asked for does not fit together, e.g. more events than the movie can hold.
    """
    progress = progress or Silent()
    step(progress, "simulating", 0, 1)
    movie = _make(params)
    step(progress, "simulating", 1, 1)
    return movie


def _make(params: SimulationParams) -> SimulatedMovie:
    names = ("events", "pixel_size_um", "frame_interval_s")
    choice: dict[str, Any] = {name: getattr(params, name) for name in names if getattr(params, name)}
    size: dict[str, Any] = {"frames": params.frames, "height": params.height, "width": params.width}
    if params.recipe == "paper":
        from ivea_fiji.simulation.paper import simulate_paper

        if params.kind == "none":
            choice["events"] = 0
        return simulate_paper(noise_factor=params.noise_factor, seed=params.seed, **size, **choice)
    from ivea_fiji.simulation.physics import simulate_physics

    return simulate_physics(params.seed, kind=params.kind, **size, **choice)
