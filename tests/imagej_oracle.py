"""ImageJ itself, as the judge of files that are meant for it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

IJ = "net.imagej:ij:1.54p"
SOURCES = Path(__file__).with_name("java")


def need_java() -> None:
    """Skip the test without Java and Maven, unless IVEA_REQUIRE says that they must be there."""
    missing = [tool for tool in ("java", "mvn") if not shutil.which(tool)]
    if missing and "java" not in os.environ.get("IVEA_REQUIRE", ""):
        pytest.skip(f"{' and '.join(missing)} not installed (IVEA_REQUIRE=java makes this a failure)")
    assert not missing, f"{' and '.join(missing)} not installed"


def imagej_jar(folder: Path) -> Path:
    """Return ImageJ's jar, fetched into `folder` once by Maven."""
    _, name, version = IJ.split(":")
    jar = folder / f"{name}-{version}.jar"
    if not jar.exists():
        goal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
        command = [shutil.which("mvn"), "-q", "-B", goal, f"-Dartifact={IJ}", f"-DoutputDirectory={folder}"]
        subprocess.run(command, check=True, cwd=folder, timeout=300)
    return jar


def run_java(source: str, jar: Path, *arguments: Path | str) -> list[list[str]]:
    """Run a Java source file of ``tests/java`` and return what it prints as rows of tab-separated cells."""
    command = ["java", "-Djava.awt.headless=true", "-cp", str(jar), str(SOURCES / source), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines() if "\t" in line]
