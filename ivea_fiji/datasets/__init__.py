"""Data sets of labelled events for training: collected from movies and labels, combined, inspected, exported.

For training and refinement::

    from ivea_fiji.datasets import collect, read_dataset, split_rows

    made = collect("folder of movies and label files", "mine.h5")   # or pairs: [Pair(labels, movie), ...]
    data = read_dataset("mine.h5")              # files of the original program are read as well
    data.x                                      # uint16 (n, frames + 4, size + 2, size + 2), as `Samples` of training
    data.label, data.movie                      # class ids, number of the movie (n,)
    data.info.movies, data.info.layout, data.info.class_ids, data.info.counts
    split = split_rows(data.info.rows, share=0.25, seed=1)
    train, held_out = data[split.train], data[split.held_out]

Files hold ``x_train``, ``y_train`` and the attributes of the original program, so that its trainer reads them, and
beside them what ours needs; see docs/datasets.md.
"""

from ivea_fiji.datasets.agreement import Agreement, compare_labels, write_merged
from ivea_fiji.datasets.collect import Collected, LeftOut, collect
from ivea_fiji.datasets.combine import Combined, combine, split_files
from ivea_fiji.datasets.export import export
from ivea_fiji.datasets.labels import Label, read_labels
from ivea_fiji.datasets.layout import Layout
from ivea_fiji.datasets.model import Dataset, DatasetInfo, MovieInfo, Rows
from ivea_fiji.datasets.pairs import Pair, find_pairs
from ivea_fiji.datasets.reading import inspect_dataset, read_dataset
from ivea_fiji.datasets.split import Split, split_rows

__all__ = [
    "Agreement", "Collected", "Combined", "Dataset", "DatasetInfo", "Label", "Layout", "LeftOut", "MovieInfo", "Pair",
    "Rows", "Split", "collect", "combine", "compare_labels", "export", "find_pairs", "inspect_dataset", "read_dataset",
    "read_labels", "split_files", "split_rows", "write_merged",
]  # fmt: skip
