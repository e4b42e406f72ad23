"""Parameters of simulated movies."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from ivea_fiji.params.base import Params, field


class SimulationParams(Params):
    """What movie to simulate."""

    recipe: Literal["physics", "paper"] = field(
        "physics",
        "Recipe",
        "'physics' draws cells, vesicles, optics and cameras at random; 'paper' follows Eq 15-18 of the IVEA paper.",
    )
    kind: Literal["mixed", "ph_sensitive", "ph_insensitive", "latent", "none"] = field(
        "mixed",
        "Kind of fusion",
        "Which fusions happen: all kinds, one of them, or none. The paper's recipe knows 'mixed' (clouds of Eq 16) and "
        "'none'.",
    )
    seed: int = field(1, "Seed", "The same seed and sizes give the same movie.", ge=0, le=2**32 - 1)
    frames: int = field(200, "Frames", "Length of the movie.", unit="frames", ge=8, le=1_000_000)
    height: int = field(256, "Height", "Height of the movie.", unit="px", ge=16, le=16384)
    width: int = field(256, "Width", "Width of the movie.", unit="px", ge=16, le=16384)
    events: int = field(
        0, "Events", "Number of fusions; 0 leaves it to the recipe (for a movie without any, take the kind 'none').",
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
        0.0, "Pixel size", "Size of a pixel; 0 leaves it to the recipe.", unit="um", ge=0, le=10
    )
    frame_interval_s: float = field(
        0.0, "Frame interval", "Time from one frame to the next; 0 leaves it to the recipe.", unit="s", ge=0, le=3600
    )

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if self.recipe == "paper" and self.kind not in ("mixed", "none"):
            raise ValueError(f"The paper's recipe has no fusion of the kind '{self.kind}'; take the recipe 'physics'")
        return self
