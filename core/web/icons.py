"""Line icons as inline SVG, taken from the package that carries them; no icon font, no copied sprite."""

from __future__ import annotations

import re
from functools import cache

from flask import current_app, has_app_context
from markupsafe import Markup, escape

FALLBACK = "circle"
"""Drawn in production for a name that the icon package does not know, so that a page never fails for an icon."""


class UnknownIcon(LookupError):
    """The icon package has no icon of this name."""


@cache
def _paths(name: str) -> str:
    """What stands inside the icon's ``<svg>``."""
    import lucide  # opens a zip: only once an icon is really drawn

    try:
        svg = lucide._render_icon(name, None)
    except lucide.IconDoesNotExist as error:
        raise UnknownIcon(f"no icon is called {name!r}") from error
    return re.sub(r"\s*\n\s*", "", re.sub(r"^.*?<svg[^>]*>|</svg>\s*$", "", svg, flags=re.S))


def is_known(name: str) -> bool:
    """Whether the icon package has an icon of this name."""
    try:
        return bool(_paths(name))
    except UnknownIcon:
        return False


def icon(name: str, cls: str = "", label: str | None = None) -> Markup:
    """The icon as SVG that takes the colour of its text.

    Without ``label`` it is decoration and hidden from screen readers; with one it is an image of that name.
    ``cls`` adds classes, e.g. ``i-14`` … ``i-40`` for the size in pixels. An unknown name raises ``UnknownIcon``
    while developing and testing, and draws ``FALLBACK`` in production.
    """
    try:
        inner = _paths(name)
    except UnknownIcon:
        if not has_app_context() or current_app.testing or current_app.debug:
            raise
        current_app.logger.warning("unknown icon %r", name)
        inner = _paths(FALLBACK)
    role = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    classes = f"i {cls}".strip()
    return Markup(f'<svg class="{escape(classes)}" viewBox="0 0 24 24" {role} focusable="false">{inner}</svg>')
