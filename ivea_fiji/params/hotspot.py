"""Parameters of the hotspot-area module."""

from __future__ import annotations

from typing import Literal

from ivea_fiji.params.base import field
from ivea_fiji.params.movie import MovieParams


class HotspotParams(MovieParams):
    """Detection, tracking and measurement of hotspot areas: places of a sensor layer that light up and fade."""

    layers: int = field(
        5, "Layers", "Groups of pixels of like brightness (k-means), whose brightness is matched frame by frame.",
        ge=1, le=10, advanced=True, source="paper: k = 5",
    )
    correction: Literal["mic", "dart", "none"] = field(
        "mic", "Brightness correction",
        "'mic' scales every layer to its earlier brightness (multilayer intensity correction), 'dart' adds the change "
        "of its mean, 'none' leaves frames as they are.", advanced=True, source="paper, Eq 19",
    )  # fmt: skip
    theta: float = field(
        1.0, "Brightness adjustment", "How much of a layer's change is taken back: 0 none, 1 all of it.", ge=0, le=1.5,
        step=0.05, advanced=True, source="paper, Eq 19: theta = 1",
    )
    lag: int = field(
        3, "Variation time window", "Frames between the two images that are subtracted.", unit="frames", ge=1, le=100,
        advanced=True, source="original IVEA: 3",
    )
    blur_sigma: float = field(
        2.0, "Gaussian blur", "Blur before frames are subtracted; 0 for none.", unit="px", ge=0, le=20, source="ours",
    )
    noise_filter_radius: int = field(
        2, "Noise filter radius", "Radius of the median filter on the pixels above the threshold; 0 for none.",
        unit="px", ge=0, le=50, source="original IVEA: 8 px",
    )
    alpha: float = field(
        0.0, "Threshold sensitivity",
        "Factor between the threshold that clears the background and that of the whole image; 0 learns it from the "
        "movie; larger finds fewer events.", ge=0, le=20, step=0.1, source="paper: alpha, learned if 0",
    )  # fmt: skip
    fixed_threshold: float = field(
        0.0, "Fixed threshold", "Change of intensity above which a pixel is active, instead of a learned one; 0 learns "
        "it.", unit="counts", ge=0, le=1e9, advanced=True,
    )
    learning_frames: int = field(
        40, "Frames to learn from", "Frames, spread over the movie, from which the threshold is learned.",
        unit="frames", ge=4, le=1000, advanced=True, source="ours; paper: 2 at the beginning",
    )
    background_region: str = field(
        "", "Background region", "Place without events as x,y,width,height in px; empty takes the darkest strip.",
        advanced=True, source="original IVEA: the darker of top and bottom",
    )
    smallest_area: int = field(
        20, "Smallest area", "Smaller areas are left out.", unit="px", ge=1, le=1_000_000,
        source="original IVEA: 50 px",
    )
    search_radius: float = field(
        6.0, "Search radius", "How far the centre of an area may move from one frame to the next.", unit="px", ge=0,
        le=200, advanced=True, source="original IVEA: 6 px",
    )
    longest_event: int = field(
        1000, "Longest event", "Tracking of an event that stays bright ends after so many frames.", unit="frames",
        ge=10, le=100_000, advanced=True,
    )
    outline_level: float = field(
        0.5, "Outline level", "The area of an event are the pixels whose change, relative to their brightness, is at "
        "least this part of its highest.", ge=0.05, le=0.95, step=0.05, advanced=True, source="ours",
    )  # fmt: skip
    window_before: int = field(
        20, "Frames before", "Frames before the start in every event's trace.", unit="frames", ge=5, le=10000,
        advanced=True, source="original IVEA: 20",
    )
    window_after: int = field(
        20, "Frames after", "Frames after the end in every event's trace.", unit="frames", ge=0, le=10000,
        advanced=True, source="ours",
    )
    seed: int = field(1, "Seed", "Seed of the k-means; the same seed gives the same layers.", ge=0, le=2**32 - 1,
                      advanced=True)  # fmt: skip
