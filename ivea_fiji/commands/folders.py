"""Where a command writes: the folder the user named, or a temporary one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def result_folder(named: str) -> Iterator[Path]:
    """Give the folder for the results.

    Parameters
    ----------
    named
        What the user named; empty makes a temporary folder, which is removed again if the work fails.

    Raises
    ------
    OutputError
        If the named folder cannot be written.
    """
    from ivea_fiji.results.writer import check_writable

    if named:
        folder = Path(named).expanduser()
        check_writable(folder)
        yield folder
        return
    folder = Path(tempfile.mkdtemp(prefix="ivea-"))
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
