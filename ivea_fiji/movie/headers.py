"""Scale in the headers of the TIFF family: ImageJ, Micro-Manager, OME, MetaMorph (STK), Zeiss (LSM), plain tags."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.movie.scale import Scale, interval, number, pixel_size, seconds
from ivea_fiji.movie.stamps import Frames, page_stamps
from ivea_fiji.movie.timing import Timing, timing

PLAYBACK = 7.0
"""ImageJ's own animation speed: a file that says fps=7 says nothing about the recording."""
CALIBRATED = "The file has a calibration of its grey values; it is not applied."
_SPARSE = 4
"""Of fewer than one stamp in so many frames no times are made."""
PLAIN_LARGEST_UM = 20.0
"""Resolution tags of plain TIFFs often hold dots per inch of a printer, 21 um and more."""


def read_scale(tif: Any, kind: str, index: int) -> Scale:
    """Return what the headers of an open `tifffile.TiffFile` say of its series number `index` of `kind`."""
    if tif.is_stk:
        return stk_scale(tif.stk_metadata or {})
    if tif.is_lsm:
        return lsm_scale(tif.lsm_metadata or {})
    plain = (
        imagej_scale(tif.imagej_metadata or {}, *_resolution(tif.pages.first)) if tif.is_imagej
        else plain_scale(tif.pages.first)
    )  # fmt: skip
    if kind not in ("ome", "mmstack") or not tif.ome_metadata:
        return plain
    ome = ome_scale(tif.ome_metadata, index)
    if kind == "ome":
        return ome
    return replace(ome, pixel_size_um=ome.pixel_size_um or plain.pixel_size_um, notes=ome.notes or plain.notes)


def with_page_stamps(scale: Scale, tif: Any, frames: Frames) -> Scale:
    """Return the scale with the times that the pages of the frames tell, unless its header told them already."""
    known = scale.timing
    if known.times_s is not None and len(known.times_s) != frames.count:
        known = replace(known, times_s=None)
    if not known.stamped:
        stamps, planned = page_stamps(tif, frames)
        planned = known.planned_s or planned
        known = timing(stamps, planned) if stamps is not None or planned else known
    return replace(scale, timing=known)


def _resolution(page: Any) -> tuple[float | None, float | None, str]:
    """Return width and height of a pixel in the unit of the resolution tags, and that unit."""
    sizes = []
    for tag in ("XResolution", "YResolution"):
        value = page.tags.valueof(tag)
        top, bottom = value if isinstance(value, tuple) and len(value) == 2 else (0, 1)
        sizes.append(bottom / top if top and bottom else None)
    unit = {2: "inch", 3: "cm"}.get(int(page.tags.valueof("ResolutionUnit") or 2), "")
    return sizes[0], sizes[1], unit


def plain_scale(page: Any) -> Scale:
    """Return the scale of a TIFF without a known header, from its resolution tags."""
    width, height, unit = _resolution(page)
    size = pixel_size(width, unit, PLAIN_LARGEST_UM)
    return Scale(pixel_size_um=size, notes=_square(width, height) if size else ())


def _square(width: float | None, height: float | None) -> tuple[str, ...]:
    if width and height and abs(width / height - 1) > 0.01:
        return ("The pixels are not square; their width is taken as the pixel size.",)
    return ()


def imagej_scale(
    meta: dict[str, Any], width: float | None, height: float | None, resolution_unit: str = ""
) -> Scale:
    """Return the scale in an ImageJ header.

    Parameters
    ----------
    meta
        Keys and values of the image description, and Info.
    width, height
        Size of a pixel in the header's unit, or in that of the resolution tags.
    resolution_unit
        Unit of the resolution tags. Micro-Manager writes pixels per cm beside a unit of um; ImageJ heeds the cm.
    """
    size = pixel_size(width, meta.get("unit", "")) or (
        pixel_size(width, "cm", PLAIN_LARGEST_UM) if resolution_unit == "cm" else None
    )
    time = interval(meta.get("finterval"), meta.get("tunit", "s"))
    notes: list[str] = list(_square(width, height)) if size else []
    if time is None:
        time, more = _other_interval(meta)
        notes += more
    signed = _calibration(meta)
    if signed is None:
        notes.append(CALIBRATED)
    return Scale(size, Timing(time, None, time), _imagej_z_step(meta, width), bool(signed), tuple(notes))


def _other_interval(meta: dict[str, Any]) -> tuple[float | None, list[str]]:
    """Return the interval Micro-Manager planned, or else that of ImageJ's fps with a note."""
    planned = interval(_info(meta, "Interval_ms"), "ms")
    rate = number(meta.get("fps"))
    if planned is not None or rate is None or rate == PLAYBACK:
        return planned, []
    time = interval(1 / rate)
    if time is None:
        return None, []
    return time, [f"The frame interval ({time:.4g} s) was taken from the file's playback rate; check it."]


def _calibration(meta: dict[str, Any]) -> bool | None:
    """Return True for ImageJ's signed 16-bit, False for no calibration, None for another one.

    ImageJ writes signed 16-bit as unsigned numbers and the straight line -32768 + 1 * value (cf 0).
    """
    if "cf" not in meta or "c0" not in meta:
        return False
    line = int(meta["cf"]) == 0 and number(meta.get("c1", 1)) == 1.0
    offset = float(meta["c0"])
    if line and offset == 0:
        return False
    return True if line and offset == -32768 else None


def _imagej_z_step(meta: dict[str, Any], width: float | None) -> str:
    """Return the Z step an ImageJ header truly states, in words.

    Micro-Manager's own record of one slice and many frames outweighs it.
    """
    if _info(meta, "Slices") == 1 and (_info(meta, "Frames") or 0) > 1:
        return ""
    return z_step_in_words(number_or_zero(meta.get("spacing")), str(meta.get("unit", "")), width)


def z_step_in_words(spacing: float, unit: str, width: float | None) -> str:
    """Return the distance of slices, empty if it says nothing.

    ImageJ writes no spacing of 1, and programs that only know the pixel size write it as spacing
    too; a spacing equal to the pixel width therefore says nothing.
    """
    step = number(abs(spacing))
    if step is None or (width and abs(step / width - 1) < 0.01):
        return ""
    plain = unit.replace("\\u00B5", "u").replace("\u00b5", "u")
    return f"{step:.4g} {plain or 'units'}"


def number_or_zero(value: Any) -> float:
    """Return `value` as float, 0 if it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def _info(meta: dict[str, Any], key: str) -> float | None:
    """Return a number Micro-Manager left in ImageJ's Info text."""
    found = re.search(rf'"{re.escape(key)}":\s*"?(-?[0-9.eE+]+)', str(meta.get("Info", "")))
    return number_or_zero(found.group(1)) if found else None


def ome_scale(xml: str, index: int = 0) -> Scale:
    """Return the scale of image number `index` in an OME-XML text."""
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return Scale()
    images = [element for element in root if element.tag.endswith("Image")]
    pixels = [child for image in images[index : index + 1] for child in image if child.tag.endswith("Pixels")]
    if not pixels:
        return Scale()
    get = pixels[0].attrib.get
    width, height = number(get("PhysicalSizeX")), number(get("PhysicalSizeY"))
    size = pixel_size(width, get("PhysicalSizeXUnit", "um"))
    planned = interval(get("TimeIncrement"), get("TimeIncrementUnit", "s"))
    step = number(get("PhysicalSizeZ"))
    z_step = f"{step:.4g} {get('PhysicalSizeZUnit', 'um')}".replace("\u00b5", "u") if step else ""
    time = timing(_ome_stamps(pixels[0]), planned)
    return Scale(size, time, z_step, notes=_square(width, height) if size else ())


def _ome_stamps(pixels: ElementTree.Element) -> NDArray[np.float64] | None:
    """Return the time stamps of the frames, those of the first channel, in s; None if there are none."""
    axis, other = ("TheT", "TheZ") if _whole(pixels.get("SizeT")) > 1 else ("TheZ", "TheT")
    stamps: dict[int, float] = {}
    for plane in pixels:
        get = plane.attrib.get
        if plane.tag.endswith("Plane") and get("TheC", "0") == get(other, "0") == "0" and get("DeltaT"):
            stamps[_whole(get(axis, "0"))] = number_or_zero(get("DeltaT")) * seconds(get("DeltaTUnit", "s"))
    count = max(_whole(pixels.get("SizeT" if axis == "TheT" else "SizeZ")), max(stamps, default=0) + 1)
    inside = {frame: time for frame, time in stamps.items() if 0 <= frame < count}
    if len(inside) < max(2, count // _SPARSE):
        return None
    out = np.full(count, np.nan)
    out[list(inside)] = list(inside.values())
    return out


def _whole(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return -1


def stk_scale(meta: dict[str, Any]) -> Scale:
    """Return the scale in the UIC tags of a MetaMorph stack; its time stamps are days and ms of the day."""
    size = pixel_size(meta.get("XCalibration"), meta.get("CalibrationUnits", ""))
    stamps = np.unwrap(np.asarray(meta.get("TimeCreated", []), float), period=86_400_000.0) / 1000
    distances = np.asarray(meta.get("ZDistance", []), float)
    step = number(abs(distances[1:]).mean()) if distances.size > 1 and (distances[1:] != 0).all() else None
    return Scale(size, timing(stamps if stamps.size else None, None), f"{step:.4g} um" if step else "")


def lsm_scale(meta: dict[str, Any]) -> Scale:
    """Return the scale in the header of a Zeiss LSM file: lengths in m, times in s."""
    stamps = np.ravel(meta.get("TimeStamps", [])).astype(float)
    step = pixel_size(meta.get("VoxelSizeZ"), "m", 1000.0)
    time = timing(stamps if stamps.size else None, interval(meta.get("TimeIntervall")))
    return Scale(pixel_size(meta.get("VoxelSizeX"), "m"), time, f"{step:.4g} um" if step else "")
