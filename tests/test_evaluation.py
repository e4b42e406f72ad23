"""Matching of found with true events, and its report."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivea_fiji.errors import MovieError, TableError
from ivea_fiji.evaluation import Counts, Marks, evaluate, evaluate_files, match_events, read_marks
from ivea_fiji.params import EvaluationParams
from ivea_fiji.results.rois import Mark, write_rois
from ivea_fiji.simulation.truth import TrueEvent

EMPTY = Marks.of([], [], [])


def at(*rows, **columns):
    """Marks of rows (frame, y, x)."""
    frame, y, x = zip(*rows, strict=True)
    return Marks.of(frame, y, x, **columns)


def pairs(matching):
    return list(zip(matching.found.tolist(), matching.truth.tolist(), strict=True))


def test_hits_misses_and_false_events_by_hand():
    truth = at((10, 20, 20), (50, 20, 20), (90, 60, 60))
    found = at((200, 5, 5), (52, 20, 24), (9, 23, 24))
    m = match_events(found, truth)
    assert pairs(m) == [(2, 0), (1, 1)]
    assert m.distance.tolist() == [5, 4]
    assert m.delay.tolist() == [-1, 2]
    assert m.false.tolist() == [0]
    assert m.missed.tolist() == [2]
    assert m.counts == Counts(2, 1, 1)
    assert m.counts.precision == pytest.approx(2 / 3)
    assert m.counts.recall == pytest.approx(2 / 3)
    assert m.counts.f1 == pytest.approx(2 / 3)


def test_a_duplicate_is_false_and_said_to_be_one():
    truth = at((10, 20, 20))
    m = match_events(at((12, 20, 20), (10, 20, 21), (10, 50, 50)), truth)
    assert m.counts == Counts(1, 2, 0)
    assert pairs(m) == [(1, 0)]
    assert m.false.tolist() == [0, 2]
    assert m.duplicate.tolist() == [True, False]


def test_the_most_pairs_win_over_the_nearest():
    # Greedy matching would give found 0 to true 0 (1 px) and leave the other two alone.
    truth = at((0, 0, 0), (0, 0, 5.5))
    found = at((0, 0, 1), (0, 0, -4))
    assert pairs(match_events(found, truth)) == [(1, 0), (0, 1)]


def test_of_equal_numbers_the_cheapest_pairing_wins():
    truth = at((0, 0, 0), (0, 0, 4))
    found = at((0, 0, 3.5), (0, 0, 0.5))
    assert pairs(match_events(found, truth)) == [(1, 0), (0, 1)]


@pytest.mark.parametrize(
    ("kind", "duration", "delay", "hit"),
    [
        ("", 0, 6, True), ("", 0, 7, False), ("", 0, -6, True), ("", 0, -7, False),
        ("latent", 4, 12, True), ("latent", 4, 13, False), ("latent", 4, -7, False),
        ("eq16", 4, -12, True), ("eq16", 4, -13, False), ("eq16", 4, 12, True),
        ("latent", 100, 18, True), ("latent", 100, 19, False),
    ],
)
def test_slow_events_have_more_time(kind, duration, delay, hit):
    truth = at((50, 0, 0), kind=kind, duration=duration)
    assert match_events(at((50 + delay, 0, 0)), truth).counts.hits == hit


@pytest.mark.parametrize(("distance", "hit"), [(5.0, True), (5.001, False)])
def test_distance_is_a_circle(distance, hit):
    found = at((0, distance * 0.6, distance * 0.8))
    assert match_events(found, at((0, 0, 0))).counts.hits == hit


def test_zero_tolerance_takes_equal_places_only():
    truth = at((3, 1, 1), (5, 2, 2))
    m = match_events(at((3, 1, 1), (5, 2, 2.01)), truth, max_distance_px=0, max_frames=0)
    assert m.counts == Counts(1, 1, 1)


def test_faint_events_are_neither_missed_nor_false():
    truth = at((10, 0, 0), (10, 40, 0), (10, 80, 0), (10, 120, 0), peak_z=[3, 3, 9, np.nan])
    found = at((10, 0, 0), (11, 0, 1), (10, 80, 0))
    m = match_events(found, truth, min_peak_z=6)
    assert m.counts == Counts(1, 1, 1)
    assert m.ignored_truth.tolist() == [0, 1]
    assert m.ignored_found.tolist() == [0]
    assert m.missed.tolist() == [3]
    assert m.duplicate.tolist() == [False]


def test_a_clear_event_is_matched_before_a_faint_one():
    truth = at((10, 0, 0), (10, 0, 3), peak_z=[3, 9])
    assert match_events(at((10, 0, 0)), truth, min_peak_z=6).counts == Counts(1, 0, 0)


@pytest.mark.parametrize(
    ("found", "truth", "expected"),
    [(EMPTY, EMPTY, (1, 1, 1)), (at((0, 0, 0)), EMPTY, (0, 1, 0)), (EMPTY, at((0, 0, 0)), (1, 0, 0))],
)
def test_nothing_found_or_nothing_true(found, truth, expected):
    report = evaluate(found, truth)
    assert (report.counts.precision, report.counts.recall, report.counts.f1) == expected
    assert json.loads(report.to_json())["f1"] == expected[2]
    assert "F1" in report.to_text()


def test_counts_add_up():
    assert sum([Counts(1, 2, 3), Counts(4, 5, 6)], Counts()) == Counts(5, 7, 9)


coordinate = st.integers(0, 24).map(lambda v: v / 2)
marks = st.lists(st.tuples(st.integers(0, 30), coordinate, coordinate), max_size=14).map(
    lambda rows: at(*rows) if rows else EMPTY
)


def cost(m):
    return ((m.distance / 5) ** 2 + (m.delay / 6) ** 2).sum()


@given(marks, marks)
def test_every_event_is_counted_once_and_within_tolerance(found, truth):
    m = match_events(found, truth)
    assert sorted([*m.found, *m.false]) == list(range(len(found)))
    assert sorted([*m.truth, *m.missed]) == list(range(len(truth)))
    assert np.all(m.distance <= 5)
    assert np.all(np.abs(m.delay) <= 6)


@given(marks, marks)
def test_matching_is_symmetric(found, truth):
    there, back = match_events(found, truth), match_events(truth, found)
    assert there.counts.hits == back.counts.hits
    assert there.counts.f1 == back.counts.f1
    assert cost(there) == pytest.approx(cost(back))


@given(marks, marks, st.randoms(use_true_random=False))
def test_order_does_not_matter(found, truth, random):
    order = random.sample(range(len(found)), len(found))
    a, b = match_events(found, truth), match_events(found[np.array(order, int)], truth)
    assert a.counts == b.counts
    assert cost(a) == pytest.approx(cost(b))


@given(marks)
def test_the_truth_itself_is_perfect(truth):
    report = evaluate(truth, truth)
    assert report.counts == Counts(len(truth), 0, 0)
    assert report.counts.f1 == 1


@given(marks, marks)
def test_no_other_matching_has_more_pairs(found, truth):
    """Kuhn's augmenting paths give the largest number of pairs that is possible."""
    near = [
        [
            t
            for t in range(len(truth))
            if np.hypot(found.y[f] - truth.y[t], found.x[f] - truth.x[t]) <= 5
            and abs(found.frame[f] - truth.frame[t]) <= 6
        ]
        for f in range(len(found))
    ]
    owner = {}

    def augment(f, seen):
        for t in near[f]:
            if t not in seen:
                seen.add(t)
                if t not in owner or augment(owner[t], seen):
                    owner[t] = f
                    return True
        return False

    assert match_events(found, truth).counts.hits == sum(augment(f, set()) for f in range(len(found)))


def test_the_report_tells_classes_kinds_and_rows():
    truth = Marks.of_truth(
        [
            TrueEvent(0, "ph_sensitive", 10, 5.0, 6.0, 2.0, 50.0, 2.0, 12.0),
            TrueEvent(2, "latent", 40, 15.0, 16.0, 30.0, 50.0, 2.0, 7.0),
            TrueEvent(2, "latent", 80, 25.0, 26.0, 30.0, 50.0, 2.0, 8.0),
        ]
    )
    rows = (11, 5, 9), (42, 15, 16), (42, 15, 17)
    found = at(*rows, class_id=[0, 0, 2], probability=[0.9, 0.8, 0.7], number=[1, 2, 7])
    report = evaluate(found, truth)
    assert report.confusion == {("fusion", "fusion"): 1, ("latent_fusion", "fusion"): 1}
    assert report.recall_by("kind") == {"ph_sensitive": Counts(1, 0, 0), "latent": Counts(1, 0, 1)}
    visible = evaluate(found, truth, EvaluationParams(min_peak_z=10))
    assert visible.recall_by("kind") == {"ph_sensitive": Counts(1, 0, 0)}
    assert "2 true events are less visible than 10 and ignored, 1 of them found" in visible.to_text()
    data = json.loads(report.to_json())
    assert data["distance_px"] == {"median": 1.5, "rms": pytest.approx(np.sqrt(4.5))}
    assert data["delay_frames"] == {"median": 1.5, "median_absolute": 1.5}
    assert data["misses"] == [
        {"event": 3, "frame": 81, "x_px": 26, "y_px": 25, "class": "latent_fusion", "kind": "latent", "peak_z": 8}
    ]
    assert data["false_events"] == [
        {
            "event": 7, "frame": 43, "x_px": 17, "y_px": 15, "class": "latent_fusion", "probability": 0.7,
            "repeats_an_event": True,
        }
    ]
    text = report.to_text()
    for part in ("F1 0.667", "2 of 3 true events found, 1 missed, 1 false (1 of them repeat", "latent: 0.500 (1 of 2)",
                 "latent_fusion called fusion: 1", "event 3, frame 81, x 26.0, y 25.0"):
        assert part in text


def test_long_lists_are_cut_in_the_text_only():
    report = evaluate(EMPTY, at(*((k, 0, 0) for k in range(25))))
    assert "... and 5 more" in report.to_text()
    assert len(report.to_dict()["misses"]) == 25


HEADER = "event,class_id,frame,x_px,y_px\n"


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_tables_and_rois_are_read(tmp_path):
    table = write(tmp_path / "a.csv", HEADER + "1,0,11,20.5,30\n2,-1,50,1,1\n")
    marks = read_marks(table)
    assert (marks.frame.tolist(), marks.x.tolist(), marks.y.tolist()) == ([10], [20.5], [30])
    german = write(tmp_path / "b.csv", "\ufeffframe;x_px;y_px\n11;20,5;30\n")
    write_rois(
        tmp_path / "c.zip",
        [Mark("1-event {1} | frame 12_class_0", 12, 30.0, 21.5, 3.0, 0), Mark("artefact", 5, 1.0, 1.0, 3.0, -99)],
    )
    report = evaluate_files(tmp_path / "c.zip", str(table))
    assert report.counts == Counts(1, 0, 0)
    assert (report.matching.distance.tolist(), report.matching.delay.tolist()) == ([1], [1])
    assert evaluate_files(german, table, EvaluationParams(max_distance_px=0, max_frames=0)).counts == Counts(1, 0, 0)
    assert len(read_marks(write(tmp_path / "d.csv", HEADER))) == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("event,frame\n1,2\n", "lacks the columns y_px, x_px"),
        ("", "lacks the columns frame, y_px, x_px"),
        (HEADER + "1,0,11,abc,3\n", "Line 2 of .* holds 'abc' in the column x_px"),
        (HEADER + "1,0,11,1,3\n2,0,,1,3\n", "Line 3 of .* holds '' in the column frame"),
        (HEADER + "1,0,nan,1,3\n", "holds 'nan' in the column frame"),
    ],
)
def test_bad_tables_get_one_sentence(tmp_path, text, says):
    with pytest.raises(TableError, match=says):
        read_marks(write(tmp_path / "bad.csv", text))


def test_other_files_get_one_sentence(tmp_path):
    with pytest.raises(TableError, match="There is no file"):
        read_marks(tmp_path / "none.csv")
    (tmp_path / "movie.tif").write_bytes(bytes(range(256)))
    with pytest.raises(TableError, match="not a table of text"):
        read_marks(tmp_path / "movie.tif")
    (tmp_path / "bad.zip").write_bytes(b"nonsense")
    with pytest.raises(MovieError):
        read_marks(tmp_path / "bad.zip")
    write_rois(tmp_path / "loose.zip", [Mark("somewhere", 0, 1.0, 1.0, 3.0)])
    with pytest.raises(TableError, match="belongs to no frame"):
        read_marks(tmp_path / "loose.zip")
