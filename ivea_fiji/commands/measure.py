"""Measure ROIs: traces of ROIs, for the command line and for Fiji."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ivea_fiji.commands.base import Command, ImageInput, Jump, Picture, Reply, Table
from ivea_fiji.commands.folders import result_folder
from ivea_fiji.errors import ParameterError
from ivea_fiji.params.base import Params, field
from ivea_fiji.params.measure import MeasureParams
from ivea_fiji.params.movie import MovieParams
from ivea_fiji.progress import Progress

if TYPE_CHECKING:
    from ivea_fiji.movie.image import Planes


class RoiChoice(Params):
    """Which ROIs are measured, and where results go."""

    roi_choice: Literal["all", "selected"] = field(
        "all", "ROIs", "Measure all ROIs of the ROI Manager, or those that are selected in it."
    )
    all_movies: bool = field(
        False, "All open movies", "Measure the same ROIs in every movie that is open, not only in the active one."
    )
    roi_file: str = field(
        "",
        "ROI file",
        "ROI set (.zip or .roi) to measure; empty takes the ROI Manager's ROIs, or the selection if it has none.",
        advanced=True,
        style="file",
    )
    output_folder: str = field(
        "", "Output folder", "Folder of the result files; empty keeps them in a temporary folder.", style="directory"
    )


class MeasureRoisParams(MeasureParams, RoiChoice):
    """The measurement of ROIs as the menu offers it."""

    def of_module(self, image: ImageInput) -> MeasureParams:
        """Return the parameters of the measurement of `image`."""
        values = self.model_dump(include=set(MeasureParams.model_fields))
        if self.roi_choice == "selected":
            if self.roi_file or self.roi_numbers:
                raise ParameterError("The selected ROIs and a ROI file or numbers cannot be meant at once; choose one.")
            if not image.selected_rois:
                raise ParameterError("No ROI is selected in the ROI Manager; select some, or measure all.")
            values["roi_numbers"] = ",".join(str(index + 1) for index in image.selected_rois)
        return MeasureParams.make(**values)

    def rois_of(self, image: ImageInput) -> Path:
        """Return the file of the ROIs of `image`."""
        named = self.roi_file or image.rois or image.selection
        if not named:
            raise ParameterError(
                "There is no ROI to measure; add some to the ROI Manager, draw a selection, or name a ROI file."
            )
        return Path(named).expanduser()


def _plan(params: MeasureRoisParams, image: ImageInput) -> Planes | None:
    from ivea_fiji.movie.image import Planes, movie_planes
    from ivea_fiji.movie.open import is_on_disk

    module = params.of_module(image)
    params.rois_of(image)
    channels = [module.channel] if module.channel else list(range(1, image.channels + 1))
    read: list[MovieParams] = [module.of_movie(channel) for channel in channels]
    planes = [movie_planes(image, one) for one in read]
    if all(is_on_disk(image, one) for one in read):
        return None
    return planes[0] if module.channel else Planes(planes[0].first, 1, sum(one.count for one in planes))


def _run(params: MeasureRoisParams, image: ImageInput | None, progress: Progress) -> Reply:
    from ivea_fiji.results.roi_writer import write_roi_traces
    from ivea_fiji.roi_traces import measure_rois

    if image is None:
        raise ParameterError("There is no image; open a movie first.")
    with result_folder(params.output_folder) as folder:
        result = measure_rois(image, params.rois_of(image), params.of_module(image), progress=progress)
        files = write_roi_traces(result, folder)
    name, count, samples = result.movie.name, len(result.regions), len(result.offset)
    return Reply(
        message=f"{name}: {count} {'ROI' if count == 1 else 'ROIs'} measured in {samples} frames.",
        notes=result.notes,
        folder=str(folder),
        temporary=not params.output_folder,
        tables=(
            Table("roi_table", f"{name} ROIs", str(files["roi_table"])),
            Table("roi_traces", f"{name} ROI traces", str(files["roi_traces"])),
            *(Table(kind, f"{name} {kind}", str(files[kind])) for kind in files if kind in _WIDE),
        ),
        pictures=(Picture(f"{name} ROI traces", str(files["roi_picture"])),) if params.picture else (),
        jump=Jump("roi_table", "peak_frame", "x_px", "y_px"),
    )


_WIDE = ("roi_raw", "roi_df", "roi_df_f0", "roi_normalised")

COMMAND = Command(
    "measure_rois",
    "Measure ROIs...",
    "Measure the intensity of ROIs over time: raw, F - F0, dF/F0 and normalised, in every channel.",
    MeasureRoisParams,
    image="movie",
    run=_run,
    plan=_plan,
    advanced_twin=True,
)
