"""Broken on purpose: its handler raises until it is mended."""

from core.api import Handler, Manifest, hookimpl

MANIFEST = Manifest(
    name="bad_handler",
    label={"en": "Bad Handler", "zh": "坏模块"},
    summary={"en": "Broken on purpose", "zh": "有意弄坏的"},
    version="0.1.0",
)

MENDED = []
"""Not empty: it works again. A list, so that a test may mend it."""

DONE = []
"""The events that were handled."""


def _handle(ctx, event):
    if not MENDED:
        raise RuntimeError("the handler broke")
    DONE.append(event.id)


@hookimpl
def event_handlers():
    return [Handler("base.customer_added", "note", _handle)]
