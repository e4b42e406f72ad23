"""Review and Label Events in a real ImageJ: keys are pressed, labels are saved, and a crash loses nothing."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import roifile
import tifffile
from imagej_material import make_movie, with_second_channel
from imagej_stage import FOUND, Stage, make_host, need_desktop, screen, window_manager
from test_second_look_refining import movie as step_movie

from ivea_fiji.datasets import read_labels
from ivea_fiji.fiji.layout import Host
from ivea_fiji.networks.card import ModelFolder
from ivea_fiji.networks.runtime import load_second_stage
from ivea_fiji.results.palette import class_colour, class_group
from ivea_fiji.results.rois import Mark, read_rois, write_rois

pytestmark = [pytest.mark.java, pytest.mark.gui]
LABEL = "Review and Label Events..."
WINDOW = "Label cell.tif"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Host:
    need_desktop()
    return make_host(tmp_path_factory.mktemp("host") / "ImageJ")


@pytest.fixture(scope="module")
def display(host: Host) -> Iterator[str]:
    with screen() as name, window_manager(name):
        yield name


@pytest.fixture(scope="module")
def session(host: Host, display: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(host, tmp_path_factory.mktemp("home"), display)
    yield stage
    stage.close()


@pytest.fixture
def ij(session: Stage) -> Stage:
    session("clean")
    return session


def make_cell(folder: Path, frames: int = 80, size: int = 96) -> Path:
    """Write a movie of noise in which every event that `make_marks` names flashes."""
    rng = np.random.default_rng(1)
    pixels = rng.normal(100, 5, (frames, size, size)).astype(np.uint16)
    path = folder / "cell.tif"
    tifffile.imwrite(path, pixels, imagej=True, metadata={"axes": "TYX", "finterval": 0.05})
    return path


def make_marks(count: int, frames: int = 80, size: int = 96) -> list[Mark]:
    """Return candidates as the engine writes them: with the network's class and probability, in no order."""
    rng = np.random.default_rng(2)
    marks = []
    for n in range(1, count + 1):
        frame, kind, chance = 1 + int(rng.integers(frames)), int(rng.choice([0, 1, 2, -1, -3])), float(rng.random())
        y, x = rng.uniform(8, size - 8, 2)
        name = f"{n}-event {{{n}}} | frame {frame}_class_{kind}"
        marks.append(Mark(name, frame, float(y), float(x), 3.0, kind, "", chance, n))
    return marks


@pytest.fixture
def cell(tmp_path: Path) -> Path:
    path = make_cell(tmp_path)
    write_rois(tmp_path / "found.zip", make_marks(12))
    return path


def start(ij: Stage, **options: object) -> None:
    # Most tests are of the keys and files; the engine would rearrange the list meanwhile.
    usual = {"events_from": "auto", "list_order": "most_informative", "judge_every": 0}
    told = " ".join(f"{key}=[{value}]" for key, value in (usual | options).items())
    ij("macro", f'run("{LABEL}", "{told}");')
    assert any(title.startswith("Label ") for title in ij("windows")), (ij("windows"), ij("log"), ij.errors())


def rows(ij: Stage, title: str = WINDOW) -> tuple[str, list[list[str]]]:
    """Return the chosen rows, and event, frame, class, network's class and probability of each row."""
    chosen, *lines = ij("rows", title)
    return chosen, [line.split("|") for line in lines]


def classes(ij: Stage, title: str = WINDOW) -> dict[int, str]:
    return {int(row[0]): row[2] for row in rows(ij, title)[1]}


def saved(path: Path, count: int, seconds: float = 60) -> list[Mark]:
    """Wait until a label file holds `count` labels."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        marks = read_rois(path) if path.exists() else []
        if len(marks) == count:
            return marks
        time.sleep(0.2)
    raise AssertionError(f"{len(marks)} labels, not {count}, in {path}")


def in_movie(ij: Stage, frame: int, name: str) -> None:
    """Wait until the movie shows a frame with the ROI of an event."""

    def shown() -> bool:
        image = ij("image", "cell.tif")
        return image[3] == str(frame) and image[4].startswith(name)

    wait_for(shown)


def wait_for(what: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is so: windows take their time on a busy machine."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.1)


def wait_until_closed(ij: Stage, folder: Path) -> None:
    """Wait until the label window is gone and has let its files in a folder go."""
    wait_for(lambda: not any(title.startswith("Label ") for title in ij("windows")))
    wait_for(lambda: not list(folder.glob(".*.part")))


# ---------------------------------------------------------------------------- keys


def test_keys_do_what_they_say(ij: Stage, cell: Path) -> None:
    """One event after the other by keys; the movie, its display and the ROI Manager stay as they are."""
    truth = make_marks(12)
    ij("open", cell)
    ij("macro", 'setSlice(7); setMinAndMax(90, 120); makeRectangle(5, 5, 20, 20); roiManager("Add");')
    before, managed = ij("image"), ij("rois")
    start(ij, events_from="roi_file", roi_file=cell.with_name("found.zip"), list_order="number")
    chosen, table = rows(ij)
    assert chosen == "0"
    assert [row[:2] for row in table] == [[str(mark.event), str(mark.frame)] for mark in truth]
    assert [row[3] for row in table] == [str(mark.class_id) for mark in truth]
    assert {row[2] for row in table} == {""}

    # A class goes on to the next event, and the movie shows it.
    ij("keys", WINDOW, "0", "2", "A", "SPACE", "X")
    assert rows(ij)[0] == "5"
    assert list(classes(ij).values())[:5] == ["0", "2", "-1", str(truth[3].class_id), rejected(truth[4])]
    in_movie(ij, truth[5].frame, "6-event {6}")

    # Arrows, frames, the dialog, several at once, taking out, undo and redo.
    ij("keys", WINDOW, "DOWN", "DOWN", "UP")
    assert rows(ij)[0] == "6"
    in_movie(ij, truth[6].frame, "7-event {7}")
    ij("keys", WINDOW, "SHIFT+LEFT", "SHIFT+LEFT", "SHIFT+LEFT", "SHIFT+RIGHT", "SHIFT+RIGHT")
    in_movie(ij, truth[6].frame - 1, "7-event {7}")
    ij("keys", WINDOW, "ENTER")
    ij("dialog", "IVEA label")
    ij("keys", "IVEA label", "CONTROL+A", "MINUS", "1", "2", "ENTER")
    assert classes(ij)[7] == "-12"
    assert rows(ij)[0] == "7"
    ij("keys", WINDOW, "SHIFT+DOWN", "SHIFT+DOWN", "1")
    assert [classes(ij)[n] for n in (8, 9, 10)] == ["1", "1", "1"]
    assert rows(ij)[0] == "7,8,9"
    ij("keys", WINDOW, "UP", "DOWN", "F11")
    assert 8 not in classes(ij)
    assert len(classes(ij)) == 11
    ij("keys", WINDOW, "CONTROL+Z", "CONTROL+Z")
    assert [classes(ij)[n] for n in (8, 9, 10)] == ["", "", ""]
    ij("keys", WINDOW, "CONTROL+Y")
    assert [classes(ij)[n] for n in (8, 9, 10)] == ["1", "1", "1"]
    assert ij("named", WINDOW, "progress") == ["9 of 12 labelled"]
    assert ij("named", WINDOW, "said") == ["Done again: class 1 for 3 events."]

    said = {n: kind for n, kind in classes(ij).items() if kind}
    marks = saved(cell.with_name("cell_training_rois.zip"), 9)
    assert {mark.event: str(mark.class_id) for mark in marks} == said
    ij("close", WINDOW)
    wait_until_closed(ij, cell.parent)
    after = ij("image", "cell.tif")
    assert after[:3] + after[4:] == before[:3] + before[4:]
    assert ij("rois")[1:] == managed[1:]


def rejected(mark: Mark) -> str:
    assert mark.class_id is not None
    return str(mark.class_id if mark.class_id < 0 else -1)


def test_names_and_colours_are_those_of_the_engine_and_the_original(ij: Stage, cell: Path) -> None:
    truth = make_marks(12)
    ij("open", cell)
    start(ij, events_from="roi_file", roi_file=cell.with_name("found.zip"), list_order="number")
    ij("keys", WINDOW, "0", "1", "2", "A", "K")
    path = cell.with_name("cell_training_rois.zip")
    saved(path, 5)
    for roi, mark, kind in zip(roifile.roiread(path), truth, (0, 1, 2, -1, -8), strict=False):
        # The original goes by the end of the name and by the position, and takes its radius from elsewhere.
        assert roi.name == f"{mark.event}-event {{{mark.event}}} | frame {mark.frame}_class_{kind}"
        assert roi.position == mark.frame
        assert (roi.group, roi.stroke_color.hex()) == (class_group(kind), "ff" + class_colour(kind)[1:].lower())
        centre = (roi.xd + roi.widthd / 2, roi.yd + roi.heightd / 2)
        assert centre == pytest.approx((mark.x + 0.5, mark.y + 0.5), abs=1e-3)
        assert "labelled: yes\n" in roi.props
    # Our data sets read them; unlabelled places teach nothing.
    labels = read_labels(path)
    assert [label.class_id for label in labels] == [0, 1, 2, -1, -8]
    # The same file, taken as a source, says the same, as what a person said.
    ij("close", WINDOW)
    wait_until_closed(ij, cell.parent)
    other = cell.parent / "again"
    start(ij, events_from="roi_file", roi_file=path, label_folder=other, list_order="number")
    assert list(classes(ij).values()) == ["0", "1", "2", "-1", "-8"]


def test_filter_order_and_slider(ij: Stage, cell: Path) -> None:
    truth = make_marks(12)
    ij("open", cell)
    start(ij, events_from="roi_file", roi_file=cell.with_name("found.zip"), list_order="most_informative")
    uncertain = {mark.event: abs(round(mark.probability, 4) - 0.5) for mark in truth}
    by_class = {mark.event: mark.class_id for mark in truth}
    order = [int(row[0]) for row in rows(ij)[1]]
    kinds = sorted(set(by_class.values()), key=lambda kind: (kind < 0, abs(kind)))
    assert [by_class[n] for n in order[: len(kinds)]] == kinds
    for kind in kinds:
        told = [uncertain[n] for n in order if by_class[n] == kind]
        assert told == sorted(told)
    ij("slide", WINDOW, "probability", 50)
    assert {int(row[0]) for row in rows(ij)[1]} == {mark.event for mark in truth if round(mark.probability, 4) >= 0.5}
    ij("slide", WINDOW, "probability", 0)
    ij("pick", WINDOW, "show", "not labelled")
    first = int(rows(ij)[1][0][0])
    ij("keys", WINDOW, "UP", "UP", "0")
    # What is labelled goes out of sight, the next one moves up, and undo brings it back.
    assert first not in classes(ij)
    assert rows(ij)[0] == "0"
    ij("keys", WINDOW, "CONTROL+Z")
    assert int(rows(ij)[1][0][0]) == first
    ij("pick", WINDOW, "show", "all")
    ij("pick", WINDOW, "order", "in time")
    frames = [int(row[1]) for row in rows(ij)[1]]
    assert frames == sorted(frames)


def test_a_click_in_the_movie_adds_an_event(ij: Stage, cell: Path) -> None:
    ij("open", cell)
    two = with_second_channel(cell)
    ij("close", "cell.tif")
    ij("open", two)
    ij("place", two.name, 10, 200)
    ij("macro", "Stack.setPosition(2, 1, 31);")
    window = f"Label {two.name}"
    start(ij, events_from="none")
    ij("place", window, 400, 20)
    assert rows(ij, window) == ("", [])
    ij("keys", window, "N")
    ij("point", two.name, 40, 25)
    wait_for(lambda: rows(ij, window)[1] == [["1", "31", "", "", ""]])
    ij("keys", window, "0")
    (mark,) = saved(two.with_name("two channels_training_rois.zip"), 1)
    assert (mark.frame, mark.class_id) == (31, 0)
    assert (mark.x, mark.y) == pytest.approx((40, 25), abs=0.6)
    assert ij("image", two.name)[1] == "2"
    # Closing the movie saves and ends.
    ij("close", two.name)
    wait_until_closed(ij, two.parent)


# ---------------------------------------------------------------------------- nothing is lost


def test_five_hundred_labels_survive_a_crash(host: Host, display: str, tmp_path: Path) -> None:
    """500 events by keys, with undo; the machine's plug is pulled; another ImageJ goes on where it was."""
    movie = make_cell(tmp_path)
    write_rois(tmp_path / "found.zip", make_marks(500))
    (tmp_path / "home").mkdir()
    ij = Stage(host, tmp_path / "home", display)
    try:
        ij("open", movie)
        start(ij, events_from="roi_file", roi_file=tmp_path / "found.zip")
        order = [int(row[0]) for row in rows(ij)[1]]
        keys = [("0", "1", "2", "A", "S", "D")[k % 6] for k in range(500)]
        for k in range(0, 500, 50):
            ij("keys", WINDOW, *keys[k : k + 50])
        ij("keys", WINDOW, *(["CONTROL+Z"] * 20), *(["CONTROL+Y"] * 5), "F11", "CONTROL+Z")
        expected = classes(ij)
    finally:
        ij.kill()
    said = {"0": "0", "1": "1", "2": "2", "A": "-1", "S": "-2", "D": "-3"}
    wanted = {event: said[key] for event, key in zip(order, keys, strict=True)}
    assert {n: expected[n] for n in order[:485]} == {n: wanted[n] for n in order[:485]}
    assert [expected[n] for n in order[485:]] == [""] * 15

    again = Stage(host, tmp_path / "home", display)
    try:
        again("open", movie)
        start(again)
        assert classes(again) == expected
        marks = saved(tmp_path / "cell_training_rois.zip", 485)
        assert {mark.event: str(mark.class_id) for mark in marks} == {n: kind for n, kind in expected.items() if kind}
        # What was done before the crash can still be undone.
        again("keys", WINDOW, "CONTROL+Z")
        assert sum(map(bool, classes(again).values())) == 484
        again("keys", WINDOW, "CONTROL+Y")
        assert classes(again) == expected
    finally:
        again.close()


def test_labels_of_others_are_kept(ij: Stage, cell: Path) -> None:
    """A label file that is there already is taken in, and stays under another name."""
    older = cell.with_name("cell_training_rois.zip")
    write_rois(older, [Mark("e(0) | frame41_class_3", 41, 20.0, 30.0, 3.0, 3)])
    content = older.read_bytes()
    ij("open", cell)
    start(ij)
    assert rows(ij)[1] == [["1", "41", "3", "", ""]]
    ij("keys", WINDOW, "2")
    wait_for(lambda: read_rois(older)[0].class_id == 2)
    (mark,) = read_rois(older)
    assert (mark.name, mark.class_id) == ("e(0) | frame41_class_2", 2)
    assert cell.with_name("cell_training_rois.earlier.zip").read_bytes() == content


def test_what_cannot_be_done_is_said(ij: Stage, cell: Path) -> None:
    for options, sentence in (
        ("events_from=last_result", "There is no result of 'cell.tif' yet"),
        ("events_from=roi_manager", "The ROI Manager is empty"),
        ("events_from=roi_file", "Name the ROI set (roi_file)."),
        (f"events_from=roi_file roi_file=[{cell}]", "cannot be read as an ImageJ ROI set"),
        ("events_from=result_folder result_folder=/nowhere", "There are no results of 'cell'"),
        ("classes=fusion", "does not begin with a number"),
    ):
        ij("clean")
        ij("open", cell)
        ij("macro", f'run("{LABEL}", "{options}"); print("NOT REACHED");')
        (log,) = ij("log")
        assert sentence in log
        assert "NOT REACHED" not in log
        ij("macro", 'print("\\\\Clear");')
        assert not any(title.startswith("Label ") for title in ij("windows"))
    write_rois(cell.with_name("far.zip"), [Mark("a", 900, 5.0, 5.0, 3.0, 0)])
    ij("macro", f'run("{LABEL}", "events_from=roi_file roi_file=[{cell.with_name("far.zip")}]");')
    assert "stands on a frame inside 'cell.tif' (96 x 96 px, 80 frames)" in ij("log")[0]


# ---------------------------------------------------------------------------- judged anew


def make_steps(folder: Path) -> Path:
    """Write a movie of one flash with a cloud, in frame 6, and of eight spots that switch on later, and stay.

    These are no events, though they are reported at a low limit.
    """
    path = folder / "cell.tif"
    step_movie(path, 1)
    frames = tifffile.imread(path).astype(float)
    age = np.arange(len(frames) - 6)[:, None, None]
    y, x = np.mgrid[: frames.shape[1], : frames.shape[2]]
    wide = 1.6**2 + age
    cloud = np.exp(-((y - 10) ** 2 + (x - 52) ** 2) / (2 * wide)) * 1.6**2 / wide
    frames[6:] += 1.6 * (frames.max() - np.median(frames)) * np.exp(-age / 3) * cloud
    scale = {"resolution": (1 / 0.133, 1 / 0.133), "metadata": {"axes": "TYX", "finterval": 0.05, "unit": "um"}}
    tifffile.imwrite(path, frames.round().astype(np.uint16), imagej=True, **scale)
    return path


def judged(ij: Stage, begin: str) -> str:
    """Wait until the window tells of a judgement."""
    wait_for(lambda: ij("named", WINDOW, "judged")[0].startswith(begin), 240)
    return ij("named", WINDOW, "judged")[0]


def test_false_ones_vanish_while_labelling(host: Host, display: str, tmp_path: Path) -> None:
    """After some labels the list is judged anew; what is reported then is taken as result, and saved as a model."""
    cell = make_steps(tmp_path)
    (tmp_path / "home").mkdir()
    ij = Stage(host, tmp_path / "home", display, IVEA_MODELS_PATH=str(tmp_path / "models"))
    try:
        ij("open", cell)
        ij("macro", 'run("Detect Random Bursts...", "channel=1 confidence=0.15");')
        ij("start", "Record...")
        ij.until("windows", "Recorder")
        start(ij, events_from="last_result", list_order="time", judge_every=6)
        reported = len(rows(ij)[1])
        assert reported >= 8
        assert judged(ij, "By 0 labels") == f"By 0 labels: {reported} reported, 0 gone, 0 new"
        # The first is an event, the others are none, and what nobody labelled follows them.
        ij("keys", WINDOW, "0", "A", "A", "A", "A", "A")
        assert judged(ij, "By 6 labels") == f"By 6 labels: 1 reported, {reported - 6} gone, 0 new"
        table = rows(ij)[1]
        assert sorted(row[2] for row in table) == ["-1"] * 5 + ["0"]
        ij("pick", WINDOW, "show", "no longer reported")
        assert len(rows(ij)[1]) == reported - 6
        ij("pick", WINDOW, "show", "all")
        labels = saved(tmp_path / "cell_training_rois.zip", 6)

        ij("place", WINDOW, 300, 20)
        managed = len(ij("rois"))
        ij("press", WINDOW, "Use for This Movie")
        ij.until("windows", "cell.tif events-1")
        assert len(ij("table", "cell.tif events-1")) == 2  # its heading and one event; the first table stays
        assert len(ij("rois")) == managed + 1  # added behind those of the first result
        ij("press", WINDOW, "Save as a Model...")
        ij("dialog", "IVEA model")
        ij("keys", "IVEA model", "CONTROL+A", "S", "T", "E", "P", "S", "ENTER")
        wait_for(lambda: (tmp_path / "models" / "steps" / "card.json").exists(), 240)
        assert read_rois(tmp_path / "cell_training_rois.zip") == labels
        (recorded,) = ij("recorder")
        use, save = (line for line in recorded.splitlines() if 'run("Use Labels' in line or 'run("Save Labels' in line)
        assert use.startswith('run("Use Labels for Movie...", "label_file=')
        assert "confidence=0.15" in use
        assert "new_name=steps" in save
        ij("close", WINDOW)
        wait_until_closed(ij, tmp_path)

        # The recorded lines do the same without the window.
        ij("macro", use.replace("output_folder=[]", f"output_folder=[{tmp_path / 'result'}]"))
        with (tmp_path / "result" / "cell_events.csv").open(encoding="utf-8", newline="") as file:
            (event,) = csv.DictReader(file)
        assert event["class_name"] == "fusion"
        ij("macro", save.replace("new_name=steps", "new_name=again"))
        first, second = (load_second_stage(ModelFolder(tmp_path / "models" / n)) for n in ("steps", "again"))
        assert first is not None
        assert second is not None
        assert np.array_equal(first.judge.value, second.judge.value)

        # Opened again, the labels are there, and how events were looked for too.
        start(ij, list_order="teaches_most", judge_every=6)
        assert judged(ij, "By 6 labels").startswith("By 6 labels: 1 reported")
    finally:
        ij.close()


def test_what_cannot_be_judged_is_said(ij: Stage, cell: Path) -> None:
    ij("open", cell)
    start(ij, events_from="roi_file", roi_file=cell.with_name("found.zip"), model="evit26", judge_every=10)
    assert judged(ij, "not judged") == "not judged"
    assert "the model 'evit26' has none that can be taught" in ij("named", WINDOW, "said")[0]
    ij("press", WINDOW, "Use for This Movie")
    wait_for(lambda: ij("named", WINDOW, "said")[0] == "Label some events first.")


# ---------------------------------------------------------------------------- many, and from the engine


def test_ten_thousand_stay_fluid(ij: Stage, tmp_path: Path) -> None:
    movie = make_cell(tmp_path, frames=400)
    write_rois(tmp_path / "found.zip", make_marks(10_000, frames=400))
    ij("open", movie)
    start(ij, events_from="roi_file", roi_file=tmp_path / "found.zip")
    assert len(rows(ij)[1]) == 10_000
    assert len(ij("pace", WINDOW, 60)) == 4  # 60 rows chosen and 60 filters set, whatever time they take
    ij("slide", WINDOW, "probability", 0)
    ij("keys", WINDOW, "0", "A")
    saved(tmp_path / "cell_training_rois.zip", 2)
    # A label is a line of its own, whatever there is besides.
    journal = (tmp_path / "cell_labels.journal").read_text(encoding="utf-8").splitlines()
    head, taken, *said = map(json.loads, journal)
    assert (head["frames"], len(taken["now"])) == (400, 10_000)
    assert [[label["class"] for label in line["now"]] for line in said] == [[0], [-1]]


def test_results_and_candidates_of_the_engine(ij: Stage, tmp_path: Path) -> None:
    """Without anything there, candidates are looked for; after a detection its result is taken; both are recorded."""
    movie = make_movie(tmp_path)
    ij("open", movie)
    ij("start", "Record...")
    ij.until("windows", "Recorder")
    ij("start", LABEL)
    ij("dialog", LABEL)
    ij("press", LABEL, "OK")
    ij.until("windows", WINDOW)
    candidates = rows(ij)[1]
    assert len(candidates) > 4
    assert all(0 <= float(row[4].replace(",", ".")) <= 1 for row in candidates)
    assert ij("rois") == ["none"]
    (recorded,) = ij("recorder")
    assert f'run("{LABEL}", "events_from=auto result_folder=[] roi_file=[] label_folder=[] ' in recorded
    ij("keys", WINDOW, "0")
    saved(tmp_path / "cell_training_rois.zip", 1)
    ij("close", WINDOW)
    wait_until_closed(ij, tmp_path)

    ij("macro", 'run("Detect Random Bursts...", "channel=1");')
    events = len(ij("rois")) - 1
    assert events == FOUND
    start(ij, events_from="last_result", label_folder=tmp_path / "other")
    assert len(rows(ij)[1]) == events
    start_again = ij("macro", f'run("{LABEL}", "label_folder=[{tmp_path}/other]"); return "well";')
    assert start_again != ["well"]
    assert "being worked on in another window" in ij("log")[0]


def test_the_table_of_a_result_leads_to_labelling(ij: Stage, tmp_path: Path) -> None:
    """Its menu takes the movie of the result, whatever is in front, and this result's events."""
    movie = make_movie(tmp_path)
    ij("open", movie)
    ij("macro", 'run("Detect Random Bursts...", "channel=1");')
    heading, *lines = ij("table", "cell.tif events")
    names = heading.split("\t")
    found = [dict(zip(names, line.split("\t"), strict=True)) for line in lines]
    assert len(found) == FOUND
    ij("macro", 'newImage("other", "16-bit noise", 96, 96, 80);')
    ij("choose", "cell.tif events", "IVEA", LABEL)
    ij("dialog", LABEL)
    ij("press", LABEL, "OK")
    ij.until("windows", WINDOW)
    taken = {row[0]: row for row in rows(ij)[1]}
    assert set(taken) == {event["event"] for event in found}
    for event in found:
        row = taken[event["event"]]
        assert row[1:4] == [event["frame"], "", event["class_id"]]
        assert float(row[4].replace(",", ".")) == pytest.approx(float(event["probability"]), abs=0.006)
    ij("keys", WINDOW, "0")
    saved(tmp_path / "cell_training_rois.zip", 1)
    ij("close", WINDOW)
    wait_until_closed(ij, tmp_path)

    # Of a movie that was closed, a sentence; opened again, its labels are there.
    ij("close", "cell.tif")
    ij("choose", "cell.tif events", "IVEA", LABEL)
    ij.until("status", "Open 'cell.tif' again to label its events.")
    ij("open", movie)
    ij("choose", "cell.tif events", "IVEA", LABEL)
    ij("dialog", LABEL)
    ij("press", LABEL, "OK")
    ij.until("windows", WINDOW)
    assert [kind for kind in classes(ij).values() if kind] == ["0"]
    assert len(classes(ij)) == FOUND
