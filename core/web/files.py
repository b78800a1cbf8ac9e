"""One route for every stored file: who may not see the record it hangs on is told that there is none."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, g, request, send_file

from core.files import find_file, path_of
from core.web.gate import MEMBER, needs

blueprint = Blueprint("files", __name__)

SHOWN_INLINE = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
"""What a browser may show in place instead of saving it: pictures, which can hold no script."""


def as_attachment(name: str) -> str:
    """The value of ``Content-Disposition`` under which a browser keeps a file; a header itself carries only Latin.

    ``as_attachment("坏行.csv")`` is ``attachment; filename="__.csv"; filename*=UTF-8''%E5%9D%8F%E8%A1%8C.csv``.
    """
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


@blueprint.get("/files/<int:file_id>")
@needs(MEMBER)
def content(file_id: int):
    """The content under its name, to be saved; with ``?show=1`` a picture is shown in place. Answers ranges."""
    file = find_file(g.ctx, file_id)
    inline = request.args.get("show") is not None and file.media_type in SHOWN_INLINE
    response = send_file(
        path_of(g.ctx, file),
        mimetype=file.media_type,
        as_attachment=not inline,
        download_name=file.name,
        etag=file.digest,
        conditional=True,
        max_age=0,
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-cache"
    return response
