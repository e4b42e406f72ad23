"""Attacks that were tried once: forged models, two batches in one folder, thresholds that let everything through."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from movie_material import noise

from ivea_fiji import detect_random
from ivea_fiji.commands.batch import process_folder
from ivea_fiji.datasets.exodeepfinder import open_edf_movie
from ivea_fiji.errors import DatasetError, IveaError, ModelError, MovieError, OutputError, ParameterError
from ivea_fiji.movie import open_movie
from ivea_fiji.networks import registry
from ivea_fiji.networks.card import CARD, SAMPLE, ModelFolder
from ivea_fiji.networks.checks import read_sample, unpack
from ivea_fiji.networks.onnx_check import check_onnx
from ivea_fiji.networks.registry import find_model
from ivea_fiji.results.lock import LOCK, locked
from ivea_fiji.results.record import load_record

STOCK = Path(__file__).parents[1] / "models" / "evit28"


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, content: bytes, high: int = 0) -> bytes:
    """Return a field of bytes whose key may have bits above the 32nd, which protocol buffers drop."""
    return varint((number << 3 | 2) + (high << 32)) + varint(len(content)) + content


@pytest.mark.parametrize("high", [0, 1])
def test_fields_cannot_hide_behind_long_keys(tmp_path: Path, high: int) -> None:
    node = field(4, b"Relu") + field(7, b"evil", high)
    opset = varint(2 << 3) + varint(17)
    model = varint(1 << 3) + varint(8) + field(7, field(1, node)) + field(8, opset)
    (tmp_path / "a.onnx").write_bytes(model)
    with pytest.raises(ModelError, match=r"operator 'Relu' of 'evil'|damaged"):
        check_onnx(tmp_path / "a.onnx")


def test_a_model_named_by_its_folder_is_checked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(STOCK, mine)
    assert find_model(str(mine)).card.name == "evit28"
    monkeypatch.setattr("ivea_fiji.networks.checks.check_folder", lambda folder, **how: pytest.fail("checked twice"))
    find_model(str(mine))
    monkeypatch.undo()
    card = json.loads((mine / CARD).read_text(encoding="utf-8"))
    card["files"]["more.py"] = "0" * 64
    (mine / CARD).write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelError):
        find_model(str(mine))


@pytest.mark.parametrize("content", [b"no numpy", b"\x93NUMPY\x01\x00v\x00{'descr': '|u1', 'fortran_order': False, "
                                     b"'shape': (1000000000000000,), }" + b" " * 50 + b"\n"])  # fmt: skip
def test_damaged_samples_get_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(STOCK, mine)
    with zipfile.ZipFile(mine / SAMPLE, "w") as archive:
        archive.writestr("patches.npy", content)
        archive.writestr("probabilities.npy", content)
    monkeypatch.setattr(ModelFolder, "checked", lambda self, name: self.path / name)
    with pytest.raises(ModelError, match="sample"):
        read_sample(ModelFolder(mine))
    assert "sample" in registry.verify_model(ModelFolder(mine))[0]


def test_archives_of_any_compression_may_be_damaged(tmp_path: Path) -> None:
    for kind in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with zipfile.ZipFile(tmp_path / "a.zip", "w", kind) as archive:
            archive.writestr("card.json", bytes(range(256)) * 40)
        data = bytearray((tmp_path / "a.zip").read_bytes())
        data[50:80] = bytes(30)
        (tmp_path / "a.zip").write_bytes(bytes(data))
        with pytest.raises(ModelError, match="damaged"):
            unpack(tmp_path / "a.zip", tmp_path / f"out{kind}")


def test_one_batch_at_a_time(tmp_path: Path) -> None:
    movies, out = tmp_path / "movies", tmp_path / "out"
    movies.mkdir()
    tifffile.imwrite(movies / "a.tif", noise(6, 16, 16).astype(np.uint16))
    out.mkdir()
    with locked(out), pytest.raises(OutputError, match="Another batch writes to"):
        process_folder(movies, out, module="hotspot_areas")
    assert not (out / LOCK).exists()
    process_folder(movies, out, module="hotspot_areas")
    assert not (out / LOCK).exists()


def test_a_batch_that_was_killed_keeps_nobody_out(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib; from ivea_fiji.results.lock import locked\n"
        "with locked(pathlib.Path(sys.argv[1])): os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, timeout=120)
    assert (tmp_path / LOCK).exists()
    with locked(tmp_path):
        pass


def test_too_many_candidates_are_said_early() -> None:
    with pytest.raises(ParameterError, match=r"\d+ places change .*threshold_factor, now 0.1"):
        detect_random(noise(30, 128, 128), threshold_factor=0.1)


def test_links_that_lead_nowhere_and_impossible_movies(tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "loop.h5", "w") as file:
        file["dataset"] = h5py.SoftLink("/other")
        file["other"] = h5py.SoftLink("/dataset")
    with h5py.File(tmp_path / "huge.h5", "w") as file:
        file.create_dataset("dataset", (3_000_000_000, 8, 8), "u1", chunks=(1, 8, 8))
    for name, says in (("loop", "no movie"), ("huge", "cannot be")):
        with pytest.raises(DatasetError, match=says):
            open_edf_movie(tmp_path / f"{name}.h5")


@pytest.mark.parametrize("axes", ["tyx", "tcyx", "tzx", "tyy", "cab"])
def test_zarr_axes_that_do_not_fit(tmp_path: Path, axes: str) -> None:
    import zarr

    group = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=2)
    group.create_array("0", shape=(0 if axes == "tyx" else 4, 5, 6), dtype="u2")
    group.attrs["multiscales"] = [{
        "axes": [{"name": axis, "type": "space"} for axis in axes], "datasets": [{"path": "0"}], "version": "0.4",
    }]  # fmt: skip
    with pytest.raises(MovieError):
        open_movie(tmp_path / "a.zarr")


@pytest.mark.parametrize("change", [
    {"module": []}, {"input": "a"}, {"input": {"path": 5}}, {"model": "x"}, {"counts": []}, {"notes": {}},
    {"parameters": 1}, {"schema_version": "1"}, {"schema_version": True}, {"input": {"channels": "two"}},
])  # fmt: skip
def test_records_that_were_changed_by_hand(tmp_path: Path, change: dict) -> None:
    record = {"schema_version": 1, "module": "random", "parameters": {}, "input": {}, **change}
    (tmp_path / "a_run.json").write_text(json.dumps(record))
    with pytest.raises(IveaError, match="run record"):
        load_record(tmp_path / "a_run.json")
