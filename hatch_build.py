"""Packs the Fiji part into the wheel, if Maven has built its jars."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FijiPart(BuildHookInterface):
    """Adds ``_fiji/jars`` and ``_fiji/scripts`` to the package where `ivea_fiji.fiji.parts` looks for them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files; an editable installation takes them from the source tree instead."""
        if version == "editable":
            return
        root = Path(self.root)
        built = self.metadata.version
        jars = [root / "java-shim" / "target" / f"{name}-{built}.jar" for name in ("ivea-fiji", "IVEA_ImageJ")]
        if not all(jar.is_file() for jar in jars):
            self.app.display_warning("The Java part is not built: mvn -f java-shim/pom.xml package")
            return
        packed = {str(jar): f"ivea_fiji/_fiji/jars/{jar.name}" for jar in jars}
        packed[str(root / "fiji-scripts")] = "ivea_fiji/_fiji/scripts"
        build_data["force_include"].update(packed)
