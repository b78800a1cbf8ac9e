"""The command ``sanbao``: everything an administrator does outside the pages. Each command imports only what it
needs.
"""

from __future__ import annotations

import os
import sys

import click

from core import garbage
from core.audit_cli import audit as audit_command
from core.backup.cli import backup, restore, verify
from core.calendars.cli import calendar as calendar_command
from core.commanding import company_context, installation
from core.decisions.cli import make_decide_command
from core.errors import ConfigurationError, DomainError
from core.profiles.cli import make_profile_command

WITHOUT = click.option(
    "--without", multiple=True, metavar="NAME", help="Start without this plugin and what depends on it (repeatable)."
)


class Sanbao(click.Group):
    """Turns errors that a person can act on into one line and exit status 2, and mounts the plugins' commands."""

    def invoke(self, context):
        try:
            return super().invoke(context)
        except (ConfigurationError, DomainError) as error:
            click.echo(f"sanbao: {error}", err=True)
            sys.exit(2)

    def get_command(self, context, name):
        """Our own commands, then those of plugins: ``sanbao <plugin> <command>``."""
        return super().get_command(context, name) or self._of_plugin(name)

    @staticmethod
    def _of_plugin(name: str) -> click.Command | None:
        from core import hooks, plugins

        registry = plugins.load()
        commands = [command for plugin, command in hooks.declared(registry, "commands") if plugin == name]
        return click.Group(name, commands=commands) if commands else None


@click.group(cls=Sanbao)
@click.version_option(package_name="sanbao")
def main() -> None:
    """Sanbao 三包: after-sales service of several companies."""
    garbage.seldom()


# --- companies, people, modules -------------------------------------------------------------------------------------


@main.group()
def company() -> None:
    """Companies of this installation."""


@company.command("create")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--timezone", default="Asia/Shanghai", show_default=True)
@click.option("--currency", default="CNY", show_default=True)
@click.option("--locale", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option("--region", default="CN", show_default=True, help="Country of phone numbers and public holidays.")
@click.option("--profile", default="", help="Industry profile to set it up with: a name, or a folder.")
def company_create(code: str, **values) -> None:
    """Create a company with its default roles and calendars, set up by an industry profile if one is named."""
    from core.companies.services import create_company
    from core.db import open_session, transaction
    from core.profiles import apply_profile, find_profile
    from core.worker import company_ctx, utcnow

    wanted = values.pop("profile")
    with installation() as (engine, registry), open_session(engine) as session, transaction(session):
        profile = find_profile(wanted, registry) if wanted else None
        ctx = create_company(
            lambda company_id: company_ctx(session, company_id, registry), session, code=code, now=utcnow(), **values
        )
        if profile is not None:
            apply_profile(ctx, profile)
    click.echo(f"Company {code} is there: /c/{code}/")


@company.command("list")
def company_list() -> None:
    """All companies."""
    import sqlalchemy as sa

    from core.companies.models import Company
    from core.db import system_session

    with installation() as (engine, _registry), system_session(engine, "command line: list companies") as session:
        for row in session.scalars(sa.select(Company).order_by(Company.code)):
            click.echo(f"{row.code}\t{row.name}\t{row.timezone}\t{row.currency}\t{'' if row.active else 'inactive'}")


@company.command("update")
def company_update() -> None:
    """Give every company what a newer version ships: rule tables, checklists, new rights of roles."""
    _bring_up_to_date()


def _bring_up_to_date(loaded=None) -> None:
    from core.companies.upkeep import bring_all_up_to_date

    with installation(loaded=loaded) as (engine, registry):
        for code, modules in bring_all_up_to_date(engine, registry).items():
            click.echo(f"Company {code} brought up to date: {', '.join(modules)}")


@main.group()
def user() -> None:
    """Accounts."""


@user.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--locale", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option("--installation-admin", is_flag=True, help="May create companies.")
@click.option("--company", "company_code", help="Also let this person work in a company …")
@click.option("--role", "roles", multiple=True, help="… in this role (repeatable).")
@click.option("--password", help="Otherwise one is made up and shown once.")
def user_create(
    email: str,
    name: str,
    locale: str,
    installation_admin: bool,
    company_code: str | None,
    roles: tuple[str, ...],
    password: str | None,
) -> None:
    """Create an account, and optionally a membership in a company."""
    import secrets

    from core.auth.services import create_user
    from core.companies.services import save_membership
    from core.db import open_session, transaction

    given = password or secrets.token_urlsafe(12)
    with installation() as (engine, _registry), open_session(engine) as session, transaction(session):
        account = create_user(
            session, email=email, name=name, password=given, locale=locale, installation_admin=installation_admin
        )
        user_id = account.id
    if company_code:
        with company_context(company_code) as ctx:
            save_membership(ctx, user_id, roles)
    click.echo(f"{email} is there." + ("" if password else f" Password, shown once: {given}"))


@user.command("reset-second-factor")
@click.argument("email")
def user_reset_second_factor(email: str) -> None:
    """Let an account sign in by password alone again: for the administrator whose phone and codes are lost."""
    from core.auth.services import drop_second_factor, find_user
    from core.db import open_session, transaction
    from core.errors import NotFound
    from core.i18n import _

    with installation() as (engine, _registry), open_session(engine) as session, transaction(session):
        account = find_user(session, email)
        if account is None:
            raise NotFound("unknown_person", _("There is no such account."))
        drop_second_factor(account)
    click.echo(f"{email} signs in by password alone now.")


@main.group()
def module() -> None:
    """Modules of a company."""


@module.command("list")
@click.option("--company", "code", required=True)
def module_list(code: str) -> None:
    """Which modules are on for a company."""
    with company_context(code) as ctx:
        for plugin in ctx.registry.plugins.values():
            state = "always" if plugin.manifest.always_on else "on" if plugin.name in ctx.enabled else "off"
            click.echo(f"{plugin.name}\t{plugin.manifest.version}\t{state}\t{ctx.registry.plugin_label(plugin.name)}")


@module.command("on")
@click.argument("name")
@click.option("--company", "code", required=True)
def module_on(name: str, code: str) -> None:
    """Switch a module on, with what it requires."""
    from core.companies.switch import switch_on

    with company_context(code) as ctx:
        switched = switch_on(ctx, name)
        click.echo(f"Switched on: {', '.join(switched) or 'nothing, it was on already'}")


@module.command("off")
@click.argument("name")
@click.option("--company", "code", required=True)
def module_off(name: str, code: str) -> None:
    """Switch a module off; its data stays."""
    from core.companies.switch import switch_off

    with company_context(code) as ctx:
        switch_off(ctx, name)
        click.echo(f"Switched off: {name}")


# --- rules, calendars, imports --------------------------------------------------------------------------------------


def _company_table(code: str, name: str):
    """For ``sanbao decide --company``: picks the version in force for each case's facts; the table too, where a table
    of choice says which one of its kind decides.
    """
    import datetime as dt

    from core.decisions.compiled import facts_from_json
    from core.decisions.kinds import choose_table
    from core.decisions.store import compiled_version, declared_table, version_in_force

    manager = company_context(code)
    ctx = manager.__enter__()
    click.get_current_context().call_on_close(lambda: manager.__exit__(None, None, None))

    definition = ctx.registry.tables.get(name)
    columns = declared_table(ctx, name) if definition is not None and definition.chosen_by else None

    def table_for(facts):
        chosen = choose_table(ctx, name, facts_from_json(columns, facts))[0] if columns is not None else name
        newest = compiled_version(ctx, version_in_force(ctx, chosen, ctx.today).id)
        on = facts.get(newest.table.as_of)
        try:
            day = dt.date.fromisoformat(on) if isinstance(on, str) else ctx.today
        except ValueError:
            day = ctx.today
        return compiled_version(ctx, version_in_force(ctx, chosen, day).id)

    version_in_force(ctx, name, ctx.today)
    return table_for


main.add_command(make_decide_command(_company_table))
main.add_command(calendar_command)
main.add_command(audit_command)
main.add_command(make_profile_command(company_context))
main.add_command(backup)
main.add_command(restore)
main.add_command(verify)


@main.command(
    "import", context_settings={"ignore_unknown_options": True, "allow_extra_args": True}, add_help_option=False
)
@click.pass_context
def import_(context: click.Context) -> None:
    """Import records from a file: sanbao import complaints FILE --company C --mapping MAP.yaml"""
    from core.transfer import import_command

    sys.exit(import_command.main(args=context.args, prog_name="sanbao import", standalone_mode=False) or 0)


@main.group()
def search() -> None:
    """The index that the search box reads."""


@search.command("rebuild")
@click.option("--company", "code", required=True)
def search_rebuild(code: str) -> None:
    """Have the worker index every record of a company anew."""
    from core.search import mark_everything

    with company_context(code) as ctx:
        kinds = mark_everything(ctx)
    click.echo(f"{kinds} kinds of records will be indexed by the worker.")


# --- running --------------------------------------------------------------------------------------------------------


@main.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
@WITHOUT
def db_upgrade(without: tuple[str, ...]) -> None:
    """Bring the tables of the core and all plugins up to date."""
    from core import config, migrate, plugins

    registry = plugins.load(without)
    moved = migrate.upgrade(config.database_url(), registry)
    click.echo("Up to date." if not moved else f"Upgraded: {', '.join(moved)}")
    _bring_up_to_date(registry)


@db.command("revision")
@click.argument("name")
@click.option("-m", "--message", required=True)
@click.option("--initial", is_flag=True, help="Write 0001 anew; only before the first release.")
def db_revision(name: str, message: str, initial: bool) -> None:
    """Write a migration of one plugin from its models (for developers)."""
    from core import migrate, plugins

    click.echo(str(migrate.write_migration(plugins.load(), name, message, initial=initial)))


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, envvar="PORT", show_default=True)
@click.option("--web-workers", default=2, show_default=True)
@click.option("--threads", default=4, show_default=True)
@click.option("--no-worker", is_flag=True, help="Web only; run `sanbao worker` elsewhere.")
@WITHOUT
def serve(host: str, port: int, web_workers: int, threads: int, no_worker: bool, without: tuple[str, ...]) -> None:
    """Serve the product: web and worker together; if one of them dies, both stop."""
    from core.supervise import run

    sys.exit(run(host=host, port=port, web_workers=web_workers, threads=threads, worker=not no_worker, without=without))


@main.command()
@WITHOUT
def worker(without: tuple[str, ...]) -> None:
    """Carry out deliveries, clocks and jobs until stopped."""
    from core.worker import main as work

    work(without)


@main.command()
@WITHOUT
def check(without: tuple[str, ...]) -> None:
    """Look whether this installation can start: configuration, plugins, migrations, workflows, tables."""
    from core.checks import problems

    found = problems(without)
    for text in found:
        click.echo(f"- {text}", err=True)
    click.echo("All is well." if not found else f"{len(found)} problems.")
    sys.exit(1 if found else 0)


@main.command()
@click.option("--reset", is_flag=True, help="Throw the demonstration's data away and start anew.")
@click.option("--port", default=8000, envvar="PORT", show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--fill-only", is_flag=True, help="Make the data, print the accounts, don't serve.")
@click.option("--small", is_flag=True, help="Make a quarter of the records only: it starts sooner.")
@WITHOUT
def demo(reset: bool, port: int, host: str, fill_only: bool, small: bool, without: tuple[str, ...]) -> None:
    """Three companies of generated data, then web and worker; prints where and as whom to sign in."""
    from core.demo import prepare
    from core.demo_share import SMALL, demo_share

    with demo_share(SMALL if small else 1):
        prepare(reset=reset, address=None if fill_only else f"http://{host}:{port}/", without=without)
    if not fill_only:
        from core.supervise import run

        os.environ.setdefault("SANBAO_LOG_LEVEL", "WARNING")  # so that the accounts stay on the screen
        sys.exit(run(host=host, port=port, web_workers=2, threads=4, worker=True, without=without))
