"""``sanbao decide``: one JSON line in, one JSON line out, for any number of cases.

Exit status 0 when every case was decided (a referral is a decision), 1 when some had errors, 2 when the table or
the file of facts can't be used.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, NoReturn, TextIO

import click

from core.decisions.compiled import CompiledTable, Decision, compile_table, facts_from_json
from core.decisions.errors import FactError, TableError, fact_message
from core.decisions.loading import load_yaml
from core.decisions.values import decimal_text
from core.decisions.words import why
from core.errors import DomainError
from core.i18n import _, use_locale

TableFor = Callable[[Mapping[str, object]], CompiledTable]
"""Picks the table (the version in force) for the facts of one case."""

CompanyLoader = Callable[[str, str], TableFor]
"""(company, table name) → how to pick the version for a case; given by whoever has a database."""


def make_decide_command(load_company_table: CompanyLoader | None = None) -> click.Command:
    """The command ``decide``; with a loader it also takes ``--company C TABLE-NAME``."""

    @click.command(
        "decide", help="Decide cases by a decision table: JSON lines of facts in, JSON lines of decisions out."
    )
    @click.argument("table")
    @click.option("--facts", "facts_file", default="-", help="File of JSON lines, one case each; - is standard input.")
    @click.option("--lang", type=click.Choice(["en", "zh"]), default="en", help="Language of “why” and of messages.")
    @click.option("--strict", is_flag=True, help="Facts that the table doesn't ask for are an error.")
    @click.option("--company", help="Use this company's table of that name instead of a file.")
    def decide(table: str, facts_file: str, lang: str, strict: bool, company: str | None) -> None:
        with use_locale(lang):
            table_for = _table_for(table, company, load_company_table)
            try:
                lines = click.open_file(facts_file, "rb")
            except OSError as error:
                _refuse(
                    _("The file {file} can't be read: {detail}.", file=facts_file, detail=error.strerror or str(error))
                )
            with lines:
                if isinstance(sys.stdout, io.TextIOWrapper):
                    sys.stdout.reconfigure(encoding="utf-8")
                decided = decide_lines(table_for, lines, sys.stdout, strict=strict)
        sys.exit(0 if decided else 1)

    return decide


def decide_lines(table_for: TableFor, lines: Iterable[bytes] | BinaryIO, out: TextIO, *, strict: bool = False) -> bool:
    """Decide every case of ``lines`` as it comes and write one line each; whether all could be decided."""
    all_decided = True
    for number, line in enumerate(lines, start=1):
        if line.strip():
            answer = decide_line(table_for, line, number, strict=strict)
            all_decided = all_decided and "error" not in answer
            out.write(to_json_line(answer) + "\n")
    out.flush()
    return all_decided


def decide_line(table_for: TableFor, line: bytes, number: int, *, strict: bool = False) -> dict:
    """The answer to one line: ``{"id", "row", "outputs", "why"}``, or ``{"id", "error"}``.

    A case is ``{"id": …, "facts": {…}}``, or the facts stand beside the id. An answer has the ``line`` where the
    case has no id.
    """
    try:
        case = parse_case(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
    except (ValueError, RecursionError) as error:
        message = _("Line {line} isn't a case: {detail}", line=number, detail=str(error)[:200])
        return {"id": None, "line": number, "error": {"code": "malformed", "message": message, "facts": []}}
    start: dict = {"id": case["id"]} if case.get("id") is not None else {"id": None, "line": number}
    try:
        given = case["facts"] if isinstance(case.get("facts"), dict) else None
        compiled = table_for(case if given is None else given)
        facts = _beside_id(case, compiled) if given is None else given
        decision = compiled.decide(facts_from_json(compiled.table, facts), strict=strict)
    except FactError as error:
        return start | {"error": _fact_error(error)}
    except DomainError as error:
        return start | {"error": {"code": error.code, "message": error.message, "facts": []}}
    return start | decision_answer(decision)


def decision_answer(decision: Decision) -> dict:
    """``row`` from 1 (a list under ``collect``, null when none fired), ``outputs`` (or "refer"), and ``why``."""
    outputs: object = "refer"
    if decision.outcome != "refer":
        all_outputs = [dict(row) for row in decision.all_outputs]
        outputs = all_outputs if decision.compiled.collects else all_outputs[0]
    row = decision.row_numbers if decision.compiled.collects else decision.row_number
    return {"row": row or None, "outputs": outputs, "why": why(decision)}


def parse_case(line: bytes) -> dict:
    """One JSON object with exact decimals; ValueError for anything else, and for a key that stands there twice."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(_("not UTF-8 at byte {position}", position=error.start + 1)) from error
    case = json.loads(text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_no_repeats)
    if not isinstance(case, dict):
        raise ValueError(_("a JSON object is needed"))
    return case


def to_json_line(value: object) -> str:
    """JSON on one line, where decimals are numbers with exactly their digits (1.10 stays 1.10) and dates are text."""
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, date):
        return f'"{value.isoformat()}"'
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(str(key))}: {to_json_line(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(to_json_line(item) for item in value) + "]"
    return _text(value)


def _text(value: object) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
        text.encode("utf-8")
    except UnicodeEncodeError:  # a lone surrogate, which JSON can write but UTF-8 can't
        return json.dumps(value)
    return text


def _number(value: Decimal) -> str:
    return decimal_text(value).replace("E+", "E")


def _table_for(table: str, company: str | None, loader: CompanyLoader | None) -> TableFor:
    try:
        if company is None:
            compiled = compile_table(load_yaml(Path(table)))
            return lambda facts: compiled
        if loader is None:
            _refuse(_("This command knows no companies here; give a table file instead of --company."))
        return loader(company, table)
    except TableError as error:
        _refuse(*(str(problem) for problem in error.errors))
    except DomainError as error:
        _refuse(error.message)


def _refuse(*messages: str) -> NoReturn:
    for message in messages:
        click.echo(message, err=True)
    sys.exit(2)


def _beside_id(case: dict, compiled: CompiledTable) -> dict:
    return {name: fact for name, fact in case.items() if name != "id" or "id" in compiled.names}


def _fact_error(error: FactError) -> dict:
    problems = error.problems
    return {
        "code": "facts",
        "message": fact_message(problems),
        "facts": [{"fact": problem.fact, "code": problem.code, "message": problem.text()} for problem in problems],
    }


def _no_constant(text: str) -> object:
    raise ValueError(_("{text} isn't a number", text=text))


def _no_repeats(pairs: list[tuple[str, object]]) -> dict:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(_("“{key}” stands there twice", key=key))
        found[key] = value
    return found


decide = make_decide_command()
