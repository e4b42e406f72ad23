"""Data sets: collected from movies and labels, read back, by the original's rules and by ours."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
from roifile import ROI_TYPE, ImagejRoi

from ivea_fiji import datasets
from ivea_fiji.datasets import Pair, collect, find_pairs, inspect_dataset, read_dataset, read_labels, split_rows
from ivea_fiji.datasets.layout import JITTER_FRAMES, JITTER_PX, Layout, class_ids, needed_classes
from ivea_fiji.datasets.model import Rows
from ivea_fiji.errors import Cancelled, DatasetError, IveaError, OutputError, ParameterError
from ivea_fiji.movie.movie import Movie
from ivea_fiji.movie.sources import ArraySource
from ivea_fiji.patches import Window, stream_windows, to_patches
from ivea_fiji.results.rois import Mark, write_rois

T, Y, X = 60, 64, 72


def frames(seed: int = 0, events: tuple = ((30, 30, 40),)) -> np.ndarray:
    """Return a noisy movie with flashes at (frame, y, x) that fade."""
    rng = np.random.default_rng(seed)
    out = rng.normal(100, 3, (T, Y, X))
    yy, xx = np.mgrid[:Y, :X]
    for t, y, x in events:
        spot = np.exp(-((yy - y) ** 2 + (xx - x) ** 2) / 4)
        for k in range(t, T):
            out[k] += 80 * spot * np.exp(-(k - t) / 5)
    return out.clip(0).astype(np.uint16)


def oval(name: str, frame: int, y: int, x: int, radius: int = 3) -> bytes:
    """Return a ROI as the original program writes it: whole-pixel oval, place in the stack, nothing else."""
    roi = ImagejRoi()
    roi.version = 228
    roi.roitype = ROI_TYPE.OVAL
    roi.name = name
    roi.left, roi.top, roi.right, roi.bottom = x - radius, y - radius, x + radius, y + radius
    roi.position = frame
    return roi.tobytes()


def save_rois(path: Path, rois: list[tuple[str, int, int, int]]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, *place in rois:
            archive.writestr(f"{name}.roi", oval(name, *place))


LABELS = [
    ("e(0) | frame31_class_0", 31, 30, 40),
    ("e(1) | frame12_class_-1", 12, 10, 10),
    ("e10064 | frame 50_class_2", 50, 50, 20),
]


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A folder as users of the original program have it."""
    folder = tmp_path / "lab"
    (folder / "day 2").mkdir(parents=True)
    tifffile.imwrite(folder / "cell.tif", frames(), imagej=True, metadata={"axes": "TYX"})
    save_rois(folder / "cell_training_rois.zip", LABELS)
    tifffile.imwrite(folder / "day 2" / "other.tif", frames(1), imagej=True, metadata={"axes": "TYX"})
    save_rois(folder / "day 2" / "other.zip", LABELS[:2])
    return folder


def test_margins_are_those_of_training() -> None:
    from ivea_fiji.training import dataset

    assert Layout().stored == (dataset.STORED_FRAMES, dataset.STORED_SIZE, dataset.STORED_SIZE)
    assert (JITTER_FRAMES, JITTER_PX) == (dataset.JITTER_FRAMES, dataset.JITTER_PX)
    assert (Layout().before, Layout().after) == (dataset.BEFORE, dataset.AFTER)


def test_collect_by_the_rules_of_the_original(lab: Path, tmp_path: Path) -> None:
    made = collect(lab, tmp_path / "out.h5")
    assert [m.name for m in made.info.movies] == ["cell.tif", "day 2/other.tif"]
    assert made.left_out == ()
    assert made.info.counts == {0: 2, 2: 1, -1: 2}
    data = read_dataset(tmp_path / "out.h5")
    assert data.x.shape == (5, 32, 34, 34)
    assert data.x.dtype == np.uint16
    assert data.label.tolist() == [-1, 0, 2, -1, 0]
    assert data.movie.tolist() == [0, 0, 0, 1, 1]
    assert data.info.rows.frame[1] == 30  # the flash begins at frame 30 and is highest there
    assert (data.info.rows.y[1], data.info.rows.x[1]) == (29.5, 39.5)  # centre of an oval from 27 to 33
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_the_original_can_read_what_we_write(lab: Path, tmp_path: Path) -> None:
    collect(lab, tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        told = dict(file.attrs)
        x, y = file["x_train"][()], file["y_train"][()]
    assert x.dtype == np.float32
    assert x.shape == (5, told["timeseries"] + told["more_frames"], 32, 32)
    assert y.shape == (5, told["num_classes"])
    assert (told["num_fusion"], told["num_classes"], told["timeseries"], told["more_frames"]) == (3, 11, 26, 2)
    # One-hot by its rule: a class >= 0 has its own column, an artefact -k the column F + k - 1.
    assert y.argmax(axis=1).tolist() == [3, 0, 2, 3, 0]
    assert x.max() > 150  # grey values, not scaled
    assert abs(np.median(x) - 100) < 3


def test_samples_are_what_the_network_sees_in_detection(lab: Path, tmp_path: Path) -> None:
    collect(lab, tmp_path / "out.h5", vision_radius=9)
    info = inspect_dataset(tmp_path / "out.h5")
    movie = Movie(ArraySource(frames()), "cell")
    row = 1
    at = info.rows.frame[row : row + 1], info.rows.y[row : row + 1], info.rows.x[row : row + 1]
    (_, cut), = stream_windows(movie, *at, Window(13, 14, 9))
    seen = to_patches(cut, np.zeros(1, int), 28)
    with h5py.File(tmp_path / "out.h5") as file:
        x = file["x_train"][row]
    np.testing.assert_allclose((x - x.min()) / (x.max() - x.min()), seen[0], atol=1e-5)


def test_class_map_of_the_original(lab: Path, tmp_path: Path) -> None:
    settings = {
        "_note": "free text", "default_radius": 10, "roi_file_tag": "_training_rois",
        "classes_map": [
            {"class_label": [0, 2], "class_id": 0, "radius": 8},
            {"class_label": [-1], "class_id": -1, "radius": None},
        ],
    }  # fmt: skip
    (tmp_path / "map.json").write_text(json.dumps(settings))
    made = collect(lab, tmp_path / "out.h5", class_map=str(tmp_path / "map.json"))
    assert made.info.counts == {0: 3, -1: 2}
    rows = made.info.rows
    assert {int(k): set(rows.radius[rows.label == k].tolist()) for k in (0, -1)} == {0: {8}, -1: {10}}
    assert made.info.attributes["patch_radius"] == 10


@pytest.mark.parametrize(("text", "says"), [
    ("[", "is no JSON text"),
    ("{}", "holds no class map"),
    ('[{"class_label": [0], "class_id": "a"}]', "whole number"),
    ('[{"class_label": [0], "class_id": 0}, {"class_label": [0], "class_id": 1}]', "two classes"),
    ('[{"class_label": [0], "class_id": 0, "radius": 900}]', "whole number"),
    ("[" * 100_000, "is no JSON text"),
])  # fmt: skip
def test_bad_class_maps_get_a_sentence(lab: Path, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "map.json").write_text(text)
    with pytest.raises(DatasetError, match=says):
        collect(lab, tmp_path / "out.h5", class_map=str(tmp_path / "map.json"))
    assert not (tmp_path / "out.h5").exists()


def test_what_is_left_out_is_told(lab: Path, tmp_path: Path) -> None:
    save_rois(lab / "nobody_training_rois.zip", LABELS)
    (lab / "damaged.tif").write_bytes(b"II*\0 not really")
    save_rois(lab / "damaged_training_rois.zip", LABELS)
    save_rois(lab / "cell_training_rois.zip", [
        *LABELS, ("no class | frame 20", 20, 20, 20), ("far_class_0", 20, 20, 900), ("late_class_0", 900, 20, 20),
        ("undecided_class_-99", 22, 20, 20), ("again_class_0", 31, 30, 40), ("other_class_1", 31, 30, 40),
    ])  # fmt: skip
    made = collect(lab, tmp_path / "out.h5")
    told = {(part.file, part.reason): part.count for part in made.left_out}
    assert told[("nobody_training_rois.zip", "no movie has its name")] == 0
    assert any(file == "damaged.tif" for file, _ in told)
    here = {reason: n for (file, reason), n in told.items() if file == "cell_training_rois.zip"}
    assert here == {
        "no class": 1, "outside the movie": 2, "undecided, class -99": 1, "there twice": 1,
        "another class at the same place": 1,
    }  # fmt: skip
    assert len(made.info) == 5
    assert all(part.sentence.endswith(".") for part in made.left_out)


def test_nothing_is_written_when_nothing_can_be_used(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds no label files"):
        collect(tmp_path, tmp_path / "out.h5")
    save_rois(tmp_path / "cell.zip", LABELS)
    with pytest.raises(DatasetError, match="no movie has its name"):
        collect(tmp_path, tmp_path / "out.h5")
    tifffile.imwrite(tmp_path / "cell.tif", frames(), imagej=True, metadata={"axes": "TYX"})
    save_rois(tmp_path / "cell.zip", [("no class", 3, 3, 3)])
    with pytest.raises(DatasetError, match="no class"):
        collect(tmp_path, tmp_path / "out.h5")
    with pytest.raises(DatasetError, match="no folder"):
        collect(tmp_path / "missing", tmp_path / "out.h5")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cell.tif", "cell.zip"]


def test_a_file_is_replaced_only_on_purpose(lab: Path, tmp_path: Path) -> None:
    (tmp_path / "out.h5").write_text("mine")
    with pytest.raises(OutputError, match="already"):
        collect(lab, tmp_path / "out.h5")
    assert (tmp_path / "out.h5").read_text() == "mine"
    collect(lab, tmp_path / "out.h5", replace_existing=True)
    assert len(inspect_dataset(tmp_path / "out.h5")) == 5


def test_stopping_leaves_nothing_behind(lab: Path, tmp_path: Path) -> None:
    class Stop:
        def update(self, stage: str, done: int, total: int) -> None: ...

        def cancelled(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        collect(lab, tmp_path / "out.h5", progress=Stop())
    assert [p.name for p in tmp_path.iterdir()] == ["lab"]


def test_the_same_labels_give_the_same_file(lab: Path, tmp_path: Path) -> None:
    for name in ("a.h5", "b.h5"):
        collect(lab, tmp_path / name)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_one_class_only_and_two_events_only(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "cell.tif", frames(), imagej=True, metadata={"axes": "TYX"})
    save_rois(tmp_path / "cell.zip", [LABELS[0], ("b_class_0", 50, 20, 20)])
    made = collect(tmp_path, tmp_path / "out.h5")
    assert made.info.counts == {0: 2}
    split = split_rows(made.info.rows)
    assert (split.train.tolist(), split.held_out.tolist(), split.by) == ([0], [1], "time")


def test_unlabelled_rois_can_be_given_a_class(lab: Path, tmp_path: Path) -> None:
    save_rois(lab / "cell_training_rois.zip", [("plain", 31, 30, 40), *LABELS[1:]])
    assert collect(lab, tmp_path / "a.h5", unlabelled_class="1").info.counts[1] == 1
    with pytest.raises(ParameterError, match="no class number"):
        collect(lab, tmp_path / "b.h5", unlabelled_class="fusion")


def test_users_may_have_classes_of_their_own(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "cell.tif", frames(), imagej=True, metadata={"axes": "TYX"})
    save_rois(tmp_path / "cell.zip", [("a_class_6", 31, 30, 40), ("b_class_-11", 50, 20, 20)])
    info = collect(tmp_path, tmp_path / "out.h5").info
    assert info.counts == {6: 1, -11: 1}
    assert info.class_ids == (*range(7), *range(-1, -12, -1))
    assert needed_classes([0]) == class_ids(3, 11)


# Files of the original program


def original_file(path: Path, **attributes: int) -> None:
    rng = np.random.default_rng(0)
    told = {"num_fusion": 3, "num_classes": 11, "timeseries": 26, "more_frames": 2, "patch_radius": 14, **attributes}
    with h5py.File(path, "w") as file:
        file.create_dataset("x_train", data=rng.uniform(90, 900, (7, 28, 32, 32)).astype(np.float32), chunks=True)
        file.create_dataset("y_train", data=np.eye(11, dtype=np.float32)[[0, 1, 2, 3, 4, 10, 0]], chunks=True)
        file.attrs.update(told)


def test_files_of_the_original_are_read(tmp_path: Path) -> None:
    original_file(tmp_path / "cells_c11r14_sc16_f3_t26_m2_new.h5")
    data = read_dataset(tmp_path / "cells_c11r14_sc16_f3_t26_m2_new.h5")
    assert data.label.tolist() == [0, 1, 2, -1, -2, -8, 0]
    assert data.x.shape == (7, 32, 34, 34)
    assert data.info.layout == Layout(13, 14, 32)
    assert not data.info.ours
    inner = data.x[:, 2:-2, 1:-1, 1:-1]
    assert (inner.min(axis=(1, 2, 3)) == 0).all()
    assert (inner.max(axis=(1, 2, 3)) >= 65534).all()
    some = read_dataset(tmp_path / "cells_c11r14_sc16_f3_t26_m2_new.h5", np.array([5, 1, 1]))
    assert some.label.tolist() == [-8, 1, 1]
    np.testing.assert_array_equal(some.x[2], data.x[1])


@pytest.mark.parametrize(("spoil", "says"), [
    (lambda f: f.__delitem__("x_train"), "lacks x_train"),
    (lambda f: f.attrs.__delitem__("num_fusion"), "lacks the attribute num_fusion"),
    (lambda f: f.attrs.update(num_fusion=40), "do not fit"),
    (lambda f: f.attrs.update(timeseries=20), "do not fit"),
    (lambda f: f["y_train"].__setitem__(0, np.ones(11)), "single 1"),
    (lambda f: (f.__delitem__("y_train"), f.create_dataset("y_train", data=np.eye(11))), "damaged"),
    (lambda f: (f.__delitem__("x_train"), f.create_dataset("x_train", (7, 4, 90_000, 90_000), "f4", chunks=(1, 1, 9, 9))
                ), "not usable"),
])  # fmt: skip
def test_damaged_files_get_a_sentence(tmp_path: Path, spoil, says: str) -> None:
    path = tmp_path / "bad.h5"
    original_file(path)
    with h5py.File(path, "a") as file:
        spoil(file)
    with pytest.raises(DatasetError, match=says):
        read_dataset(path)


def test_other_files_get_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_text("no HDF5")
    for name, says in (("text.h5", "is damaged or no data set"), ("missing.h5", "no data set")):
        with pytest.raises(DatasetError, match=says):
            read_dataset(tmp_path / name)


def test_a_file_cut_short_gets_a_sentence(lab: Path, tmp_path: Path) -> None:
    collect(lab, tmp_path / "out.h5")
    whole = (tmp_path / "out.h5").read_bytes()
    for share in (0.2, 0.6, 0.97):
        (tmp_path / "cut.h5").write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(DatasetError):
            read_dataset(tmp_path / "cut.h5")


# Labels and pairs


def test_labels_of_our_result_folders(tmp_path: Path) -> None:
    movie = tmp_path / "movies" / "cell.tif"
    movie.parent.mkdir()
    tifffile.imwrite(movie, frames(), imagej=True, metadata={"axes": "TYX"})
    result = tmp_path / "elsewhere"
    result.mkdir()
    record = {"ivea_version": "0", "schema_version": 1, "module": "random_bursts",
              "input": {"path": str(movie), "name": "cell.tif"}, "parameters": {"first_frame": 3, "reduce_frames": 2}}
    (result / "cell_run.json").write_text(json.dumps(record))
    write_rois(result / "cell_training_rois.zip", [
        Mark("1-event {1} | frame 32_class_0", 32, 30.0, 40.0, 3.0, 0, "fusion", 0.9, 1),
        Mark("2-event {2} | frame 2_class_-1", 2, 30.0, 40.0, 3.0, -1, "noise", 0.1, 2),
    ])  # fmt: skip
    (result / "cell_events.csv").write_text("event,class_id,probability,frame,x_px,y_px\n1,0,0.9,32,40,30\n")
    (pair,), left_out = find_pairs(tmp_path)
    assert (pair.labels.name, pair.movie, left_out) == ("cell_training_rois.zip", movie, [])
    made = collect(tmp_path, tmp_path / "out.h5")
    # Two frames of the file are one of the movie, from frame 3 on; the label stays where IVEA put it.
    assert made.info.rows.frame.tolist() == [30]
    assert made.left_out[0].reason == "outside the movie"
    (result / "cell_training_rois.zip").unlink()
    (pair,), _ = find_pairs(tmp_path)
    assert pair.labels.name == "cell_events.csv"
    movie.unlink()
    with pytest.raises(DatasetError, match="is not where it was"):
        collect(tmp_path, tmp_path / "b.h5")


def write_edf(folder: Path, name: str, rows: list[tuple[int, float, float, float]]) -> Path:
    path = folder / name
    if path.suffix == ".xml":
        parts = [f'<object tomo_idx="0" class_label="{c}" x="{x}" y="{y}" z="{z}"/>' for c, x, y, z in rows]
        path.write_text(f"<objlist>{''.join(parts)}</objlist>")
    else:
        lines = [f"0,{c},{x},{y},{z}" for c, x, y, z in rows]
        path.write_text("\n".join(["tomo_idx,class_label,x,y,z", *lines]), encoding="utf-8-sig")
    return path


@pytest.mark.parametrize("suffix", [".xml", ".csv"])
def test_annotations_of_exodeepfinder(tmp_path: Path, suffix: str) -> None:
    expert = write_edf(tmp_path, f"expert_annotation{suffix}", [(1, 40, 30, 28)])
    merged = write_edf(tmp_path, f"merged_annotation{suffix}", [(2, 40, 30, 28), (1, 10, 12, 5)])
    assert [(k.class_id, k.frame, k.y, k.x) for k in read_labels(expert)] == [(0, 29, 30, 40)]
    assert [k.class_id for k in read_labels(merged)] == [0, -2]
    assert [k.class_id for k in read_labels(merged, "expert")] == [None, 0]
    assert [k.class_id for k in read_labels(expert, "merged")] == [-2]


def test_movies_of_exodeepfinder(tmp_path: Path) -> None:
    folder = tmp_path / "exo" / "movie1"
    folder.mkdir(parents=True)
    with h5py.File(folder / "movie.h5", "w") as file:
        file["dataset"] = frames()
    write_edf(folder, "expert_annotation.xml", [(1, 40, 30, 28)])
    write_edf(folder, "annotation.csv", [(1, 3, 3, 3)])
    made = collect(tmp_path / "exo", tmp_path / "out.h5")
    assert made.info.counts == {0: 1}
    assert made.info.rows.frame.tolist() == [30]  # moved from the onset to the peak


def test_movies_of_exodeepfinder_as_single_frames(tmp_path: Path) -> None:
    folder = tmp_path / "exo" / "movie1"
    (folder / "tiff").mkdir(parents=True)
    for n, frame in enumerate(frames(), 1):
        tifffile.imwrite(folder / "tiff" / f"frame_{n}.tiff", frame)
    write_edf(folder, "expert_annotation.xml", [(1, 40, 30, 28)])
    one = collect(tmp_path / "exo", tmp_path / "out.h5").info
    with h5py.File(folder / "movie.h5", "w") as file:
        file["dataset"] = frames()
    two = collect(tmp_path / "exo", tmp_path / "h5.h5").info
    np.testing.assert_array_equal(read_dataset(one.path).x, read_dataset(two.path).x)
    (folder / "movie.h5").unlink()
    (folder / "tiff" / "frame_1.tiff").write_bytes(b"no TIFF")
    with pytest.raises(DatasetError, match="no TIFF"):
        collect(tmp_path / "exo", tmp_path / "bad.h5")


def test_labels_apart_from_their_movies(lab: Path, tmp_path: Path) -> None:
    mine = tmp_path / "anna"
    mine.mkdir()
    (lab / "cell_training_rois.zip").rename(mine / "cell_training_rois.zip")
    with pytest.raises(DatasetError, match="no movie has its name"):
        collect(mine, tmp_path / "out.h5")
    assert collect(mine, tmp_path / "out.h5", movie_folder=str(lab)).info.counts == {0: 1, 2: 1, -1: 1}
    tifffile.imwrite(lab / "day 2" / "Cell.tif", frames(2), imagej=True, metadata={"axes": "TYX"})
    with pytest.raises(DatasetError, match="2 movies"):
        collect(mine, tmp_path / "b.h5", movie_folder=str(lab))
    with pytest.raises(DatasetError, match="no folder"):
        collect(mine, tmp_path / "b.h5", movie_folder=str(tmp_path / "missing"))


@pytest.mark.parametrize(("text", "says"), [
    ("<objlist><object", "no XML"),
    ("<html></html>", "no object list"),
    ('<!DOCTYPE x [<!ENTITY a "aaaa">]><objlist/>', "entities"),
    ('<objlist><object class_label="1" x="a" y="1" z="1"/></objlist>', "a number must stand"),
    ('<objlist><object class_label="1" x="1" z="1"/></objlist>', "lacks y"),
    ('<objlist><object tomo_idx="0" class_label="1" x="1" y="1" z="1"/>'
     '<object tomo_idx="1" class_label="1" x="1" y="1" z="1"/></objlist>', "2 movies"),
])  # fmt: skip
def test_bad_object_lists_get_a_sentence(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(IveaError, match=says):
        read_labels(tmp_path / "a.xml")


# Split


def rows(label: list[int], movie: list[int], frame: list[int] | None = None) -> Rows:
    n = len(label)
    at = np.arange(n) if frame is None else np.array(frame)
    return Rows(np.array(label), np.array(movie), at, np.zeros(n), np.zeros(n), np.full(n, 9), at)


def test_split_by_movie_keeps_classes_on_both_sides() -> None:
    label = [0, 0, 0, -1, -1] * 8
    movie = np.repeat(np.arange(8), 5).tolist()
    split = split_rows(rows(label, movie), share=0.25, seed=3)
    assert split.by == "movie"
    assert not set(np.array(movie)[split.train]) & set(np.array(movie)[split.held_out])
    assert len(split.held_out) == 10
    again = split_rows(rows(label, movie), share=0.25, seed=3)
    np.testing.assert_array_equal(split.held_out, again.held_out)


def test_a_class_of_one_movie_stays_in_training() -> None:
    label = [0, -1, 0, -1, 0, -1, 0, 2]
    split = split_rows(rows(label, [0, 0, 1, 1, 2, 2, 3, 3]), share=0.3)
    assert 7 in split.train.tolist()


def test_split_of_one_movie_is_by_time() -> None:
    split = split_rows(rows([0, -1, 0, 0, -1, 0], [4] * 6, [50, 10, 30, 5, 40, 60]), share=0.25)
    assert split.by == "time"
    assert sorted(split.held_out.tolist()) == [5]
    with pytest.raises(DatasetError, match="fewer than two"):
        split_rows(rows([0], [0]))


def test_api_is_what_the_docstring_says() -> None:
    assert all(hasattr(datasets, name) for name in datasets.__all__)
    assert Pair(Path("a"), Path("b")).params is None


# Combined, split, exported


@pytest.fixture
def made(lab: Path, tmp_path: Path) -> Path:
    return collect(lab, tmp_path / "made.h5").info.path


def test_combining_takes_every_sample_once(lab: Path, made: Path, tmp_path: Path) -> None:
    original_file(tmp_path / "old.h5")
    save_rois(lab / "cell_training_rois.zip", [("a_class_1", 31, 30, 40), *LABELS[1:], ("new_class_0", 40, 5, 60)])
    newer = collect(lab, tmp_path / "newer.h5").info
    both = datasets.combine([newer.path, made, tmp_path / "old.h5"], tmp_path / "both.h5")
    # Of the older file one sample has another class now, and four are there already.
    assert (both.repeated, both.contradicting) == (4, 1)
    assert len(both.info) == len(newer) + 7
    assert [m.name for m in both.info.movies] == ["cell.tif", "day 2/other.tif", "old"]
    data, old = read_dataset(both.info.path), read_dataset(tmp_path / "old.h5")
    np.testing.assert_array_equal(data.x[-7:], old.x)
    np.testing.assert_array_equal(data.x[: len(newer)], read_dataset(newer.path).x)
    assert data.label[-7:].tolist() == old.label.tolist()


def test_a_data_set_can_be_added_to(made: Path, tmp_path: Path) -> None:
    original_file(tmp_path / "old.h5")
    datasets.combine([made, tmp_path / "old.h5"], made, replace_existing=True)
    assert len(inspect_dataset(made)) == 12
    with pytest.raises(OutputError, match="already"):
        datasets.combine([made], made)


def test_sizes_must_fit(lab: Path, made: Path, tmp_path: Path) -> None:
    other = collect(lab, tmp_path / "other.h5", frames_before=10, frames_after=29, patch_size=16).info
    assert (other.attributes["timeseries"], other.attributes["more_frames"]) == (20, 20)
    assert read_dataset(other.path).x.shape == (5, 44, 18, 18)
    with pytest.raises(DatasetError, match="40 frames"):
        datasets.combine([made, other.path], tmp_path / "both.h5")
    assert not (tmp_path / "both.h5").exists()


def test_split_files_share_no_movie(made: Path, tmp_path: Path) -> None:
    split, train, valid = datasets.split_files(made, tmp_path / "part", share=0.4)
    one, other = read_dataset(train), read_dataset(valid)
    assert split.by == "movie"
    assert not {one.info.movies[k].name for k in one.movie} & {other.info.movies[k].name for k in other.movie}
    assert len(one) + len(other) == 5
    assert inspect_dataset(train).class_ids == inspect_dataset(valid).class_ids
    with pytest.raises(OutputError, match="already"):
        datasets.split_files(made, tmp_path / "part")


def test_labels_come_back_out_of_a_data_set(lab: Path, made: Path, tmp_path: Path) -> None:
    files = datasets.export(made, tmp_path / "rois", "rois")
    assert [f.name for f in files] == ["cell_training_rois.zip", "other_training_rois.zip"]
    again = read_labels(files[0])
    assert [(k.class_id, k.y, k.x) for k in again] == [(-1, 9.5, 9.5), (0, 29.5, 39.5), (2, 49.5, 19.5)]
    (lab / "day 2" / "other.zip").unlink()
    for file, place in zip(files, (lab, lab / "day 2"), strict=True):
        file.rename(place / file.name)
    second = collect(lab, tmp_path / "again.h5").info
    np.testing.assert_array_equal(read_dataset(second.path).x, read_dataset(made).x)


def test_export_for_exodeepfinder(made: Path, tmp_path: Path) -> None:
    files = datasets.export(made, tmp_path / "edf", "exodeepfinder")
    labels, peak = read_labels(files[0]), int(inspect_dataset(made).rows.frame[2]) + 1
    assert [(k.class_id, k.frame, k.y, k.x) for k in labels] == [(0, 31, 29.5, 39.5), (0, peak, 49.5, 19.5)]


def test_export_for_the_original(made: Path, tmp_path: Path) -> None:
    (path,) = datasets.export(made, tmp_path / "o", "original")
    assert path.name == "made_c11r12_sc16_f3_t26_m2_new.h5"
    with h5py.File(path) as file, h5py.File(made) as ours:
        assert sorted(file) == ["x_train", "y_train"]
        assert sorted(file.attrs) == ["more_frames", "num_classes", "num_fusion", "patch_radius", "timeseries"]
        np.testing.assert_array_equal(file["x_train"][()], ours["x_train"][()])
    with pytest.raises(OutputError, match="already"):
        datasets.export(made, tmp_path / "o", "original")
    with pytest.raises(DatasetError, match="does not tell the places"):
        datasets.export(path, tmp_path / "p", "rois")


# Two annotators


def label(frame: int, y: float, x: float, class_id: int | None) -> datasets.Label:
    return datasets.Label(f"at {frame}", frame, y, x, class_id)


FIRST = [label(10, 10, 10, 0), label(20, 10, 10, 0), label(30, 10, 10, -1), label(40, 40, 40, 0), label(50, 5, 5, -3)]
SECOND = [label(11, 10, 11, 0), label(21, 10, 10, 1), label(30, 10, 10, -1), label(55, 60, 60, 0)]


def test_annotators_are_compared() -> None:
    found = datasets.compare_labels(FIRST, SECOND)
    told = found.to_dict()
    assert (told["both"], told["same_class"], told["only_first"], told["only_second"]) == (3, 2, 2, 1)
    # Classes (0,0), (0,1), (-1,-1): observed 2/3, by chance (2/3 1/3 + 0 + 1/3 1/3) = 1/3.
    assert told["kappa"] == pytest.approx(0.5)
    # Events: both mark 2; the first has one more, the second one more.
    assert told["event_f1"] == pytest.approx(2 * 2 / (3 + 3))
    # Event or not, six places: 4 of 6 agree; both say event for 3 of 6.
    assert told["event_kappa"] == pytest.approx((4 / 6 - 0.5) / 0.5)
    assert [(r["frame"], r["what"], r["first"], r["second"]) for r in told["disagreements"]] == [
        (20, "class", "fusion", "fusion_without_cloud"), (40, "only the first", "fusion", ""),
        (50, "only the first", "motion", ""), (55, "only the second", "", "fusion"),
    ]  # fmt: skip
    assert "Cohen's kappa 0.500" in found.to_text()


@pytest.mark.parametrize(("keep", "classes"), [
    ("agreed", {10: 0, 20: -99, 30: -1, 40: -99, 50: -99, 55: -99}),
    ("first", {10: 0, 20: 0, 30: -1, 40: 0, 50: -3, 55: 0}),
    ("all", {10: 0, 20: -99, 30: -1, 40: 0, 50: -3, 55: 0}),
])  # fmt: skip
def test_merged_labels(tmp_path: Path, keep: str, classes: dict[int, int]) -> None:
    from ivea_fiji.params.dataset import AgreementParams

    found = datasets.compare_labels(FIRST, SECOND, AgreementParams(keep=keep))
    path = datasets.write_merged(found, tmp_path / "merged.zip")
    assert {k.frame: k.class_id for k in read_labels(path)} == classes
    with pytest.raises(OutputError, match="already"):
        datasets.write_merged(found, path)


def test_kappa_of_little() -> None:
    from ivea_fiji.datasets.agreement import cohens_kappa

    assert np.isnan(cohens_kappa([]))
    assert np.isnan(cohens_kappa([(0, 0), (0, 0)]))
    assert cohens_kappa([(0, 1), (1, 0)]) == -1
    with pytest.raises(DatasetError, match="no label"):
        datasets.compare_labels(FIRST, [label(3, 3, 3, -99)])


# Command line and menu


def test_on_the_command_line(lab: Path, tmp_path: Path, capsys) -> None:
    from ivea_fiji.cli.main import main

    (lab / "nobody_training_rois.zip").write_bytes((lab / "cell_training_rois.zip").read_bytes())
    assert main(["dataset", "collect", str(lab), "--out", str(tmp_path / "a.h5"), "--json"]) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert told["samples"] == 5
    assert told["left_out"][0]["reason"] == "no movie has its name"
    assert "nobody_training_rois.zip: no movie has its name." in err
    assert (tmp_path / "a_content.csv").read_text().splitlines()[1].startswith("cell.tif,0,fusion,1,")
    assert main(["dataset", "inspect", str(tmp_path / "a.h5")]) == 0
    assert "5 samples of 2 movies" in capsys.readouterr().out
    assert main(["dataset", "combine", str(tmp_path / "a.h5"), "--out", str(tmp_path / "b.h5")]) == 0
    assert main(["dataset", "split", str(tmp_path / "a.h5"), "--out", str(tmp_path / "c")]) == 0
    assert main(["dataset", "export", str(tmp_path / "a.h5"), "--out", str(tmp_path / "d"), "--to", "rois"]) == 0
    pair = [str(lab / "cell_training_rois.zip"), str(lab / "day 2" / "other.zip")]
    assert main(["dataset", "compare", *pair, "--table", str(tmp_path / "t.csv")]) == 0
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 2
    assert main(["dataset", "merge", *pair, "--out", str(tmp_path / "m.zip"), "--keep", "all"]) == 0
    assert len(read_labels(tmp_path / "m.zip")) == 3
    capsys.readouterr()
    assert main(["dataset", "collect", str(lab), "--out", str(tmp_path / "a.h5")]) == 1
    assert "already" in capsys.readouterr().err
    assert main(["dataset", "split", str(tmp_path / "a.h5"), "--out", str(tmp_path / "c"), "--share", "2"]) == 2


def test_in_the_menu(lab: Path, tmp_path: Path) -> None:
    from ivea_fiji.commands.registry import COMMANDS
    from ivea_fiji.progress import Silent

    command = COMMANDS["build_training_dataset"]
    original_file(tmp_path / "old.h5")
    params = command.params.make(label_folder=str(lab), add_from=str(tmp_path / "old.h5"))
    reply = command.run(params, None, Silent())
    assert len(inspect_dataset(lab / "training.h5")) == 12
    assert [t.kind for t in reply.tables] == ["content"]
    assert all(Path(t.path).is_file() for t in reply.tables)
    with pytest.raises(OutputError, match="already"):
        command.run(params, None, Silent())
    with pytest.raises(ParameterError, match="label_folder"):
        command.run(command.params.make(), None, Silent())


def test_data_sets_are_managed_in_the_menu(lab: Path, made: Path, tmp_path: Path) -> None:
    from ivea_fiji.commands.registry import COMMANDS
    from ivea_fiji.progress import Silent

    command = COMMANDS["manage_training_datasets"]
    original_file(tmp_path / "old.h5")

    def run(**values):
        return command.run(command.params.make(dataset_file=str(made), **values), None, Silent())

    reply = run()
    assert reply.message.startswith("made.h5: 5 samples of 2 movies")
    assert len(Path(reply.tables[0].path).read_text().splitlines()) == 6
    both = run(action="combine", add_from=str(tmp_path / "old.h5"), output_path=str(tmp_path / "both.h5"))
    assert "both.h5: 12 samples of 3 movies" in both.message
    assert "whole movies" in run(action="split", output_path=str(tmp_path / "part")).message
    assert run(action="export", output_path=str(tmp_path / "rois")).message.startswith("2 files written")
    for values, says in (({"action": "split"}, "output_path"), ({"action": "combine", "output_path": "a"}, "add_from")):
        with pytest.raises(ParameterError, match=says):
            run(**values)
    with pytest.raises(ParameterError, match="dataset_file"):
        command.run(command.params.make(), None, Silent())


def test_annotators_are_compared_in_the_menu(lab: Path, tmp_path: Path) -> None:
    from ivea_fiji.commands.base import ImageInput
    from ivea_fiji.commands.registry import COMMANDS
    from ivea_fiji.progress import Silent

    command = COMMANDS["compare_annotators"]
    image = ImageInput(title="cell.tif", width=X, height=Y, frames=T)
    files = {"first_labels": str(lab / "cell_training_rois.zip"), "second_labels": str(lab / "day 2" / "other.zip")}
    params = command.params.make(**files, merged_file=str(tmp_path / "m.zip"), output_folder=str(tmp_path / "out"))
    reply = command.run(params, image, Silent())
    assert reply.message.startswith("1 disagreement in 2 places")
    assert "Cohen's kappa 1.000" in " ".join(reply.notes)
    lines = Path(reply.tables[0].path).read_text().splitlines()
    assert lines[1].startswith("1,50,19.5,49.5,latent_fusion,,only the first")
    assert reply.jump.table == reply.tables[0].kind
    assert [k.class_id for k in read_labels(tmp_path / "m.zip")] == [-1, 0, -99]
    with pytest.raises(ParameterError, match="both annotators"):
        command.run(command.params.make(), image, Silent())
