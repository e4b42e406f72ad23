"""Write the traces of ROIs into a folder: all files, or none."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ivea_fiji.results.record import describe_run, hash_input, write_record
from ivea_fiji.results.roi_tables import write_roi_table, write_roi_traces_table, write_wide
from ivea_fiji.results.writer import Written, file_stem, refuse_foreign, write_whole

if TYPE_CHECKING:
    from ivea_fiji.roi_traces import RoiTraces


def write_roi_traces(result: RoiTraces, out_dir: Path | str) -> Written:
    """Write tables, picture, run record and the ROIs themselves of `result` into `out_dir`.

    Files of the same name from an earlier measurement of the same movie are replaced; others are not touched.

    Returns
    -------
    dict
        The written files by kind: 'roi_table', 'roi_traces'; per quantity 'roi_raw', 'roi_df', ... ; 'roi_picture';
        'roi_set', a copy of the ROIs; and 'roi_run'.

    Raises
    ------
    OutputError
        If `out_dir` cannot be written, or holds results of another movie of the same name.
    """
    folder, stem = Path(out_dir), file_stem(result.movie)
    run = describe_run(
        "roi_traces",
        result.movie,
        result.params,
        {
            "rois": {"path": str(result.rois.absolute()), "sha256": hash_input(result.rois)},
            "measured": {
                "rois": len(result.regions),
                "channels": [traces.channel for traces in result.channels],
                "f0_rule": result.f0_rule,
            },
            "notes": list(result.notes),
            "seconds": round(result.seconds, 3),
        },
    )
    quantities = result.channels[0].quantities
    makers: dict[str, Callable[[Path], None]] = {
        "roi_table.csv": partial(write_roi_table, result=result),
        "roi_traces.csv": partial(write_roi_traces_table, result=result),
        **{f"roi_{name}.csv": partial(write_wide, result=result, quantity=name) for name in quantities},
        f"roi_set{result.rois.suffix.lower()}": lambda path: _copy(result.rois, path),
    }
    if result.params.picture:
        from ivea_fiji.results.roi_picture import write_roi_picture

        makers["roi_picture.png"] = partial(write_roi_picture, result=result)
    makers["roi_run.json"] = lambda path: write_record(path, run)
    files = {ending.rsplit(".", 1)[0]: folder / f"{stem}_{ending}" for ending in makers}
    refuse_foreign(files["roi_run"], run)
    stale = {"roi_background.csv", "roi_picture.png", "roi_set.zip", "roi_set.roi"} - set(makers)
    named = {f"{stem}_{ending}": make for ending, make in makers.items()}
    write_whole(folder, named, [f"{stem}_{ending}" for ending in sorted(stale)])
    return files


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
