"""What an event is, on courses of light whose answer is known by reason."""

from __future__ import annotations

import numpy as np
import pytest

from ivea_fiji.events.classes import FUSION, LATENT, NO_CLOUD
from ivea_fiji.simulation.definition import UNCLEAR, Course, Moment, agreed, moments

T0 = 60
TIME = np.arange(200)
AGE = np.maximum(TIME - T0, 0)
AFTER = TIME >= T0


def course(light: np.ndarray, width: np.ndarray | float = 1.5, y: np.ndarray | float = 20.0) -> Course:
    flat = np.ones(len(light))
    return Course(np.asarray(light, float), flat * width, flat * y, flat * 30.0)


def classes(made: Course) -> list[tuple[int, int]]:
    return [(m.frame, m.class_id) for m in moments(made)]


def box(first: int, last: int) -> np.ndarray:
    return ((TIME >= first) & (TIME <= last)).astype(float)


WIDENING = np.sqrt(1.5**2 + 0.8 * AGE)
EVENTS = {
    "a flash that fades within some frames": (course(AFTER * np.exp(-AGE / 5)), FUSION),
    "a flash whose cloud spreads and keeps its sum": (course(AFTER, WIDENING), FUSION),
    "a dim granule flashes": (course(np.where(AFTER, np.exp(-AGE / 5), 0.2)), FUSION),
    "a granule brightens by half and is lost": (course(np.where(AFTER, 1.5 * np.exp(-AGE / 4), 1.0)), FUSION),
    "a flash whose last part stays": (course(AFTER * (0.2 + 0.8 * np.exp(-AGE / 4))), FUSION),
    "light that appears and fades by half in 40 frames": (course(AFTER * 0.5 ** (AGE / 40)), LATENT),
    "light that appears and fades by half in 15 frames": (course(AFTER * 0.5 ** (AGE / 15)), LATENT),
}


@pytest.mark.parametrize("name", EVENTS)
def test_light_that_appears_is_an_event_if_it_is_lost_again(name: str) -> None:
    made, kind = EVENTS[name]
    assert classes(made) == [(T0, kind.id)]


def test_a_steady_spot_that_is_gone_at_once_is_a_fusion_without_cloud() -> None:
    assert classes(course(~AFTER)) == [(T0, NO_CLOUD.id)]
    half = np.where(TIME == T0, 0.5, ~AFTER)  # the shutter was open when it went
    assert classes(course(half)) == [(T0 + 1, NO_CLOUD.id)]


def test_a_steady_spot_that_widens_as_it_is_lost_is_a_fusion() -> None:
    light = np.where(AFTER, np.exp(-AGE / 3), 1.0)
    assert classes(course(light)) == []
    ((frame, kind),) = classes(course(light, WIDENING))
    assert kind == FUSION.id
    assert T0 < frame <= T0 + 4
    slow = np.where(AFTER, np.exp(-AGE / 12), 1.0)
    ((frame, kind),) = classes(course(slow, WIDENING))
    assert kind == FUSION.id
    assert T0 < frame <= T0 + 12


NOTHING = {
    "always there": np.ones(200),
    "never there": np.zeros(200),
    "on for 4 frames": box(T0, T0 + 3),
    "on for 30 frames": box(T0, T0 + 29),
    "on, its last frame half open": box(T0, T0 + 9) + 0.5 * box(T0 + 10, T0 + 10),
    "blinks quickly": box(60, 63) + box(70, 74) + box(80, 81) + box(90, 95),
    "blinks in flashes": sum((box(t, t) for t in range(20, 180, 20)), np.zeros(200)),
    "off for 20 frames": np.ones(200) - box(60, 79),
    "comes back to stay": box(0, 40) + box(60, 199),
    "fades slowly": np.exp(-TIME / 60),
    "a steady spot fades over 25 frames": np.clip(1 - AGE / 25, 0, 1),
    "arrives within 8 frames and stays": np.clip((TIME - T0) / 8, 0, 1),
    "comes up the field and stays": np.exp(-3 * np.clip(1 - (TIME - T0) / 20, 0, 3)),
    "arrives and leaves within 8 frames each": np.clip(np.minimum(TIME - T0, T0 + 40 - TIME) / 8, 0, 1),
    "swells and fades": np.exp(-(((TIME - T0) / 12) ** 2)),
}


@pytest.mark.parametrize("name", NOTHING)
def test_what_is_no_event(name: str) -> None:
    assert classes(course(NOTHING[name])) == []


def test_steps_of_bleaching_are_no_event() -> None:
    """Of four equal steps none is a loss of nearly everything but the last, and that repeats what was before."""
    assert classes(course(np.select([TIME < 40, TIME < 80, TIME < 120], [3.0, 2.0, 1.0], 0.0))) == []
    assert classes(course(np.where(TIME < 40, 1.0, 0.0))) == [(40, NO_CLOUD.id)]


def test_what_appears_and_wanders_is_no_event() -> None:
    away = 20 + 0.5 * AGE
    assert classes(course(AFTER, 1.5, away)) == []
    assert classes(course(AFTER * 0.5 ** (AGE / 40), 1.5, away)) == []
    assert classes(course(AFTER * 0.5 ** (AGE / 40), 1.5, 20.0)) != []


UNTOLD = {
    "appears and stays": 1.0 * AFTER,
    "one bright frame": box(T0, T0),
    "appears at the end": box(190, 199),
}


@pytest.mark.parametrize("name", UNTOLD)
def test_what_nobody_could_tell(name: str) -> None:
    ((frame, kind),) = classes(course(UNTOLD[name]))
    assert kind == UNCLEAR
    assert frame in (T0, 190)


def test_twice_is_unclear_and_more_often_is_none() -> None:
    flash = np.exp(-np.arange(30) / 4)
    light = np.zeros(200)
    light[60:90] = flash
    assert classes(course(light)) == [(60, FUSION.id)]
    light[110:140] = flash
    assert classes(course(light)) == [(60, UNCLEAR), (110, UNCLEAR)]
    light[150:180] = flash
    assert classes(course(light)) == []


def test_a_visit_longer_than_a_latent_fusion_is_unclear() -> None:
    assert classes(course(box(60, 119))) == [(60, UNCLEAR), (120, UNCLEAR)]


def test_drawn_and_shown_must_agree() -> None:
    flash = course(AFTER * np.exp(-AGE / 5))
    assert agreed(flash, [T0 - 1]) == [Moment(T0, FUSION.id)]
    assert agreed(flash, []) == [Moment(T0, UNCLEAR)]
    assert agreed(flash, [T0, 130]) == [Moment(T0, FUSION.id), Moment(130, UNCLEAR)]
    assert agreed(course(np.ones(200)), []) == []


def test_a_courses_unit_does_not_matter() -> None:
    for made, kind in EVENTS.values():
        scaled = Course(made.light * 1e4, made.width, made.y, made.x)
        assert classes(scaled) == [(T0, kind.id)]


def test_short_and_dark_courses() -> None:
    assert moments(course(np.ones(3))) == []
    assert moments(course(np.zeros(8))) == []
