"""``sanbao inventory …``: looking whether the stock book adds up."""

from __future__ import annotations

import sys

import click

from core.api import company_context


@click.command("check")
@click.option("--company", "code", required=True, help="The company's code.")
@click.option("--repair", is_flag=True, help="Put the balances to what moves, reservations and batches say.")
def check(code: str, repair: bool) -> None:
    """Rebuild all balances from the moves and tell every difference. Exit status 1 when there are some."""
    from plugins.inventory.services import upkeep

    with company_context(code) as ctx:
        found = upkeep.repair(ctx) if repair else upkeep.check(ctx)
    for d in found:
        click.echo(f"{d.part}\t{d.location}\t{d.lot or '-'}\t{d.what}\tstands {d.stands}\tshould be {d.should}")
    if not found:
        click.echo("Every balance is the sum of its moves.")
    elif repair:
        click.echo(f"Differences repaired: {len(found)}.")
    else:
        click.echo(f"Differences: {len(found)}. With --repair the balances are put right.", err=True)
        sys.exit(1)
