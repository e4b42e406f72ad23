"""What refinement is for: thirty labels of a kind of event that the model was not trained on."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.refine_sparks import run

UNSEEN = 9_150_000
"""Seeds by which nothing was chosen; those of the benchmark stay untouched."""


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_thirty_labelled_sparks_close_half_of_the_gap_and_little_is_forgotten(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    report = run("evit28", tmp_path, spark_movies=8, stock_movies=16, first_seed=UNSEEN)
    before, after = report.stock
    assert report.before["sparks"].f1 < 0.9  # or there is nothing to gain
    assert report.gap_closed >= 0.5
    assert before - after <= 0.01
    metrics = report.refined.folder.card.metrics
    assert metrics["after"]["own"]["f1"] > metrics["before"]["own"]["f1"]
