"""The libraries of others that the Java part needs, each pinned, and where they come from."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from ivea_fiji.errors import InstallError
from ivea_fiji.fiji.parts import source_tree

CENTRAL = "https://repo1.maven.org/maven2"
REPOSITORY_VARIABLE = "IVEA_MAVEN_REPOSITORY"
"""Environment variable that names another repository, for places without access to Maven Central."""
_TIMEOUT_S = 60


@dataclass(frozen=True)
class Library:
    """One jar of Maven Central.

    Attributes
    ----------
    group, name, version
        Its Maven coordinates.
    sha256
        What its bytes must hash to.
    least
        Oldest version that will do if Fiji has the library already.
    """

    group: str
    name: str
    version: str
    sha256: str
    least: str

    @property
    def file(self) -> str:
        """Name of the jar."""
        return f"{self.name}-{self.version}.jar"

    @property
    def place(self) -> str:
        """Path in a Maven repository."""
        return "/".join((self.group.replace(".", "/"), self.name, self.version, self.file))


IMAGEJ = Library(
    "net.imagej", "ij", "1.54p", "2e1a09961dfb41cee66ddc821b2577a41a072566ce45a49bae69267099741e20", "1.53t"
)  # fmt: skip
"""ImageJ itself, for ``ivea imagej``."""

APPOSE = (
    Library("org.apposed", "appose", "0.9.0",
            "b09ce4ff9d7a29518bba7ec7903c63d0504159637376506d9b2a3a70ed37b1bc", "0.9"),
    Library("org.apache.groovy", "groovy", "4.0.28",
            "d77164a44ab994837e61eecead64721bdb1794fa2bc6704ac6fe70cd32ef9dd3", "3"),
    Library("org.apache.groovy", "groovy-json", "4.0.28",
            "edec45c85ff811f9a9baacdf5b020e34593a0055ac63c92fbf1233c3b2cc9cc6", "3"),
    Library("org.apache.ivy", "ivy", "2.5.2",
            "98428d545ea63cd9a0aaf255caf42cb8cb64fe430dbb5e709aed536d4daeed04", "2.4"),
    Library("net.java.dev.jna", "jna", "5.14.0",
            "34ed1e1f27fa896bca50dbc4e99cf3732967cec387a7a0d5e3486c09673fe8c6", "5"),
    Library("net.java.dev.jna", "jna-platform", "5.14.0",
            "ae4caceb3840730c2537f9b7fb55a01baba580286b4122951488bcee558c2449", "5"),
    Library("org.apache.commons", "commons-compress", "1.28.0",
            "e1522945218456f3649a39bc4afd70ce4bd466221519dba7d378f2141a4642ca", "1.20"),
    Library("commons-codec", "commons-codec", "1.19.0",
            "5c3881e4f556855e9c532927ee0c9dfde94cc66760d5805c031a59887070af5f", "1.10"),
    Library("commons-io", "commons-io", "2.20.0",
            "df90bba0fe3cb586b7f164e78fe8f8f4da3f2dd5c27fa645f888100ccc25dd72", "2.6"),
    Library("org.apache.commons", "commons-lang3", "3.18.0",
            "4eeeae8d20c078abb64b015ec158add383ac581571cddc45c68f0c9ae0230720", "3.8"),
)  # fmt: skip
"""Appose 0.9.0 and what it needs; a test compares them with what Maven resolves for ``java-shim/pom.xml``."""


def is_older(version: str, least: str) -> bool:
    """Tell whether a jar's version is older than `least`; a version that is not told counts as new enough.

    ImageJ's letters count: 1.53c is older than 1.53t.
    """
    return bool(version) and _ordered(version) < _ordered(least)


def _ordered(version: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(number), letters) for number, letters in re.findall(r"(\d+)([a-z]?)", version.lower()))


def obtain(library: Library) -> Path:
    """Return a local copy of a library, verified: from our Maven build, Maven's store or an earlier download, else new.

    Raises
    ------
    InstallError
        If it can be got from nowhere.
    """
    store = Path.home() / ".m2" / "repository" / library.place
    kept = cache_folder() / "jars" / library.file
    tree = source_tree()
    built = tree / "java-shim" / "target" / "dependencies" / library.file if tree else kept
    for path in (built, store, kept):
        if path.is_file() and sha256(path) == library.sha256:
            return path
    return _download(library, kept)


def cache_folder() -> Path:
    """Return the folder in which the user's programs keep what can be fetched again."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "ivea-fiji"


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(library: Library, target: Path) -> Path:
    address = f"{os.environ.get(REPOSITORY_VARIABLE) or CENTRAL}/{library.place}"
    try:
        with urllib.request.urlopen(address, timeout=_TIMEOUT_S) as answer:
            content = answer.read()
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise InstallError(
            f"{library.file} cannot be downloaded from {address} ({getattr(error, 'reason', None) or error}); connect "
            f"to the network and try again, or set {REPOSITORY_VARIABLE} to a Maven repository you can reach."
        ) from error
    if hashlib.sha256(content).hexdigest() != library.sha256:
        raise InstallError(f"What came from {address} is not the {library.file} that was expected; try again.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
            file.write(content)
        os.replace(file.name, target)
    except OSError as error:
        raise InstallError(f"'{target.parent}' cannot be written ({error.strerror}); free it and try again.") from error
    return target
