"""What `ivea doctor` says of the way to Fiji."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from fiji_material import fake_fiji, fake_parts, no_network, use_parts

from ivea_fiji.cli import doctor_fiji
from ivea_fiji.cli.doctor import Check
from ivea_fiji.cli.doctor_fiji import fiji_checks
from ivea_fiji.cli.main import main
from ivea_fiji.errors import InstallError
from ivea_fiji.version import __version__

ANSWER = {"status": "ok", "ivea": "1.2", "python": "3.13", "appose": "0.12.0", "device": "CPU"}


def answer_with(monkeypatch: pytest.MonkeyPatch, stdout: str = "", stderr: str = "") -> list[dict]:
    """Let every program that is started print `stdout` and `stderr`; return how they were started."""
    asked: list[dict] = []

    def run(command, **how) -> SimpleNamespace:
        asked.append({"command": [str(part) for part in command], **how})
        return SimpleNamespace(stdout=stdout, stderr=stderr, returncode=1 if stderr else 0)

    monkeypatch.setattr(doctor_fiji.subprocess, "run", run)
    return asked


def completion(**outputs: object) -> str:
    return "noise\n" + json.dumps({"responseType": "COMPLETION", "task": "doctor", "outputs": outputs}) + "\n"


def named(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_engine_is_started_as_fiji_does_and_greeted() -> None:
    check = doctor_fiji._worker()
    assert check.ok, check.text
    assert f"answers: IVEA {__version__}, Python {sys.version.split()[0]}, appose 0.12" in check.text


def test_engine_is_started_away_from_the_source_folder(monkeypatch) -> None:
    asked = answer_with(monkeypatch, completion(reply=json.dumps(ANSWER)))
    assert doctor_fiji._worker().text == "answers: IVEA 1.2, Python 3.13, appose 0.12.0, CPU"
    assert asked[0]["command"][1:] == ["-u", "-m", "ivea_fiji.worker"]
    assert not Path(asked[0]["cwd"]).exists()  # a folder of its own, gone again


@pytest.mark.parametrize(
    ("stdout", "stderr", "said"),
    [
        ("", "Traceback ...\nModuleNotFoundError: No module named 'appose'\n", "No module named 'appose'"),
        ("nothing of the protocol\n", "", "does not start (exit code 0)"),
        (completion(reply="[1]"), "", "does not start"),
        (completion(), "", "does not start"),
    ],
)
def test_engine_that_does_not_start(monkeypatch, stdout, stderr, said) -> None:
    answer_with(monkeypatch, stdout, stderr)
    check = doctor_fiji._worker()
    assert check.needed
    assert not check.ok
    assert said in check.text
    assert "-m pip install ivea-fiji" in check.text


def test_engine_that_does_not_answer(monkeypatch) -> None:
    def run(command, **how) -> None:
        raise subprocess.TimeoutExpired(command, 120)

    monkeypatch.setattr(doctor_fiji.subprocess, "run", run)
    assert not doctor_fiji._worker().ok


@pytest.mark.parametrize(("free", "ok"), [(8 << 30, True), (64 << 20, False)])
def test_space_for_images(monkeypatch, tmp_path, free, ok) -> None:
    monkeypatch.setattr(doctor_fiji, "SHARED_MEMORY", tmp_path)
    monkeypatch.setattr(doctor_fiji.shutil, "disk_usage", lambda place: SimpleNamespace(free=free))
    (check,) = doctor_fiji._memory()
    assert (check.ok, check.needed) == (ok, False)
    assert ("temporary file" in check.text) is not ok


def test_no_shared_memory_folder_no_line(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(doctor_fiji, "SHARED_MEMORY", tmp_path / "absent")
    assert doctor_fiji._memory() == []


@pytest.fixture
def fiji(tmp_path, monkeypatch) -> Path:
    parts = fake_parts(tmp_path / "parts", {"About_IVEA.groovy": "about"})
    use_parts(monkeypatch, parts)
    no_network(monkeypatch, tmp_path / "fetched")
    monkeypatch.setattr(doctor_fiji, "find_parts", lambda build: parts)
    answer_with(monkeypatch, completion(reply=json.dumps(ANSWER)))
    return fake_fiji(tmp_path / "Fiji")


def test_a_fiji_that_is_named_is_looked_at(fiji) -> None:
    before = named(fiji_checks(str(fiji)))
    assert not before["Fiji"].ok
    assert f"IVEA is not installed in '{fiji}'. `ivea fiji install '{fiji}'` mends it." in before["Fiji"].text
    assert before["Appose of Fiji"].text == "missing"
    main(["fiji", "install", str(fiji)])
    after = named(fiji_checks(str(fiji)))
    assert after["Fiji"].ok, after["Fiji"].text
    assert after["Appose of Fiji"] == Check("Appose of Fiji", True, "0.9.0")


def test_a_folder_that_is_no_fiji(fiji, tmp_path) -> None:
    check = named(fiji_checks(str(tmp_path / "nothing")))["Fiji"]
    assert not check.ok
    assert "There is no folder" in check.text


def test_parts_that_are_missing_are_explained(fiji, monkeypatch) -> None:
    def none(build: bool) -> None:
        raise InstallError("Build it with Maven.")

    monkeypatch.setattr(doctor_fiji, "find_parts", none)
    check = named(fiji_checks(""))["part for Fiji"]
    assert (check.ok, check.needed, check.text) == (False, False, "Build it with Maven.")


def test_java_is_not_needed_for_the_engine(fiji, monkeypatch) -> None:
    monkeypatch.setattr(doctor_fiji, "find_java", lambda: None)
    check = named(fiji_checks(""))["Java"]
    assert (check.ok, check.needed) == (False, False)


def test_command_line_takes_the_folder(fiji, monkeypatch, capsys) -> None:
    monkeypatch.setattr("ivea_fiji.cli.doctor._models", list)
    monkeypatch.setattr("ivea_fiji.cli.doctor._packages", list)
    assert main(["doctor", str(fiji)]) == 1
    assert "To be mended: Fiji, Appose of Fiji." in capsys.readouterr().out
    main(["fiji", "install", str(fiji)])
    assert main(["doctor", str(fiji)]) == 0
