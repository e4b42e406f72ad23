"""Parameters of simulated movies."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from ivea_fiji.params.base import Params, field

KINDS: dict[str, tuple[str, ...]] = {
    "physics": ("mixed", "ph_sensitive", "ph_insensitive", "latent", "none"),
    "paper": ("mixed", "none"),
    "sensors": ("mixed", "puff", "lasting", "growing", "travelling", "none"),
    "synapses": ("mixed", "spontaneous", "stimulated", "ammonium", "slow", "restless", "none"),
    "sparks": ("mixed", "none"),
    "molecules": ("mixed", "ph_sensitive", "ph_insensitive", "latent", "none"),
    "widefield": ("mixed", "ph_sensitive", "ph_insensitive", "latent", "none"),
    "recording": ("mixed", "ph_sensitive", "ph_insensitive", "latent", "none"),
}
"""Which kinds of events every recipe knows."""


class SimulationParams(Params):
    """What movie to simulate."""

    recipe: Literal[
        "physics", "paper", "sensors", "synapses", "sparks", "molecules", "widefield", "recording"
    ] = field(
        "physics",
        "Recipe",
        "'physics' draws cells, vesicles, optics and cameras at random; 'paper' follows Eq 15-18 of the IVEA paper; "
        "'sensors' draws a layer of fluorescent sensors with hotspot areas; 'synapses' draws boutons on neurites; "
        "'sparks' draws calcium sparks of heart cells; 'molecules' draws every object as single molecules, and "
        "'widefield' objects in depth through a modelled objective (needs psfmodels), both among much that resembles "
        "fusions; 'recording' draws fusions, and lights that are none, into a recording of yours.",
    )
    recording: str = field(
        "",
        "Recording",
        "Movie without exocytosis into which the recipe 'recording' draws; its size, scale, noise and motion stay. "
        "Of that recipe only.",
        style="file",
    )
    kind: Literal[
        "mixed", "ph_sensitive", "ph_insensitive", "latent", "puff", "lasting", "growing", "travelling", "spontaneous",
        "stimulated", "ammonium", "slow", "restless", "none",
    ] = field(
        "mixed",
        "Kind of event",
        "Which events happen: all kinds, one of them, or none. The paper's recipe knows 'mixed' (clouds of Eq 16) and "
        "'none'; physics, molecules, widefield and recording the fusions 'ph_sensitive', 'ph_insensitive' and "
        "'latent'; sensors the hotspots 'puff', 'lasting', 'growing' and 'travelling'; synapses 'spontaneous', "
        "'stimulated', 'ammonium' (NH4+ at the end), 'slow' (stimuli that are answered slowly) and 'restless' (slow "
        "changes that are no events).",
    )
    seed: int = field(1, "Seed", "The same seed and sizes give the same movie.", ge=0, le=2**32 - 1)
    frames: int = field(
        200, "Frames", "Length of the movie; a recording keeps its own.", unit="frames", ge=8, le=1_000_000
    )
    height: int = field(256, "Height", "Height of the movie; a recording keeps its own.", unit="px", ge=16, le=16384)
    width: int = field(256, "Width", "Width of the movie; a recording keeps its own.", unit="px", ge=16, le=16384)
    events: int = field(
        0, "Events", "Number of events; 0 leaves it to the recipe (for a movie without any, take the kind 'none').",
        ge=0, le=100_000,
    )
    noise_factor: float = field(
        1.0,
        "Noise factor",
        "lambda of Eq 18: how strong the shot noise is. Of the paper's recipe only.",
        ge=0,
        le=1000,
        source="paper, Eq 18: 0.1-10",
    )
    pixel_size_um: float = field(
        0.0, "Pixel size", "Size of a pixel; 0 leaves it to the recipe, or to the header of the recording.", unit="um",
        ge=0, le=10,
    )
    frame_interval_s: float = field(
        0.0, "Frame interval",
        "Time from one frame to the next; 0 leaves it to the recipe, or to the header of the recording.", unit="s",
        ge=0, le=3600,
    )

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if self.kind not in KINDS[self.recipe]:
            recipe = next(name for name, kinds in KINDS.items() if self.kind in kinds)
            raise ValueError(
                f"The recipe '{self.recipe}' has no events of the kind '{self.kind}'; take the recipe '{recipe}', "
                f"or one of the kinds {', '.join(KINDS[self.recipe])}"
            )
        return self

    @model_validator(mode="after")
    def _check_recording(self) -> Self:
        if self.recipe == "recording" and not self.recording:
            raise ValueError("The recipe 'recording' draws into a recording; give its file as recording")
        if self.recording and self.recipe != "recording":
            raise ValueError(
                f"The recipe '{self.recipe}' takes no recording; take the recipe 'recording', or leave recording empty"
            )
        return self
