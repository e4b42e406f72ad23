"""Blocks of consecutive frames, a few of them worked on at once."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import cv2

T = TypeVar("T")


def each_block(frames: int, size: int, workers: int, make: Callable[[int, int], T]) -> Iterator[tuple[int, int, T]]:
    """Yield what `make` returns of consecutive blocks of frames, in their order.

    Parameters
    ----------
    frames
        Frames of the movie.
    size
        Frames of a block.
    workers
        Threads, 0 for as many as there are processors; one block more than these waits at most, so that memory does
        not grow with the movie.
    make
        Takes the first frame of a block and the one after its last.

    Yields
    ------
    start, stop, made
    """
    cv2.setNumThreads(1)
    workers = workers or os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[tuple[int, int, Future[T]]] = deque()
        for start in range(0, frames, size):
            stop = min(start + size, frames)
            waiting.append((start, stop, pool.submit(make, start, stop)))
            if len(waiting) > workers:
                first, last, future = waiting.popleft()
                yield first, last, future.result()
        while waiting:
            first, last, future = waiting.popleft()
            yield first, last, future.result()
