"""A plain ImageJ with IVEA in its menu, for those without Fiji: made in the user's cache folder, started from there."""

from __future__ import annotations

import colorsys
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ivea_fiji.errors import InstallError
from ivea_fiji.events.classes import ALL_CLASSES
from ivea_fiji.fiji.install import Changes, check, install
from ivea_fiji.fiji.layout import Host, find_host
from ivea_fiji.fiji.libraries import IMAGEJ, cache_folder, obtain, sha256
from ivea_fiji.results.palette import class_colour, class_group

_GROUPS = Path("luts") / "Glasbey.lut"
"""Where ImageJ looks for the colours of ROI groups; without the file it complains at every ROI with a group."""
_TURN = 0.618034
"""Golden section: hues that far apart on the circle stay different for long."""


def imagej_folder() -> Path:
    """Return the folder of our ImageJ, whether it exists or not."""
    return cache_folder() / f"imagej-{IMAGEJ.version}"


def prepare(python: Path | None = None) -> tuple[Host, Changes]:
    """Make our ImageJ or bring it up to date; return it with what was changed.

    Raises
    ------
    InstallError
        If something cannot be fetched, built or written.
    """
    root = imagej_folder()
    jar = obtain(IMAGEJ)
    try:
        for name in ("plugins", "macros", "luts"):
            (root / name).mkdir(parents=True, exist_ok=True)
        if not _is_whole(root):
            shutil.copyfile(jar, root / "ij.jar")
            (root / _GROUPS).write_bytes(group_colours())
    except OSError as error:
        raise InstallError(f"'{root}' cannot be written ({error.strerror}); remove it and try again.") from error
    host = find_host(root)
    return host, install(host, python)


def faults(python: Path | None = None) -> list[str]:
    """Return what keeps our ImageJ from starting or from being up to date, one sentence each."""
    found = [] if find_java() else [_NO_JAVA]
    if not _is_whole(imagej_folder()):
        return [*found, f"ImageJ is not in '{imagej_folder()}' yet; `ivea imagej` puts it there."]
    return [*found, *check(find_host(imagej_folder()), python)]


def command(host: Host, files: Sequence[Path]) -> list[str]:
    """Return the command line that starts ImageJ with `files` opened."""
    java = find_java()
    if java is None:
        raise InstallError(_NO_JAVA)
    # Port 0: never hand the files over to an ImageJ that runs already, which may have no IVEA.
    start = [str(java), "-jar", str(host.root / "ij.jar"), "-ijpath", str(host.root), "-port0"]
    return [*start, *(str(file.absolute()) for file in files)]


def start(host: Host, files: Sequence[Path]) -> int:
    """Start ImageJ, wait until it is closed, and return its exit code."""
    return subprocess.run(command(host, files), check=False).returncode


def find_java() -> Path | None:
    """Return the Java of JAVA_HOME, else the one on the search path."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin")) if home else None
    found = found or shutil.which("java")
    return Path(found) if found else None


def group_colours() -> bytes:
    """Return the colours of ROI groups as an ImageJ table, 256 reds, greens and blues: each class has its own."""
    colours = [tuple(round(255 * part) for part in colorsys.hsv_to_rgb(i * _TURN % 1, 0.7, 0.95)) for i in range(256)]
    for entry in ALL_CLASSES:
        colours[class_group(entry.id)] = tuple(bytes.fromhex(class_colour(entry.id)[1:]))
    return bytes(colour[part] for part in range(3) for colour in colours)


def _is_whole(root: Path) -> bool:
    jar = root / "ij.jar"
    return jar.is_file() and sha256(jar) == IMAGEJ.sha256 and (root / _GROUPS).is_file() and (root / "plugins").is_dir()


_NO_JAVA = (
    "ImageJ needs Java, and none was found; install one (Debian and Ubuntu: sudo apt-get install default-jre; "
    "others: https://adoptium.net), or set JAVA_HOME to its folder."
)
