"""The command line: what is printed, where, and with which exit code."""

from __future__ import annotations

import csv
import json
import logging
import os
import signal
import subprocess
import sys
import textwrap
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from toy_result import toy_movie, toy_result

import ivea_fiji
from ivea_fiji.cli.console import Bar, _plain
from ivea_fiji.cli.main import main
from ivea_fiji.errors import MovieError
from ivea_fiji.params import RandomParams
from ivea_fiji.progress import step

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _leave_no_trace() -> Iterator[None]:
    """Undo what `main` does to a process: log handlers and warning filters."""
    logger = logging.getLogger("ivea_fiji")
    handlers, level = list(logger.handlers), logger.level
    with warnings.catch_warnings():
        yield
    logger.handlers, logger.level = handlers, level


@pytest.fixture
def detect(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable], None]:
    """Return a function that puts something else in the place of the pipeline."""

    def use(stand_in: Callable) -> None:
        module = types.ModuleType("ivea_fiji.random_bursts")
        module.detect_random = stand_in  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "ivea_fiji.random_bursts", module)
        monkeypatch.setattr(ivea_fiji, "random_bursts", module, raising=False)

    return use


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    path = tmp_path / "cell 1.tif"
    tifffile.imwrite(path, np.ones((3, 8, 8), np.uint16), photometric="minisblack")
    return path


def five_events(path: Path, params: RandomParams, progress=None, **changes):
    step(progress, "candidates", 1, 1)
    result = toy_result(5, movie=toy_movie(path=Path(path), name=Path(path).name))
    return replace(result, params=params, notes=("Z slices were taken as frames.",))


def no_event(path: Path, params: RandomParams, progress=None, **changes):
    return replace(toy_result(0, movie=toy_movie(path=Path(path), name=Path(path).name)), params=params)


def refuse(path: Path, params: RandomParams, progress=None, **changes):
    raise MovieError(f"'{Path(path).name}' is cut off;\ncopy it again.")


# ---------------------------------------------------------------------------- ivea random


def test_random_writes_results_beside_the_movie(movie, detect, capsys) -> None:
    detect(five_events)
    assert main(["random", str(movie), "--no-overview"]) == 0
    folder = movie.parent / "cell 1_ivea"
    assert sorted(p.name for p in folder.iterdir()) == [
        "cell 1_events.csv", "cell 1_rois.zip", "cell 1_run.json", "cell 1_summary.csv", "cell 1_traces.csv",
    ]  # fmt: skip
    out, err = capsys.readouterr()
    assert "cell 1.tif: 600 frames of 200 x 160 px" in out
    assert "5 events:" in out
    assert f"results in {folder}" in out
    assert err == "note: Z slices were taken as frames.\n"


def test_counts_in_the_summary_add_up(movie, detect, capsys, tmp_path) -> None:
    detect(five_events)
    assert main(["random", str(movie), "--out", str(tmp_path / "r"), "--no-overview", "--json"]) == 0
    out, _ = capsys.readouterr()
    report = json.loads(out)["movies"][0]
    with open(report["files"]["events"], newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert sum(report["counts"].values()) == report["events"] == len(rows) == 5
    for name, number in report["counts"].items():
        assert number == sum(row["class_name"] == name for row in rows)


def test_no_event_is_no_failure(movie, detect, capsys, tmp_path) -> None:
    detect(no_event)
    assert main(["random", str(movie), "--out", str(tmp_path / "r"), "--no-overview"]) == 0
    assert "no event found" in capsys.readouterr().out
    table = (tmp_path / "r" / "cell 1_events.csv").read_text(encoding="utf-8").splitlines()
    assert len(table) == 1
    assert table[0].startswith("event,class_id,class_name,probability,frame,")


def test_options_reach_the_parameters(movie, detect, tmp_path) -> None:
    seen = []

    def look(path, params, progress=None):
        seen.append(params)
        return no_event(path, params)

    detect(look)
    options = ["--lag", "7", "--confidence", "0.25", "--z-is-time", "yes", "--classes", "fusion,latent_fusion"]
    assert main(["random", str(movie), "--out", str(tmp_path / "r"), "--no-overview", "--quiet", *options]) == 0
    expected = RandomParams(lag=7, confidence=0.25, z_is_time="yes", classes="fusion,latent_fusion")
    assert seen == [expected]
    assert type(seen[0]) is RandomParams


def test_every_parameter_is_an_option(capsys) -> None:
    assert main(["random", "--help"]) == 0
    shown = capsys.readouterr().out
    for name, info in RandomParams.model_fields.items():
        assert f"--{name.replace('_', '-')}" in shown
        assert info.json_schema_extra["label"].split()[0] in shown
    assert "0.1 to 20" in shown


def test_training_rois_on_request(movie, detect, tmp_path) -> None:
    detect(five_events)
    assert main(["random", str(movie), "--out", str(tmp_path), "--no-overview", "--quiet", "--training-rois"]) == 0
    assert (tmp_path / "cell 1_training_rois.zip").is_file()


def test_quiet_prints_nothing(movie, detect, capsys, tmp_path) -> None:
    detect(five_events)
    assert main(["random", str(movie), "--out", str(tmp_path), "--no-overview", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_one_bad_movie_does_not_stop_the_others(movie, detect, capsys, tmp_path) -> None:
    bad = movie.with_name("bad.tif")
    detect(lambda path, *a, **k: (refuse if Path(path) == bad else five_events)(path, *a, **k))
    code = main(["random", str(bad), str(movie), "--out", str(tmp_path / "all"), "--no-overview"])
    out, err = capsys.readouterr()
    assert code == 1
    assert "ivea: bad.tif: 'bad.tif' is cut off; copy it again.\n" in err
    assert "1 of 2 movies done." in out
    assert [p.name for p in (tmp_path / "all").iterdir()] == ["cell 1_ivea"]


def test_two_movies_never_share_a_folder(detect, capsys, tmp_path) -> None:
    detect(five_events)
    code = main(["random", "a/m.tif", "b/m.tif", "--out", str(tmp_path / "all")])
    assert code == 2
    assert "2 movies would write to the same folder" in capsys.readouterr().err
    assert not (tmp_path / "all").exists()


def test_ome_ending_goes_whole(tmp_path) -> None:
    from ivea_fiji.results.writer import default_folder

    assert default_folder(tmp_path / "x.OME.tif").name == "x_ivea"
    assert default_folder(tmp_path / "x.y.tif").name == "x.y_ivea"


def test_patterns_are_expanded(movie, detect, capsys) -> None:
    detect(no_event)
    assert main(["random", str(movie.parent / "*.tif"), "--no-overview"]) == 0
    assert main(["random", str(movie.parent / "*.nd2")]) == 2
    assert "No file matches" in capsys.readouterr().err


def test_brackets_in_a_name_are_no_pattern(movie, detect) -> None:
    detect(no_event)
    path = movie.rename(movie.with_name("cell [1].tif"))
    assert main(["random", str(path), "--no-overview", "--quiet"]) == 0


# ---------------------------------------------------------------------------- wrong usage and errors


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["random"], "MOVIES requires an argument. (`ivea random --help` lists what can be given.)"),
        (["random", "m.tif", "--lag", "0"], "Variation time window (lag): the value '0' is not usable"),
        (["random", "m.tif", "--lag", "x"], "should be a valid integer"),
        (["random", "m.tif", "--confidence", "nan"], "should be a finite number"),
        (["random", "m.tif", "--confidence", "1.5"], "less than or equal to 1"),
        (["random", "m.tif", "--runtime", "abacus"], "'onnx' or 'keras'"),
        (["random", "m.tif", "--sensitivity", "1"], "Unknown option: --sensitivity"),
        (["detect"], 'Unknown command "detect"'),
        (["simulate"], "--out requires an argument"),
        (["evaluate", "a.csv"], "TRUTH requires an argument"),
    ],
)
def test_wrong_usage(arguments, sentence, capsys) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("ivea: ")
    assert sentence in err
    assert err.count("\n") == 1


def test_error_is_one_sentence_and_code_1(movie, detect, capsys, tmp_path) -> None:
    detect(refuse)
    assert main(["random", str(movie), "--out", str(tmp_path / "r")]) == 1
    assert capsys.readouterr() == ("", "ivea: 'cell 1.tif' is cut off; copy it again.\n")
    assert not (tmp_path / "r").exists()


def test_error_as_json(movie, detect, capsys, tmp_path) -> None:
    detect(refuse)
    assert main(["random", str(movie), "--json", "--out", str(tmp_path / "r")]) == 1
    out, _ = capsys.readouterr()
    assert json.loads(out) == {"error": "'cell 1.tif' is cut off; copy it again.", "exit_code": 1}


def test_verbose_shows_the_traceback(movie, detect, capsys, tmp_path) -> None:
    detect(refuse)
    assert main(["random", str(movie), "--verbose", "--out", str(tmp_path / "r")]) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_unforeseen_error_names_its_log(movie, detect, capsys, monkeypatch, tmp_path) -> None:
    def fail(*_, **__):
        raise KeyError("sigma")

    detect(fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert main(["random", str(movie), "--out", str(tmp_path / "r")]) == 1
    err = capsys.readouterr().err
    (log,) = tmp_path.glob("ivea-*.log")
    assert "something unforeseen went wrong (KeyError: 'sigma')" in err
    assert str(log) in err
    assert "Traceback" not in err
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_out_that_is_a_file(movie, detect, capsys, tmp_path) -> None:
    detect(five_events)
    (tmp_path / "taken").write_text("x")
    assert main(["random", str(movie), "--out", str(tmp_path / "taken")]) == 1
    assert "is a file or lies inside one" in capsys.readouterr().err


def test_results_of_another_movie_are_kept(movie, detect, capsys, tmp_path) -> None:
    detect(five_events)
    assert main(["random", str(movie), "--out", str(tmp_path / "r"), "--no-overview", "--quiet"]) == 0
    other = tmp_path / "other" / movie.name
    other.parent.mkdir()
    tifffile.imwrite(other, np.zeros((3, 8, 8), np.uint16), photometric="minisblack")
    before = (tmp_path / "r" / "cell 1_run.json").read_bytes()
    assert main(["random", str(other), "--out", str(tmp_path / "r"), "--no-overview", "--quiet"]) == 1
    assert "holds results of another movie" in capsys.readouterr().err
    assert (tmp_path / "r" / "cell 1_run.json").read_bytes() == before


# ---------------------------------------------------------------------------- stopping


def test_cancelled_run_writes_nothing(movie, detect, capsys, tmp_path) -> None:
    def stopped(path, params, progress=None):
        signal.raise_signal(signal.SIGINT)
        return five_events(path, params, progress)

    detect(stopped)
    handler = signal.getsignal(signal.SIGINT)  # ignored where the tests run in the background
    assert main(["random", str(movie), "--out", str(tmp_path / "r")]) == 130
    assert capsys.readouterr().err.endswith("ivea: stopped; nothing was written\n")
    assert not (tmp_path / "r").exists()
    assert signal.getsignal(signal.SIGINT) is handler


def test_one_ctrl_c_that_arrives_twice_is_one(movie, detect, capsys, tmp_path) -> None:
    def stopped(path, params, progress=None):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        return five_events(path, params, progress)

    detect(stopped)
    assert main(["random", str(movie), "--out", str(tmp_path / "r")]) == 130
    assert capsys.readouterr().err.endswith("ivea: stopped; nothing was written\n")


def test_second_ctrl_c_stops_at_once(movie, detect, capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("ivea_fiji.cli.console._ONE_PRESS_S", -1.0)

    def deaf(path, params, progress=None):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("went on")

    detect(deaf)
    assert main(["random", str(movie), "--out", str(tmp_path / "r")]) == 130
    assert "ivea: stopped at once" in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


def test_stopped_batch_says_what_is_complete(movie, detect, capsys, tmp_path) -> None:
    second = movie.with_name("second.tif")

    def stop_at_second(path, params, progress=None):
        if Path(path) == second:
            signal.raise_signal(signal.SIGINT)
        return five_events(path, params, progress)

    detect(stop_at_second)
    assert main(["random", str(movie), str(second), "--out", str(tmp_path / "r"), "--no-overview"]) == 130
    assert "the results of 1 of 2 movies are complete" in capsys.readouterr().err
    assert (tmp_path / "r" / "cell 1_ivea" / "cell 1_run.json").is_file()
    assert not (tmp_path / "r" / "second_ivea").exists()


# ---------------------------------------------------------------------------- terminals


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_names_beyond_the_terminals_encoding(tmp_path, encoding) -> None:
    folder = tmp_path / "Zellen µm 細胞 😀"
    code = textwrap.dedent(
        f"""
        import sys, types
        sys.path.insert(0, {str(ROOT / "tests")!r})
        from test_cli import five_events
        module = types.ModuleType("ivea_fiji.random_bursts")
        module.detect_random = five_events
        sys.modules["ivea_fiji.random_bursts"] = module
        from ivea_fiji.cli.main import main
        sys.exit(main(["random", {str(folder / "ö 1.tif")!r}, "--no-overview"]))
        """
    )
    folder.mkdir()
    tifffile.imwrite(folder / "ö 1.tif", np.ones((3, 8, 8), np.uint16), photometric="minisblack")
    env = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    assert (folder / "ö 1_ivea" / "ö 1_events.csv").is_file()
    assert b"5 events" in done.stdout
    shown = str(folder).encode(encoding, "backslashreplace")
    assert b"results in " + shown in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell with head")
def test_reader_that_goes_away() -> None:
    command = f"{sys.executable} -m ivea_fiji random --help | head -n 1"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("Usage: ivea random")
    assert "Traceback" not in done.stderr


def test_no_bar_without_a_terminal(capsys) -> None:
    bar = Bar(visible=False)
    bar.update("candidates", 1, 2)
    bar.close()
    assert capsys.readouterr() == ("", "")


def test_bar_shows_the_stage(capsys) -> None:
    bar = Bar(visible=True)
    bar.update("candidates", 1, 2)
    bar.update("network", 3, 4)
    bar.close()
    shown = capsys.readouterr().err
    assert "candidates" in shown
    assert "network" in shown


def test_json_has_no_nan() -> None:
    assert _plain({"a": np.float32("nan"), "b": [np.int64(3), float("inf")], "c": Path("x")}) == {
        "a": None, "b": [3, None], "c": "x",
    }  # fmt: skip


def test_version(capsys) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == ivea_fiji.__version__


def test_without_arguments_the_help_is_shown(capsys) -> None:
    assert main([]) == 0
    assert "random" in capsys.readouterr().out
