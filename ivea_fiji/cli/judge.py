"""``ivea judge``: a movie judged by its labels, as its result, as a model, and what to label next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ivea_fiji.cli.console import OUTPUT_GROUP, Talk
from ivea_fiji.cli.detect import report
from ivea_fiji.cli.options import declared, options
from ivea_fiji.commands.random import MODULE
from ivea_fiji.params.labels import ByLabels
from ivea_fiji.params.output import OutputParams
from ivea_fiji.params.random import RandomParams

ByLabelsOptions = options(ByLabels)
FileOptions = options(OutputParams, OUTPUT_GROUP)
RandomOptions = options(RandomParams)
"""Types of the options of this command."""


def judge(
    movie: str,
    /,
    *,
    out: Annotated[str, Parameter(group=OUTPUT_GROUP, show_default=False)] = "",
    save_as: Annotated[str, Parameter(group=OUTPUT_GROUP, show_default=False)] = "",
    model_folder: Annotated[str, Parameter(group=OUTPUT_GROUP, show_default=False)] = "",
    label_next: Annotated[int, Parameter(group=OUTPUT_GROUP)] = 10,
    labels: ByLabelsOptions | None = None,  # type: ignore[valid-type]
    files: FileOptions | None = None,  # type: ignore[valid-type]
    params: RandomOptions | None = None,  # type: ignore[valid-type]
    talk: Talk | None = None,
) -> None:
    """Judge a movie by what was labelled in it, in seconds and without TensorFlow, and say what to label next.

    Parameters
    ----------
    movie
        Movie file.
    out
        Folder of the results; by default '<movie>_ivea' beside the movie.
    save_as
        Name of a model that is saved with what was learned; left out, none is.
    model_folder
        Folder in which the model's own folder is made; left out, that of your models.
    label_next
        How many places that would teach most are told.
    """
    from ivea_fiji.results.writer import check_writable, default_folder, write_result
    from ivea_fiji.training.judging import check_new_name, judge_by_labels

    talk = talk or Talk()
    by, output, chosen = declared(ByLabels, labels), declared(OutputParams, files), declared(RandomParams, params)
    folder = Path(out) if out else default_folder(Path(movie))
    check_writable(folder)
    if save_as:
        check_new_name(save_as, model_folder)
    with talk.progress() as bar:
        judged = judge_by_labels(movie, by.label_file, chosen, labels_decide=by.labels_decide, progress=bar)
        made = judged.save_model(save_as, model_folder) if save_as else None
        result = judged.result(bar)
        written = write_result(result, folder, **output.model_dump())
    data = report(MODULE, result, folder, written, talk)
    places = judged.next_places(max(label_next, 0))
    if made is not None:
        talk.say(f"  model {made.card.name} in {made.path}")
    if places:
        talk.say("  to label next (frame, x, y, probability):")
    for frame, y, x, chance in places:
        talk.say(f"  {frame:6d} {x:8.1f} {y:8.1f} {chance:8.2f}")
    talk.data({
        **data, "model": str(made.path) if made is not None else "",
        "label_next": [{"frame": t, "x_px": x, "y_px": y, "probability": p} for t, y, x, p in places],
    })  # fmt: skip
