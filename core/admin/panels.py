"""Flask-Admin in the application: one instance, our frame, each view noted with the plugin that it belongs to."""

from __future__ import annotations

from typing import Any

from flask import Flask, redirect, url_for
from flask_admin import Admin, BaseView, expose
from flask_admin.theme import Bootstrap4Theme

from core.errors import ConfigurationError
from core.web.gate import MEMBER, plugin_of

PREFIX = "/admin"


class StartPage(BaseView):
    """Flask-Admin wants a page of its own; ours is "My work"."""

    def needs_for(self, tail: str) -> str:
        """Every member may be sent on."""
        return MEMBER

    @expose("/")
    def index(self) -> Any:
        """To "My work"."""
        return redirect(url_for("web.home"))

    def _run_view(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        return fn(self, *args, **kwargs)


def init_app(app: Flask) -> None:
    """Set Flask-Admin up. Its menu isn't shown: ``core.web.shell`` makes ours from what the plugins declare."""
    start = StartPage(name="Start", endpoint="admin", url=PREFIX)
    theme = Bootstrap4Theme(base_template="sanbao/base.html", fluid=True)
    admin = Admin(app, name="Sanbao", url=PREFIX, index_view=start, theme=theme)
    app.extensions["sanbao"]["admin"] = admin
    app.extensions["sanbao"]["admin_views"][start.endpoint] = start


def add_view(app: Flask, view: BaseView, plugin: str) -> None:
    """Register a view for a plugin. The company gate asks it what each of its routes needs (``needs_for``)."""
    state = app.extensions["sanbao"]
    if not hasattr(view, "needs_for"):
        raise ConfigurationError(
            f"plugin {plugin!r}: the admin view {type(view).__name__} does not say what its routes need; "
            "derive it from core.web_api.CompanyModelView or give it needs_for(tail)"
        )
    if view.endpoint in app.blueprints:
        other = plugin_of(app, f"{view.endpoint}.index_view")
        raise ConfigurationError(
            f"plugin {plugin!r}: the admin endpoint {view.endpoint!r} is used by {other!r} already"
        )
    if not view.endpoint.startswith(f"{plugin}_"):
        raise ConfigurationError(
            f"plugin {plugin!r}: the admin endpoint {view.endpoint!r} must begin with {plugin + '_'!r}"
        )
    state["admin_views"][view.endpoint] = view
    state["blueprint_plugin"][view.endpoint] = plugin
    state["admin"].add_view(view)
