"""Broken on purpose: it requires circle_a, which requires it."""

from core.api import Manifest

MANIFEST = Manifest(
    name="circle_b",
    label={"en": "Circle B", "zh": "坏模块"},
    summary={"en": "Broken on purpose", "zh": "有意弄坏的"},
    version="0.1.0",
    requires=("circle_a",),
)
