"""Answers to what comes from phones: by the script as JSON, by a plain form with a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import jsonify, redirect, render_template, request

from core.api import Ctx, DomainError, Invalid, _
from core.web_api import flash_error
from plugins.service.queries import visits as queries
from plugins.service.services.photos import PHOTOGRAPH


def answer(
    ctx: Ctx,
    act: Callable[[], str],
    failed: Callable[[DomainError], Any],
    version: Callable[[], int] | None = None,
):
    """Carry out and lead on; the script is answered as JSON, a plain form with a page. ``failed`` makes that page."""
    try:
        url = act()
    except DomainError as error:
        if error.status in (403, 404):
            raise
        ctx.session.expire_all()
        if by_script():
            told = {"error": error.message, "field": error.field or "", **error.details}
            if error.code == "stale":  # shown what is wrong, who sends again means it
                told["version"] = str(version() if version else "")
            return jsonify(told), error.status
        return failed(error)
    return jsonify({"next": url}) if by_script() else redirect(url)


def by_script() -> bool:
    """Whether the script of the page asks, which wants JSON."""
    return request.headers.get("X-Requested-With") == "fetch"


def key() -> str:
    """The key of what was sent."""
    return request.form.get("once", "").strip()


def photo_list(ctx: Ctx, record: Any) -> list[Any] | None:
    """The photos of a visit or round; None for who may not add any."""
    return queries.photos_of(ctx, record) if ctx.can(PHOTOGRAPH) else None


def keep_photos(ctx: Ctx, keep: Callable[[str, bytes, str], Any], url: str):
    """Keep the photo that was sent; the script is answered with the list of all."""
    sent = request.files.get("photo")
    try:
        if sent is None or not sent.filename:
            raise Invalid("no_photo", _("Choose a photo."), "photo")
        record = keep(sent.filename, sent.read(), key())
    except DomainError as error:
        if error.status in (403, 404):
            raise
        if by_script():
            return jsonify({"error": error.message}), error.status
        flash_error(error)
        return redirect(url)
    if by_script():
        return jsonify({"html": render_template("service/_photos.html", found=queries.photos_of(ctx, record))})
    return redirect(url)
