"""Parameters of the measurement of ROIs."""

from __future__ import annotations

from typing import Literal

from ivea_fiji.params.base import Params, declared_in, field
from ivea_fiji.params.movie import MovieParams


class MeasureParams(Params):
    """Traces of ROIs: which channels, frames and ROIs, and what is made of the intensities."""

    channel: int = field(0, "Channel", "Channel to measure, counted from 1; 0 measures every channel.", ge=0)
    roi_numbers: str = field(
        "", "ROI numbers", "ROIs to measure, by their place in the list from 1, such as 1,3-5; empty measures all.",
        advanced=True,
    )
    span: Literal["whole_movie", "around_frame"] = field(
        "whole_movie", "Frames measured",
        "'whole_movie' measures all frames; 'around_frame' those before and after the frame of each ROI.",
        source="original IVEA: around the frame",
    )  # fmt: skip
    window_before: int = field(
        20, "Frames before", "Frames measured before the frame of a ROI.", unit="frames", ge=0, le=1_000_000,
        source="original IVEA: 20",
    )
    window_after: int = field(
        100, "Frames after", "Frames measured after the frame of a ROI.", unit="frames", ge=0, le=1_000_000,
        source="original IVEA: 100",
    )
    background: Literal["none", "ring"] = field(
        "none", "Background", "'ring' subtracts the median of a ring around each ROI, frame by frame.",
    )
    f0_from: Literal["auto", "before", "first", "lowest"] = field(
        "auto",
        "F0 from",
        "'before': median of the earlier half of the frames measured before the frame of the ROI; 'first': median of "
        "the first frames measured; 'lowest': 10th percentile of all; 'auto' takes 'before' around a frame and "
        "'lowest' for the whole movie.",
        source="ours",
    )
    f0_frames: int = field(
        10, "Frames of F0", "How many frames 'first' takes.", unit="frames", ge=1, le=1_000_000, advanced=True
    )
    ring_gap: int = field(
        3, "Ring distance", "Pixels between a ROI and its ring.", unit="px", ge=0, le=200, advanced=True
    )
    ring_width: int = field(3, "Ring width", "Width of the ring.", unit="px", ge=1, le=200, advanced=True)
    point_radius: float = field(
        3.0, "Radius of points", "A point is measured as a disc of this radius.", unit="px", ge=0, le=1000,
        advanced=True,
    )
    first_frame: int = declared_in(MovieParams, "first_frame")
    last_frame: int = declared_in(MovieParams, "last_frame")
    every_nth: int = declared_in(MovieParams, "every_nth")
    bad_frames: str = declared_in(MovieParams, "bad_frames")
    scene: str = declared_in(MovieParams, "scene")
    colour: Literal["none", "red", "green", "blue"] = declared_in(MovieParams, "colour")
    frame_interval_s: float = declared_in(MovieParams, "frame_interval_s")
    pixel_size_um: float = declared_in(MovieParams, "pixel_size_um")
    z_is_time: Literal["auto", "yes", "no"] = declared_in(MovieParams, "z_is_time")
    picture: bool = field(True, "Picture", "Draw the ROIs and their traces.", advanced=True)

    def of_movie(self, channel: int) -> MovieParams:
        """Return how one channel of the movie is read."""
        names = ("first_frame", "last_frame", "frame_interval_s", "pixel_size_um", "z_is_time", "every_nth",
                 "bad_frames", "scene", "colour")  # fmt: skip
        return MovieParams.make(channel=channel, **self.model_dump(include=set(names)))
