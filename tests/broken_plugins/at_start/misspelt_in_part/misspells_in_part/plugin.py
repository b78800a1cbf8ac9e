"""Broken on purpose: a part of it implements a hook that does not exist."""

from core.api import Manifest
from misspells_in_part import desk

MANIFEST = Manifest(
    name="misspells_in_part",
    label={"en": "Misspells in a part", "zh": "坏模块"},
    summary={"en": "Broken on purpose", "zh": "有意弄坏的"},
    version="0.1.0",
    parts=(desk,),
)
