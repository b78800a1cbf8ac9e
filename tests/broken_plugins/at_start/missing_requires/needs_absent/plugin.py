"""Broken on purpose: it requires what is not installed."""

from core.api import Manifest

MANIFEST = Manifest(
    name="needs_absent",
    label={"en": "Needs Absent", "zh": "坏模块"},
    summary={"en": "Broken on purpose", "zh": "有意弄坏的"},
    version="0.1.0",
    requires=("not_installed",),
)
