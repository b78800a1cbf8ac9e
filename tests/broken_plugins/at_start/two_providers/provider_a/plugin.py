"""Broken on purpose: both provide one capability."""

from core.api import Manifest

MANIFEST = Manifest(
    name="provider_a",
    label={"en": "Provider A", "zh": "坏模块"},
    summary={"en": "Broken on purpose", "zh": "有意弄坏的"},
    version="0.1.0",
    provides=("find_weather",),
)
