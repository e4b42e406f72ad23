"""Which axis of a file is time.

Many time lapses say that they are Z stacks, because ImageJ calls any stack a Z stack until told
otherwise. Taking a real Z stack for time would give results that mean nothing, so the guard here
is strict where the file states a Z step and kind where it does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ivea_fiji.errors import MovieError

SEQUENCE = "IQR"
"""Letters for pages in a row that no header explains; ImageJ shows them as slices."""


@dataclass(frozen=True)
class AxisChoice:
    """What the axes in front of ``YX`` mean.

    Attributes
    ----------
    frame_axis
        Letter of the file's axis that is time.
    channel_axis
        Letter of the channel axis, or empty.
    file_axes
        Axes as ImageJ shows them: unexplained pages are Z.
    notes
        What the user should be told.
    """

    frame_axis: str
    channel_axis: str
    file_axes: str
    notes: tuple[str, ...] = ()


def choose_axes(
    name: str, sizes: dict[str, int], z_is_time: Literal["auto", "yes", "no"], z_step: str = ""
) -> AxisChoice:
    """Find time and channel among the axes of a file, or refuse it with one sentence.

    Parameters
    ----------
    name
        File, for the messages.
    sizes
        Length of every axis, in the file's order.
    z_is_time
        As in `MovieParams`.
    z_step
        The distance of the slices in words, if the file truly states one, such as "0.3 um".

    Raises
    ------
    MovieError
        For a Z stack, a single image, or an axis that is neither time nor channel.

    Notes
    -----
    The rules are ours.
    """
    long = {axis: size for axis, size in sizes.items() if size > 1 and axis not in "YX"}
    channel = next((axis for axis in "CS" if axis in long), "")
    unknown = [axis for axis in long if axis not in "TZ" + SEQUENCE and axis != channel]
    if unknown:
        axis = unknown[0]
        raise MovieError(
            f"'{name}' has {long[axis]} images along an axis '{axis}' that IVEA does not know; "
            "save one of them as a time lapse in ImageJ first."
        )
    timed = [axis for axis in long if axis in "T" + SEQUENCE]
    if "Z" in long and timed:
        raise MovieError(
            f"'{name}' has {long['Z']} Z slices at each of {long[timed[0]]} time points; "
            "make one plane of them first, for example with Image > Stacks > Z Project... in ImageJ."
        )
    if len(timed) > 1:
        raise MovieError(f"'{name}' has two time axes ({', '.join(timed)}); save it as one time lapse in ImageJ first.")
    notes: tuple[str, ...] = ()
    if timed:
        frame_axis = timed[0]
    elif "Z" in long:
        notes = (_z_as_time(name, long["Z"], z_is_time, z_step),)
        frame_axis = "Z"
    else:
        raise _single(name, long.get(channel, 1))
    shown = "".join("Z" if axis in SEQUENCE else "C" if axis == channel else axis for axis in sizes if axis in long)
    return AxisChoice(frame_axis, channel, shown + "YX", notes)


def _single(name: str, channels: int) -> MovieError:
    if channels > 1:
        return MovieError(
            f"'{name}' has {channels} channels but only one frame; if the channels are really frames, "
            "say so in ImageJ with Image > Properties... and save it again."
        )
    return MovieError(f"'{name}' has only one frame, and IVEA needs a time lapse; choose the whole movie.")


def _z_as_time(name: str, slices: int, z_is_time: str, z_step: str) -> str:
    """Return the note for slices taken as frames, or refuse them."""
    if z_is_time == "no":
        raise MovieError(
            f"'{name}' is a stack of {slices} Z slices with one time point and 'Z is time' is set to 'no'; "
            "choose a time lapse, or set it to 'auto' or 'yes'."
        )
    if z_is_time == "auto" and z_step:
        raise MovieError(
            f"'{name}' says it is a Z stack ({slices} slices, {z_step} apart), not a time lapse; "
            "if its slices are really frames, set 'Z is time' (z_is_time) to 'yes'."
        )
    return f"'{name}' says it is a Z stack with one time point; its {slices} slices were taken as frames."


def channel_index(name: str, channel: int, count: int) -> int:
    """Return the channel counted from 0; raise `MovieError` if the file does not have it."""
    if not 1 <= channel <= count:
        have = "only 1 channel" if count == 1 else f"{count} channels"
        raise MovieError(f"Channel {channel} was asked for, but '{name}' has {have}; choose 1{_to(count)}.")
    return channel - 1


def _to(count: int) -> str:
    return "" if count == 1 else f" to {count}"
