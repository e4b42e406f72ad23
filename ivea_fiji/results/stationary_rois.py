"""ImageJ ROIs of stationary bursts: one per activation on the frame of its peak, and one per synapse on all frames.

The name of an activation follows the original program: ``<n>-event {<synapse>} | frame <F>-Stim <s>, <class>``, with
``Stim 0`` for what is synchronous with no stimulus. Its colour is that of its class; its group is that of its class
too, and `SYNCHRONOUS` more if it is synchronous. Properties hold class, probability, synapse, stimulus and latency.
"""

from __future__ import annotations

import math

from ivea_fiji.events.classes import BY_ID
from ivea_fiji.results.palette import class_group
from ivea_fiji.results.rois import UNDECIDED, Mark
from ivea_fiji.results.stationary_columns import EventRow, SiteRow
from ivea_fiji.synapses.model import StationaryResult, SynapticEvent

SYNCHRONOUS = 100
"""What the ROI group of a synchronous event is above that of another one of its class."""
EVOKED, SPONTANEOUS, SILENT = 1, 2, 3
"""ROI groups of synapses: active with a stimulus, active without one only, bright with NH4+ only."""


def activation_marks(result: StationaryResult) -> list[Mark]:
    """Return one mark per event, where and when the file shows its peak."""
    return [_mark(event, result) for event in result.events]


def _mark(event: SynapticEvent, result: StationaryResult) -> Mark:
    row = EventRow(event, result)
    name = f"{event.event}-event {{{event.site}}} | frame {row.frame}-Stim {event.stimulus}, {event.class_name}"
    more = {"site": str(event.site), "activation": str(event.activation), "stimulus": str(event.stimulus)}
    if math.isfinite(event.latency):
        more["latency_frames"] = f"{row.latency:.0f}"
    return Mark(
        name, row.frame, row.y, row.x, float(result.params.search_radius), event.class_id, event.class_name,
        event.probability, event.event, group=class_group(event.class_id) + (SYNCHRONOUS if event.stimulus else 0),
        more=tuple(more.items()),
    )  # fmt: skip


def site_marks(result: StationaryResult) -> list[Mark]:
    """Return one mark per synapse, tied to no frame."""
    marks = []
    for site in result.sites:
        row = SiteRow(site, result)
        group = EVOKED if site.synchronous else SPONTANEOUS if row.events else SILENT
        number = len(row.events)
        marks.append(
            Mark(
                f"synapse {site.site} | {number} activation{'' if number == 1 else 's'}", 0, site.y, site.x,
                float(result.params.search_radius), group=group,
                more=(("site", str(site.site)), ("activations", str(number)), ("synchronous", str(site.synchronous))),
            )
        )  # fmt: skip
    return marks


def labelling_marks(result: StationaryResult) -> list[Mark]:
    """Return marks of all candidates at the first frame of their rise, for labelling: events first, then the rejected.

    A rejected candidate that looked like an activation but stayed below the threshold, or repeats another one, has the
    class `UNDECIDED`, so that nothing is taught by accident.
    """
    movie, radius = result.movie, float(result.params.search_radius)
    rows = [(e.onset, e.y, e.x, e.class_id, e.probability) for e in result.events]
    for r in result.rejected:
        unsure = r.class_id >= 0 and r.reason in ("below threshold", "repeat")
        rows.append((r.frame, r.y, r.x, UNDECIDED if unsure else r.class_id, r.probability))
    marks = []
    for n, (t, y, x, class_id, probability) in enumerate(rows, 1):
        y_file, x_file = result.in_file(t, y, x)
        frame, name = movie.file_frame(t), BY_ID[class_id].name if class_id in BY_ID else "undecided"
        marks.append(
            Mark(
                f"{n}-event {{{n}}} | frame {frame}_class_{class_id}", frame, y_file, x_file, radius,
                class_id, name, probability, n,
            )
        )  # fmt: skip
    return marks
