"""Broken on purpose: it is made for a core that does not exist yet."""

from core.api import Manifest

MANIFEST = Manifest(
    name="for_later_core",
    label={"en": "For Later Core", "zh": "坏模块"},
    summary={"en": "Broken on purpose", "zh": "有意弄坏的"},
    version="0.1.0",
    core=">=7,<8",
)
