"""Put our part into a Fiji or ImageJ folder, look whether it is whole, and take it away: all of it, or nothing."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ivea_fiji.errors import InstallError
from ivea_fiji.fiji.layout import Host
from ivea_fiji.fiji.libraries import Library, obtain, sha256
from ivea_fiji.fiji.parts import find_parts
from ivea_fiji.fiji.plan import MANIFEST, Manifest, Plan, make_plan
from ivea_fiji.version import __version__

log = logging.getLogger(__name__)

_EDITED = ".edited"
"""Ending of a script that the user changed, kept aside when a newer one takes its place; no host runs it."""


@dataclass(frozen=True)
class Changes:
    """What was done, as paths below the host's folder.

    Attributes
    ----------
    copied, removed
        Files put there and taken away.
    kept
        Copies of files the user had changed.
    """

    copied: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.copied or self.removed)


def install(host: Host, python: Path | None = None) -> Changes:
    """Bring a host up to date; a second call changes nothing.

    Parameters
    ----------
    host
        Where to.
    python
        The Python that the host shall start; this one if None.

    Raises
    ------
    InstallError
        If the host cannot take it or a file is in use; the host is then as before.
    """
    before = Manifest.of(host)
    plan = make_plan(host, find_parts(), python or Path(sys.executable), before)
    if plan.faults:
        raise InstallError(" ".join(plan.faults))
    manifest = Manifest({place: before.files.get(place, "") for place in plan.files}, __version__)
    if not plan.changed and not plan.obsolete and before == manifest:
        return Changes()
    with _told(host), _staging(host) as staging:
        for place in plan.changed:
            _stage(plan.files[place], staging / "new" / place)
            manifest.files[place] = sha256(staging / "new" / place)
        for place in plan.files:
            manifest.files[place] = manifest.files[place] or sha256(host.root / place)
        kept = _edited(host, before, [*plan.changed, *plan.obsolete])
        _stage(manifest.to_text(), staging / "new" / _manifest_place(host))
        _swap(host, staging, [*plan.changed, _manifest_place(host)], plan.obsolete, kept)
    return Changes(tuple(plan.changed), tuple(plan.obsolete), tuple(f"{place}{_EDITED}" for place in kept))


def uninstall(host: Host) -> Changes:
    """Take away what `install` put there and nothing else; files the user changed are kept under another name.

    Raises
    ------
    InstallError
        If nothing is installed, or a file is in use; the host is then as before.
    """
    before = Manifest.of(host)
    if not before.files:
        raise InstallError(f"IVEA is not installed in '{host.root}', at least not by this program; nothing was done.")
    there = [place for place in before.files if (host.root / place).exists()]
    with _told(host), _staging(host) as staging:
        kept = _edited(host, before, there)
        _swap(host, staging, [], [*there, _manifest_place(host)], kept)
    if host.kind == "fiji" and host.scripts.is_dir() and not any(host.scripts.iterdir()):
        host.scripts.rmdir()
    return Changes(removed=tuple(there), kept=tuple(f"{place}{_EDITED}" for place in kept))


def check(host: Host, python: Path | None = None) -> list[str]:
    """Return what is missing or outdated in a host, one sentence each; empty if all is well."""
    before = Manifest.of(host)
    if not before.files:
        return [f"IVEA is not installed in '{host.root}'."]
    plan = make_plan(host, find_parts(build=False), python or Path(sys.executable), before)
    return [*plan.faults, *_differences(host, before, plan)]


def _differences(host: Host, before: Manifest, plan: Plan) -> Iterator[str]:
    if before.version != __version__:
        yield f"Version {before.version} is installed, this is {__version__}."
    for place in plan.changed:
        if not (host.root / place).exists():
            yield f"'{place}' is missing."
        elif isinstance(plan.files[place], str):
            yield f"'{place}' names another Python or version."
        else:
            yield f"'{place}' is outdated or was changed."
    for place in plan.obsolete:
        yield f"'{place}' is not needed any more."


def _manifest_place(host: Host) -> str:
    return (host.jars / MANIFEST).relative_to(host.root).as_posix()


def _edited(host: Host, before: Manifest, places: list[str]) -> list[str]:
    """Return the scripts among `places` that are not as they were installed."""
    return [
        place
        for place in places
        if place.endswith(".groovy")
        and (host.root / place).exists()
        and sha256(host.root / place) != before.files.get(place)
    ]


def _stage(source: Path | Library | str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(source, str):
        target.write_text(source, encoding="utf-8", newline="\n")
    else:
        shutil.copyfile(obtain(source) if isinstance(source, Library) else source, target)


def _swap(host: Host, staging: Path, new: list[str], old: list[str], edited: list[str]) -> None:
    """Move new files into place and old ones away; on any failure, put everything back."""
    saved: list[str] = []
    placed: list[str] = []
    try:
        for place in (*new, *old):
            if (host.root / place).exists():
                (staging / "old" / place).parent.mkdir(parents=True, exist_ok=True)
                os.replace(host.root / place, staging / "old" / place)
                saved.append(place)
        for place in new:
            (host.root / place).parent.mkdir(parents=True, exist_ok=True)
            os.replace(staging / "new" / place, host.root / place)
            placed.append(place)
        for place in edited:
            shutil.copyfile(staging / "old" / place, host.root / f"{place}{_EDITED}")
    except BaseException:
        for place in placed:
            (host.root / place).unlink(missing_ok=True)
        for place in saved:
            os.replace(staging / "old" / place, host.root / place)
        raise


@contextmanager
def _staging(host: Host) -> Iterator[Path]:
    """Give a folder on the host's disk, gone at the end."""
    with tempfile.TemporaryDirectory(prefix=".ivea-", dir=host.root) as folder:
        yield Path(folder)


@contextmanager
def _told(host: Host) -> Iterator[None]:
    """Turn what the system says into one sentence."""
    try:
        yield
    except OSError as error:
        log.debug("changing %s failed", host.root, exc_info=True)
        place = error.filename or host.root
        if isinstance(error, PermissionError) and sys.platform == "win32":
            why = f"'{place}' is in use or protected; close {host.name} and try again"
        elif isinstance(error, PermissionError):
            why = f"'{place}' cannot be changed; ask the owner of '{host.root}', or use a copy of {host.name} of yours"
        else:
            why = f"'{host.root}' cannot be changed ({error.strerror or error})"
        raise InstallError(f"{why} (nothing was changed).") from error
