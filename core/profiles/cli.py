"""``sanbao profile``: list, diff, apply, export."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from core.errors import DomainError
from core.i18n import _, label


def make_profile_command(company_context: Callable[[str], Any]) -> click.Group:
    """The command group; ``company_context(code)`` opens the circumstances of a company."""

    @click.group()
    def profile() -> None:
        """Industry profiles: a folder of data that sets a company up."""

    @profile.command("list")
    def list_profiles() -> None:
        """The profiles that can be used here."""
        from core import plugins
        from core.profiles.folder import available

        for found in available(plugins.load()):
            click.echo(f"{found.name:20} {found.version:8} {label(found.label)}")

    @profile.command()
    @click.argument("name")
    @click.option("--company", "code", required=True)
    def diff(name: str, code: str) -> None:
        """What applying a profile (a name, or a folder) would do. Exit status 1: there are conflicts."""
        from core.profiles import find_profile, plan

        with _told(), company_context(code) as ctx:
            steps = plan(ctx, find_profile(name, ctx.registry))
            _print(steps)
            sys.exit(1 if any(step.state == "conflict" for step in steps) else 0)

    @profile.command()
    @click.argument("name")
    @click.option("--company", "code", required=True)
    @click.option("--take", multiple=True, help="Decide a conflict for the profile: tables/NAME (repeatable).")
    def apply(name: str, code: str, take: tuple[str, ...]) -> None:
        """Apply a profile (a name, or a folder). The company's own changes are kept."""
        from core.profiles import apply_profile, find_profile

        with _told(), company_context(code) as ctx:
            outcome = apply_profile(ctx, find_profile(name, ctx.registry), take=take)
            _print(outcome.steps)
            click.echo(_("{n} things added or changed.", n=outcome.changed))

    @profile.command()
    @click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
    @click.option("--company", "code", required=True)
    @click.option("--name", default="", help="Name of the profile (default: the company's code).")
    def export(folder: Path, code: str, name: str) -> None:
        """Write a company's set-up as a profile's folder."""
        from core.profiles import export_profile

        with _told(), company_context(code) as ctx:
            for file in export_profile(ctx, folder, name=name):
                click.echo(str(file))

    return profile


@contextmanager
def _told() -> Iterator[None]:
    """Errors of the domain are told in a line, with exit status 2."""
    try:
        yield
    except DomainError as error:
        click.echo(f"sanbao profile: {error.message}", err=True)
        sys.exit(2)


def _print(steps) -> None:
    signs = {"add": "+", "change": "~", "same": "=", "kept": ".", "conflict": "!"}
    for step in steps:
        if step.state != "same":
            click.echo(f"{signs[step.state]} {step.key}  {step.title if step.title != step.code else ''}".rstrip())
    counts = {state: sum(s.state == state for s in steps) for state in signs}
    click.echo(
        _(
            "{add} to add, {change} to change, {same} as they are, {kept} kept as the company changed them, "
            "{conflict} in conflict.",
            **counts,
        )
    )
