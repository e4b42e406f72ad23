"""OME-Zarr 0.4 and 0.5, and bare zarr arrays."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import MovieError
from ivea_fiji.movie.axes import channel_index, choose_axes
from ivea_fiji.movie.readers import Opened
from ivea_fiji.movie.scale import Scale, interval, number, pixel_size
from ivea_fiji.movie.sources import LazySource, TypedSource, damaged
from ivea_fiji.movie.timing import Timing
from ivea_fiji.params import MovieParams

log = logging.getLogger(__name__)

MARKERS = ("zarr.json", ".zgroup", ".zarray", ".zattrs")
DEFAULT_AXES = "TCZYX"
"""Axes of OME-Zarr up to 0.3, and of a bare array from the right."""


def is_zarr(path: Path) -> bool:
    """Return True if a folder holds a zarr group or array."""
    return path.is_dir() and any((path / marker).is_file() for marker in MARKERS)


def open_zarr(path: Path, params: MovieParams) -> Opened:
    """Open an OME-Zarr image, or a bare zarr array whose last axes are ``(t, y, x)``.

    Parameters
    ----------
    path
        Folder of the image.
    params
        Channel and how Z is to be taken.

    Raises
    ------
    MovieError
        If the folder is no readable zarr image or holds no time lapse of one plane.
    """
    import zarr

    try:
        node = zarr.open(path, mode="r")
        array, axes, scales, units, notes = _image(node, path.name)
        sizes = {axis: int(size) for axis, size in zip(axes, array.shape, strict=True)}
        if len(sizes) != len(axes) or not {"Y", "X"} <= sizes.keys() or min(sizes.values()) < 1:
            raise _unreadable(path.name)
        scale = _scale(axes, scales, units)
    except MovieError:
        raise
    except Exception as error:  # zarr raises errors of many kinds for damaged metadata
        log.info("%s: %s", path, error)
        raise _unreadable(path.name) from error
    choice = choose_axes(path.name, sizes, params.z_is_time, scale.z_step)
    channels = sizes.get(choice.channel_axis, 1)
    channel = channel_index(path.name, params.channel, channels)
    source = _source(array, axes, choice.frame_axis, choice.channel_axis, channel, path.name)
    return Opened(TypedSource(source), scale, choice.file_axes, (*notes, *choice.notes, *scale.notes), channels)


def _unreadable(name: str) -> MovieError:
    return MovieError(f"'{name}' is not an OME-Zarr image IVEA can read; save the movie as TIFF in ImageJ.")


def _image(node: Any, name: str) -> tuple[Any, str, list[float], list[str], tuple[str, ...]]:
    """Return the array at full resolution with its axes, their scales and units, and notes."""
    if hasattr(node, "shape"):
        axes = DEFAULT_AXES.replace("C", "").replace("Z", "") if node.ndim == 3 else DEFAULT_AXES[-node.ndim :]
        return node, axes, [1.0] * node.ndim, [""] * node.ndim, ()
    attrs = dict(node.attrs)
    attrs = attrs.get("ome", attrs)
    if "multiscales" not in attrs:
        if "0" in node and "bioformats2raw.layout" in attrs:
            note = f"'{name}' may hold several images; the first was taken."
            return (*_image(node["0"], name)[:4], (note,))
        raise _unreadable(name)
    multiscale = attrs["multiscales"][0]
    dataset = multiscale["datasets"][0]
    array = node[dataset["path"]]
    named = multiscale.get("axes") or list(DEFAULT_AXES.lower())
    letters = [axis if isinstance(axis, str) else axis["name"] for axis in named]
    units = ["" if isinstance(axis, str) else axis.get("unit", "") for axis in named]
    scales = np.ones(array.ndim)
    for step in (*dataset.get("coordinateTransformations", ()), *multiscale.get("coordinateTransformations", ())):
        if step.get("type") == "scale":
            scales = scales * np.asarray(step["scale"], float)
    return array, "".join(letter[:1].upper() for letter in letters), scales.tolist(), units, ()


def _scale(axes: str, scales: list[float], units: list[str]) -> Scale:
    """Return the scale; a step of 1 without a unit is the format's way to say nothing."""
    known = dict(zip(axes, zip(scales, units, strict=True), strict=True))
    step, unit = known.get("Z", (1.0, ""))
    stated = number(step) is not None and (unit != "" or step != 1.0)
    time = interval(*known["T"]) if "T" in known else None
    return Scale(pixel_size(*known["X"]), Timing(time, None, time), f"{step:.4g} {unit or 'units'}" if stated else "")


def _source(array: Any, axes: str, frame_axis: str, channel_axis: str, channel: int, name: str) -> LazySource:
    wanted = [axes.index(frame_axis), axes.index("Y"), axes.index("X")]
    order = np.argsort(np.argsort(wanted))

    def read(start: int, stop: int) -> NDArray:
        where = tuple(
            slice(start, stop) if axis == frame_axis
            else slice(None) if axis in "YX"
            else channel if axis == channel_axis
            else 0
            for axis in axes
        )
        try:
            block = np.asarray(array[where])
        except Exception as error:  # a damaged chunk makes its codec raise an error of its own kind
            log.info("frames %d to %d of %s: %s", start, stop, name, error)
            raise damaged(name, start) from error
        return block.transpose(order)

    height, width = array.shape[wanted[1]], array.shape[wanted[2]]
    return LazySource(read, (array.shape[wanted[0]], height, width), np.dtype(array.dtype))
