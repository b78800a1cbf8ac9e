"""Not broken at all: it must not suffer from the others."""

from core.api import Gate, Handler, Hit, Manifest, hookimpl

MANIFEST = Manifest(
    name="good_neighbour",
    label={"en": "Good Neighbour", "zh": "好邻居"},
    summary={"en": "A good neighbour", "zh": "并没有坏"},
    version="0.1.0",
)

DONE = []
"""The events that were handled."""


@hookimpl
def event_handlers():
    return [Handler("base.customer_added", "note", lambda ctx, event: DONE.append(event.id))]


@hookimpl
def search(ctx, query):
    return [Hit("found by the neighbour", "/somewhere", "Thing")]


@hookimpl
def check_transition(ctx, record, transition):
    return [Gate("good_neighbour.fine", "all is well here", open=False)]
