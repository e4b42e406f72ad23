"""How a movie is to be read."""

from __future__ import annotations

from typing import Literal

from ivea_fiji.params.base import Params, field


class MovieParams(Params):
    """What part of a file is the movie, and its scale in space and time."""

    channel: int = field(1, "Channel", "Channel to analyse, counted from 1.", ge=1)
    first_frame: int = field(1, "First frame", "First frame to analyse, counted from 1 as ImageJ shows it.", ge=1)
    last_frame: int = field(0, "Last frame", "Last frame to analyse; 0 means the end of the movie.", ge=0)
    every_nth: int = field(
        0, "Take every n-th frame", "Of the frames from the first one on: 2 takes one kind of two alternating kinds of "
        "light, with the first frame 1 or 2. 1 takes all; 0 takes all too, but of light that alternates the brightest.",
        ge=0, le=1000, advanced=True, source="ours",
    )
    bad_frames: str = field(
        "", "Bad frames", "Frames of the file to leave out, like 7,120-131,900-end (flash, touched table). Dark and "
        "saturated frames are found by themselves.", advanced=True,
    )
    scene: str = field(
        "", "Scene", "Name or number (from 1) of the movie in a file that holds several; empty takes the first time "
        "lapse.", advanced=True,
    )
    colour: Literal["none", "red", "green", "blue"] = field(
        "none", "Colour", "Which colour of an RGB movie is analysed; 'none' refuses colour movies.", advanced=True,
    )
    z_is_time: Literal["auto", "yes", "no"] = field(
        "auto",
        "Z is time",
        "Whether a file with many Z slices and one frame is really a time lapse. 'auto' takes it as time and says so, "
        "unless the file states a Z step; 'no' refuses such a file.",
        advanced=True,
        source="ours",
    )
    reduce_frames: int = field(
        1, "Reduce frames", "Combine every k frames into one (k = 1 keeps all).", ge=1, le=1000, advanced=True,
        source="original IVEA, temporal max pooling",
    )
    reduce_with: Literal["max", "mean"] = field(
        "max", "Reduce with", "How frames are combined: their maximum or their mean.", advanced=True
    )
    pixel_size_um: float = field(
        0.0, "Pixel size", "Size of a pixel; 0 takes it from the file.", unit="um", ge=0, le=100
    )
    frame_interval_s: float = field(
        0.0, "Frame interval", "Time from one frame to the next; 0 takes it from the file.", unit="s", ge=0, le=86400
    )
    cell_mask: str = field(
        "",
        "Cell mask",
        "File that outlines the cell: an ImageJ ROI (.roi, .zip) or an image whose non-zero pixels are the cell. "
        "Events outside are left out and rates are given per area.",
        advanced=True,
        style="file",
    )
