"""What belongs into a host, what lies there, and the difference."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from ivea_fiji.fiji.layout import Host
from ivea_fiji.fiji.libraries import APPOSE, IMAGEJ, Library, is_older, sha256
from ivea_fiji.fiji.parts import PLUGIN, SHIM, Parts
from ivea_fiji.version import __version__

MANIFEST = "ivea-fiji.manifest.json"
SETTINGS = "ivea-fiji.properties"
"""Beside our jar; the Java part reads ``python`` from it."""


@dataclass
class Manifest:
    """What was installed.

    Attributes
    ----------
    files
        SHA-256 of every file put there, by its path below the host's folder, with slashes.
    version
        Of ivea-fiji; empty if nothing was installed.
    """

    files: dict[str, str] = field(default_factory=dict)
    version: str = ""

    @classmethod
    def of(cls, host: Host) -> Manifest:
        """Read the manifest of a host; an empty one if there is none or it is damaged."""
        try:
            stored = json.loads((host.jars / MANIFEST).read_text(encoding="utf-8"))
            files = {str(place): str(told) for place, told in stored["files"].items() if _is_inside(str(place))}
            return cls(files, str(stored["version"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def to_text(self) -> str:
        """Return the manifest as it is stored."""
        data: dict[str, Any] = {"version": self.version, "files": dict(sorted(self.files.items()))}
        return json.dumps(data, indent=1) + "\n"


@dataclass
class Plan:
    """The difference between what a host should have and what it has.

    Attributes
    ----------
    files
        Everything that belongs there, by its path below the host's folder: a local file, a library that may have to
        be fetched, or a text.
    changed
        Which of them are missing or differ.
    obsolete
        Files of an earlier installation that are not needed any more.
    faults
        What the user has to mend first, one sentence each.
    """

    files: dict[str, Path | Library | str]
    changed: list[str]
    obsolete: list[str]
    faults: list[str]


def make_plan(host: Host, parts: Parts, python: Path, before: Manifest) -> Plan:
    """Compare a host with what it should have. Nothing is changed."""
    files: dict[str, Path | Library | str] = {}
    jars = host.jars.relative_to(host.root)
    files[(jars / parts.shim.name).as_posix()] = parts.shim
    if host.kind == "imagej":
        files[(host.plugins.relative_to(host.root) / parts.plugin.name).as_posix()] = parts.plugin
    else:
        for script in parts.scripts:
            files[(host.scripts.relative_to(host.root) / script.name).as_posix()] = script
    missing, faults = _libraries(host, before)
    for library in missing:
        files[(jars / library.file).as_posix()] = library
    files[(jars / SETTINGS).as_posix()] = settings_text(python)
    faults += _old_imagej(host) + _foreign(host, before)
    changed = [place for place, source in files.items() if _differs(host.root / place, source)]
    obsolete = [place for place in before.files if place not in files and (host.root / place).exists()]
    return Plan(files, changed, obsolete, faults)


def settings_text(python: Path) -> str:
    """Return the settings beside our jar, in the format of Java's ``Properties``."""
    escaped = str(python).replace("\\", "\\\\")
    # Java reads the bytes as Latin-1, with other characters written as \uXXXX.
    escaped = "".join(c if " " <= c <= "~" else "".join(f"\\u{u:04x}" for u in _utf16(c)) for c in escaped)
    return f"# Written by `ivea fiji install`: the Python that runs IVEA.\npython={escaped}\nversion={__version__}\n"


def _utf16(character: str) -> list[int]:
    data = character.encode("utf-16-be")
    return [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]


def _libraries(host: Host, before: Manifest) -> tuple[list[Library], list[str]]:
    """Return the libraries to be added, and what keeps them from being added."""
    faults: list[str] = []
    missing: list[Library] = []
    own = _own(host, before)
    there = {library.name: _foreign_versions(host, library.name, own) for library in APPOSE}
    for library in APPOSE:
        versions = there[library.name]
        old = [version for version in versions if is_older(version, library.least)]
        if old:
            faults.append(
                f"{host.name} has {library.name} {old[0]}, and IVEA needs {library.least} or newer; {_update(host)}."
            )
        if versions:
            continue
        missing.append(library)
        for other in APPOSE:
            clash = [v for v in there[other.name] if v and v.split(".")[0] != other.version.split(".")[0]]
            if other.group == library.group and clash:
                faults.append(
                    f"{host.name} has {other.name} {clash[0]} without {library.name}, which cannot be mixed with "
                    f"{library.name} {library.version}; {_update(host)}."
                )
    return missing, faults


def _update(host: Host) -> str:
    return "update Fiji with Help > Update..." if host.kind == "fiji" else "remove it from the plugins folder"


def _old_imagej(host: Host) -> list[str]:
    old = [v for v in host.copies("ij").values() if is_older(v, IMAGEJ.least)] if host.kind == "fiji" else []
    return [f"Fiji has ImageJ {old[0]}, and IVEA needs {IMAGEJ.least} or newer; {_update(host)}."] if old else []


def _foreign(host: Host, before: Manifest) -> list[str]:
    """Name jars of ours that were put there by hand: two versions at once do not work."""
    own = _own(host, before)
    return [
        f"'{path}' was not put there by this program; remove it, or IVEA would be there twice."
        for name in (SHIM, PLUGIN)
        for path in host.copies(name)
        if path not in own and path.name != f"{name}-{__version__}.jar"
    ]


def _foreign_versions(host: Host, name: str, own: set[Path]) -> list[str]:
    return [version for path, version in host.copies(name).items() if path not in own]


def _own(host: Host, before: Manifest) -> set[Path]:
    return {host.root / place for place in before.files}


def _differs(path: Path, source: Path | Library | str) -> bool:
    try:
        if isinstance(source, str):
            return path.read_text(encoding="utf-8") != source
        return sha256(path) != (source.sha256 if isinstance(source, Library) else sha256(source))
    except (OSError, UnicodeDecodeError):
        return True


def _is_inside(place: str) -> bool:
    """Whether a path of a manifest stays in the host's folder: a damaged manifest must not remove other files."""
    path = PurePosixPath(place)
    return not path.is_absolute() and ".." not in path.parts and ":" not in place
