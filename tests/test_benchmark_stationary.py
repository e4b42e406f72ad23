"""The benchmark of stationary bursts: how sites are compared, and the other program's recipe on a small movie."""

from __future__ import annotations

import numpy as np
from movie_material import noise, step_up

from benchmarks.stationary import compare, report, synactj
from benchmarks.synapse_families import Counts, _together
from benchmarks.synapse_families import report as report_families


def test_every_place_has_one_site():
    places = np.array([[10.0, 10], [30, 30], [50, 50]])
    sites = np.array([[11.0, 10], [12, 10], [30, 34], [50, 56]])
    assert compare(sites, places) == {"places": 3, "at_places": 2, "twice": 1, "elsewhere": 1}
    assert compare(np.zeros((0, 2)), places) == {"places": 3, "at_places": 0, "twice": 0, "elsewhere": 0}


def test_the_recipe_loses_its_largest_region():
    stack = noise(20, 96, 96, level=200, sd=2)
    for k, (y, x) in enumerate([(20, 20), (20, 70), (70, 24), (72, 70)]):
        step_up(stack, 6, y, x, 120, 6 if k == 3 else 2.5)
    sites = synactj(stack, 6, 0.162)
    near = [np.hypot(*(sites - p).T).min() < 4 for p in ([20, 20], [20, 70], [70, 24])]
    assert all(near)


def test_tables():
    row = {"program": "X", "places": 11, "at_places": 9, "twice": 1, "elsewhere": 2, "stimuli": [[6, 8]]}
    text = report([row], None)
    assert "| X | 9 of 11 | 1 | 2 | 6-8 |" in text


def test_families_come_with_the_worst_first():
    told = {
        "good": Counts(1, 500, 10, 9, 10, 1, 1, 0), "bad": Counts(1, 500, 10, 4, 8, 1, 0, 1),
        "empty": Counts(2, 1000, 0, 0, 3),
    }  # fmt: skip
    lines = report_families(told).splitlines()[2:]
    assert [line.split("|")[1].strip() for line in lines] == ["bad", "empty", "good"]
    assert lines[0].split("|")[4:10] == [" 0.400 ", " 0.500 ", " 0.444 ", " 4 ", " 8.00 ", " 0 of 1, 1 others "]
    assert lines[1].split("|")[4:9] == [" - ", " - ", " - ", " 3 ", " 3.00 "]
    assert told["good"] + told["bad"] == Counts(2, 1000, 20, 13, 18, 2, 1, 1)


def test_a_stimulus_is_where_five_begin_together():
    assert _together(np.array([30, 200, 201, 202, 203, 209, 210, 400, 401, 402, 403.0])) == [200]
