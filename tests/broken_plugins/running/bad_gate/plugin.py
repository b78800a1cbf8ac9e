"""Broken on purpose: its condition raises, for one transition."""

from core.api import Manifest, hookimpl

MANIFEST = Manifest(
    name="bad_gate",
    label={"en": "Bad Gate", "zh": "坏模块"},
    summary={"en": "Broken on purpose", "zh": "有意弄坏的"},
    version="0.1.0",
)


@hookimpl
def check_transition(ctx, record, transition):
    if transition == "finish":
        raise RuntimeError("the gate broke")
    return []
