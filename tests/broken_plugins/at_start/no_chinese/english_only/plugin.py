"""Broken on purpose: it has no Chinese name."""

from core.api import Manifest

MANIFEST = Manifest(
    name="english_only",
    label={"en": "English only"},
    summary={"en": "Broken on purpose", "zh": "有意弄坏的"},
    version="0.1.0",
)
