"""Bad input on the command line: one clear sentence, a non-zero exit, and nothing half-written."""

from __future__ import annotations

import errno
import importlib.util
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from test_cli import _leave_no_trace, detect  # noqa: F401 - fixtures
from toy_result import toy_result

from ivea_fiji.cli.main import main
from ivea_fiji.movie.checks import check_frames
from ivea_fiji.movie.open import open_movie
from ivea_fiji.networks.registry import list_models
from ivea_fiji.progress import step

REAL = importlib.util.find_spec("ivea_fiji.random_bursts") is not None and bool(list_models())
needs_model = pytest.mark.skipif(not REAL, reason="no trained network is installed")


def without_network(path, params, progress=None, **changes):
    """Read and check the movie as the pipeline does, and find nothing."""
    movie = open_movie(path, params)
    notes = check_frames(movie)
    step(progress, "candidates", 0, 1)
    return replace(toy_result(0, movie=movie), params=params, notes=notes)


@pytest.fixture(autouse=True)
def _pipeline(detect) -> None:  # noqa: F811
    """Use the real pipeline where there is a network, else its first steps."""
    if not REAL:
        detect(without_network)


def noise(frames: int = 40, height: int = 48, width: int = 48, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).poisson(100, (frames, height, width)).astype(np.uint16)


def write(path: Path, data: np.ndarray, axes: str = "TYX", **options) -> Path:
    tifffile.imwrite(path, data, imagej=True, metadata={"axes": axes}, **options)
    return path


def cut_off(path: Path) -> Path:
    write(path, noise())
    path.write_bytes(path.read_bytes()[: 30 * 48 * 48 * 2])
    return path


def text(path: Path) -> Path:
    path.write_text("frame,x,y\n1,2,3\n")
    return path


def empty(path: Path) -> Path:
    path.touch()
    return path


BAD: dict[str, tuple[Callable[[Path], object], list[str], str]] = {
    "missing": (lambda p: None, [], "There is no file"),
    "a folder": (lambda p: p.mkdir(), [], "is a folder, not a movie"),
    "empty": (empty, [], "is empty (0 bytes)"),
    "not an image": (text, [], "is not an image IVEA can read"),
    "cut off": (cut_off, [], "is cut off"),
    "one frame": (lambda p: write(p, noise(1)[0], "YX"), [], "has only one frame"),
    "colour": (
        lambda p: tifffile.imwrite(p, np.zeros((5, 48, 48, 3), np.uint8), photometric="rgb"), [], "is a colour (RGB)",
    ),
    "Z stack over time": (lambda p: write(p, noise(12).reshape(4, 3, 48, 48), "TZYX"), [], "3 Z slices at each of 4"),
    "blank": (lambda p: write(p, np.full((40, 48, 48), 7, np.uint16)), [], "is blank (all pixels are 7)"),
    "a still": (lambda p: write(p, np.repeat(noise(1), 40, axis=0)), [], "shows the same image in all frames"),
    "channel": (lambda p: write(p, noise()), ["--channel", "2"], "Channel 2 was asked for"),
    "first frame": (lambda p: write(p, noise()), ["--first-frame", "41"], "has only 40 frames"),
    "frames swapped": (
        lambda p: write(p, noise()), ["--first-frame", "9", "--last-frame", "5"], "lies before the first",
    ),
    "mask": (lambda p: write(p, noise()), ["--cell-mask", "nowhere.roi"], "nowhere.roi"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_bad_movie(what, tmp_path, capsys) -> None:
    make, options, sentence = BAD[what]
    path = tmp_path / "µ movie.tif"
    make(path)
    before = sorted(tmp_path.rglob("*"))
    assert main(["random", str(path), *options]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("ivea: ")
    assert err.count("\n") == 1, err
    assert sentence in err
    assert sorted(tmp_path.rglob("*")) == before


def test_nan_infinite_and_negative_values_are_survived(tmp_path, capsys) -> None:
    data = noise().astype(np.float32) - 100
    data[3, 5, 5], data[7, 9, 9] = np.nan, np.inf
    path = write(tmp_path / "float.tif", data)
    assert main(["random", str(path), "--no-overview"]) == 0
    assert "NaN or infinite" in capsys.readouterr().err


def test_full_disk(tmp_path, capsys, monkeypatch) -> None:
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = write(tmp_path / "m.tif", noise())
    monkeypatch.setattr("ivea_fiji.results.tables.write_traces", full)
    assert main(["random", str(path), "--no-overview", "--quiet"]) == 1
    assert "is full; free some space" in capsys.readouterr().err
    assert not (tmp_path / "m_ivea").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_folder_that_cannot_be_written(tmp_path, capsys) -> None:
    path = write(tmp_path / "m.tif", noise())
    (tmp_path / "locked").mkdir(mode=0o500)
    assert main(["random", str(path), "--out", str(tmp_path / "locked" / "r")]) == 1
    assert "cannot be written" in capsys.readouterr().err


@needs_model
def test_unknown_model(tmp_path, capsys) -> None:
    path = write(tmp_path / "m.tif", noise())
    assert main(["random", str(path), "--model", "granny"]) == 1
    assert "There is no model 'granny'" in capsys.readouterr().err
    assert not (tmp_path / "m_ivea").exists()


@needs_model
def test_unknown_class(tmp_path, capsys) -> None:
    path = write(tmp_path / "m.tif", noise())
    assert main(["random", str(path), "--classes", "fusion,fission"]) == 2
    assert "fission" in capsys.readouterr().err


@needs_model
def test_short_movie_works_with_a_note(tmp_path, capsys) -> None:
    path = write(tmp_path / "m.tif", noise(8))
    assert main(["random", str(path), "--no-overview"]) == 0
    assert "note: " in capsys.readouterr().err
