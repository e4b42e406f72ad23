"""Where things belong in a Fiji or ImageJ folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ivea_fiji.errors import InstallError

_INSIDE = ("Fiji.app", "Fiji", "ImageJ", "ImageJ.app")
"""Names of the folder in what people unpack, or name in its stead."""
_BUNDLE_DEPTH = 4
"""A launcher in an application of macOS is this many folders below the one around the application."""


@dataclass(frozen=True)
class Host:
    """A folder of Fiji or of plain ImageJ.

    Attributes
    ----------
    root
        The folder that holds ``plugins``.
    kind
        'fiji' or 'imagej'.
    """

    root: Path
    kind: Literal["fiji", "imagej"]

    @property
    def name(self) -> str:
        """What a person calls it."""
        return "Fiji" if self.kind == "fiji" else "ImageJ"

    @property
    def jars(self) -> Path:
        """Where classes and libraries belong."""
        return self.root / "jars" if self.kind == "fiji" else self.root / "plugins" / "jars"

    @property
    def plugins(self) -> Path:
        """Where plugins belong."""
        return self.root / "plugins"

    @property
    def scripts(self) -> Path:
        """Where the commands of Plugins > IVEA belong, as scripts; only Fiji reads them."""
        return self.root / "scripts" / "Plugins" / "IVEA"

    def copies(self, artifact: str) -> dict[Path, str]:
        """Return all jars of one artifact with their versions ('' if the name tells none)."""
        pattern = re.compile(rf"{re.escape(artifact)}(?:-(\d.*))?\.jar")
        folders = (self.root / "jars", self.plugins) if self.kind == "fiji" else (self.plugins,)
        found = {}
        for path in sorted(path for folder in folders for path in folder.rglob("*.jar")):
            match = pattern.fullmatch(path.name)
            if match:
                found[path] = match[1] or ""
        return found


def find_host(folder: Path | str) -> Host:
    """Recognise Fiji or ImageJ in `folder`.

    The folder itself will do, and so will the folder around it, the launcher in it, and on macOS the application
    in it or around it (old downloads of Fiji are an application with ``jars`` inside, new ones a folder ``Fiji``
    with the application beside ``jars``).

    Raises
    ------
    InstallError
        If nothing of the kind is there.
    """
    given = Path(folder).expanduser()
    if not given.exists():
        raise InstallError(f"There is no folder '{given}'; name the folder of Fiji, the one with 'jars' and 'plugins'.")
    given = given.absolute()
    around = list(given.parents)[:_BUNDLE_DEPTH] if _in_bundle(given) else [given.parent] if given.is_file() else []
    for place in (given, *around, *(given / name for name in _INSIDE)):
        kind = _kind(place)
        if kind:
            return Host(place, kind)
    raise InstallError(
        f"'{given}' is not a folder of Fiji or ImageJ; name the one that holds 'jars' and 'plugins' (Fiji) or 'ij.jar' "
        "and 'plugins' (ImageJ)."
    )


def _in_bundle(path: Path) -> bool:
    """Tell whether `path` is an application of macOS or lies in one."""
    return any(part.endswith(".app") for part in path.parts[-_BUNDLE_DEPTH - 1 :])


def _kind(place: Path) -> Literal["fiji", "imagej"] | None:
    if not (place / "plugins").is_dir():
        return None
    if any((place / "jars").glob("imagej-legacy*.jar")) or any((place / "jars").glob("fiji-[0-9]*.jar")):
        return "fiji"
    plain = [place / "ij.jar", *place.glob("ij-1.*.jar"), *place.glob("ImageJ*.app/Contents/*/ij.jar")]
    return "imagej" if any(path.is_file() for path in plain) else None
