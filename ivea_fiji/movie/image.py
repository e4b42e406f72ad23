"""An image of a host program such as ImageJ: what the host says of it, and its pixels if they were sent."""

from __future__ import annotations

from dataclasses import dataclass, field

from numpy.typing import NDArray


@dataclass(frozen=True)
class Planes:
    """Planes of an ImageJ stack, evenly spaced.

    Attributes
    ----------
    first
        Stack index of the first plane, from 1.
    step
        From one plane to the next.
    count
        How many there are.
    """

    first: int
    step: int
    count: int


@dataclass(frozen=True)
class ImageInput:
    """An image as ImageJ describes it. A plane's stack index is ``((t * slices) + z) * channels + c + 1``.

    Attributes
    ----------
    title
        Name of its window.
    path
        File it was opened from, empty if there is none.
    modified
        True if its pixels may differ from the file's.
    width, height, channels, slices, frames
        Sizes of its axes.
    channel, frame
        What is shown, from 1.
    bit_depth
        8, 16 or 32.
    signed
        True for ImageJ's signed 16-bit, whose pixels are stored plus 32768.
    coefficients
        Offset and slope of a straight line that turns stored numbers into grey values; None without one.
    pixel_width, pixel_unit
        Size of a pixel; the unit is 'pixel' if it is unknown.
    frame_interval, time_unit
        Time from one frame to the next; 0 if it is unknown.
    z_step
        Distance of the slices in `pixel_unit`, 0 if it is unknown.
    selection
        ``.roi`` file of the selection in its window, empty without one.
    rois
        Zip of the ROI Manager's ROIs, empty without any.
    selected_rois
        Which of them are selected, from 0.
    pixels
        The planes that were sent, ``(plane, y, x)``; None if the file is to be read.
    planes
        Which planes those are.
    """

    title: str
    width: int
    height: int
    path: str = ""
    modified: bool = False
    channels: int = 1
    slices: int = 1
    frames: int = 1
    channel: int = 1
    frame: int = 1
    bit_depth: int = 16
    signed: bool = False
    coefficients: tuple[float, float] | None = None
    pixel_width: float = 1.0
    pixel_unit: str = "pixel"
    frame_interval: float = 0.0
    time_unit: str = "s"
    z_step: float = 0.0
    selection: str = ""
    rois: str = ""
    selected_rois: tuple[int, ...] = ()
    pixels: NDArray | None = field(default=None, compare=False)
    planes: Planes | None = None
