"""Puts the application together: discover → validate → register → seal. Blueprints are registered once, gated per
request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from flask import Flask
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from core import config, garbage, hooks, i18n, logs, plugins
from core import registry as registry_module
from core.registry import Registry

HERE = Path(__file__).parent


@garbage.loading()
def create_app(
    overrides: Mapping | None = None, *, without: Iterable[str] = (), registry: Registry | None = None
) -> Flask:
    """The whole application. ``overrides`` go over the configuration; ``without`` leaves plugins (and dependents) out.

    Raises ConfigurationError when something is wrong with the configuration or a plugin, saying what to change.
    """
    from core.web import gate

    logs.configure()
    if registry is None:
        registry = plugins.load(without)
    registry_module.set_current(registry)
    app = gate.SanbaoFlask(
        "core",
        template_folder=str(HERE / "web" / "templates"),
        static_folder=str(HERE / "web" / "static"),
        static_url_path="/static",
    )
    app.config.update(config.flask_config(overrides))
    app.extensions["sanbao"] = {
        "registry": registry,
        "needs": {},
        "admin_views": {},
        "blueprint_plugin": {},
        "menu": [],
        "second_factor": None,
        "ask_sign_in": lambda: app.login_manager.unauthorized(),  # type: ignore[attr-defined]
    }
    _set_up_core(app)
    _set_up_plugins(app, registry)
    gate.check_declared(app)
    return app


def _set_up_core(app: Flask) -> None:
    from core.admin import panels
    from core.auth import web as auth_web
    from core.web import (
        approval_pages,
        attachment_pages,
        audit,
        checklist_pages,
        database,
        document_pages,
        erasure,
        errors,
        files,
        gate,
        imports,
        indexing,
        mail_pages,
        merging,
        modules,
        profiles,
        refiling,
        rules,
        settings_pages,
        shell,
        tasks,
        template_pages,
        templating,
        views,
    )

    database.init_app(app)
    Babel(
        app,
        locale_selector=lambda: i18n.LOCALES[i18n.get_locale()],
        default_locale="zh_Hans_CN",
        default_timezone="UTC",
    )
    app.before_request(gate.before_request)  # before the check against forged forms, whose refusal is a page as well
    CSRFProtect(app)
    app.after_request(gate.security_headers)
    app.after_request(gate.log_request)
    indexing.init_app(app)
    templating.init_app(app)
    shell.init_app(app)
    errors.init_app(app)
    auth_web.init_app(app)
    pages = (
        views,
        modules,
        profiles,
        settings_pages,
        rules,
        audit,
        erasure,
        files,
        tasks,
        imports,
        attachment_pages,
        mail_pages,
        merging,
        refiling,
        template_pages,
    )
    for page in pages:
        app.register_blueprint(page.blueprint)
    approval_pages.init_app(app)
    attachment_pages.init_app(app)
    checklist_pages.init_app(app)
    document_pages.init_app(app)
    panels.init_app(app)
    served = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1) if app.config.get("TRUST_PROXY") else app.wsgi_app
    app.wsgi_app = gate.CompanyPrefix(served)  # type: ignore[method-assign]


def _set_up_plugins(app: Flask, registry: Registry) -> None:
    from core.admin import panels
    from core.web import lists

    state = app.extensions["sanbao"]
    for name, blueprint in hooks.declared(registry, "blueprints"):
        state["blueprint_plugin"][blueprint.name] = name
        app.register_blueprint(blueprint)
    lists.init_app(app, registry)
    for name, view in hooks.declared(registry, "admin_views"):
        panels.add_view(app, view, name)
    for name, item in hooks.declared(registry, "menu"):
        state["menu"].append((name, item))
