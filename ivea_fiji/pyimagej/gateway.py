"""The Java that runs in this process, and starting one with a Fiji folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ivea_fiji.errors import InstallError, MissingDependencyError
from ivea_fiji.fiji.layout import find_host

_ENTRY = "ij.ImagePlus"


def start(folder: Path | str, mode: str = "headless") -> Any:
    """Start the Fiji in `folder` within this process and return PyImageJ's gateway.

    Parameters
    ----------
    folder
        Folder of Fiji.
    mode
        As for ``imagej.init``; 'interactive' needs a display and gives the ROI Manager.

    Raises
    ------
    MissingDependencyError
        If PyImageJ is not installed.
    InstallError
        If the folder is no Fiji, or Fiji does not start; a Java can be started only once per process.
    """
    host = find_host(folder)
    if host.kind != "fiji":
        raise InstallError(f"'{host.root}' is a plain ImageJ, which PyImageJ cannot start; name a folder of Fiji.")
    try:
        import imagej
        import scyjava
    except ImportError as error:
        raise MissingDependencyError("PyImageJ is needed; python -m pip install 'ivea-fiji[pyimagej]'.") from error
    if scyjava.jvm_started():
        raise InstallError("A Java runs in this process already; give its gateway instead of a folder.")
    # Take the Java of this computer if it has one; the default always asks the network for another.
    scyjava.config.set_java_constraints(fetch="auto")
    # Importing imagej asks for libraries of the network that a Fiji folder has itself.
    scyjava.config.endpoints.clear()
    try:
        gateway = imagej.init(str(host.root), mode=mode)
    except Exception as error:  # whatever Java, jgo or the network come up with
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InstallError(f"Fiji in '{host.root}' did not start ({reason}); `ivea doctor` may know why.") from error
    if not gateway:
        raise InstallError(f"Fiji in '{host.root}' did not start; is a Java installed? `ivea doctor` tells.")
    return gateway


def need_java() -> None:
    """Raise unless a Java with ImageJ runs in this process."""
    try:
        import jpype
    except ImportError as error:
        raise MissingDependencyError("PyImageJ is needed; python -m pip install 'ivea-fiji[pyimagej]'.") from error
    if not jpype.isJVMStarted():
        raise InstallError("No ImageJ runs in this process; call imagej.init() first, or give the folder of a Fiji.")
    try:
        java_class(_ENTRY)
    except TypeError as error:  # what jpype raises for an unknown class
        raise InstallError(
            "The Java in this process has no ImageJ; start it with imagej.init(), which brings it along."
        ) from error


def java_class(name: str) -> Any:
    """Return a class of the running Java."""
    import jpype

    return jpype.JClass(name)
