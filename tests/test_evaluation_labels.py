"""A detection measured by labels: what was missed and why, other thresholds, and settings that fit."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from model_material import CLASSES, write_card
from movie_material import flash, noise, step_down
from synapse_material import SITES, rule_model, synapses
from synapse_material import flash as release

from ivea_fiji.cli.main import main
from ivea_fiji.commands.base import ImageInput
from ivea_fiji.commands.registry import COMMANDS
from ivea_fiji.datasets.truth import read_truth
from ivea_fiji.errors import Cancelled, IveaError, ParameterError, TableError
from ivea_fiji.evaluation import Marks, read_marks
from ivea_fiji.evaluation.labels import report_events, report_movie
from ivea_fiji.evaluation.matching import Counts
from ivea_fiji.networks.registry import PATH_VARIABLE
from ivea_fiji.params import RandomParams
from ivea_fiji.params.evaluation import LabelParams
from ivea_fiji.progress import Silent
from ivea_fiji.results.rois import Mark, write_rois

BRIGHT = [(25, 20, 16), (40, 50, 60), (55, 30, 40)]
DIM = (70, 14, 60)
NAMES = [c.id for c in CLASSES]


class Graded:
    """Says the more surely that a sequence is a fusion, the more it brightens."""

    def predict(self, patches: np.ndarray) -> np.ndarray:
        core = patches[:, :, 13:19, 13:19].mean(axis=(2, 3))
        rise = core[:, 13:15].mean(axis=1) - core[:, 4:10].mean(axis=1)
        out = np.zeros((len(patches), len(CLASSES)), np.float32)
        out[:, 0] = (2.3 * rise).clip(0.01, 0.98)
        out[:, NAMES.index(-2)] = 1 - out[:, 0]
        return out


@pytest.fixture(autouse=True)
def stand_in(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path_factory.mktemp("models")
    write_card(root / "evit28")
    monkeypatch.setenv(PATH_VARIABLE, str(root))
    monkeypatch.setattr("ivea_fiji.classify.make_classifier", lambda *a: Graded())


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    stack = noise(90, 64, 80, seed=1)
    for t, y, x in BRIGHT:
        flash(stack, t, y, x, 250)
    flash(stack, *DIM, 75)
    step_down(stack, 12, 50, 20, 150)
    path = tmp_path / "cell.tif"
    tifffile.imwrite(path, stack.clip(0).astype(np.uint16), imagej=True, metadata={"axes": "TYX"})
    return path


def write_labels(path: Path, places: list[tuple[int, int, int, int]]) -> Path:
    write_rois(path, [
        Mark(f"{n}-event {{{n}}} | frame {t + 1}_class_{k}", t + 1, y, x, 3.0, k) for n, (t, y, x, k) in
        enumerate(places, 1)
    ])  # fmt: skip
    return path


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    return write_labels(tmp_path / "cell_training_rois.zip", [*((*p, 0) for p in (*BRIGHT, DIM)), (12, 50, 20, -7)])


DETECTION = RandomParams(threads=1, pixel_size_um=0.1, confidence=0.62)


def report(movie: Path, labels: Path, detection: RandomParams = DETECTION, **how):
    return report_movie(movie, *read_truth(labels), detection, LabelParams(**how))


def test_misses_say_why(movie: Path, labels: Path) -> None:
    made = report(movie, labels)
    assert made.evaluation.counts == Counts(3, 0, 1)
    (row,) = made.faults()
    assert (row["what"], row["frame"], round(row["x_px"]), round(row["y_px"])) == ("missed", DIM[0] + 1, *DIM[:0:-1])
    assert row["why"].startswith("below threshold (probability 0.") or row["why"].startswith("taken for fluctuation")
    blind = report(movie, labels, DETECTION.model_copy(update={"threshold_factor": 3.0}))
    assert "changes too little" in blind.faults()[-1]["why"]
    assert made.sentence == "Precision 1.000, recall 0.750, F1 0.857: 3 events found, 1 missed, 0 false."


def test_the_sweep_is_what_detection_would_give(movie: Path, labels: Path) -> None:
    from ivea_fiji.random_bursts import detect_random

    curve = {p.threshold: p.counts for p in report(movie, labels).curve}
    for threshold in (0.2, 0.6, 0.95):
        found = detect_random(movie, DETECTION, confidence=threshold)
        assert curve[threshold].hits + curve[threshold].false == len(found.events)
    assert curve[0.95].hits < 4
    recalls = [curve[t].recall for t in sorted(curve)]
    assert recalls == sorted(recalls, reverse=True)


def test_settings_are_suggested(movie: Path, labels: Path) -> None:
    made = report(movie, labels, suggest=True)
    chosen = made.suggestion
    assert chosen.now.counts == Counts(3, 0, 1)
    assert chosen.best.counts.f1 == 1
    assert list(chosen.changes()) == ["confidence"]  # the fewest changes that help
    assert chosen.best.confidence < 0.62
    assert chosen.few
    assert "few labels" in made.notes[0]
    again = report(movie, labels, DETECTION.model_copy(update={"confidence": chosen.best.confidence}), suggest=True)
    assert again.evaluation.counts == chosen.best.counts
    assert again.suggestion.changes() == {}
    assert "fit these labels best" in again.notes[0]


def test_labels_of_a_part_of_the_movie(movie: Path, tmp_path: Path) -> None:
    some = write_labels(tmp_path / "some.zip", [(*BRIGHT[0], 0), (*BRIGHT[1], -2)])
    assert report(movie, some).evaluation.counts == Counts(1, 2, 0)
    part = report(movie, some, complete_labels=False)
    assert part.evaluation.counts == Counts(1, 1, 0)  # what is found at the artefact is false, the other unknown
    assert [p.counts for p in part.curve if p.threshold == 0.6] == [Counts(1, 1, 0)]


def test_frames_are_those_of_the_file(movie: Path, labels: Path) -> None:
    made = report(movie, labels, DETECTION.model_copy(update={"first_frame": 21, "confidence": 0.3}))
    assert made.evaluation.counts.hits == 4
    assert {row["frame"] for row in made.faults() if row["what"] == "missed"} == set()


def test_events_found_before(labels: Path) -> None:
    truth, everything = read_truth(labels)
    found = Marks.of([25, 40, 80], [20, 50, 5], [16, 60, 5], probability=[0.9, 0.7, 0.6])
    made = report_events(found, truth, everything, LabelParams())
    assert made.evaluation.counts == Counts(2, 1, 2)
    assert {p.threshold: p.counts for p in made.curve}[0.65] == Counts(2, 0, 2)
    assert min(p.threshold for p in made.curve) >= 0.6  # of less probable candidates nothing is known
    assert [row["what"] for row in made.faults()] == ["missed", "missed", "false"]
    unknown = Marks.of([25], [20], [16])
    assert report_events(unknown, truth, everything, LabelParams()).curve == ()


def test_truth_of_every_kind(tmp_path: Path, labels: Path) -> None:
    truth, everything = read_truth(labels)
    assert (len(truth), len(everything)) == (4, 5)
    (tmp_path / "a.csv").write_text("tomo_idx,class_label,x,y,z\n0,2,16,20,25\n0,1,3,3,3\n")
    truth, everything = read_truth(tmp_path / "a.csv")
    assert (truth.frame.tolist(), truth.x.tolist(), len(everything)) == ([25], [16], 2)
    (tmp_path / "b.csv").write_text("frame,x_px,y_px,class_id\n26,16,20,0\n4,3,3,-1\n")
    assert [len(m) for m in read_truth(tmp_path / "b.csv")] == [1, 2]
    (tmp_path / "c.csv").write_text("a,b\n1,2\n")
    with pytest.raises(IveaError, match="lacks the column"):
        read_truth(tmp_path / "c.csv")


def test_no_labels_and_no_candidates(movie: Path, tmp_path: Path) -> None:
    empty = tmp_path / "none.csv"
    empty.write_text("frame,x_px,y_px,class_id\n")
    assert report(movie, empty).evaluation.counts.missed == 0
    flat_frames = np.full((60, 64, 64), 100, np.uint16)
    tifffile.imwrite(tmp_path / "flat.tif", flat_frames, imagej=True, metadata={"axes": "TYX"})
    flat = report(tmp_path / "flat.tif", write_labels(tmp_path / "l.zip", [(*BRIGHT[0], 0)]), suggest=True)
    assert flat.evaluation.counts == Counts(0, 0, 1)
    assert flat.suggestion.changes() == {}


def test_stopping(movie: Path, labels: Path) -> None:
    class Stop(Silent):
        def cancelled(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        report_movie(movie, *read_truth(labels), DETECTION, LabelParams(), Stop())


def table(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_on_the_command_line(movie: Path, labels: Path, tmp_path: Path, capsys) -> None:
    asked = [str(movie), str(labels), "--confidence", "0.62", "--pixel-size-um", "0.1", "--threads", "1"]
    assert main(["evaluate", *asked, "--suggest", "--out", str(tmp_path / "out"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["hits"], told["missed"]) == (3, 1)
    assert told["misses"][0]["why"]
    assert told["suggestion"]["changes"]["confidence"]["now"] == 0.62
    rows = {name: table(tmp_path / "out" / f"cell_{name}.csv") for name in ("evaluation", "sweep", "settings")}
    assert rows["evaluation"][0]["what"] == "missed"
    assert len(rows["sweep"]) == len(told["sweep"])
    assert [r["note"] for r in rows["settings"][:3]] == ["now", "suggested", ""]
    assert main(["evaluate", str(tmp_path / "no.tif"), str(labels)]) == 1
    assert "There is no file" in capsys.readouterr().err
    assert main(["evaluate", *asked, "--model", "nothing"]) == 1


def test_in_the_menu(movie: Path, labels: Path, tmp_path: Path) -> None:
    command = COMMANDS["evaluate_against_labels"]
    image = ImageInput(title="cell.tif", path=str(movie), width=80, height=64, frames=90, rois=str(labels))
    given = {"confidence": 0.62, "pixel_size_um": 0.1, "threads": 1, "output_folder": str(tmp_path / "out")}
    params = command.params.make(**given)
    reply = command.run(params, image, Silent())
    assert reply.message.startswith("Precision 1.000, recall 0.750")
    assert [t.kind for t in reply.tables] == ["evaluation", "sweep"]
    assert "confidence of" in reply.notes[0]
    rows = table(Path(reply.tables[0].path))
    jump = reply.jump
    assert jump.table == "evaluation"
    assert [rows[0][c] for c in (jump.frame, jump.x, jump.y)] == [str(DIM[0] + 1), "60.0", "14.0"]
    (tmp_path / "found.csv").write_text("frame,x_px,y_px\n26,16,20\n")
    before = command.params.make(events_file=str(tmp_path / "found.csv"))
    assert command.plan(before, image).count == 1
    assert command.run(before, image, Silent()).message.endswith("1 events found, 3 missed, 0 false.")
    some = ImageInput(
        title="cell.tif", path=str(movie), width=80, height=64, frames=90, rois=str(labels), selected_rois=(0, 4)
    )
    chosen = command.params.make(events_file=str(tmp_path / "found.csv"), roi_choice="selected")
    assert command.run(chosen, some, Silent()).message.endswith("1 events found, 0 missed, 0 false.")
    with pytest.raises(ParameterError, match="No ROI is selected"):
        command.run(chosen, image, Silent())
    assert "roi_choice" in command.params.model_fields  # by this the host sends the ROI Manager's ROIs
    bare = ImageInput(title="cell.tif", path=str(movie), width=80, height=64, frames=90)
    with pytest.raises(ParameterError, match="no labels"):
        command.plan(params, bare)


# ---------------------------------------------------------------------------- results of other modules


@pytest.fixture
def synapses_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A movie of five synapses of which two release, and its results, with a network whose rule is known."""
    rule_model(monkeypatch)
    path = tmp_path / "neuron.tif"
    frames = synapses({1: release(120, 50), 3: release(120, 80)}).clip(0).round().astype(np.uint16)
    tifffile.imwrite(path, frames, imagej=True, metadata={"axes": "TYX"})
    assert main(["stationary", str(path), "--out", str(tmp_path / "neuron_ivea"), "--quiet"]) == 0
    return path, tmp_path / "neuron_ivea"


def test_a_result_of_another_module_is_evaluated(synapses_found: tuple[Path, Path], tmp_path: Path, capsys) -> None:
    movie, results = synapses_found
    places = [(50, *SITES[1], 0), (80, *SITES[3], 0), (100, *SITES[2], 0), (20, *SITES[0], -1)]
    labels = write_labels(tmp_path / "neuron_training_rois.zip", [(t, int(y), int(x), k) for t, y, x, k in places])
    capsys.readouterr()
    assert main(["evaluate", str(results), str(labels), "--json"]) == 0
    by_folder = json.loads(capsys.readouterr().out)
    assert (by_folder["hits"], by_folder["missed"], by_folder["false"]) == (2, 1, 0)
    assert main(["evaluate", str(results / "neuron_stationary_events.csv"), str(labels), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == by_folder

    command = COMMANDS["evaluate_against_labels"]
    image = ImageInput(title="neuron.tif", path=str(movie), width=88, height=96, frames=120, rois=str(labels))
    params = command.params.make(events_file=str(results))
    assert command.plan(params, image).count == 1
    reply = command.run(params, image, Silent())
    assert reply.message.endswith("2 events found, 1 missed, 0 false.")
    (missed,) = table(Path(reply.tables[0].path))
    assert [missed[c] for c in ("what", "frame", "x_px", "y_px")] == ["missed", "101", "40.0", "48.0"]


def test_a_folder_must_hold_one_table_of_events(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="There is no table of events in"):
        read_marks(tmp_path)
    (tmp_path / "batch_events.csv").write_text("movie,frame,x_px,y_px\n")  # of many movies
    with pytest.raises(TableError, match="There is no table of events in"):
        read_marks(tmp_path)
    (tmp_path / "a_events.csv").write_text("frame,x_px,y_px\n26,16,20\n")
    assert len(read_marks(tmp_path)) == 1
    (tmp_path / "a_hotspot_events.csv").write_text("frame,x_px,y_px\n26,16,20\n")
    with pytest.raises(TableError, match=r"There are 2 tables .* name one of them: a_events.csv, a_hotspot_events.csv"):
        read_marks(tmp_path)
