"""A real ImageJ with IVEA in its plugins folder, on a screen that nobody sees, and the ways to run it without one."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from imagej_oracle import SOURCES, need_java

from ivea_fiji.fiji.imagej import group_colours
from ivea_fiji.fiji.install import install
from ivea_fiji.fiji.layout import Host, find_host
from ivea_fiji.fiji.parts import find_parts

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "java-shim" / "target"
FOUND = 4
"""Events that IVEA finds in the movie of the tests in ImageJ, of six true ones."""
_ANSWER_S = 240
"""Patience costs nothing where things work, and machines that build software are busy."""


def need_display() -> None:
    """Skip the test without a virtual screen, unless IVEA_REQUIRE says that it must be there."""
    need_java()
    if not shutil.which("Xvfb"):
        assert "gui" not in os.environ.get("IVEA_REQUIRE", ""), "Xvfb not installed"
        pytest.skip("Xvfb not installed (IVEA_REQUIRE=gui makes this a failure)")


def need_desktop() -> None:
    """Skip the test without a virtual screen and a window manager, which keys need to reach their window."""
    need_display()
    if not shutil.which("openbox"):
        assert "gui" not in os.environ.get("IVEA_REQUIRE", ""), "openbox not installed"
        pytest.skip("openbox not installed (IVEA_REQUIRE=gui makes this a failure)")


def make_host(root: Path) -> Host:
    """Make a plain ImageJ with IVEA installed, run by this Python."""
    parts = find_parts()
    for name in ("plugins", "macros", "luts"):
        (root / name).mkdir(parents=True)
    shutil.copyfile(next((parts.shim.parent / "imagej").glob("ij-*.jar")), root / "ij.jar")
    (root / "luts" / "glasbey.lut").write_bytes(group_colours())
    host = find_host(root)
    install(host, Path(sys.executable))
    return host


def environment(**changes: str) -> dict[str, str]:
    """Return the environment for a Java whose engine is the source tree's."""
    found = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    path = os.pathsep.join(part for part in found if part)
    return os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"} | changes


def java(classpath: list[Path], home: Path, *arguments: str, properties: Mapping[str, str] | None = None) -> list[str]:
    """Return a command line of Java."""
    told = {"user.home": str(home)} | dict(properties or {})
    flags = ["-Xmx600m", "--add-opens", "java.base/java.lang=ALL-UNNAMED", *(f"-D{k}={v}" for k, v in told.items())]
    return [shutil.which("java") or "java", *flags, "-cp", os.pathsep.join(map(str, classpath)), *arguments]


def test_jars(host: Host) -> list[Path]:
    """Return all classes that a program without ImageJ's own class loader needs."""
    ours = sorted([*host.plugins.glob("*.jar"), *host.jars.glob("*.jar")])
    return [*sorted((TARGET / "test-dependencies").glob("*.jar")), host.root / "ij.jar", *ours]


test_jars.__test__ = False  # type: ignore[attr-defined]


def headless(host: Host, home: Path, source: str, *arguments: Path | str) -> tuple[list[str], dict[str, str]]:
    """Return command line and environment that run a Java source file of ``tests/java`` without a display."""
    told = {"java.awt.headless": "true", "plugins.dir": str(host.root)}
    command = java(test_jars(host), home, str(SOURCES / source), *map(str, arguments), properties=told)
    return command, {key: value for key, value in environment().items() if key != "DISPLAY"}


def run_headless(host: Host, home: Path, source: str, *arguments: Path | str) -> subprocess.CompletedProcess[str]:
    """Run a Java source file of ``tests/java`` without a display."""
    command, without = headless(host, home, source, *arguments)
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", timeout=280, check=False, env=without
    )


def engine_of(imagej: int) -> int:
    """Return the process that runs the engine of an ImageJ."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            if parent == imagej and b"ivea_fiji.worker" in (stat.parent / "cmdline").read_bytes():
                return int(stat.parent.name)
    raise AssertionError("ImageJ runs no engine")


@contextlib.contextmanager
def screen(size: str = "1400x900") -> Iterator[str]:
    """Start a virtual screen and give its name."""
    read, write = os.pipe()
    process = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
        pass_fds=[write], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    try:
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextlib.contextmanager
def window_manager(display: str) -> Iterator[None]:
    """Draw frames around the windows of a screen, and give the focus to the one in front, as every desktop does."""
    process = subprocess.Popen(["openbox"], env=environment(DISPLAY=display), stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


class Stage:
    """ImageJ on a screen; see ``tests/java/Stage.java`` for the orders it understands."""

    def __init__(
        self, host: Host, home: Path, display: str, properties: Mapping[str, str] | None = None, **changes: str
    ) -> None:
        """Start it; `properties` are told to Java, `changes` to its environment."""
        told = {"plugins.dir": str(host.root)} | dict(properties or {})
        command = java([host.root / "ij.jar"], home, str(SOURCES / "Stage.java"), properties=told)
        self._errors = (home / "imagej.err").open("w+", encoding="utf-8")
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True, encoding="utf-8",
            env=environment(DISPLAY=display, **changes),
        )  # fmt: skip
        self._answers: queue.Queue[str] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        try:
            assert self._answer() == ["ready"]
        except BaseException:
            self.close()
            raise

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._answers.put(line.rstrip("\n"))
        self._answers.put("error\tImageJ ended")

    def _answer(self) -> list[str]:
        try:
            first, *cells = self._answers.get(timeout=_ANSWER_S).split("\t")
        except queue.Empty:
            raise AssertionError("ImageJ does not answer:\n" + self.errors()) from None
        cells = [cell.replace("\\n", "\n").replace("\\t", "\t") for cell in cells]
        assert first == "ok", f"{cells}\n{self.errors()}"
        return cells

    def __call__(self, *words: object) -> list[str]:
        """Give one order and return the answer's cells."""
        assert self._process.stdin is not None
        told = [str(word).replace("\n", "\\n").replace("\t", "\\t") for word in words]
        self._process.stdin.write("\t".join(told) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def until(self, order: str, wanted: str, seconds: float = 200) -> list[str]:
        """Repeat an order until its answer contains a text."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            cells = self(order)
            if wanted in "\t".join(cells):
                return cells
            time.sleep(0.1)
        raise AssertionError(f"no {wanted!r} in {cells}\n{self.errors()}")

    def engine(self) -> int:
        """Return the process that runs the engine."""
        return engine_of(self._process.pid)

    def errors(self) -> str:
        """Return what ImageJ wrote to its standard error."""
        self._errors.flush()
        return Path(self._errors.name).read_text(encoding="utf-8")[-4000:]

    def kill(self) -> None:
        """End ImageJ as a crash does: nothing in it can do anything about it."""
        self._process.kill()
        self.close()

    def close(self) -> None:
        """End ImageJ as by its window."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=60)
        finally:
            self._process.kill()
            self._process.wait()
            self._listener.join(timeout=20)
            self._errors.close()
