"""Broken on purpose: it implements a hook that does not exist."""

from core.api import Manifest, hookimpl

MANIFEST = Manifest(
    name="misspells",
    label={"en": "Misspells", "zh": "坏模块"},
    summary={"en": "Broken on purpose", "zh": "有意弄坏的"},
    version="0.1.0",
)


@hookimpl
def record_panel(ctx, record):
    return []
