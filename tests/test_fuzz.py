"""Damaged files of every kind: whatever a reader is given, it reads it or says one sentence.

Mutants are drawn from a seed. IVEA_FUZZ_SEED draws others, IVEA_FUZZ_COUNT more of them.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import tifffile
from movie_files import ramp, write_imagej, write_stk
from roifile import ROI_TYPE, ImagejRoi
from test_other_labels import HEAD, write_session
from test_other_movies import write_mm, write_ome

from ivea_fiji.datasets.exodeepfinder import open_edf_movie
from ivea_fiji.datasets.labels import read_labels
from ivea_fiji.datasets.reading import read_dataset
from ivea_fiji.errors import IveaError
from ivea_fiji.evaluation import read_marks
from ivea_fiji.movie import look_over, open_movie
from ivea_fiji.movie.mask import load_mask
from ivea_fiji.movie.regions import read_regions
from ivea_fiji.networks.card import CARD, SAMPLE, ModelFolder
from ivea_fiji.networks.checks import read_sample, unpack
from ivea_fiji.networks.onnx_check import check_onnx
from ivea_fiji.results.record import load_record

SEED = int(os.environ.get("IVEA_FUZZ_SEED", "1"))
EACH = int(os.environ.get("IVEA_FUZZ_COUNT", "105"))
STOCK = Path(__file__).parents[1] / "models" / "evit28"
_BYTES = (0, 1, 0x7F, 0x80, 0xFF, 0x2C, 0x22, 0x3C)


@dataclass(frozen=True)
class Kind:
    """A kind of file: how a whole one is made, and what reads it."""

    name: str
    make: Callable[[Path], None]
    read: Callable[[Path], object]


def movie(path: Path) -> None:
    opened = look_over(open_movie(path))
    opened.read(0, opened.shape[0])


def rois(path: Path) -> None:
    for read in (read_marks, read_labels, lambda p: read_regions(p, (30, 30), 1.0), lambda p: load_mask(p, (30, 30))):
        try:
            read(path)
        except IveaError as error:
            check(error)


def table(path: Path) -> None:
    for read in (read_marks, read_labels):
        try:
            read(path)
        except IveaError as error:
            check(error)


def check(error: IveaError) -> None:
    assert 10 < len(str(error)) <= 300, error
    assert "\n" not in str(error)


def make_roi(path: Path) -> None:
    roi = ImagejRoi.frompoints(np.array([(1.5, 2), (9, 2.5), (9, 9), (3, 8)]))
    roi.name, roi.position, roi.props = "p_class_1", 3, "event: 1\nprobability: 0.5\n"
    roi.tofile(path)


def make_points(path: Path) -> None:
    roi = ImagejRoi.frompoints(np.array([(1, 2), (9, 2), (9, 9)], np.float32))
    roi.roitype, roi.name, roi.position = ROI_TYPE.POINT, "many", -2
    roi.counters = np.zeros(3, np.uint8)
    roi.counter_positions = np.array([1, 2, 3], np.uint32)
    roi.tofile(path)


def make_set(path: Path) -> None:
    one = path.with_name("one.roi")
    make_roi(one)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for k in range(3):
            archive.writestr(f"{k}.roi", one.read_bytes())


def make_h5(path: Path) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        file["dataset"] = ramp(6)


def make_zarr_text(path: Path) -> None:
    path.write_text(json.dumps({"multiscales": [{
        "version": "0.4", "axes": [{"name": n, "type": "space", "unit": "micrometer"} for n in "tyx"],
        "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [0.1, 0.2, 0.2]}]}],
    }]}))  # fmt: skip


def read_zarr_text(path: Path) -> None:
    """Read an image with these attributes."""
    import zarr

    folder = path.with_name("image.zarr")
    if not folder.exists():
        zarr.open_group(folder, mode="w", zarr_format=2).create_array("0", data=ramp(6))
    shutil.copyfile(path, folder / ".zattrs")
    movie(folder)


def read_edf(path: Path) -> None:
    open_edf_movie(path).read(0, 2)


def make_record(path: Path) -> None:
    path.write_text(json.dumps({
        "schema_version": 1, "module": "random_bursts", "parameters": {"channel": 1},
        "input": {"path": "a", "name": "a", "axes": "TYX", "channels": 1, "pixel_size_um": 0.1},
        "counts": {"events": 1}, "notes": ["a"], "model": {},
    }))  # fmt: skip


def make_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(STOCK / CARD, CARD)
        archive.write(STOCK / SAMPLE, SAMPLE)


def read_zip(path: Path) -> None:
    folder = path.with_name("unpacked")
    shutil.rmtree(folder, ignore_errors=True)
    unpack(path, folder)


def read_card(path: Path) -> None:
    folder = path.with_name("model")
    folder.mkdir(exist_ok=True)
    shutil.copyfile(path, folder / CARD)
    _ = ModelFolder(folder).card


class Unchecked(ModelFolder):
    """A model folder whose sample may have any content."""

    def checked(self, name: str) -> Path:
        """Return a file of the model."""
        return self.path / name


def read_sample_of(path: Path) -> None:
    folder = path.with_name("sampled")
    folder.mkdir(exist_ok=True)
    shutil.copyfile(STOCK / CARD, folder / CARD)
    shutil.copyfile(path, folder / SAMPLE)
    read_sample(Unchecked(folder))


def small_onnx(path: Path) -> None:
    node = b"\x22\x04Relu"
    graph = b"\x0a" + bytes([len(node)]) + node
    path.write_bytes(b"\x08\x08\x3a" + bytes([len(graph)]) + graph + b"\x42\x02\x10\x11")


TABLE = "event,frame,x_px,y_px,class_id\n" + "".join(f"{k},{k + 3},{k * 2.5},{k}.25,0\n" for k in range(6))
OBJECTS = '<objlist><object class_label="1" x="1" y="2" z="3"/></objlist>'
KINDS = (
    Kind("imagej.tif", lambda p: write_imagej(p, ramp(8), um=0.1, finterval=0.1), movie),
    Kind("packed.tif", lambda p: tifffile.imwrite(p, ramp(8), compression="zlib", rowsperstrip=2), movie),
    Kind("a.stk", lambda p: write_stk(p, ramp(8)), movie),
    Kind("a.ome.tif", lambda p: write_ome(p, [0.1 * t for t in range(40)]), movie),
    Kind("mm.ome.tif", lambda p: write_mm(p.parent, 0, 40, name=p.name), movie),
    Kind("attributes", make_zarr_text, read_zarr_text),
    Kind("a.roi", make_roi, rois),
    Kind("points.roi", make_points, rois),
    Kind("set.zip", make_set, rois),
    Kind("a.csv", lambda p: p.write_text(TABLE), table),
    Kind("trackmate.csv", lambda p: p.write_text(f"{HEAD}\na,,,,(pixel),,,,\n1,1,1,5,2,3,0,0,4\n"), table),
    Kind("trackmate.xml", lambda p: write_session(p, "pixel"), table),
    Kind("objects.xml", lambda p: p.write_text(OBJECTS), table),
    Kind("a.h5", make_h5, read_edf),
    Kind("data.h5", make_h5, read_dataset),
    Kind("run.json", make_record, load_record),
    Kind("model.zip", make_zip, read_zip),
    Kind("card.json", lambda p: shutil.copyfile(STOCK / CARD, p), read_card),
    Kind("sample.npz", lambda p: shutil.copyfile(STOCK / SAMPLE, p), read_sample_of),
    Kind("a.onnx", small_onnx, check_onnx),
)


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """Return the bytes with some changed, cut off, doubled, taken out or put in."""
    out = bytearray(data)
    # Headers tell more than pixels: most changes are made in the first kilobyte, or in the last.
    def place() -> int:
        near = int(rng.integers(0, min(len(out), 1024)))
        return int((near, len(out) - 1 - near, rng.integers(0, len(out)))[rng.integers(0, 3)])

    for _ in range(int(rng.integers(1, 5))):
        if not out:
            break
        kind, at = int(rng.integers(0, 6)), place()
        size = int(rng.integers(1, 9))
        if kind <= 1:
            out[at] = int(rng.choice(_BYTES)) if kind else int(rng.integers(0, 256))
        elif kind == 2:
            out[at : at + size] = rng.integers(0, 256, size, np.uint8).tobytes()
        elif kind == 3:
            del out[at : at + size]
        elif kind == 4:
            out[at:at] = out[at : at + 4 * size]
        else:
            del out[max(at, 1) :]
    return bytes(out)


@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_mutants_are_read_or_get_a_sentence(tmp_path: Path, kind: Kind) -> None:
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    path = tmp_path / kind.name
    kind.make(path)
    whole = path.read_bytes()
    rng = np.random.default_rng([SEED, KINDS.index(kind)])
    for number in range(EACH if len(whole) < 1_000_000 else EACH // 3):
        path.write_bytes(mutate(whole, rng))
        try:
            kind.read(path)
        except IveaError as error:
            check(error)
        except Exception as error:
            error.add_note(f"mutant {number} of {kind.name}, seed {SEED}")
            raise
