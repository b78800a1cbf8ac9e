"""Broken on purpose: its panel raises."""

from core.api import Manifest, hookimpl

MANIFEST = Manifest(
    name="bad_panel",
    label={"en": "Bad Panel", "zh": "坏模块"},
    summary={"en": "Broken on purpose", "zh": "有意弄坏的"},
    version="0.1.0",
)


@hookimpl
def record_panels(ctx, record):
    raise RuntimeError("the panel broke")
