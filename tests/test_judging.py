"""A movie is judged by its labels: what is reported changes, what a person said holds, and nothing else does."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from command_material import described, request
from test_second_look_refining import label, movie

import ivea_fiji
from ivea_fiji.cli.main import main
from ivea_fiji.commands.calls import carry_out, read_call
from ivea_fiji.datasets.labels import Label
from ivea_fiji.errors import DatasetError, ParameterError
from ivea_fiji.memory import MEMORY
from ivea_fiji.movie import open_movie
from ivea_fiji.networks.registry import find_model, find_model_for
from ivea_fiji.networks.runtime import load_second_stage
from ivea_fiji.params.random import RandomParams
from ivea_fiji.progress import Silent
from ivea_fiji.training import judging
from ivea_fiji.training.doubts import one_sided, without_contradictions
from ivea_fiji.training.judging import JudgedByLabels, judge_by_labels

LOW = 0.15
"""Confidence at which the model reports some of the spots that switch on, which are no events."""


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[int, int, int]]]:
    path = tmp_path_factory.mktemp("steps") / "a.tif"
    places = movie(path, 1)
    scale = {"resolution": (1 / 0.133, 1 / 0.133), "metadata": {"axes": "TYX", "finterval": 0.05, "unit": "um"}}
    tifffile.imwrite(path, tifffile.imread(path), imagej=True, **scale)  # type: ignore[arg-type]
    return path, places


def said(places: list[tuple[int, int, int]], class_id: int = -2) -> list[Label]:
    return [Label(f"{n}-event {{{n}}}", t + 1, float(y), float(x), class_id, True) for n, (t, y, x) in
            enumerate(places, 1)]  # fmt: skip


@pytest.fixture(scope="module")
def taught(steps: tuple[Path, list[tuple[int, int, int]]]) -> JudgedByLabels:
    """All spots are labelled as none, which is enough to learn from."""
    path, places = steps
    label(path, places, -2)
    return judge_by_labels(path, confidence=LOW, threads=1)


# ---------------------------------------------------------------------------- without enough labels


def test_without_labels_the_movie_is_judged_as_detection_does(steps) -> None:
    found = ivea_fiji.detect_random(steps[0], confidence=LOW)
    judged = judge_by_labels(steps[0], [], confidence=LOW)
    result = judged.result()
    assert len(found.events) >= 4
    assert [(e.frame, e.y, e.x, e.probability, e.against) for e in result.events] == [
        (e.frame, e.y, e.x, e.probability, e.against) for e in found.events
    ]
    assert result.rejected == found.rejected
    assert int(judged.lesson.reported.sum()) == len(found.events)
    assert judged.notes == ("There are 0 labels, and learning takes 6 at least; until then the model judges alone.",)
    with pytest.raises(DatasetError, match="nothing to save: 0 labels could be used"):
        judged.save_model("nothing", steps[0].parent / "models")


def test_what_a_person_says_holds(steps) -> None:
    path, places = steps
    event, none = said(places[:1], 0), said(places[1:3])
    strict = judge_by_labels(path, [*event, *none], confidence=0.99)
    (one,) = strict.result().events
    assert (one.class_id, one.probability < 0.99) == (0, True)
    assert abs(one.frame - places[0][0]) <= 2
    loose = judge_by_labels(path, [*event, *none], confidence=LOW).result()
    at = [(e.y, e.x) for e in loose.events]
    for _, y, x in places[1:3]:
        assert all(np.hypot(y - b, x - a) > 3 for b, a in at)
    assert [r for r in loose.rejected if r.reason == "labelled"]
    judge_decides = judge_by_labels(path, event, labels_decide=False, confidence=0.99)
    assert not judge_decides.result().events
    # A kind of event that the network does not know.
    (own,) = judge_by_labels(path, said(places[:1], 10), confidence=0.99).result().events
    assert (own.class_id, own.class_name) == (10, "class_10")


def test_labels_of_what_is_no_candidate_are_told(steps) -> None:
    judged = judge_by_labels(steps[0], said([(30, 6, 54)], 0))
    assert any("1 labelled event changes the movie too little" in note for note in judged.notes)


# ---------------------------------------------------------------------------- what is wrong with labels


def test_contradictions_are_named_and_left_out() -> None:
    same = [*said([(10, 20, 20)], 0), *said([(11, 21, 20)], -1), *said([(40, 20, 20)], -1)]
    kept, (sentence,) = without_contradictions(same)
    assert [one.frame for one in kept] == [41]
    assert "'1-event {1}' and '1-event {1}'" in sentence
    assert "neither was learned from" in sentence
    # Two kinds of event at one place are no contradiction to who only asks whether it is one.
    assert without_contradictions([*said([(10, 20, 20)], 0), *said([(10, 20, 20)], 2)])[1] == []
    assert without_contradictions([Label("a", 3, 1.0, 1.0, None), Label("b", 3, 1.0, 1.0, -99)]) == ([], [])


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (said([(1, 5, 5), (9, 5, 5)], 0), "All 2 labels are events"),
        (said([(1, 5, 5), (9, 5, 5)], -1), "All 2 labels are places that are none"),
        ([*said([(4, 5, 5)], 0), *said([(4, 30, 30)], -1)], "All 2 labels are of frame 5"),
        ([*said([(4, 5, 5)], 10), *said([(9, 30, 30)], -1)], "does not know the class 10"),
    ],
)
def test_one_sided_labels_are_told(labels: list[Label], sentence: str) -> None:
    (note,) = one_sided(labels, find_model("evit28").card)
    assert sentence in note
    assert one_sided([*said([(1, 5, 5)], 0), *said([(9, 5, 5)])], find_model("evit28").card) == []


def test_a_model_without_a_second_look_cannot_be_taught(steps) -> None:
    with pytest.raises(ParameterError, match="the model 'evit26' has none that can be taught"):
        judge_by_labels(steps[0], [], model="evit26")
    with pytest.raises(ParameterError, match="switched off"):
        judge_by_labels(steps[0], [], second_look=False)
    with pytest.raises(ParameterError, match="There are no labels"):
        judge_by_labels(shutil.copy(steps[0], steps[0].with_name("other.tif")))


# ---------------------------------------------------------------------------- learned


def test_false_ones_are_no_longer_reported(steps, taught: JudgedByLabels) -> None:
    before = judge_by_labels(steps[0], [], confidence=LOW).lesson
    after = taught.lesson
    assert after.learned
    assert after.labels == 8
    spots = after.said < 0
    assert after.chance[spots].mean() < 0.5 * before.chance[spots].mean()
    assert after.reported.sum() == 0 < before.reported.sum()
    assert not np.isin(after.order, np.flatnonzero(after.said != -99)).any()
    record = taught.result().model["taught"]
    assert record["learned"]
    assert record["label_file"].endswith("a_training_rois.zip")


def test_the_same_labels_are_learned_once(steps, taught: JudgedByLabels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivea_fiji.training.at_once.teach", None)  # nobody may teach again
    movie_ = open_movie(steps[0])
    lesson = taught._movie.judge(movie_, said(steps[1]), Silent())
    assert lesson.taught is taught.lesson.taught
    with pytest.raises(TypeError):
        taught._movie.judge(movie_, said(steps[1])[:7], Silent())


def test_the_saved_model_says_the_same(steps, taught: JudgedByLabels, tmp_path: Path) -> None:
    made = taught.save_model("steps", tmp_path / "models")
    assert made.card.parent.startswith("evit28")
    assert made.card.training["parameters"]["trainable"] == "second_look"
    assert made.card.training["second_stage"]["used"]
    stage = load_second_stage(made)
    assert stage is not None
    found = ivea_fiji.detect_random(steps[0], model=str(made.path), confidence=0.01)
    all_ = {(r.frame, r.y, r.x): r.probability for r in (*found.events, *found.rejected)}
    judged = taught.lesson.judged
    for k in np.flatnonzero(taught.lesson.said < 0):
        place = (int(judged.scores.frame[k]), float(judged.candidates.y[k]), float(judged.candidates.x[k]))
        if place in all_:
            assert all_[place] == pytest.approx(float(taught.lesson.chance[k]), abs=1e-5)
    with pytest.raises(ParameterError, match="There is a model 'steps'"):
        taught.save_model("steps", tmp_path / "models")


# ---------------------------------------------------------------------------- for hosts


@pytest.fixture
def remembered() -> Iterator[None]:
    MEMORY.on = True
    yield
    MEMORY.on = False
    judging._kept.clear()
    MEMORY.__init__()  # type: ignore[misc]


def listed(path: Path, places: list[tuple[int, int, int]], classes: dict[int, int]) -> Path:
    rows = [
        {"id": n, "frame": t + 1, "y": y + 0.4, "x": x - 0.3, "radius": 3.0, "name": f"e{n}", "score": 0.4}
        | ({"class": classes[n]} if n in classes else {})
        for n, (t, y, x) in enumerate(places, 1)
    ]
    rows.append({"id": 99, "frame": 2, "y": 1, "x": 1, "radius": 3.0, "name": "gone", "deleted": True, "class": 0})
    path.write_text(json.dumps({"labels": rows}), encoding="utf-8")
    return path


def test_the_window_is_told_of_every_place_it_lists(steps, tmp_path: Path, remembered: None) -> None:
    path, places = steps
    told = {"label_file": str(listed(tmp_path / "p.json", places[:6], {1: 0, 2: -1})), "confidence": LOW,
            "output_folder": str(tmp_path), "channel": 1}  # fmt: skip
    reply = carry_out(read_call(request("judge_labels", told, described(path))), None, Silent())
    assert reply.status == "done"
    assert "2 labels" in reply.message
    with (tmp_path / "judged.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    by = {int(row["id"]): row for row in rows if row["id"] != "0"}
    assert set(by) == {1, 2, 3, 4, 5, 6}
    assert (by[1]["reported"], by[2]["reported"]) == ("1", "0")
    assert (by[1]["rank"], by[2]["rank"]) == ("", "")
    assert sorted(int(by[n]["rank"]) for n in (3, 4, 5, 6)) == [1, 2, 3, 4]
    # What is reported and not listed is told too, so that it can be.
    assert all(row["reported"] == "1" for row in rows if row["id"] == "0")
    assert MEMORY.recall(open_movie(path), find_model_for("random", "evit28"), RandomParams()) is not None


def test_a_movie_is_measured_once(steps, remembered: None, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _ = steps
    ivea_fiji.detect_random(path)
    monkeypatch.setattr("ivea_fiji.training.at_once.judge", None)  # nobody may measure again
    params = RandomParams(confidence=0.3)
    first = judging.keep_measured(open_movie(path), params, Silent())
    assert judging.keep_measured(open_movie(path), RandomParams(confidence=0.5), Silent()) is first
    with pytest.raises(TypeError):
        judging.keep_measured(open_movie(path), RandomParams(threshold_factor=0.9), Silent())
    with pytest.raises(TypeError):
        judging.keep_measured(open_movie(path, RandomParams(last_frame=50)), params, Silent())


def test_use_writes_the_result_and_rerun_repeats_it(steps, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = Path(shutil.copy(steps[0], tmp_path / "a.tif"))
    places = steps[1]
    label(path, places[:2], 0)
    labels = (tmp_path / "a_training_rois.zip").read_bytes()
    told = {"output_folder": str(tmp_path / "result"), "overview": False, "confidence": 0.9}
    reply = carry_out(read_call(request("use_labels_for_movie", told, described(path))), None, Silent())
    assert "2 events" in reply.message
    assert {p.name for p in (tmp_path / "result").iterdir()} == {
        "a_events.csv", "a_traces.csv", "a_summary.csv", "a_rois.zip", "a_run.json"
    }  # fmt: skip
    record = json.loads((tmp_path / "result" / "a_run.json").read_text(encoding="utf-8"))
    assert record["model"]["taught"]["labels"] == 2
    assert (tmp_path / "a_training_rois.zip").read_bytes() == labels
    assert main(["rerun", str(tmp_path / "result" / "a_run.json")]) == 0
    assert "the event table is the same as before" in capsys.readouterr().out
    missing = {"label_file": str(tmp_path / "none.zip")}
    with pytest.raises(ParameterError, match=r"Label file \(label_file\): there is no"):
        carry_out(read_call(request("use_labels_for_movie", missing, described(path))), None, Silent())


def test_a_name_that_is_taken_is_told_before_any_work(steps, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    told = {"new_name": "mine", "model_folder": str(tmp_path)}
    with pytest.raises(ParameterError, match="There is a model 'mine'"):
        carry_out(read_call(request("save_labels_as_model", told, described(steps[0]))), None, Silent())


def test_the_command_line_says_what_to_label_next(steps, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = Path(shutil.copy(steps[0], tmp_path / "a.tif"))
    label(path, steps[1][:2], 0)
    told = ["judge", str(path), "--out", str(tmp_path / "result"), "--confidence", "0.9", "--no-overview"]
    assert main([*told, "--label-next", "3", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["events"] == 2
    assert len(data["label_next"]) == 3
    assert {"frame", "x_px", "y_px", "probability"} == set(data["label_next"][0])
    assert main([*told, "--save-as", "few", "--model-folder", str(tmp_path / "m")]) == 1
    assert "nothing to save: 2 labels" in capsys.readouterr().err
