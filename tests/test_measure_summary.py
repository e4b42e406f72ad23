from __future__ import annotations

import math

import numpy as np
import pytest
from measure_material import Blank

from ivea_fiji.events.classes import BY_ID
from ivea_fiji.events.model import Event, Kinetics
from ivea_fiji.measure import cumulative, summarise
from ivea_fiji.movie.movie import Movie


def movie(**values) -> Movie:
    """Return 600 frames of 10 x 20 px, 0.5 um and 0.1 s: one minute of 50 um2."""
    given = {"source": Blank((600, 10, 20)), "name": "cell", "pixel_size_um": 0.5, "frame_interval_s": 0.1}
    return Movie(**{**given, **values})


def event(frame: int, class_id: int = 0, class_name: str = "", **kinetics: float) -> Event:
    name = class_name or BY_ID[class_id].name
    return Event(1, class_id, name, 0.9, frame, 1.0, 1.0, 5.0, 5.0, 1.5, Kinetics(**kinetics))


def table(events: list[Event], of: Movie) -> dict[str, float | str]:
    rows = summarise(events, of)
    assert len({r.quantity for r in rows}) == len(rows)
    return {r.quantity: r.value for r in rows}


EVENTS = [
    event(300, rise=2, peak_df=10, fwhm_xy=4, diffusion=0.5, area=7),
    event(100, rise=4, peak_df=30),
    event(150, 1, peak_df=-50),
    event(500, 2, rise=9, peak_df=20),
]


def test_counts_and_rates() -> None:
    t = table(EVENTS, movie())
    names = ("events", "events_fusion", "events_fusion_without_cloud", "events_latent_fusion")
    assert [t[name] for name in names] == [4, 2, 1, 1]
    assert (t["duration"], t["cell_area_px2"], t["cell_area_um2"]) == pytest.approx((60, 200, 50))
    assert t["rate_per_min"] == pytest.approx(4)
    assert t["rate_per_min_fusion"] == pytest.approx(2)
    assert t["rate_per_um2_per_min"] == pytest.approx(0.08)
    assert t["rate_per_um2_per_min_latent_fusion"] == pytest.approx(0.02)
    assert t["rate_per_frame"] == pytest.approx(4 / 600)
    assert t["area_is_of"] == "whole image"


def test_times() -> None:
    t = table(EVENTS, movie())
    assert (t["first_event"], t["last_event"]) == pytest.approx((10, 50))
    assert t["median_time_between_events"] == pytest.approx(15)  # pauses of 5, 15 and 20 s


def test_rates_refer_to_the_mask() -> None:
    mask = np.zeros((10, 20), bool)
    mask[:, :5] = True
    t = table(EVENTS, movie(mask=mask))
    assert (t["cell_area_px2"], t["cell_area_um2"], t["area_is_of"]) == (50, 12.5, "cell mask")
    assert t["rate_per_um2_per_min"] == pytest.approx(0.32)


def test_kinetics_in_both_units() -> None:
    t = table(EVENTS, movie())
    assert [t[f"rise_frames_{s}"] for s in ("n", "mean", "sd", "median")] == pytest.approx([3, 5, math.sqrt(13), 4])
    assert [t[f"rise_s_{s}"] for s in ("n", "mean", "median")] == pytest.approx([3, 0.5, 0.4])
    assert (t["fwhm_xy_px_mean"], t["fwhm_xy_um_mean"]) == pytest.approx((4, 2))
    assert (t["diffusion_px2_frame_mean"], t["diffusion_um2_s_mean"]) == pytest.approx((0.5, 1.25))
    assert (t["area_counts_frames_mean"], t["area_counts_s_mean"]) == pytest.approx((7, 0.7))
    assert t["fwhm_xy_px_n"] == 1
    assert math.isnan(t["fwhm_xy_px_sd"])


def test_losses_stand_apart() -> None:
    t = table(EVENTS, movie())
    assert t["peak_df_mean"] == pytest.approx(20)
    assert t["fusion_without_cloud_peak_df_mean"] == -50
    assert "fusion_without_cloud_rise_frames_n" not in t


def test_reduced_movie_speaks_of_frames_of_the_file() -> None:
    """With every 5 frames of 0.1 s made one, an analysed frame lasts 0.5 s."""
    t = table(EVENTS, movie(frames_per_step=5, frame_interval_s=0.5))
    assert (t["frames"], t["frame_interval"], t["duration"]) == pytest.approx((3000, 0.1, 300))
    assert (t["rise_frames_mean"], t["rise_s_mean"]) == pytest.approx((25, 2.5))
    assert t["diffusion_px2_frame_mean"] == pytest.approx(0.1)
    assert t["diffusion_um2_s_mean"] == pytest.approx(0.25)
    assert t["first_event"] == pytest.approx(50)


def test_unknown_scales_are_empty() -> None:
    t = table(EVENTS, movie(pixel_size_um=None, frame_interval_s=None))
    unknown = ("duration", "cell_area_um2", "rate_per_min", "rate_per_um2_per_min", "first_event", "rise_s_mean",
               "fwhm_xy_um_mean", "diffusion_um2_s_mean", "pixel_size", "frame_interval")  # fmt: skip
    assert all(math.isnan(t[name]) for name in unknown)
    assert t["rise_s_n"] == 0
    assert t["rise_frames_mean"] == 5
    assert t["rate_per_frame"] > 0
    only_space = table(EVENTS, movie(frame_interval_s=None))
    assert only_space["cell_area_um2"] == 50
    assert math.isnan(only_space["rate_per_um2_per_min"])


def test_no_events_and_an_empty_mask() -> None:
    t = table([], movie(mask=np.zeros((10, 20), bool)))
    assert (t["events"], t["rate_per_min"], t["rise_frames_n"]) == (0, 0, 0)
    assert math.isnan(t["rate_per_um2_per_min"])
    assert math.isnan(t["first_event"])
    assert math.isnan(t["rise_frames_mean"])


def test_rows_are_the_same_for_every_movie_but_for_new_classes() -> None:
    plain = [r.quantity for r in summarise([], movie())]
    assert [r.quantity for r in summarise(EVENTS, movie(pixel_size_um=None))] == plain
    more = {r.quantity for r in summarise([event(5, 3, "burst")], movie())} - set(plain)
    assert more == {"events_burst", "rate_per_min_burst", "rate_per_um2_per_min_burst"}


def test_cumulative() -> None:
    time, count = cumulative(EVENTS, movie())
    assert time.tolist() == pytest.approx([0, 10, 15, 30, 50, 60])
    assert count.tolist() == [0, 1, 2, 3, 4, 4]
    time, count = cumulative([], movie(frame_interval_s=None, frames_per_step=2))
    assert (time.tolist(), count.tolist()) == ([0, 1200], [0, 0])


def test_how_strange_the_movie_is_is_told() -> None:
    told = {r.quantity: r.value for r in summarise(EVENTS, movie(), 0.4)}
    assert told["strange_share"] == 0.4
    assert math.isnan({r.quantity: r.value for r in summarise(EVENTS, movie())}["strange_share"])
