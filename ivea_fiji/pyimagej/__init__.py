"""Detection from Python on images of an ImageJ that runs in the same process, as PyImageJ has it.

Python hosts Java here, so no second Python is started: the engine reads ImageJ's images where they are and hands back
ImageJ's own ROIs and tables.

>>> import imagej
>>> from ivea_fiji.pyimagej import detect_random_bursts
>>> ij = imagej.init()  # doctest: +SKIP
>>> found = detect_random_bursts(ij.io().open("movie.tif"), ij, confidence=0.9)  # doctest: +SKIP
>>> found.events.size(), found.rois[0].getName()  # doctest: +SKIP

`detect` does the same by the name of any module, such as 'stationary_bursts'.
"""

from ivea_fiji.pyimagej.detection import Detection, detect, detect_random_bursts
from ivea_fiji.pyimagej.gateway import start

__all__ = ["Detection", "detect", "detect_random_bursts", "start"]
