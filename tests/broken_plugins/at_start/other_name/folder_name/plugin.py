"""Broken on purpose: it calls itself otherwise than its folder."""

from core.api import Manifest

MANIFEST = Manifest(
    name="another_name",
    label={"en": "Folder Name", "zh": "坏模块"},
    summary={"en": "Broken on purpose", "zh": "有意弄坏的"},
    version="0.1.0",
)
