"""Style sheets, scripts and the third-party files of Flask-Admin, below one address per release.

``/static/v<digest>/css/base.css``: the digest covers every file, so browsers may keep each for a year, an upgrade
changes all addresses at once, and relative imports between files stay within one release. The addresses carry no
company: several companies share one copy.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

from flask import Flask, current_app, send_from_directory

FOLDER = Path(__file__).parent / "static"
STYLES = (
    "tokens", "base", "components", "tables", "forms", "lists", "record", "pages", "charts", "rules", "shell", "touch",
    "phone",
)
"""The sheets of every page, in their order; ``admin`` and ``vendor`` come with Flask-Admin's list and form pages."""

_YEAR = 365 * 24 * 3600


def vendor_folder() -> Path:
    """Where the installed Flask-Admin keeps its static files."""
    import flask_admin

    return Path(flask_admin.__file__).parent / "static"


def digest(folder: Path = FOLDER) -> str:
    """Ten letters that change with any of our files and with Flask-Admin's version."""
    total = hashlib.sha256(version("flask-admin").encode())
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        total.update(path.relative_to(folder).as_posix().encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:10]


def asset(filename: str) -> str:
    """The address of one of our files: ``asset("css/base.css")``."""
    return f"{current_app.extensions['sanbao_assets']}/{filename}"


def vendor(filename: str) -> str:
    """The address of one of Flask-Admin's own static files: ``vendor("vendor/jquery.min.js")``."""
    return asset(f"vendor/{filename}")


def serve(release: str, filename: str):
    """One file; ``release`` only makes the address new, an old page's address still finds today's file."""
    if filename.startswith("vendor/"):
        folder, filename = vendor_folder(), filename.removeprefix("vendor/")
    else:
        folder = FOLDER
    response = send_from_directory(folder, filename, max_age=_YEAR)
    if current_app.debug or release != current_app.extensions["sanbao_assets"].rsplit("/v", 1)[-1]:
        response.cache_control.max_age = 0
    else:
        response.cache_control.immutable = True
    return response


serve.sanbao_needs = "public"  # type: ignore[attr-defined]  # read by the company gate: files belong to no company


def init_assets(app: Flask, root: str = "") -> None:
    """Serve the files and tell templates their addresses. ``root`` is the path below which the product is reached."""
    base = f"{root.rstrip('/')}/static"
    app.extensions["sanbao_assets"] = f"{base}/v{digest()}"
    app.add_url_rule("/static/v<release>/<path:filename>", "assets", serve)
    app.jinja_env.globals.update(asset=asset, vendor=vendor, STYLES=STYLES)
