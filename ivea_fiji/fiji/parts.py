"""Our own part of a Fiji folder: two jars and the scripts of the menu. Where they come from."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

from ivea_fiji.errors import InstallError
from ivea_fiji.version import __version__

log = logging.getLogger(__name__)

SHIM = "ivea-fiji"
"""Artifact of the jar with our classes."""
PLUGIN = "IVEA_ImageJ"
"""Artifact of the jar that puts the commands into the menu of plain ImageJ; Fiji reads the scripts instead."""
_PACKAGED = Path(__file__).resolve().parents[1] / "_fiji"
_BUILD_LIMIT_S = 900


@dataclass(frozen=True)
class Parts:
    """Files to be copied.

    Attributes
    ----------
    shim, plugin
        The jars of `SHIM` and `PLUGIN`.
    scripts
        The commands of Plugins > IVEA.
    """

    shim: Path
    plugin: Path
    scripts: tuple[Path, ...]


def find_parts(*, build: bool = True) -> Parts:
    """Return our jars and scripts: those packed with the package, else those of the source tree.

    Parameters
    ----------
    build
        Whether Maven may build the jars if the source tree has none or newer sources.

    Raises
    ------
    InstallError
        If there are none and they cannot be built; the sentence gives the command.
    """
    if (_PACKAGED / "jars").is_dir():
        return _parts(_PACKAGED / "jars", _PACKAGED / "scripts")
    tree = source_tree()
    if tree is None:
        raise InstallError(
            "This installation of ivea-fiji came without its Java part; in a copy of the repository run "
            "'mvn -f java-shim/pom.xml package' and 'python -m pip install .'."
        )
    target = tree / "java-shim" / "target"
    if build and _is_stale(target / f"{PLUGIN}-{__version__}.jar", tree):
        _build(tree)
    return _parts(target, tree / "fiji-scripts")


def source_tree() -> Path | None:
    """Return the copy of the repository this package is run or was installed from, None if there is none."""
    places = [Path(__file__).resolve().parents[2]]
    try:
        told = metadata.distribution("ivea-fiji").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        told = None
    if told:
        address = urlparse(json.loads(told).get("url", ""))
        if address.scheme == "file":
            places.append(Path(url2pathname(address.path)))
    return next((place for place in places if (place / "java-shim" / "pom.xml").is_file()), None)


def _parts(jars: Path, scripts: Path) -> Parts:
    shim, plugin = (jars / f"{name}-{__version__}.jar" for name in (SHIM, PLUGIN))
    for jar in (shim, plugin):
        if not jar.is_file():
            raise InstallError(
                f"'{jar}' is missing; `ivea fiji install` builds it with Maven in a copy of the repository, as does "
                "'mvn -f java-shim/pom.xml package'."
            )
    found = tuple(sorted(scripts.glob("Plugins/IVEA/*.groovy")))
    if not found:
        raise InstallError(f"The scripts in '{scripts}' are missing; install ivea-fiji again.")
    return Parts(shim, plugin, found)


def _is_stale(jar: Path, tree: Path) -> bool:
    """Tell whether the jar that Maven makes last is missing or older than what it is made from."""
    if not jar.is_file():
        return True
    shim = tree / "java-shim"
    sources = (shim / "pom.xml", *(shim / "src" / "main").rglob("*.*"), *(tree / "fiji-scripts").rglob("*.groovy"))
    return any(path.stat().st_mtime > jar.stat().st_mtime for path in sources)


def _build(tree: Path) -> None:
    maven = shutil.which("mvn")
    command = ["mvn", "-q", "-B", "-f", str(tree / "java-shim" / "pom.xml"), "-DskipTests", "package"]
    if maven is None:
        raise InstallError(
            f"The Java part is not built and Maven is not installed; install Maven and a JDK (on Debian and Ubuntu: "
            f"sudo apt-get install maven), then run '{' '.join(command)}'."
        )
    log.warning("Building the Java part with Maven; the first time this takes some minutes.")
    done = subprocess.run(
        [maven, *command[1:]], capture_output=True, text=True, errors="replace", timeout=_BUILD_LIMIT_S, check=False
    )
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
        reason = lines[0] if lines else f"exit code {done.returncode}"
        raise InstallError(f"Building the Java part failed ({reason}); run '{' '.join(command)}' to see why.")
