"""Run a model once in a process of its own, with bounded memory; started by `ivea_fiji.networks.checks.run_trial`."""

from __future__ import annotations

import sys
from pathlib import Path

from ivea_fiji.errors import ModelError

_MEMORY = 8 << 30


def main() -> None:
    """Let the model in the folder named on the command line answer its sample, and write what came of it."""
    _limit_memory()
    from ivea_fiji.networks.card import ModelFolder
    from ivea_fiji.networks.registry import verify_model

    try:
        faults = verify_model(ModelFolder(Path(sys.argv[1])))
    except ModelError as error:
        faults = [str(error)]
    except MemoryError:
        faults = ["The network needs far too much memory; it was not imported."]
    sys.stdout.write("".join(f"fault: {' '.join(fault.split())}\n" for fault in faults) or "answered\n")


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    try:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, hard))
    except (ValueError, OSError):  # macOS does not know this limit
        return
