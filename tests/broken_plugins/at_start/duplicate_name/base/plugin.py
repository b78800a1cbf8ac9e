"""Broken on purpose: it calls itself as a plugin that is there already."""

from core.api import Manifest

MANIFEST = Manifest(
    name="base",
    label={"en": "Base", "zh": "坏模块"},
    summary={"en": "Broken on purpose", "zh": "有意弄坏的"},
    version="0.1.0",
)
