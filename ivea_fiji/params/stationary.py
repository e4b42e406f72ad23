"""Parameters of the stationary-burst module."""

from __future__ import annotations

from typing import Literal

from ivea_fiji.params.base import declared_in, field
from ivea_fiji.params.movie import MovieParams
from ivea_fiji.params.random import RandomParams


class StationaryParams(MovieParams):
    """Detection, classification and measurement of stationary bursts (synapses, which are active again and again)."""

    model: str = field(
        "neuro-lstm", "Model",
        "Name of the network, or the folder of one; Manage Models... and `ivea models` list them.",
        style="model:stationary",
    )  # fmt: skip
    classes: str = declared_in(RandomParams, "classes")
    confidence: float = declared_in(RandomParams, "confidence")
    stimuli: str = field(
        "auto",
        "Stimuli",
        "First and last frame of every electrical or agonist stimulus, such as 300-600, 700-1300, counted from 1; "
        "'auto' finds them, 'none' says that there is none.",
        unit="frames",
        source="paper, Eq 3",
    )
    ammonium: str = field(
        "auto",
        "NH4+",
        "First and last frame with NH4+, such as 2500-2900, counted from 1; 'auto' finds it, 'none' says that there is "
        "none.",
        unit="frames",
    )
    stimulus_ratio: float = field(
        1.1, "Stimulus ratio", "A stimulus begins where the mean change exceeds this many times its usual value.",
        ge=1.01, le=100, step=0.05, advanced=True, source="paper, Eq 3: 1.1",
    )
    adapt_to_stimulus: bool = field(
        True, "Adapt to stimulus", "Raise the thresholds while everything brightens, by the ratio of the mean change, "
        "at most two times.", advanced=True, source="paper, theta_i = theta R_i",
    )
    response_frames: int = field(
        10, "Response time", "An event counts as synchronous up to this many frames after the last frame of a "
        "stimulus.", unit="frames", ge=0, le=10000, advanced=True, source="ours",
    )
    add_frames: int = field(
        0, "Add frames", "Frames by which the network looks further ahead, for events that rise more slowly than 30 "
        "frames; all of them are averaged into its 41 samples.", unit="frames", ge=0, le=4000, source="paper, Eq 6",
    )
    search_radius: int = field(
        3, "Search radius", "Events closer than this belong to one synapse, which is measured within it.",
        unit="px", ge=1, le=32, source="original IVEA: 3 px",
    )
    lag: int = declared_in(RandomParams, "lag")
    link_frames: int = field(
        4, "Linking time", "Changes of one site closer than this in time are one.", unit="frames",
        ge=1, le=1000, advanced=True, source="paper, random bursts: T = 4 frames",
    )
    repeat_frames: float = field(
        0.0, "Repeat time", "Events of one synapse closer than this in time are one; 0 takes what was chosen for the "
        "model on validation movies.", unit="frames", ge=0, le=10000, advanced=True,
    )
    blur_sigma: float = declared_in(RandomParams, "blur_sigma")
    threshold_factor: float = declared_in(RandomParams, "threshold_factor")
    prominence: float = field(
        0.0, "Prominence", "How far a local maximum must stand out; 0 chooses it.", ge=0, advanced=True,
        unit="noise SD",
    )
    adapt_to_movie: bool = declared_in(RandomParams, "adapt_to_movie")
    correct_drift: Literal["auto", "yes", "no"] = field(
        "auto", "Correct drift", "Move every frame back to where the first ones lie; 'auto' does so if any lies more "
        "than half a pixel off. Tables and ROIs say where the file shows an event. Drift is told anyway.",
        source="ours",
    )
    normalise_to: Literal["auto", "total_pool", "peak"] = field(
        "auto", "Normalise to", "What is 1 in normalised traces: 'total_pool' takes the level with NH4+, 'peak' the "
        "highest value of the trace; 'auto' takes the pool if there is NH4+.", advanced=True,
    )
    window_before: int = field(
        20, "Frames before", "Frames before the onset in every event's trace.", unit="frames", ge=1, le=10000,
        advanced=True, source="original IVEA: 20",
    )
    window_after: int = field(
        150, "Frames after", "Frames after the onset in every event's trace.", unit="frames", ge=1, le=10000,
        advanced=True, source="original IVEA: 150",
    )
    runtime: Literal["onnx", "keras"] = declared_in(RandomParams, "runtime")
    threads: int = declared_in(RandomParams, "threads")
