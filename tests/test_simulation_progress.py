"""A simulation tells how far it is, and stops when asked, in the middle of every stage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ivea_fiji.commands.registry import COMMANDS
from ivea_fiji.errors import Cancelled
from ivea_fiji.params import SimulationParams
from ivea_fiji.simulation.simulate import simulate

SIZE = {"frames": 60, "height": 128, "width": 128, "seed": 5, "events": 3}
STAGES = {
    "physics": (
        "drawing vesicles", "drawing events", "drawing artefacts", "moving and blurring frames", "recording frames",
        "measuring events",
    ),
    "paper": ("drawing vesicles", "drawing events", "recording frames", "measuring events"),
    "sensors": ("drawing events", "recording frames"),
    "widefield": (
        "drawing events", "drawing others", "telling by light", "drawing cells", "drawing light", "recording frames",
        "measuring events",
    ),
    "molecules": (
        "drawing events", "drawing other objects", "exposing frames", "recording frames", "measuring events",
    ),
}  # fmt: skip


class Told:
    """Remembers what it was told, and asks to stop once a stage is half done."""

    def __init__(self, stop_in: str = "") -> None:
        self.steps: list[tuple[str, int, int]] = []
        self._stop_in = stop_in

    def update(self, stage: str, done: int, total: int) -> None:
        self.steps.append((stage, done, total))

    def cancelled(self) -> bool:
        if not self.steps:
            return False
        stage, done, total = self.steps[-1]
        return stage == self._stop_in and done >= total // 2


@pytest.mark.parametrize("recipe", STAGES)
def test_every_stage_is_told_from_its_beginning(recipe: str) -> None:
    params = SimulationParams(recipe=recipe, **SIZE)
    told = Told()
    movie = simulate(params, progress=told)
    assert tuple(dict.fromkeys(stage for stage, _, _ in told.steps)) == STAGES[recipe]
    for stage in STAGES[recipe]:
        steps = [(done, total) for name, done, total in told.steps if name == stage]
        assert steps == [(done, len(steps)) for done in range(len(steps))]
    assert sum(stage == "recording frames" for stage, _, _ in told.steps) == 60
    np.testing.assert_array_equal(movie.frames, simulate(params).frames)


@pytest.mark.parametrize(("recipe", "stage"), [(recipe, stage) for recipe in STAGES for stage in STAGES[recipe]])
def test_a_simulation_stops_in_the_middle_of_a_stage(recipe: str, stage: str) -> None:
    told = Told(stop_in=stage)
    with pytest.raises(Cancelled):
        simulate(SimulationParams(recipe=recipe, **SIZE), progress=told)
    last, done, total = told.steps[-1]
    assert (last, done) == (stage, total // 2), "the next step had begun"


def test_a_stopped_simulation_writes_nothing(tmp_path: Path) -> None:
    command = COMMANDS["simulate_movie"]
    params = command.params.make(**SIZE, output_folder=str(tmp_path / "out"))
    with pytest.raises(Cancelled):
        command.run(params, None, Told(stop_in="recording frames"))  # type: ignore[misc]
    assert not (tmp_path / "out").exists()
