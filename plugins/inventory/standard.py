"""What every company begins with, as the module's file has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.api import read_data_file

_FILE = Path(__file__).parent / "data" / "standard.yaml"


def standard() -> dict[str, Any]:
    """Locations and units of measure, in both languages."""
    return read_data_file(_FILE)
