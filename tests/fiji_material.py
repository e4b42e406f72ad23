"""Folders that look like Fiji or ImageJ, and parts that look like ours."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from ivea_fiji.fiji import install as install_module
from ivea_fiji.fiji.libraries import APPOSE, Library
from ivea_fiji.fiji.parts import PLUGIN, SHIM, Parts
from ivea_fiji.version import __version__

FIJI_HAS = ("ij-1.54p.jar", "imagej-legacy-2.0.1.jar", "jna-5.14.0.jar", "jna-platform-5.14.0.jar", "groovy-4.0.28.jar",
            "groovy-json-4.0.28.jar", "commons-io-2.16.1.jar", "commons-lang3-3.14.0.jar", "commons-codec-1.17.0.jar",
            "ivy-2.5.2.jar", "commons-compress-1.26.1.jar")  # fmt: skip
"""Jars of a Fiji that lacks only Appose itself."""


def fake_fiji(root: Path, jars: tuple[str, ...] = FIJI_HAS) -> Path:
    """Make a folder that looks like Fiji."""
    for folder in ("jars", "plugins", "scripts/Plugins/Other"):
        (root / folder).mkdir(parents=True)
    for name in jars:
        (root / "jars" / name).write_bytes(name.encode())
    (root / "scripts" / "Plugins" / "Other" / "Their_Script.groovy").write_text("theirs")
    return root


def fake_imagej(root: Path) -> Path:
    """Make a folder that looks like plain ImageJ."""
    (root / "plugins").mkdir(parents=True)
    (root / "ij.jar").write_bytes(b"ij")
    return root


def fake_parts(folder: Path, scripts: dict[str, str], version: str = __version__) -> Parts:
    """Make jars and scripts that stand for ours."""
    folder.mkdir(parents=True, exist_ok=True)
    jars = [folder / f"{name}-{version}.jar" for name in (SHIM, PLUGIN)]
    for jar in jars:
        jar.write_bytes(f"classes of {jar.name}".encode())
    for name, text in scripts.items():
        (folder / name).write_text(text)
    return Parts(jars[0], jars[1], tuple(folder / name for name in scripts))


def use_parts(monkeypatch: pytest.MonkeyPatch, parts: Parts) -> None:
    """Let installations take `parts` for ours."""
    monkeypatch.setattr(install_module, "find_parts", lambda build=True: parts)


def no_network(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let libraries come from `folder`, one small file each."""
    folder.mkdir(parents=True, exist_ok=True)

    def obtain(library: Library) -> Path:
        path = folder / library.file
        path.write_bytes(library.file.encode())
        return path

    small = tuple(replace(x, sha256=hashlib.sha256(x.file.encode()).hexdigest()) for x in APPOSE)
    monkeypatch.setattr(install_module, "obtain", obtain)
    monkeypatch.setattr("ivea_fiji.fiji.plan.APPOSE", small)


def contents(root: Path) -> dict[str, bytes]:
    """Return everything in a folder."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
