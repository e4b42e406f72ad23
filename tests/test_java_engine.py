"""The Java side with the real engine: nothing hangs, nothing stays behind, and every way of an image is the same."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from command_material import DETECT, SETTINGS, write_movie
from imagej_oracle import need_java

from ivea_fiji import __version__

ROOT = Path(__file__).resolve().parents[1]
SHIM = ROOT / "java-shim"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "IVEA_PYTHON": sys.executable, "OMP_NUM_THREADS": "1"}
SMALL_MEMORY = ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=16m tmpfs /dev/shm && exec "$@"', "sh"]
"""Runs a program that sees a /dev/shm of 16 MB."""


def test_versions_agree() -> None:
    text = (SHIM / "pom.xml").read_text(encoding="utf-8")
    assert re.search(r"<artifactId>ivea-fiji</artifactId>\s*(?:<!--.*?-->)?\s*<version>(.+?)</version>", text)[1] == (
        __version__
    )


@cache
def class_path() -> str:
    """Build what is needed (Maven does nothing if it is there) and return where its classes are."""
    command = ["mvn", "-q", "-B", "-f", str(SHIM / "pom.xml"), "-DskipTests", "package"]
    subprocess.run(command, check=True, timeout=600)
    target = SHIM / "target"
    folders = [target / "classes", target / "test-classes", target / "dependencies" / "*", target / "imagej" / "*"]
    return os.pathsep.join(map(str, folders))


def run_java(
    folder: Path, program: str, *arguments: object, heap: str = "200m", before: Sequence[str] = ()
) -> dict[str, str]:
    """Run a program of the Java tests; return its lines by their first word. `folder` is for its temporary files."""
    java = ["java", f"-Xmx{heap}", f"-Djava.io.tmpdir={folder}", "-Djava.awt.headless=true", "-cp", class_path()]
    command = [*before, *java, f"ivea.engine.{program}", *map(str, arguments)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(line.split("\t", 1) for line in done.stdout.splitlines() if "\t" in line)


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    need_java()
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def can_make_memory_small() -> bool:
    try:
        return subprocess.run([*SMALL_MEMORY, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.java
def test_cancelled_and_killed_commands_leave_nothing(temporary: Path) -> None:
    told = run_java(temporary, "Stress", 20, 4, 2)
    assert told["ends"] == "{cancelled=4, done=14, lost=2}"
    assert told["processes"] == "3 started, 1 running, 0 left"
    assert told["left"] == "files and blocks [], threads []"
    assert [path for path in temporary.iterdir() if path.name.startswith("ivea")] == []


@pytest.mark.java
def test_large_movie_needs_little_java_memory(temporary: Path) -> None:
    told = run_java(temporary, "Transfer", 400, 100_000, heap="48m")  # 210 MB of pixels
    assert told["by"] == "shared memory"
    assert told["wrong frames"] == "0"


@pytest.mark.java
@pytest.mark.skipif(not can_make_memory_small(), reason="needs the right to mount a small /dev/shm")
@pytest.mark.parametrize("believed_free_mb", [16, 100_000])
def test_full_shared_memory_is_no_end(temporary: Path, believed_free_mb: int) -> None:
    told = run_java(temporary, "Transfer", 60, believed_free_mb, heap="48m", before=SMALL_MEMORY)
    assert told["by"] == "file"
    assert list(temporary.glob("ivea*")) == []


@pytest.mark.java
def test_every_way_of_an_image_gives_the_same_tables(temporary: Path, tmp_path: Path) -> None:
    movie = write_movie(tmp_path)
    found = {}
    for way, sent in (("path", "false"), ("memory", "true"), ("file", "true")):
        params = tmp_path / "params.json"
        params.write_text(json.dumps({**SETTINGS, "output_folder": str(tmp_path / way)}), encoding="utf-8")
        told = run_java(temporary, "Once", DETECT, params, movie, way)
        assert told["sent"] == sent
        tables = json.loads(told["reply"])["tables"]
        found[way] = {table["kind"]: Path(table["path"]).read_bytes() for table in tables}
    assert found["path"]["events"].count(b"\n") > 1
    assert found["memory"] == found["path"]
    assert found["file"] == found["path"]
