"""The commands ``sanbao audit …``: seal, write the heads, verify the chain."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import click


@click.group("audit")
def audit() -> None:
    """The audit trail: seal it, write the ends of the chains, verify it."""


ONE = click.option("--company", "code", help="Only this company; otherwise all of them.")


def _codes(code: str | None) -> list[str]:
    import sqlalchemy as sa

    from core.cli import installation
    from core.companies.models import Company
    from core.db import system_session

    if code:
        return [code]
    with installation() as (engine, _registry), system_session(engine, "audit commands: list companies") as session:
        return list(session.scalars(sa.select(Company.code).order_by(Company.code)))


@audit.command("seal")
@ONE
def seal(code: str | None) -> None:
    """Seal now what has no seal yet; the worker does it by itself every half minute."""
    from core.audit import append_head, head, heads_file, seal_events
    from core.cli import company_context

    for company in _codes(code):
        with company_context(company) as ctx:
            done = 0
            while more := seal_events(ctx):
                done += more
            end = head(ctx)
            if done and end is not None:
                append_head(heads_file(), end)
            click.echo(f"{company}: {done} events sealed")


@audit.command("heads")
@ONE
def heads(code: str | None) -> None:
    """Print the end of each company's chain, as lines for a file of heads: keep them on another machine."""
    from core.audit import head
    from core.cli import company_context

    for company in _codes(code):
        with company_context(company) as ctx:
            end = head(ctx)
            if end is not None:
                click.echo(end.line(), nl=False)


@audit.command("verify")
@ONE
@click.option(
    "--heads", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Lines of `sanbao audit heads` that were kept elsewhere: they find out who rewrote everything.",
)
def verify(code: str | None, file: Path | None) -> None:
    """Recompute the chain; say where it breaks and what was done there. Exit status 1 when it does."""
    from core.audit import Verification, read_heads, record_verification
    from core.cli import company_context

    broken = False
    for company in _codes(code):
        with company_context(company) as ctx, ExitStack() as opened:
            kept = read_heads(opened.enter_context(file.open(encoding="utf-8")), company) if file else ()
            verification = Verification(ctx, kept)
            for text in verification.problems():
                click.echo(f"{company}: {text}")
            verdict = verification.verdict
            record_verification(ctx, verdict)
        broken = broken or verdict.problems > 0
        words = "the chain is whole" if not verdict.problems else f"{verdict.problems} problems"
        click.echo(
            f"{company}: {words}; {verdict.blocks} blocks, {verdict.events} events, {verdict.unsealed} not sealed yet"
        )
    sys.exit(1 if broken else 0)
