"""Set Up Python... from the menu: an environment is chosen, and one is built by venv and pip to its end."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from imagej_stage import ROOT, Stage, make_host, need_display, screen

from ivea_fiji.version import __version__

pytestmark = [pytest.mark.java, pytest.mark.gui, pytest.mark.timeout(900)]
SET_UP = "Set Up Python..."


@contextlib.contextmanager
def imagej(folder: Path, properties: dict[str, str] | None = None, **changes: str) -> Iterator[Stage]:
    need_display()
    (folder / "home").mkdir(parents=True)
    with screen() as display:
        stage = Stage(make_host(folder / "ImageJ"), folder / "home", display, properties, **changes)
        try:
            yield stage
        finally:
            stage.close()


def set_up(ij: Stage, action: str, environment: str = "", until: str = "") -> str:
    """Fill in the dialog, press OK, wait for a text in the Log, and return what the message says."""
    ij("start", SET_UP)
    ij("set", SET_UP, "Action", action)
    ij("set", SET_UP, "Environment", environment)
    ij("press", SET_UP, "OK")
    ij.until("log", until, 600)
    (sentence,) = ij("dialog", "IVEA")
    ij("press", "IVEA", "OK")
    return sentence


def test_an_environment_is_chosen_in_the_dialog(tmp_path: Path) -> None:
    """Browsed to, kept for later sessions, and left as it was by a bad choice."""
    with imagej(tmp_path) as ij:
        ij("start", SET_UP)
        ij("set", SET_UP, "Action", "use")
        ij("browse", SET_UP, "Environment", sys.prefix)
        ij("press", SET_UP, "OK")
        (sentence,) = ij("dialog", "IVEA")
        assert sentence.startswith(f"IVEA now uses '{Path(sys.prefix, 'bin', 'python')}'")
        ij("press", "IVEA", "OK")
        assert f"on Python {sys.version_info.major}.{sys.version_info.minor}." in set_up(ij, "check")

        assert set_up(ij, "use") == "Name the folder of a Python environment, or its python program, to use it."
        assert "There is no Python in" in set_up(ij, "use", str(tmp_path))
        assert f"'{Path(sys.prefix, 'bin', 'python')}'" in set_up(ij, "check")
    (kept,) = (tmp_path / "home").rglob("IJ_Prefs.txt")
    assert f"{sys.prefix}/bin/python" in kept.read_text(encoding="utf-8")


def dependencies(folder: Path) -> Path:
    """Return a folder of what is installed here but IVEA: pip finds it there and need not fetch it again."""
    folder.mkdir()
    for place in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for entry in Path(place).iterdir():
            ours = entry.name.lower().replace("-", "_").lstrip("_").startswith(("ivea_fiji", "editable", "pip"))
            if not ours and entry.suffix != ".pth" and not (folder / entry.name).exists():
                (folder / entry.name).symlink_to(entry)
    cv2 = folder / "cv2"  # looks for itself where the link leads to
    real = cv2.resolve()
    cv2.unlink()
    shutil.copytree(real, cv2)
    return folder


def test_an_environment_is_built_to_its_end(tmp_path: Path) -> None:
    """By a Python of the search path with venv and pip, from the wheel of this source tree; it then runs IVEA."""
    need_display()
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "wheel")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = (tmp_path / "wheel").glob("ivea_fiji-*.whl")
    (tmp_path / "bin").mkdir()
    base = Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")
    (tmp_path / "bin" / base.name).symlink_to(base)  # a search path without uv
    environments = tmp_path / "environments"
    told = {"ivea.package": str(wheel), "ivea.environments": str(environments)}
    changes = {
        "PYTHONPATH": str(dependencies(tmp_path / "dependencies")), "PATH": str(tmp_path / "bin"),
        "PIP_NO_INDEX": "1", "VIRTUAL_ENV": "",
    }  # fmt: skip
    with imagej(tmp_path / "1", told, **changes) as ij:
        sentence = set_up(ij, "build", until="Successfully installed")
        log = ij("log")[0]
        (built,) = environments.iterdir()
        python = built / "bin" / "python"
        assert sentence == f"IVEA now uses '{python}'.", log
        assert f"> {tmp_path}/bin/{base.name} -m venv {built}\n" in log
        assert f"> {python} -m pip install --disable-pip-version-check {wheel}\n" in log
        assert f"Successfully installed ivea-fiji-{__version__}" in log

        # It runs: its own package, with the networks that came in the wheel.
        checked = set_up(ij, "check")
        assert f"IVEA {__version__} runs on Python" in checked, ij("log")[0]
        running = Path(f"/proc/{ij.engine()}/cmdline").read_bytes().split(b"\0")
        assert os.fsdecode(running[0]) == str(python)
        ij("macro", 'run("Manage Models...", "action=verify");')
        assert "IVEA models" in ij.until("windows", "IVEA models")
        assert "evit28" in "\n".join(ij("table", "IVEA models"))

        # The same content is not built again.
        started = (built / "pyvenv.cfg").stat().st_mtime_ns
        assert set_up(ij, "build") == sentence
        assert "was built from the same before" in ij("log")[0]
        assert (built / "pyvenv.cfg").stat().st_mtime_ns == started


def test_a_build_that_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python3"
    python.write_text('#!/bin/sh\ncase "$*" in *venv,*) exit 0;; esac\necho making; exec /bin/sleep 600\n')
    python.chmod(0o755)
    told = {"ivea.environments": str(tmp_path / "environments")}
    with imagej(tmp_path / "1", told, PATH=str(tmp_path / "bin"), VIRTUAL_ENV="") as ij:
        ij("start", SET_UP)
        ij("set", SET_UP, "Action", "build")
        ij("press", SET_UP, "OK")
        ij.until("log", "making")
        ij("press", "IVEA", "Cancel")
        ij.until("status", "cancelled")
        assert not list((tmp_path / "environments").iterdir())
        assert "IVEA 0" in set_up(ij, "check"), "the Python of before still runs it"
