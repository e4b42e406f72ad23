"""One batch at a time in one folder: two would sweep away each other's unfinished results."""

from __future__ import annotations

import errno
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from ivea_fiji.errors import OutputError

log = logging.getLogger(__name__)

LOCK = ".ivea-batch.lock"
_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other batches out of a folder that exists; the system frees it even if the process is killed.

    Raises
    ------
    OutputError
        If another batch is at work in it.
    """
    path = folder / LOCK
    try:
        file = open(path, "a+b")
    except OSError as error:  # whoever writes the results will say so
        log.info("%s: %s", path, error)
        yield
        return
    with file:
        try:
            _lock(file)
        except OSError as error:
            if error.errno in _TAKEN:
                raise OutputError(
                    f"Another batch writes to '{folder}' at this moment; wait until it has ended, or choose another "
                    "output folder."
                ) from error
            log.info("%s cannot be locked: %s", path, error)  # a disk that knows no locks
        try:
            yield
        finally:
            with suppress(OSError):
                path.unlink()


def _lock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    log.debug("process %d holds %s", os.getpid(), file.name)
