"""What a person labels changes the second look, and what was known stays."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ivea_fiji.networks.card import SECOND_STAGE, SECOND_STAGE_ROWS, ModelFolder
from ivea_fiji.networks.registry import find_model
from ivea_fiji.networks.runtime import load_second_stage
from ivea_fiji.progress import Silent
from ivea_fiji.second_stage.courses import BEFORE, FRAMES
from ivea_fiji.second_stage.stage import SecondStage, network_values
from ivea_fiji.training.labels import AMBIGUOUS
from ivea_fiji.training.second_stage import Rows, Table, make_stage, sample, write_stage
from ivea_fiji.training.teaching import Taught, teach


def rows(n: int, event: bool, *, blink: bool = False, seed: int = 0, label: int | None = None) -> Rows:
    """Return flashes that decay (events), or light that steps up and stays or blinks (none)."""
    rng = np.random.default_rng(seed)
    t = np.arange(FRAMES) - BEFORE
    light = np.where(t >= 0, np.exp(-np.maximum(t, 0) / 8), 0) if event else np.where(t >= 0, 1.0, 0.0)
    if blink:
        light = ((t // 7) % 2 == 0).astype(float)
    courses = rng.normal(0, 0.05, (n, FRAMES, 13)).astype(np.float32)
    for column, share in ((0, 1.0), (1, 0.8), (2, 0.2)):
        courses[..., column] += 10 + share * 3 * light * rng.uniform(0.7, 1.4, (n, 1))
    courses[..., 5:] += 10
    chance = np.where(event, 0.9, 0.6) + rng.normal(0, 0.03, n)
    probabilities = np.zeros((n, 11), np.float32)
    probabilities[:, 0], probabilities[:, 3] = chance, 1 - chance
    number = np.full(n, (0 if event else -1) if label is None else label)
    none = np.zeros(n, np.float32)
    return Rows(courses, np.zeros((n, 8), np.float32), probabilities.clip(1e-4), number, none.astype(int), none, none,
                none, none)  # fmt: skip


def table(parts: list[tuple[str, Rows]]) -> Table:
    return Table.join([
        Table(r.measures(), network_values(r.probabilities, [0, 1, 2]), r.label >= 0, np.full(len(r), family))
        for family, r in parts
    ])  # fmt: skip


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    """A model whose second stage knows flashes and steps, and takes blinking for events."""
    folder = tmp_path_factory.mktemp("models") / "evit28"
    shutil.copytree(find_model("evit28").path, folder)
    known = table([
        ("one", rows(150, True, seed=1)), ("one", rows(200, False, seed=2)),
        ("two", rows(150, True, seed=3)), ("two", rows(200, False, seed=4)),
        ("two", rows(60, False, blink=True, seed=5, label=0)),
    ])  # fmt: skip
    write_stage(make_stage(known, 1.0, 0.0), sample(known), folder, {"of": "a test"}, 0.5)
    return ModelFolder(folder)


def said(stage: SecondStage, some: Rows) -> NDArray[np.float64]:
    return stage.chance(some.measures(), network_values(some.probabilities, [0, 1, 2]))


def taught(parent: ModelFolder, own: Rows) -> Taught:
    got = teach(parent, parent.card, own, 0, Silent())
    assert got is not None
    return got


def test_labels_of_what_is_no_event_cure_false_events_and_nothing_else_is_lost(parent: ModelFolder) -> None:
    before = load_second_stage(parent)
    assert before is not None
    blinks, flashes, steps = (rows(80, False, blink=True, seed=50), rows(80, True, seed=51), rows(80, False, seed=52))
    assert (said(before, blinks) > 0.5).mean() > 0.9  # false events
    own = Rows.join([rows(20, False, blink=True, seed=60), rows(5, True, seed=61)])
    got = taught(parent, own)
    assert got.better
    assert got.after < 0.5 * got.before
    assert (said(got.stage, blinks) > 0.5).mean() < 0.1
    assert (said(got.stage, flashes) > 0.5).mean() > 0.95
    assert (said(got.stage, steps) > 0.5).mean() < 0.05


def test_labels_of_one_kind_alone_teach_as_well(parent: ModelFolder) -> None:
    got = taught(parent, rows(25, False, blink=True, seed=70))
    assert got.better
    assert (said(got.stage, rows(80, False, blink=True, seed=71)) > 0.5).mean() < 0.1
    assert (said(got.stage, rows(80, True, seed=72)) > 0.5).mean() > 0.9


def test_labels_that_agree_leave_everything_as_it_was(parent: ModelFolder) -> None:
    before = load_second_stage(parent)
    assert before is not None
    got = taught(parent, Rows.join([rows(12, True, seed=80), rows(12, False, seed=81)]))
    some = Rows.join([rows(40, True, seed=82), rows(40, False, seed=83)])
    assert np.abs(said(got.stage, some) - said(before, some)).mean() < 0.1
    if not got.better:
        assert np.array_equal(said(got.stage, some), said(before, some))


def test_labels_that_contradict_each_other_are_not_believed(parent: ModelFolder) -> None:
    same = rows(20, False, seed=90)
    other = Rows.join([same, Rows.join([rows(20, False, seed=90, label=0)])])
    got = taught(parent, other)
    assert got.after > 0.3  # half of them can never be right


def test_without_a_clear_label_nothing_is_taught(parent: ModelFolder) -> None:
    assert teach(parent, parent.card, rows(5, False, label=AMBIGUOUS), 0, Silent()) is None


def test_a_model_without_a_second_stage_has_nothing_to_teach(parent: ModelFolder, tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    shutil.copytree(parent.path, folder)
    card = ModelFolder(folder).card
    files = {name: value for name, value in card.files.items() if name not in (SECOND_STAGE, SECOND_STAGE_ROWS)}
    (folder / "card.json").write_text(card.model_copy(update={"files": files}).model_dump_json(), encoding="utf-8")
    assert teach(ModelFolder(folder), card, rows(5, True), 0, Silent()) is None


def test_a_class_that_the_old_network_lacks_is_learned(parent: ModelFolder) -> None:
    entry = parent.card.classes[0].model_copy(update={"id": 3, "name": "spark", "title": "spark"})
    card = parent.card.model_copy(update={"classes": (*parent.card.classes, entry)})

    def wider(some: Rows, spark: float) -> Rows:
        p = np.column_stack([some.probabilities * (1 - spark), np.full(len(some), spark, np.float32)])
        return Rows(some.courses, some.crowd, p.astype(np.float32), some.label, some.frame, some.y, some.x,
                    some.strength, some.sigma)  # fmt: skip

    own = Rows.join([wider(rows(20, False, seed=1, label=3), 0.8), wider(rows(20, False, seed=2), 0.01)])
    got = teach(parent, card, own, 0, Silent())
    assert got is not None
    assert got.better
    columns = [0, 1, 2, 11]
    new, old = wider(rows(50, False, seed=3), 0.8), wider(rows(50, False, seed=4), 0.01)
    chance = [got.stage.chance(r.measures(), network_values(r.probabilities, columns)).mean() for r in (new, old)]
    assert chance[0] > 0.7
    assert chance[1] < 0.3
