"""Small movies in the formats microscopes write, for the tests of reading."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray


def ramp(frames: int = 6, height: int = 5, width: int = 7, dtype: Any = np.uint16) -> NDArray:
    """Return frames whose every pixel differs from all others."""
    return np.arange(frames * height * width).reshape(frames, height, width).astype(dtype)


def write_imagej(path: Path, data: NDArray, axes: str = "TYX", um: float | None = None, **more: Any) -> Path:
    """Write a TIFF as ImageJ does, with the pixel size in um and further header keys."""
    keys = {"axes": axes, **more}
    options: dict[str, Any] = {}
    if um is not None:
        keys.setdefault("unit", "um")
        options["resolution"] = (1 / um, 1 / um)
    tifffile.imwrite(path, data, imagej=True, metadata=keys, **options)
    return path


def write_described(path: Path, data: NDArray, description: str, **options: Any) -> Path:
    """Write pages one after the other, each with its own tags, and a description of one's own."""
    with tifffile.TiffWriter(path) as tif:
        for index, frame in enumerate(data):
            tif.write(
                frame, metadata=None, contiguous=False, description=description if index == 0 else None, **options
            )
    return path


def write_imagej_large(path: Path, data: NDArray, dtype: str = ">u2") -> Path:
    """Write what ImageJ writes above 4 GB: one page, and all frames behind its pixels."""
    header = f"ImageJ=1.54p\nimages={len(data)}\nframes={len(data)}\nfinterval=0.1\nloop=false\n"
    tifffile.imwrite(path, data[0].astype(dtype), byteorder=dtype[0], metadata=None, description=header)
    with tifffile.TiffFile(path) as tif:
        page = tif.pages.first
        assert page.dataoffsets[0] + page.nbytes == tif.filehandle.size
    with path.open("ab") as file:
        file.write(data[1:].astype(dtype).tobytes())
    return path


def write_stk(path: Path, data: NDArray, step_ms: int = 50, um: float = 0.16, z_step: int = 0) -> Path:
    """Write a MetaMorph stack: one page, planes behind it, time and calibration in the UIC tags."""
    planes, height, width = data.shape
    times = [
        word for plane in range(planes) for word in (z_step * plane + bool(z_step), 1, 2459000, 1000 + plane * step_ms)
        + (2459000, 0)
    ]
    pixels = data.astype("<u2").tobytes()
    at = 8
    at_times = at + len(pixels)
    at_um = at_times + 4 * len(times)
    at_unit = at_um + 8
    at_uic1 = at_unit + 4 + 4
    tags_at = at_uic1 + 24
    short, long, rational = 3, 4, 5
    tags = [
        (256, short, 1, width), (257, short, 1, height), (258, short, 1, 16), (259, short, 1, 1), (262, short, 1, 1),
        (273, long, 1, at), (277, short, 1, 1), (278, short, 1, height), (279, long, 1, height * width * 2),
        (33628, long, 3, at_uic1), (33629, rational, planes, at_times),
    ]
    with path.open("wb") as file:
        file.write(struct.pack("<2sHI", b"II", 42, tags_at) + pixels + struct.pack(f"<{len(times)}I", *times))
        file.write(struct.pack("<2I", round(um * 1000), 1000) + struct.pack("<I4s", 3, b"um\0\0"))
        file.write(struct.pack("<6I", 4, at_um, 5, at_um, 6, at_unit))
        file.write(struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags))
        file.write(struct.pack("<I", 0))
    return path


def write_lsm(path: Path, data: NDArray, axis: str = "T", interval: float = 0.2, um: float = 0.1) -> Path:
    """Write a Zeiss LSM file: each frame is followed by its thumbnail, the header sits in a private tag."""
    info = np.zeros(1, np.dtype([(name, kind) for name, kind in tifffile.TIFF.CZ_LSMINFO if kind]).newbyteorder("<"))
    values = {
        "MagicNumber": 0x0400494C, "StructureSize": info.itemsize, "DimensionX": data.shape[2],
        "DimensionY": data.shape[1], "DimensionZ": len(data) if axis == "Z" else 1, "DimensionChannels": 1,
        "DimensionTime": len(data) if axis == "T" else 1, "VoxelSizeX": um * 1e-6, "VoxelSizeY": um * 1e-6,
        "VoxelSizeZ": 0.5e-6, "ScanType": 0 if axis == "Z" else 3, "TimeIntervall": interval,
    }
    for name, value in values.items():
        info[name] = value
    tag = (34412, 1, info.nbytes, info.tobytes(), True)
    with tifffile.TiffWriter(path, byteorder="<") as tif:
        for index, frame in enumerate(data):
            extra = [tag] if index == 0 else []
            tif.write(frame, metadata=None, contiguous=False, extratags=extra, photometric="minisblack")
            tif.write(frame[::2, ::2].astype(np.uint8), metadata=None, contiguous=False, subfiletype=1)
    return path


def write_ome_zarr(
    path: Path, data: NDArray, axes: str = "tyx", version: str = "0.5", scale: tuple[float, ...] | None = None,
    units: dict[str, str] | None = None,
) -> Path:
    """Write an OME-Zarr image; 0.4 lies on zarr format 2 and 0.5 on format 3."""
    import zarr

    kinds = {"t": "time", "c": "channel"}
    steps = list(scale or (1.0,) * data.ndim)
    multiscale = {
        "axes": [
            {"name": axis, "type": kinds.get(axis, "space")} | ({"unit": units[axis]} if axis in (units or {}) else {})
            for axis in axes
        ],
        "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": steps}]}],
    }
    group = zarr.open_group(path, mode="w", zarr_format=3 if version == "0.5" else 2)
    if version == "0.5":
        group.attrs["ome"] = {"version": "0.5", "multiscales": [multiscale]}
    else:
        group.attrs["multiscales"] = [multiscale | {"version": "0.4"}]
    chunks = tuple(2 if axis == "t" else size for axis, size in zip(axes, data.shape, strict=True))
    array = group.create_array("0", shape=data.shape, dtype=data.dtype, chunks=chunks)
    array[...] = data
    return path
