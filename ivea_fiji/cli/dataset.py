"""``ivea dataset``: make data sets of labelled events, look into them, put them together, and compare annotators."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from ivea_fiji.cli.console import OUTPUT_GROUP, Talk
from ivea_fiji.cli.options import declared, options
from ivea_fiji.params.dataset import AgreementParams, DatasetParams

DatasetOptions = options(DatasetParams)
"""Type of the options of `collect`."""
AgreementOptions = options(AgreementParams)
"""Type of the options of `compare` and `merge`."""
_Replace = Annotated[bool, Parameter(negative=(), group=OUTPUT_GROUP, show_default=False)]
_Out = Annotated[str, Parameter(group=OUTPUT_GROUP)]

app = App(name="dataset", help="Make data sets of labelled events for training.", help_format="plaintext")


@app.command
def collect(
    folder: str,
    /,
    *,
    out: _Out,
    replace: _Replace = False,
    params: DatasetOptions | None = None,  # type: ignore[valid-type]
    talk: Talk | None = None,
) -> None:
    """Cut the samples of all labelled movies of a folder into one file.

    Parameters
    ----------
    folder
        Folder of movies and label files: ImageJ ROIs by the names of the original program, result folders of IVEA, or
        annotations of ExoDeepFinder.
    out
        Data set to write, '.h5'; a table of its content and one of what was left out are written beside it.
    replace
        Replace a data set that is there already.
    """
    from ivea_fiji.datasets import collect as make
    from ivea_fiji.datasets.report import info_dict, left_out_rows, write_report

    talk = talk or Talk()
    chosen = declared(DatasetParams, params)
    with talk.progress() as bar:
        made = make(folder, out, chosen, progress=bar, replace_existing=replace)
    files = write_report(made, made.info.path.parent)
    for part in made.left_out:
        talk.note(part.sentence)
    talk.say(made.sentence)
    talk.say(f"  {made.info.path}")
    talk.data({**info_dict(made.info), "left_out": left_out_rows(made.left_out), "files": files})


@app.command
def inspect(dataset: str, /, *, talk: Talk | None = None) -> None:
    """Show classes, movies, sizes and attributes of a data set.

    Parameters
    ----------
    dataset
        File '.h5', of IVEA for Fiji or of the original program.
    """
    from ivea_fiji.datasets import inspect_dataset
    from ivea_fiji.datasets.report import info_dict, info_text

    talk = talk or Talk()
    info = inspect_dataset(dataset)
    talk.say(info_text(info))
    talk.data(info_dict(info))


@app.command
def combine(datasets: list[str], /, *, out: _Out, replace: _Replace = False, talk: Talk | None = None) -> None:
    """Put data sets into one file; samples that are in several are taken once.

    Parameters
    ----------
    datasets
        Files '.h5', the most trusted first.
    out
        Data set to write.
    replace
        Replace a data set that is there already.
    """
    from ivea_fiji.datasets import combine as put_together
    from ivea_fiji.datasets.report import info_dict

    talk = talk or Talk()
    with talk.progress() as bar:
        made = put_together(datasets, out, replace_existing=replace, progress=bar)
    talk.say(made.sentence)
    talk.say(f"  {made.info.path}")
    talk.data({**info_dict(made.info), "repeated": made.repeated, "contradicting": made.contradicting})


@app.command
def split(
    dataset: str, /, *, out: _Out, share: float = 0.25, seed: int = 1, replace: _Replace = False,
    talk: Talk | None = None,
) -> None:
    """Write a data set as two, '<out>_train.h5' and '<out>_valid.h5', so that no movie is in both.

    Parameters
    ----------
    dataset
        File '.h5'.
    out
        Beginning of the names of the new files.
    share
        Share of the samples that go into the second.
    seed
        Of the random division.
    replace
        Replace files that are there already.
    """
    from ivea_fiji.datasets import split_files
    from ivea_fiji.errors import ParameterError

    talk = talk or Talk()
    if not 0 < share < 1:
        raise ParameterError(f"The share is {share:g}; it must lie between 0 and 1.")
    made, train, valid = split_files(dataset, out, share, seed, replace_existing=replace)
    talk.say(f"{len(made.train)} samples in {train}")
    talk.say(f"{len(made.held_out)} samples in {valid}")
    if made.by == "time":
        talk.note("There is only one movie; its later samples were held out.")
    talk.data({"train": train, "valid": valid, "by": made.by, "samples": [len(made.train), len(made.held_out)]})


@app.command
def export(
    dataset: str, /, *, out: _Out, to: Literal["rois", "exodeepfinder", "original"] = "rois", talk: Talk | None = None
) -> None:
    """Write the labels of a data set as ImageJ ROIs or object lists, or its samples for the original program.

    Parameters
    ----------
    dataset
        File '.h5'.
    out
        Folder of the new files; nothing there is replaced.
    to
        'rois': '<movie>_training_rois.zip'. 'exodeepfinder': '<movie>_annotation.xml' with the events. 'original': an
        '.h5' with nothing but what the original program writes.
    """
    from ivea_fiji.datasets import export as write

    talk = talk or Talk()
    files = write(dataset, out, to)
    for path in files:
        talk.say(str(path))
    talk.data({"files": files})


@app.command
def compare(
    first: str,
    second: str,
    /,
    *,
    table: Annotated[str, Parameter(group=OUTPUT_GROUP, show_default=False)] = "",
    params: AgreementOptions | None = None,  # type: ignore[valid-type]
    talk: Talk | None = None,
) -> None:
    """Tell how far two annotators of one movie agree, and where they do not.

    Parameters
    ----------
    first, second
        Their label files.
    table
        Table '.csv' of all disagreements to write.
    """
    from ivea_fiji.datasets import compare_labels

    talk = talk or Talk()
    found = compare_labels(first, second, declared(AgreementParams, params))
    talk.say(found.to_text())
    rows = found.disagreements()
    for row in rows[:20]:
        talk.say(f"  frame {row['frame']}, x {row['x_px']:.1f}, y {row['y_px']:.1f}: "
                 f"{row['first'] or 'not marked'} / {row['second'] or 'not marked'}")
    if len(rows) > 20:
        talk.say(f"  ... and {len(rows) - 20} more")
    if table:
        _write_table(Path(table), rows)
        talk.say(f"  {table}")
    talk.data(found.to_dict())


@app.command
def merge(
    first: str,
    second: str,
    /,
    *,
    out: _Out,
    replace: _Replace = False,
    params: AgreementOptions | None = None,  # type: ignore[valid-type]
    talk: Talk | None = None,
) -> None:
    """Make one label file of those of two annotators.

    Parameters
    ----------
    first, second
        Their label files.
    out
        ROI set '.zip' to write.
    replace
        Replace a file that is there already.
    """
    from ivea_fiji.datasets import compare_labels, write_merged

    talk = talk or Talk()
    found = compare_labels(first, second, declared(AgreementParams, params))
    path = write_merged(found, out, replace_existing=replace)
    talk.say(found.to_text())
    talk.say(f"  {path}")
    talk.data({**found.to_dict(), "file": path})


def _write_table(path: Path, rows: list) -> None:
    from ivea_fiji.datasets.agreement import DISAGREEMENT_COLUMNS
    from ivea_fiji.datasets.report import write_rows
    from ivea_fiji.results.writer import write_whole

    write_whole(path.parent, {path.name: lambda file: write_rows(file, DISAGREEMENT_COLUMNS, rows)})
