"""Refine the second look alone: few labels, one kind of labels, movies without events; no TensorFlow."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from ivea_fiji.errors import DatasetError, ParameterError
from ivea_fiji.networks.card import SECOND_STAGE, ModelFolder
from ivea_fiji.networks.registry import find_model
from ivea_fiji.networks.runtime import load_second_stage
from ivea_fiji.results.rois import Mark, write_rois
from ivea_fiji.training.refine import refine


def movie(path: Path, seed: int, frames: int = 60) -> list[tuple[int, int, int]]:
    """Write a movie in which spots switch on and stay; return frame, y and x of each."""
    rng = np.random.default_rng(seed)
    stack = rng.normal(200, 6, (frames, 64, 64))
    y, x = np.mgrid[:64, :64]
    places = [(12 + 5 * k, 12 + (17 * k) % 40, 12 + (29 * k) % 40) for k in range(8)]
    for t, i, j in places:
        stack[t:] += 90 * np.exp(-((y - i) ** 2 + (x - j) ** 2) / 4)
    tifffile.imwrite(path, stack.clip(0, 65535).astype(np.uint16), metadata={"axes": "TYX"})
    return places


def label(path: Path, places: list[tuple[int, int, int]], class_id: int) -> None:
    marks = [
        Mark(f"{n}-event {{{n}}} | frame {t + 1}_class_{class_id}", t + 1, float(y), float(x), 4.0, class_id)
        for n, (t, y, x) in enumerate(places, 1)
    ]
    write_rois(path.with_name(f"{path.stem}_training_rois.zip"), marks)


def test_places_that_are_none_teach_without_tensorflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    (tmp_path / "labels").mkdir()
    for seed in (1, 2):
        label(tmp_path / "labels" / f"m{seed}.tif", movie(tmp_path / "labels" / f"m{seed}.tif", seed), -2)
    made = refine(tmp_path / "labels", tmp_path / "models", new_name="steps")
    parent = find_model("evit28")
    card = made.folder.card
    assert card.parent.startswith("evit28")
    assert card.files["evit.onnx"] == parent.card.files["evit.onnx"]  # the network is the same
    assert load_second_stage(ModelFolder(made.folder.path)) is not None
    assert card.second_threshold == parent.card.second_threshold
    told = card.training["second_stage"]
    assert told["labels"] >= 12
    assert told["used"] == (told["error_after"] < told["error_before"])
    assert (card.files[SECOND_STAGE] != parent.card.files[SECOND_STAGE]) == told["used"]
    assert any(note.startswith("Second look:") for note in made.notes)


def test_movies_without_events_teach(tmp_path: Path) -> None:
    for name in ("labels", "quiet"):
        (tmp_path / name).mkdir()
    places = movie(tmp_path / "labels" / "a.tif", 3)
    label(tmp_path / "labels" / "a.tif", places[:3], -2)
    movie(tmp_path / "quiet" / "b.tif", 4)
    movie(tmp_path / "quiet" / "short.tif", 5, frames=10)
    made = refine(
        tmp_path / "labels", tmp_path / "models", new_name="quiet", without_events=str(tmp_path / "quiet")
    )
    assert made.folder.card.training["second_stage"]["labels"] > 3
    assert any("short.tif" in note and "too few" in note for note in made.notes)


def test_what_cannot_be_taught_is_told(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    path = tmp_path / "labels" / "a.tif"
    places = movie(path, 6)
    label(path, places[:4], -2)
    with pytest.raises(DatasetError, match="There are 4 labels, and learning takes 6 at least"):
        refine(tmp_path / "labels", tmp_path / "models", new_name="few")
    with pytest.raises(DatasetError, match="no folder"):
        refine(tmp_path / "labels", tmp_path / "models", new_name="few", without_events=str(tmp_path / "nowhere"))
    label(path, places, 0)
    with pytest.raises(DatasetError, match=r"'a\.tif' is named as a movie without events and has labelled events"):
        refine(tmp_path / "labels", tmp_path / "models", new_name="few", without_events=str(tmp_path / "labels"))
    label(path, places[:6], 10)
    with pytest.raises(ParameterError, match="does not know the class 10"):
        refine(tmp_path / "labels", tmp_path / "models", new_name="few")
    assert not (tmp_path / "models").exists() or not any((tmp_path / "models").glob("few/card.json"))


def test_a_new_network_is_no_case_for_it(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    path = tmp_path / "labels" / "a.tif"
    label(path, movie(path, 7), 0)
    with pytest.raises(ParameterError, match="A new network has to learn as a whole"):
        refine(path.parent, tmp_path / "models", new_name="fresh", start="new", trainable="second_look")
