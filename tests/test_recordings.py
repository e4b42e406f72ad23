"""The list of recordings without exocytosis keeps to what licences and contents allow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from benchmarks.recordings import RECORDINGS, for_training, listing, load
from ivea_fiji.errors import MovieError, ParameterError


def test_what_is_in_the_repository_is_there() -> None:
    assert {r.name for r in RECORDINGS.values() if r.committed} == {"telomeres", "synactj"}
    (movie,) = for_training(["telomeres"])
    assert movie.shape == (200, 133, 162)
    assert (movie.pixel_size_um, movie.frame_interval_s) == (0.11, 0.05)
    assert load("synactj").shape == (5, 124, 117)


def test_what_may_not_be_learned_from_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    assert {r.name for r in RECORDINGS.values() if not r.train} == {"molecules", "synactj"}
    with pytest.raises(ParameterError, match=r"'molecules' is refused for training: its licence is GPL-3\.0") as error:
        for_training(["golgi", "molecules"], tmp_path)
    assert str(error.value).count(". ") == 0
    with pytest.raises(ParameterError, match="'synactj' is refused for training: it has only 5 frames"):
        for_training(["synactj"])


def test_what_is_refused_says_why_and_the_rest_need_not() -> None:
    assert all(r.train == (not r.refusal) for r in RECORDINGS.values())
    assert all(r.licence and r.source and r.file for r in RECORDINGS.values())


def test_files_outside_the_repository_lie_in_the_folder_that_is_named(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 99, (12, 8, 9)).astype(np.float32)
    tifffile.imwrite(tmp_path / "golgi_bfa_xyt.tif", frames, metadata={"axes": "TYX"})
    (movie,) = for_training(["golgi"], tmp_path)
    np.testing.assert_array_equal(movie.read(0, 12), frames)
    assert movie.frame_interval_s == 59.86
    with pytest.raises(MovieError, match=r"name the folder that has 'golgi_bfa_xyt\.tif'"):
        load("golgi")
    with pytest.raises(MovieError, match="There is no file"):
        load("mitosis", tmp_path)
    with pytest.raises(ParameterError, match="no recording 'sun' in the list; known ones are telomeres"):
        for_training(["sun"])
    assert "| golgi | golgi_bfa_xyt.tif | CC-BY |" in listing(tmp_path)
    assert [line.split("|")[-2].strip() for line in listing(tmp_path).splitlines()[2:]] == [
        "yes", "yes", "no", "yes", "no", "no",
    ]  # fmt: skip
