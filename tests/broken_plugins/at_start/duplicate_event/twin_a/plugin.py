"""Broken on purpose: two declare one event."""

from core.api import N_, EventKind, Manifest, hookimpl

MANIFEST = Manifest(
    name="twin_a",
    label={"en": "Twin A", "zh": "坏模块"},
    summary={"en": "Broken on purpose", "zh": "有意弄坏的"},
    version="0.1.0",
)


@hookimpl
def event_kinds():
    return [EventKind("twin.happened", N_("It happened"))]
