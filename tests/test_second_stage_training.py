"""What of measured candidates is taught."""

from __future__ import annotations

import numpy as np

from ivea_fiji.second_stage.measures import NAMES
from ivea_fiji.training.second_stage import Table, without_unseen_clouds


def row(direction: float, fall_frames: float, flank: float, before: float = 0.1) -> np.ndarray:
    """Return the measures of a spot whose light changed wholly; `flank` is what was lost around it."""
    values = np.full(len(NAMES), np.nan, np.float32)
    told = {"direction": direction, "fall_frames": fall_frames, "width_before": before}
    told |= {f"light_+{t}": 1.0 for t in range(3)} | {f"flank_+{t}": flank for t in range(3)}
    for name, value in told.items():
        values[NAMES.index(name)] = value
    return values


def kept(*rows: tuple[np.ndarray, bool]) -> list[bool]:
    n = len(rows)
    table = Table(
        np.stack([r for r, _ in rows]), np.arange(n, dtype=np.float32)[:, None], np.array([e for _, e in rows]),
        np.full(n, "family"),
    )  # fmt: skip
    left = without_unseen_clouds(table).network[:, 0].astype(int).tolist()
    return [k in left for k in range(n)]


def test_a_slow_loss_is_an_event_only_if_its_cloud_can_be_seen() -> None:
    # Of a spot with a tenth of its light around it, what leaves loses 1.25 * 0.1 / 0.9 = 0.14 there.
    leaves, cloud = row(-1, 4, 0.14), row(-1, 4, -0.05)
    assert kept((leaves, True), (cloud, True)) == [False, True]


def test_all_else_is_taught() -> None:
    sudden, rises, none = row(-1, 1, 0.14), row(1, 4, 0.14), row(-1, 4, 0.14)
    assert kept((sudden, True), (rises, True), (none, False)) == [True, True, True]


def test_a_loss_at_the_end_of_a_movie_is_judged_by_the_frames_that_there_are() -> None:
    end = row(-1, 3, -0.1)
    end[[NAMES.index(f"flank_+{t}") for t in (1, 2)]] = np.nan
    assert kept((end, True)) == [True]
    nothing = row(-1, 3, np.nan)
    assert kept((nothing, True)) == [False]
