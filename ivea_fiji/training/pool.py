"""Work on many movies at once, in processes of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

from ivea_fiji.progress import Progress, step

A = TypeVar("A")
B = TypeVar("B")


def in_processes(
    make: Callable[[A], B], items: Sequence[A], workers: int, progress: Progress, stage: str
) -> Iterator[B]:
    """Yield what `make` returns of each item, in order.

    Parameters
    ----------
    make
        A function of a module, or a partial of one.
    items
        What it is given, one at a time.
    workers
        Processes; 0 for one per core, 1 works in this one.
    progress, stage
        Told after every item.
    """
    workers = min(workers or os.cpu_count() or 1, len(items))
    if workers <= 1:
        yield from _counted(map(make, items), len(items), progress, stage)
        return
    # Spawned, not forked: the threads of TensorFlow do not survive a fork.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from _counted(pool.map(make, items, chunksize=2), len(items), progress, stage)


def _counted(results: Iterator[B], total: int, progress: Progress, stage: str) -> Iterator[B]:
    for done, result in enumerate(results, 1):
        step(progress, stage, done, total)
        yield result
