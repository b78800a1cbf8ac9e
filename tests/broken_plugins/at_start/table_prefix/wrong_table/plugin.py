"""Broken on purpose: its table does not carry its name."""

from core.api import Manifest

MANIFEST = Manifest(
    name="wrong_table",
    label={"en": "Wrong Table", "zh": "坏模块"},
    summary={"en": "Broken on purpose", "zh": "有意弄坏的"},
    version="0.1.0",
)

from wrong_table import models  # noqa: E402, F401
