"""Choosing models, and classes of models, in the dialogs of a real ImageJ."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from imagej_stage import Stage, make_host, need_display, screen

from ivea_fiji.networks.registry import find_model, list_models

pytestmark = [pytest.mark.java, pytest.mark.gui]
DETECT, MANAGE, TRAIN = "Detect Random Bursts Advanced...", "Manage Models...", "Train or Refine Model..."
LIST = "IVEA models"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The user's folder of models, with one in it."""
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(find_model("evit28").path, folder / "mine")
    card = folder / "mine" / "card.json"
    card.write_text(card.read_text(encoding="utf-8").replace('"name": "evit28"', '"name": "mine"'), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def session(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    need_display()
    folder = tmp_path_factory.mktemp("imagej")
    (folder / "home").mkdir()
    with screen() as display:
        stage = Stage(make_host(folder / "ImageJ"), folder / "home", display, IVEA_MODELS_PATH=str(models))
        yield stage
        stage.close()


@pytest.fixture
def ij(session: Stage) -> Stage:
    session("clean")
    session("macro", 'newImage("cell", "16-bit noise", 64, 64, 40);')
    return session


def field(ij: Stage, title: str, label: str) -> str:
    (text,) = [line.partition("=")[2] for line in ij("dialog", title) if line.startswith(f"{label}=")]
    return text


def wait_for_field(ij: Stage, title: str, label: str, wanted: str) -> None:
    end = time.monotonic() + 60
    while (text := field(ij, title, label)) != wanted:
        assert time.monotonic() < end, text
        time.sleep(0.1)


def test_a_model_and_its_classes_are_chosen_from_lists(ij: Stage) -> None:
    titles = {folder.card.name: f"{folder.card.name}: {folder.card.title}" for folder in list_models()}
    ij("start", DETECT)
    ij("beside", DETECT, "Model")
    assert field(ij, LIST, "Model") == titles["evit28"]  # what the field says
    ij("set", LIST, "Model", titles["neuro-lstm"])  # which is for synapses, and not in this list
    assert field(ij, LIST, "Model") == titles["evit28"]
    ij("set", LIST, "Model", titles["evit28"].replace("evit28", "mine", 1))
    ij("press", LIST, "OK")
    wait_for_field(ij, DETECT, "Model", "mine")

    ij("beside", DETECT, "Event classes")
    names = [entry.name for entry in find_model("evit28").card.classes if entry.id >= 0]
    shown = [name.replace("_", " ") for name in names]  # ImageJ does so
    assert [line for line in ij("dialog", LIST) if "=" in line] == [f"{name}=true" for name in shown]
    ij("set", LIST, shown[1], "false")
    ij("press", LIST, "OK")
    wanted = ", ".join([names[0], *names[2:]])
    wait_for_field(ij, DETECT, "Event classes", wanted)
    # What was chosen is shown, and all of them are 'all'.
    ij("beside", DETECT, "Event classes")
    assert f"{shown[1]}=false" in ij("dialog", LIST)
    ij("set", LIST, shown[1], "true")
    ij("press", LIST, "OK")
    wait_for_field(ij, DETECT, "Event classes", "all")
    ij("beside", DETECT, "Model")
    ij("dialog", LIST)
    ij("press", LIST, "Cancel")
    assert field(ij, DETECT, "Model") == "mine"
    ij("press", DETECT, "Cancel")


def test_the_choice_is_what_runs_and_what_is_recorded(ij: Stage) -> None:
    ij("start", "Record...")
    ij.until("windows", "Recorder")
    title = DETECT.replace(" Advanced", "")
    ij("start", title)
    ij("beside", title, "Model")
    (mine,) = [f"mine: {folder.card.title}" for folder in list_models() if folder.card.name == "evit28"]
    ij("dialog", LIST)
    ij("set", LIST, "Model", mine)
    ij("press", LIST, "OK")
    wait_for_field(ij, title, "Model", "mine")
    ij("press", title, "OK")
    ij("table", "cell events")
    (recorded,) = ij("recorder")
    assert " model=mine " in recorded
    assert LIST not in recorded
    ij("close", "Recorder")


def test_models_of_any_kind_can_be_exported_and_a_folder_can_be_typed(ij: Stage, models: Path) -> None:
    ij("start", MANAGE)
    ij("beside", MANAGE, "Model name")
    ij("dialog", LIST)
    ij("set", LIST, "Model", f"neuro-lstm: {find_model('neuro-lstm').card.title}")
    ij("press", LIST, "OK")
    wait_for_field(ij, MANAGE, "Model name", "neuro-lstm")
    ij("press", MANAGE, "Cancel")

    ij("start", DETECT)
    ij("set", DETECT, "Model", str(models / "mine"))
    ij("beside", DETECT, "Event classes")
    assert any("=true" in line for line in ij("dialog", LIST))
    ij("press", LIST, "Cancel")
    ij("set", DETECT, "Model", "nobody")
    ij("beside", DETECT, "Event classes")
    (sentence,) = ij("dialog", "IVEA")
    assert sentence.startswith("The model 'nobody' is not among those that are listed; choose one first")
    ij("press", "IVEA", "OK")
    ij("press", DETECT, "OK")
    (sentence,) = ij("dialog", "IVEA")
    assert "There is no model 'nobody'; those for random bursts are: mine, " in sentence
    assert "neuro-lstm" not in sentence
    ij("press", "IVEA", "OK")


def test_a_dialog_that_is_closed_asks_no_more(ij: Stage) -> None:
    ij("start", TRAIN)
    ij("beside", TRAIN, "Model")
    ij("dialog", LIST)
    ij("press", LIST, "Cancel")
    ij("press", TRAIN, "Cancel")
    ij("start", TRAIN)
    assert field(ij, TRAIN, "Model") == "evit28"
    ij("press", TRAIN, "Cancel")
