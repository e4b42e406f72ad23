"""An image of a host program such as ImageJ: what the host says of it, and its pixels if they were sent.

The rules are those for files: the same guard against Z stacks, the same belief in scales, the same sentences.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import MovieError
from ivea_fiji.movie.axes import AxisChoice, channel_index, choose_axes
from ivea_fiji.movie.headers import CALIBRATED, z_step_in_words
from ivea_fiji.movie.movie import FrameSource
from ivea_fiji.movie.readers import Opened, colour
from ivea_fiji.movie.reduce import frame_range
from ivea_fiji.movie.rois import Reference
from ivea_fiji.movie.scale import Scale, interval, pixel_size
from ivea_fiji.movie.sources import TypedSource
from ivea_fiji.movie.timing import Timing
from ivea_fiji.params import MovieParams

_SIGNED = (-32768.0, 1.0)
"""Straight line by which ImageJ keeps signed 16-bit numbers."""


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
    """An image as ImageJ describes it. Stack index of a plane: ``(t * slices + z) * channels + c + 1``.

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
        Size of a pixel; the unit is 'pixel' if the size is unknown.
    frame_interval, time_unit
        Time from one frame to the next; 0 if it is unknown.
    z_step
        Distance of the slices in `pixel_unit`, 0 if it is unknown.
    probe
        Sums of the stored numbers of a few planes, as (stack index from 1, sum), by which the file is known again.
    stand_in
        TIFF of the whole image that the host wrote because there was no room to send it; empty if there is none.
    selection
        ``.roi`` file of the selection in its window, empty without one.
    rois
        Zip of the ROI Manager's ROIs, empty without any.
    selected_rois
        Which of them are selected, from 0.
    pixels
        The planes that were sent, ``(plane, y, x)``; None if a file is to be read.
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
    probe: tuple[tuple[int, float], ...] = ()
    stand_in: str = ""
    selection: str = ""
    rois: str = ""
    selected_rois: tuple[int, ...] = ()
    pixels: NDArray | None = field(default=None, compare=False)

    @property
    def scale(self) -> Scale:
        """What ImageJ says of the scale, as far as it can be believed."""
        line = self.coefficients
        signed = self.bit_depth == 16 and (self.signed or line == _SIGNED)
        time = interval(self.frame_interval, self.time_unit)
        notes = (CALIBRATED,) if line not in (None, (0.0, 1.0)) and not signed else ()
        return Scale(
            pixel_size(self.pixel_width, self.pixel_unit),
            Timing(time, None, time),
            # 1 is what ImageJ takes when it knows no distance.
            z_step_in_words(0.0 if self.z_step == 1 else self.z_step, self.pixel_unit, self.pixel_width),
            signed,
            notes,
        )

    def reference(self, pixel_size_um: float = 0.0) -> Reference:
        """Return what labels of this image refer to; a pixel size of 0 takes ImageJ's."""
        return Reference("T" if self.frames > 1 else "Z", self.channels, pixel_size_um or self.scale.pixel_size_um)


def movie_axes(image: ImageInput, params: MovieParams) -> AxisChoice:
    """Return which axis is time; raise `MovieError` for what is no time lapse of one plane."""
    if image.bit_depth not in (8, 16, 32):
        raise colour(image.title)
    sizes = {"T": image.frames, "Z": image.slices, "C": image.channels, "Y": image.height, "X": image.width}
    return choose_axes(image.title, sizes, params.z_is_time, image.scale.z_step)


def movie_planes(image: ImageInput, params: MovieParams) -> Planes:
    """Return the planes of the channel and the frames that `params` name; raise `MovieError` if there are none."""
    count = image.frames if movie_axes(image, params).frame_axis == "T" else image.slices
    channel = channel_index(image.title, params.channel, image.channels)
    first, stop = frame_range(image.title, count, params.first_frame, params.last_frame)
    return Planes(channel + 1 + first * image.channels, image.channels, stop - first)


def open_sent(image: ImageInput, params: MovieParams) -> Opened:
    """Return the movie whose planes were sent; those that were not cannot be read."""
    if image.pixels is None:
        raise ValueError("no pixels were sent")
    choice, planes, scale = movie_axes(image, params), movie_planes(image, params), image.scale
    if image.pixels.shape != (planes.count, image.height, image.width):
        raise ValueError(f"{image.pixels.shape} was sent, {(planes.count, image.height, image.width)} expected")
    frames = image.frames if choice.frame_axis == "T" else image.slices
    source = SentSource(image.pixels, (planes.first - 1) // image.channels, frames)
    told = (*choice.notes, *scale.notes)
    return Opened(TypedSource(source, scale.offset_signed), scale, choice.file_axes, told, image.channels)


def is_same(image: ImageInput, opened: Opened, params: MovieParams) -> bool:
    """Return whether a file that was opened with `params` holds what ImageJ shows: sizes, axes and probed planes.

    Without a probe nothing is known, so the answer is no.
    """
    source = opened.source
    frames = max(image.frames, image.slices)
    if source.shape != (frames, image.height, image.width) or 8 * source.dtype.itemsize != image.bit_depth:
        return False
    if set(opened.file_axes) != set(movie_axes(image, params).file_axes):
        return False
    channel = params.channel - 1
    probed = [(divmod(index - 1, image.channels), total) for index, total in image.probe]
    mine = [(frame, total) for (frame, at), total in probed if at == channel and frame < frames]
    return bool(mine) and all(_adds_up(source, frame, total) for frame, total in mine)


def _adds_up(source: FrameSource, frame: int, total: float) -> bool:
    pixels = source.read(frame, frame + 1)
    offset = 32768 * pixels.size if pixels.dtype == np.int16 else 0
    found = float(pixels.sum(dtype=np.float64)) + offset
    # Sums of fractions depend on the order of adding.
    return found == total or math.isclose(found, total, rel_tol=1e-6) or (math.isnan(found) and math.isnan(total))


class SentSource:
    """Frames of a movie of which only some were sent.

    Parameters
    ----------
    pixels
        Frames ``(t, y, x)`` in a row.
    first
        Frame of the movie (from 0) that is the first of them.
    count
        Frames of the movie.
    """

    def __init__(self, pixels: NDArray, first: int, count: int) -> None:
        self._pixels, self._first = pixels, first
        self.shape = (count, pixels.shape[1], pixels.shape[2])
        self.dtype = pixels.dtype

    def read(self, start: int, stop: int) -> NDArray:
        """Return frames ``start`` to ``stop`` (not included)."""
        if start < self._first or stop > self._first + len(self._pixels):
            raise MovieError(f"Frames {start + 1} to {stop} were not sent; start the command again.")
        return self._pixels[start - self._first : stop - self._first]
