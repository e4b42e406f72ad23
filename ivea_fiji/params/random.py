"""Parameters of the random-burst module."""

from __future__ import annotations

from typing import Literal

from ivea_fiji.params.base import field
from ivea_fiji.params.movie import MovieParams


class RandomParams(MovieParams):
    """Detection, classification and measurement of random bursts (single vesicles anywhere in the cell)."""

    model: str = field(
        "evit28", "Model", "Name of the network, or the folder of one; Manage Models... and `ivea models` list them.",
        style="model:random",
    )  # fmt: skip
    classes: str = field(
        "all",
        "Event classes",
        "Names of the classes to report, separated by commas, or 'all'; Manage Models... tells those of each model.",
        advanced=True,
        style="classes",
    )
    confidence: float = field(
        0.0,
        "Confidence",
        "Smallest probability of an event; 0 takes the threshold that was chosen for the model on validation movies.",
        ge=0,
        le=1,
        step=0.05,
    )
    vision_radius: int = field(
        0,
        "Vision radius",
        "Half the side of the square the network sees around a candidate; 0 chooses it from the pixel size "
        "(1.6 um, between 7 and 16 px; 12 px if the pixel size is unknown).",
        unit="px",
        ge=0,
        le=64,
        advanced=True,
        source="paper: 7-16 px",
    )
    search_radius: int = field(
        3, "Search radius", "Candidates closer than this belong to one site, and events are measured within it.",
        unit="px", ge=1, le=32, source="paper: R = 3 px",
    )
    lag: int = field(
        4, "Variation time window", "Frames between the two images that are subtracted.", unit="frames",
        ge=1, le=100, advanced=True, source="original IVEA: 4",
    )
    link_frames: int = field(
        4, "Linking time", "Candidates of one site closer than this in time are one.", unit="frames",
        ge=1, le=100, advanced=True, source="paper: T = 4 frames",
    )
    blur_sigma: float = field(
        1.0, "Gaussian blur", "Blur before frames are subtracted; 0 for none.", unit="px", ge=0, le=10,
        advanced=True, source="original IVEA: 1 px",
    )
    wide_search: bool = field(
        True, "Search wide clouds", "Search a second time with a blur of 0.4 um, for clouds whose middle does not "
        "brighten because a docked vesicle empties into them; not with thresholds from the first frames.",
        advanced=True,
    )
    threshold: Literal["noise_map", "first_frames"] = field(
        "noise_map",
        "Threshold from",
        "'noise_map' measures the noise of every place over the whole movie; 'first_frames' learns from the first "
        "frames as the paper does, which needs a quiet start.",
        advanced=True,
        source="ours; paper, Eq 1-2",
    )
    threshold_factor: float = field(
        1.0,
        "Threshold factor",
        "Multiplies the detection thresholds (the paper's theta): below 1 finds weaker candidates, above 1 fewer.",
        ge=0.1,
        le=20,
        step=0.1,
        source="paper, Eq 2",
    )
    prominence: float = field(
        0.0, "Prominence", "How far a local maximum must stand out; 0 chooses it.", ge=0, advanced=True,
        unit="noise SD, or counts with 'first_frames'",
    )
    spread_radius: float = field(
        0.0, "Event spread", "SR of the Gaussian suppression: widens the cloud in which weaker events are taken as "
        "repeats; 0 takes what was chosen for the model on validation movies.", unit="px", ge=0, le=64, advanced=True,
        source="paper, Eq 10: 1",
    )
    time_spread: float = field(
        0.0, "Event time spread", "Standard deviation in time of the Gaussian suppression; 0 takes nu times the "
        "cloud's sigma, scaled by the frame rate.", unit="frames", ge=0, le=10000, advanced=True,
        source="paper, Eq 10: tau = nu sigma",
    )
    second_look: bool = field(
        True, "Second look", "Judge every candidate also by the course of light at its place, 100 frames before and "
        "after; off, the network decides alone, as in the paper. Models without a second stage always do.",
        advanced=True, source="ours",
    )
    least_frames: int = field(
        3, "Least frames", "An event with fewer frames of the movie before or after its peak is not reported, since "
        "nobody could tell; 0 reports all.", unit="frames", ge=0, le=100, advanced=True, source="ours",
    )
    adapt_to_movie: bool = field(
        True, "Adapt to movie", "Lower the probabilities where events are rare in this movie, as all its candidates "
        "tell; without effect where a second look was taken.", advanced=True,
        source="Saerens et al. 2002",
    )
    repeat_frames: float = field(
        0.0, "Repeat time", "Reports within 5 px of each other and at most this far apart in time are one event; 0 "
        "takes what was chosen for the model on validation movies.", unit="frames", ge=0, le=10000, advanced=True,
    )
    window_before: int = field(
        20, "Frames before", "Frames before the peak in every event's trace.", unit="frames", ge=1, le=10000,
        advanced=True, source="original IVEA: 20",
    )
    window_after: int = field(
        100, "Frames after", "Frames after the peak in every event's trace.", unit="frames", ge=1, le=10000,
        advanced=True, source="original IVEA: 100",
    )
    runtime: Literal["onnx", "keras"] = field(
        "onnx", "Runtime", "What runs the network: ONNX Runtime, or Keras with TensorFlow.", advanced=True,
    )
    threads: int = field(
        0, "Threads", "Processor threads to use; 0 for all.", ge=0, le=256, advanced=True,
    )
