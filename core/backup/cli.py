"""The commands ``sanbao backup``, ``sanbao restore`` and ``sanbao verify``.

Exit status 0: all is well. 1: it was done, and something is to be looked at. 2: it was refused, or could not be done.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path

import click

from core.i18n import _, use_locale

_MOST_TOLD = 20


def _in_the_language_of_the_machine(command: Callable) -> Callable:
    """These commands have no company whose language could be taken."""

    @wraps(command)
    def spoken(*args, **kwargs):
        said = next((v for v in map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG")) if v), "")
        with use_locale("zh" if said.lower().startswith("zh") else "en"):
            return command(*args, **kwargs)

    return spoken


def _tick() -> Callable[[str], None]:
    """Shows what is being worked on, in one line that is written over, when somebody looks."""
    if not sys.stderr.isatty():
        return lambda text: None

    def show(text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        click.echo(f"\r\033[K{text[:width]}", err=True, nl=False)

    return show


def _done(tick: Callable[[str], None]) -> None:
    tick("")


def _tell(sentences) -> int:
    """Print the first of them, then how many there are in all; answers that number."""
    n = 0
    for n, text in enumerate(sentences, 1):
        if n <= _MOST_TOLD:
            click.echo(f"- {text}")
    if n > _MOST_TOLD:
        click.echo(_("… {n} in all.", n=n))
    return n


@click.command()
@click.argument("target", required=False, type=click.Path(path_type=Path))
@click.option("--keep", type=int, metavar="N", help="Keep only the N newest archives in that folder.")
@_in_the_language_of_the_machine
def backup(target: Path | None, keep: int | None) -> None:
    """Write one archive of the database and the stored files, while everybody works on.

    TARGET is a folder (SANBAO_HOME/backups unless you say so; better one on another disk), or a file that ends
    with .zip. Keys are not in the archive: keep them apart.
    """
    from core import config
    from core.backup.making import default_folder, make_backup

    tick = _tick()
    made = make_backup(target or default_folder(), url=config.database_url(), keep=keep, tick=tick)
    _done(tick)
    manifest = made.manifest
    click.echo(
        _(
            "{path}: {rows} rows, {files} stored files, as of {at}",
            path=made.path,
            rows=f"{manifest.rows:,}",
            files=f"{manifest.files:,}",
            at=manifest.made_at[:19].replace("T", " ") + " UTC",
        )
    )
    click.echo(_("Its seal, to be kept elsewhere: {seal}", seal=made.seal))
    for path in made.removed:
        click.echo(_("Removed: {path}", path=path))
    if manifest.lost:
        click.echo(_("Content that was missing or damaged on this machine before:"))
        _tell(manifest.lost)
        sys.exit(1)


@click.command()
@click.argument("archive", type=click.Path(path_type=Path))
@click.option("--against", metavar="URL", help="Also compare it row by row with this database.")
@_in_the_language_of_the_machine
def verify(archive: Path, against: str | None) -> None:
    """Read an archive to its end and say whether it is whole; needs no database."""
    from core import config
    from core.backup.archive import missing_keys, open_archive, problems
    from core.backup.comparing import differences

    tick = _tick()
    with open_archive(archive) as opened:
        n = _tell(_between(tick, problems(opened, tick)))
        if against and not n:
            n = _tell(_between(tick, differences(opened, url=config.database_url(against), tick=tick)))
        _done(tick)
        manifest = opened.manifest
        click.echo(
            _(
                "{path}: version {version}, as of {at}; {tables} tables, {rows} rows, {files} stored files",
                path=archive,
                version=manifest.version,
                at=manifest.made_at[:19].replace("T", " ") + " UTC",
                tables=len(manifest.tables),
                rows=f"{manifest.rows:,}",
                files=f"{manifest.files:,}",
            )
        )
        click.echo(_("Seal: {seal}", seal=opened.seal))
        _tell_keys(missing_keys(manifest))
        if manifest.lost:
            click.echo(_("Content that was missing or damaged when the archive was made:"))
            _tell(manifest.lost)
    if n:
        sys.exit(1)
    click.echo(_("It is whole, and the database holds the same rows.") if against else _("It is whole."))


@click.command()
@click.argument("archive", type=click.Path(path_type=Path))
@click.option("--into", metavar="URL", help="The database to fill; otherwise that of this installation.")
@click.option("--replace", is_flag=True, help="Throw away what that database holds.")
@click.option("--leave-out", multiple=True, metavar="MODULE", help="Without this module's tables (repeatable).")
@_in_the_language_of_the_machine
def restore(archive: Path, into: str | None, replace: bool, leave_out: tuple[str, ...]) -> None:
    """Fill an empty database and the folder of stored files from an archive, whichever database it came from."""
    from core import config, plugins, registry
    from core.backup.archive import open_archive
    from core.backup.restoring import restore as fill

    tick = _tick()
    loaded = plugins.load()
    registry.set_current(loaded)
    url = config.database_url(into)
    with open_archive(archive) as opened:
        told = fill(opened, loaded, url=url, replace=replace, leave_out=leave_out, tick=tick)
    _done(tick)
    click.echo(
        _(
            "Restored as of {at}: {rows} rows, {files} stored files.",
            at=opened.manifest.made_at[:19].replace("T", " ") + " UTC",
            rows=f"{told.rows:,}",
            files=f"{told.files:,}",
        )
    )
    if told.upgraded:
        click.echo(_("Then brought up to date: {names}", names=", ".join(told.upgraded)))
    if told.heads:
        click.echo(_("The audit heads of the archive are in {path}", path=told.heads))
    _tell_keys(told.other_keys)
    if _tell(told.audit):
        click.echo(_("The audit trail is not whole; see above."))
        sys.exit(1)
    click.echo(_("The audit trail is whole."))


def _between(tick: Callable[[str], None], sentences):
    for text in sentences:
        _done(tick)
        yield text


def _tell_keys(names: list[str]) -> None:
    """What does not work with the keys that this installation holds."""
    words = {
        "SECOND_FACTOR_KEY": _("codes of the second factor can't be checked"),
        "SECURITY_PASSWORD_SALT": _("links sent by mail before don't work"),
        "SECRET_KEY": _("everybody signs in anew"),
    }
    for name in names:
        click.echo(
            _(
                "{key} is not set here, or is another one than where the archive was made: {what}.",
                key=name,
                what=words[name],
            )
        )
