"""The commands beside `ivea random`."""

from __future__ import annotations

import json
import shutil
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import tifffile
from test_cli import _leave_no_trace, detect, five_events, movie, no_event  # noqa: F401 - fixtures

from ivea_fiji.cli.main import main
from ivea_fiji.errors import Cancelled
from ivea_fiji.params.training import TrainingParams

SMALL = ["--recipe", "paper", "--frames", "40", "--height", "64", "--width", "64", "--seed", "3"]


# ---------------------------------------------------------------------------- ivea rerun


@pytest.fixture
def record(movie, detect, tmp_path) -> Path:  # noqa: F811
    detect(five_events)
    assert main(["random", str(movie), "--out", str(tmp_path / "r"), "--lag", "6", "--quiet"]) == 0
    return tmp_path / "r" / "cell 1_run.json"


def test_rerun_gives_the_same(record, capsys, tmp_path) -> None:
    assert main(["rerun", str(record)]) == 0
    out, err = capsys.readouterr()
    assert "the event table is the same as before" in out
    assert err == "note: Z slices were taken as frames.\n"
    again = json.loads((tmp_path / "r_rerun" / "cell 1_run.json").read_text(encoding="utf-8"))
    assert again["parameters"] == json.loads(record.read_text(encoding="utf-8"))["parameters"]
    assert again["parameters"]["lag"] == 6


def test_rerun_tells_what_differs(record, detect, capsys, tmp_path) -> None:  # noqa: F811
    old = json.loads(record.read_text(encoding="utf-8"))
    old["ivea_version"] = "0.0.1"
    old["input"]["sha256"] = "00" * 32
    old["model"]["sha256"] = "00" * 32
    record.write_text(json.dumps(old), encoding="utf-8")
    detect(no_event)
    assert main(["rerun", str(record), "--out", str(tmp_path / "again"), "--json"]) == 0
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert report["same_events"] is False
    assert len(report["differences"]) == 3
    assert "the record was made by version 0.0.1" in err
    assert "its hash differs" in err
    assert "other weights" in err


def test_rerun_of_a_movie_that_moved(record, capsys, tmp_path) -> None:
    moved = (tmp_path / "cell 1.tif").rename(tmp_path / "moved.tif")
    assert main(["rerun", str(record)]) == 1
    assert "is no longer there; say where it is with --movie" in capsys.readouterr().err
    assert main(["rerun", str(record), "--movie", str(moved), "--out", str(tmp_path / "new")]) == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 99, "parameters": {}}'])
def test_rerun_of_something_else(text, tmp_path, capsys) -> None:
    path = tmp_path / "x_run.json"
    path.write_text(text)
    assert main(["rerun", str(path)]) == 2
    assert capsys.readouterr().err.startswith("ivea: ")


# ---------------------------------------------------------------------------- ivea simulate, ivea evaluate


def test_simulate_then_evaluate_the_truth_with_itself(tmp_path, capsys) -> None:
    assert main(["simulate", "--out", str(tmp_path), "--name", "m", *SMALL, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert tifffile.imread(tmp_path / "m.tif").shape == (40, 64, 64)
    truth = str(tmp_path / "m_truth.csv")
    assert main(["evaluate", truth, truth, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["hits"] == made["events"] > 0
    assert report["f1"] == 1


def test_simulate_is_reproducible(tmp_path) -> None:
    for name in ("a", "b"):
        assert main(["simulate", "--out", str(tmp_path / name), *SMALL, "--quiet"]) == 0
    one, two = (tifffile.imread(tmp_path / name / "simulated.tif") for name in ("a", "b"))
    assert np.array_equal(one, two)


def test_simulate_refuses_what_does_not_go_together(tmp_path, capsys) -> None:
    assert main(["simulate", "--out", str(tmp_path / "x"), "--recipe", "paper", "--kind", "latent"]) == 2
    assert "take the recipe 'physics'" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_evaluate_without_events(tmp_path, capsys) -> None:
    (tmp_path / "none.csv").write_text("frame,x_px,y_px\n")
    (tmp_path / "one.csv").write_text("frame,x_px,y_px\n5,3.0,4.0\n")
    assert main(["evaluate", str(tmp_path / "none.csv"), str(tmp_path / "one.csv")]) == 0
    assert "0 of 1 true events found" in capsys.readouterr().out


def test_evaluate_takes_its_tolerances(tmp_path, capsys) -> None:
    (tmp_path / "found.csv").write_text("frame,x_px,y_px\n5,3.0,4.0\n")
    (tmp_path / "true.csv").write_text("frame,x_px,y_px\n5,6.0,4.0\n")
    files = [str(tmp_path / "found.csv"), str(tmp_path / "true.csv")]
    for distance, hits in (("2.9", 0), ("3.1", 1)):
        assert main(["evaluate", *files, "--max-distance-px", distance, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["hits"] == hits


def test_evaluate_a_missing_file(tmp_path, capsys) -> None:
    assert main(["evaluate", str(tmp_path / "no.csv"), str(tmp_path / "no.csv")]) == 1
    assert capsys.readouterr().err.startswith("ivea: There is no file")


# ---------------------------------------------------------------------------- ivea models, ivea doctor


def test_unknown_model(capsys) -> None:
    assert main(["models", "show", "granny"]) == 1
    assert "There is no model 'granny'" in capsys.readouterr().err


def test_damaged_card_is_found(tmp_path, monkeypatch, capsys) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "card.json").write_text("{")
    monkeypatch.setenv("IVEA_MODELS_PATH", str(tmp_path))
    assert main(["models", "verify", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert "damaged" in report["models"]["broken"][0]
    assert main(["models", "list"]) == 0


def test_damaged_weights_are_found(tmp_path, monkeypatch, capsys) -> None:
    from ivea_fiji.networks.registry import list_models

    models = list_models()
    if not models:
        pytest.skip("no model is installed")
    copy = tmp_path / models[0].path.name
    shutil.copytree(models[0].path, copy)
    weights = next(copy.glob("*.onnx"))
    weights.write_bytes(weights.read_bytes()[:-100])
    monkeypatch.setenv("IVEA_MODELS_PATH", str(tmp_path))
    assert main(["models", "verify", str(copy)]) == 1
    assert "is damaged" in capsys.readouterr().out


def test_models_are_whole(capsys) -> None:
    from ivea_fiji.networks.registry import list_models

    if not list_models():
        pytest.skip("no model is installed")
    assert main(["models", "verify"]) == 0
    capsys.readouterr()
    assert main(["models", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["models"]


def test_doctor_is_content_with_this_computer(capsys, monkeypatch) -> None:
    monkeypatch.setattr("ivea_fiji.networks.registry.check_models", lambda: {"evit28": []})
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert out.endswith("Everything needed is in place.\n")
    assert "BAD" not in out


def test_doctor_names_what_is_missing(capsys, monkeypatch) -> None:
    faults = {"evit28": ["The file evit.onnx is damaged."]}
    monkeypatch.setattr("ivea_fiji.networks.registry.check_models", lambda: faults)
    monkeypatch.setitem(sys.modules, "roifile", None)
    assert main(["doctor", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [c["name"] for c in report["checks"] if c["needed"] and not c["ok"]] == ["roifile", "model evit28"]


# ---------------------------------------------------------------------------- ivea train


def train_with(monkeypatch, stand_in) -> None:
    module = types.ModuleType("ivea_fiji.training.run")
    module.train = stand_in  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ivea_fiji.training.run", module)


def test_train_passes_its_parameters_on(tmp_path, monkeypatch, capsys) -> None:
    seen = []

    def remember(params, out, progress=None):
        seen.append((params, out))
        card = types.SimpleNamespace(name=params.name, module="random", title="t", threshold=0.5, metrics={"f1": 0.9})
        return types.SimpleNamespace(card=card, path=out / params.name)

    train_with(monkeypatch, remember)
    assert main(["train", "--out", str(tmp_path), "--name", "mine", "--frames", "26", "--json"]) == 0
    assert seen == [(TrainingParams(name="mine", frames=26), tmp_path)]
    assert json.loads(capsys.readouterr().out)["folder"] == str(tmp_path / "mine")


def test_stopped_training_says_how_to_go_on(tmp_path, monkeypatch, capsys) -> None:
    def stopped(params, out, progress=None):
        raise Cancelled("The run was stopped before it finished.")

    train_with(monkeypatch, stopped)
    assert main(["train", "--out", str(tmp_path)]) == 130
    assert "the same command goes on from here" in capsys.readouterr().err


@pytest.mark.parametrize("frames", ["27", "x"])
def test_wrong_length_of_sequences(frames, tmp_path, capsys) -> None:
    assert main(["train", "--out", str(tmp_path), "--frames", frames]) == 2
    assert "should be 28 or 26" in capsys.readouterr().err
