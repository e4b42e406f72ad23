"""The benchmark commands: movies as asked for, counts where they belong, tables that say what was counted."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from benchmarks.accuracy import tasks
from benchmarks.accuracy_tables import mean_sem, paper_table, physics_tables
from benchmarks.judge import binned, known_truth, without
from benchmarks.peers import add_speed, speed_sentences
from benchmarks.speed import Job, make_movie, plain_read, table
from ivea_fiji.evaluation import Counts, Marks, evaluate
from ivea_fiji.simulation import SimulatedMovie, TrueEvent


def judged(kind: str, hits: int, false: int, missed: int, **changes) -> dict:
    counts = {"hits": hits, "false": false, "missed": missed}
    empty = {"hits": 0, "false": 0, "missed": 0}
    return {
        "kind": kind, "frames": 200, "counts": counts, "candidate_counts": counts, "bins": [empty] * 4 + [counts],
        "recall_by_kind": {"eq16": counts}, "confusion": [["fusion", "latent_fusion", hits]], "noise_factor": 1.0,
        "peak_z": [5.0, 7.0], **changes,
    }  # fmt: skip


def test_a_movie_is_played_forth_and_back(tmp_path):
    frames = np.arange(3, dtype=np.uint16)[:, None, None] * np.ones((16, 16), np.uint16)
    np.save(tmp_path / "scene-16-5.npy", frames)
    path = make_movie(Job(9, 16, 5), tmp_path)
    assert tifffile.imread(path)[:, 0, 0].tolist() == [0, 1, 2, 1, 0, 1, 2, 1, 0]
    with tifffile.TiffFile(path) as tif:
        assert tif.is_imagej
        assert tif.imagej_metadata["frames"] == 9
    assert plain_read(path) > 0


def test_the_rest_of_the_wall_time_is_in_the_table():
    row = {
        "frames": 9, "side": 16, "candidates": 4, "events": 1, "wall_s": 3.0, "cpu_s": None, "peak_mb": None,
        "read_s": 0.5, "times_read": 6.0, "stages_s": {"open": 1.0, "start-up, hash and files": 2.0},
    }  # fmt: skip
    assert "| 9 x 16 x 16 | 4 | 1 | 3.0 |  |  | 0.50 | 6 |" in table([row])
    assert "| 9 x 16 x 16 | 4 | 1.00 | 2.00 |" in table([row])


def test_every_task_has_a_seed_of_its_own():
    made = tasks(["paper", "physics"], 1, 8, 16)
    seeds = [t.simulate().recipe["seed"] for t in made]
    assert len(set(seeds)) == len(made) == 9 + 4 + 20
    assert min(seeds) >= 9_200_000


def test_counts_lie_in_the_bin_of_their_visibility():
    truth = Marks.of([10, 30, 50, 70], [5, 5, 5, 5], [5, 5, 5, 5], peak_z=[2.0, 4.0, 7.0, 100.0])
    found = Marks.of([10, 30, 70, 90], [5, 5, 5, 5], [5, 5, 5, 5], peak_z=[3.0, 4.0, 50.0, 5.5])
    from ivea_fiji.params import EvaluationParams

    got = binned(evaluate(found, truth, EvaluationParams(min_peak_z=3.0)))
    assert got == [Counts(1, 0, 0), Counts(0, 1, 0), Counts(0, 0, 1), Counts(), Counts(1, 0, 0)]


def test_events_of_classes_a_model_does_not_know_are_no_case():
    events = tuple(TrueEvent(c, "x", t, 8.0, 8.0, 1.0, 1.0, 1.0, 9.0) for c, t in ((0, 5), (2, 60)))
    sim = SimulatedMovie(np.zeros((99, 16, 16), np.uint16), events, np.zeros((0, 4), np.float32), 0.1, 0.1)
    truth, foreign = known_truth(sim, {0, 1})
    assert (truth.frame.tolist(), foreign.frame.tolist()) == ([5], [60])
    found = Marks.of([5, 61, 89, 90, 61], [8, 8, 8, 8, 16.5], [8, 8, 8, 8, 8])
    assert without(found, foreign).frame.tolist() == [5, 90, 61]


def test_mean_and_error():
    assert mean_sem([1.0, 0.5]) == "0.750 ± 0.250"
    assert (mean_sem([1.0]), mean_sem([])) == ("1.000", "")


def test_tables_of_accuracy():
    text = paper_table([judged("", 3, 1, 0), judged("", 1, 0, 3, noise_factor=10.0)])
    assert "| 1 | 1 | 3 | 6.0 | 5.2 | 0.750 | 1.000 | 0.857 | 1.000 |" in text
    assert "| **0.1-1** | 1 | 3 |" in text
    assert "| **1-10** | 2 | 7 |" in text
    text = "\n".join(physics_tables([judged("mixed", 3, 1, 0), judged("none", 0, 2, 0)]))
    assert "| mixed | 1 | 3 | 0.750 | 1.000 | 0.857 | 0.857 | 1.000 | 5.00 |" in text
    assert "| none | 1 | 0 |  |  |  |  |  | 10.00 (95 % below 31.48) |" in text
    assert "| > 12 | 3 | 0.750 | 1.000 | 0.857 |" in text
    assert "| fusion | 3 |" in text


def test_speed_is_compared_movie_by_movie():
    rows = [
        {"movies": m, "finder": f, "n": n, "seconds_per_movie": s, "cpu_seconds_per_movie": 2 * s}
        for m, n in (("a", 1), ("b", 3)) for f, s in (("IVEA", 2.0 * n), ("other", 10.0))
    ]  # fmt: skip
    add_speed(rows)
    assert [r["seconds_per_movie_over_ivea"] for r in rows] == pytest.approx([1, 5, 1, 10 / 6])
    assert speed_sentences(rows) == [
        "Over all movies IVEA was 2.0 times as fast as other (2.0 times by processor time)."
    ]
    assert speed_sentences(rows[1::2]) == []
