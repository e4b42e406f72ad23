"""Cameras of widefield movies: from photoelectrons to numbers."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ivea_fiji.progress import Progress, each


def draw_camera(rng: Generator) -> dict[str, float | str]:
    """Draw a camera; numbers in electrons where nothing else is said."""
    kind = str(rng.choice(["scmos", "ccd", "emccd"], p=[0.5, 0.15, 0.35]))
    bits = int(rng.choice([8, 12, 16], p=[0.15, 0.3, 0.55]))
    read = {"scmos": rng.uniform(0.8, 2.5), "ccd": rng.uniform(4, 12), "emccd": rng.uniform(0.1, 0.6)}[kind]
    binned = int(rng.choice([1, 2], p=[0.75, 0.25]))
    return {
        "camera": kind, "bits": bits, "binning": binned,
        # Pixels of an sCMOS are added up after they were read.
        "read_noise": float(read * (binned if kind == "scmos" else 1)),
        "counts_per_electron": float(np.exp(rng.uniform(np.log(0.2), np.log(8)))),
        "offset": float(rng.uniform(20, 400)),
        "column_noise": float(rng.choice([0, rng.uniform(0.05, 0.5)], p=[0.5, 0.5])),
        "row_flicker": float(rng.choice([0, rng.uniform(0.05, 0.6)], p=[0.8, 0.2])),
        "hot_share": float(10 ** rng.uniform(-5, -3)), "pixel_gain_sd": float(rng.uniform(0, 0.03)),
        "cosmic_hits": float(10 ** rng.uniform(-3, -1)),
    }  # fmt: skip


def expose(
    light: NDArray[np.float32], camera: dict, rng: Generator, progress: Progress | None
) -> tuple[NDArray[np.uint16], float]:
    """Return counts ``(t, y, x)``, and counts per photoelectron.

    Parameters
    ----------
    light
        Photoelectrons per pixel and frame ``(t, y, x)``; not changed.
    camera
        From `draw_camera`.
    rng
        Source of chance.
    progress
        Told how many frames are recorded, and asked whether to stop.
    """
    frames, height, width = light.shape
    kind, read = camera["camera"], camera["read_noise"]
    noise = np.full((height, width), read, np.float32)
    if kind == "scmos":  # every pixel has an amplifier of its own
        noise *= rng.gamma(6, 1 / 6, (height, width)).astype(np.float32)
    hot = rng.random((height, width)) < camera["hot_share"]
    noise[hot] *= 8
    offset = (camera["column_noise"] * read * rng.normal(size=(1, width))).astype(np.float32)
    offset = offset + np.where(hot, rng.uniform(5, 60), 0).astype(np.float32)
    sensitivity = rng.normal(1, camera["pixel_gain_sd"], (height, width)).astype(np.float32).clip(0.5)
    gain, base, largest = camera["counts_per_electron"], camera["offset"], 2 ** camera["bits"] - 1
    if camera["bits"] == 8:  # as a program saves it: from the darkest to the brightest, or with room above
        top = float(np.quantile(light[:: max(frames // 10, 1)], 0.9995)) * rng.uniform(1, 2.5)
        dark = float(light[0].min()) * rng.uniform(0, 0.9)
        gain = 240 / max(top - dark + 4 * read, 1)
        base = 8 + 3 * read * gain - dark * gain
    elif camera["bits"] == 12:
        gain = min(gain, 0.9 * (4095 - base) / max(float(light.max()), 1))
    else:
        gain = min(gain, 0.9 * (65535 - base) / max(float(light.max()), 1))
    out = np.empty(light.shape, np.uint16)
    for t in each(range(frames), progress, "recording frames"):
        electrons = rng.poisson(light[t] * sensitivity).astype(np.float32)
        if kind == "emccd":  # the register multiplies at random
            electrons = rng.standard_gamma(electrons + 1e-6, dtype=np.float32)
        if rng.random() < camera["cosmic_hits"]:
            y, x = int(rng.integers(height)), int(rng.integers(width))
            electrons[y : y + int(rng.integers(1, 3)), x : x + int(rng.integers(1, 3))] += 10 ** rng.uniform(1.3, 2.8)
        electrons += noise * rng.standard_normal((height, width), np.float32) + offset
        if camera["row_flicker"]:
            electrons += np.float32(camera["row_flicker"] * read) * rng.standard_normal((height, 1), np.float32)
        out[t] = np.clip(np.rint(electrons * np.float32(gain) + np.float32(base)), 0, largest)
    return out, float(gain)
