"""Loading missed calls from a file of the telephone system."""

from __future__ import annotations

from core.api import N_, Ctx, Field, Importer, ImportRow, Invalid, Loaded, RowProblem, _
from plugins.base.queries import number_of
from plugins.callback.calling_contracts import MissedData
from plugins.callback.queries import desk as queries
from plugins.callback.services.desk import RECORD, key_of, load_missed

FIELDS = (
    Field("at", N_("Missed at"), "moment", required=True, synonyms=("来电时间", "呼入时间", "时间", "time")),
    Field("phone", N_("Number"), required=True, longest=60, synonyms=("来电号码", "主叫号码", "号码", "caller id")),
    Field("caller", N_("Caller"), longest=120, synonyms=("来电人", "联系人", "name")),
    Field("note", N_("Note"), "text", synonyms=("备注",)),
    Field("external_key", N_("Key at the source"), longest=120, synonyms=("通话编号", "call id", "uniqueid")),
)


def load(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Add the missed calls of a batch that are good and new (see ``core.transfer.Importer``)."""
    bad: list[RowProblem] = []
    read: dict[str, tuple[MissedData, str]] = {}
    before = 0
    for row in rows:
        given = row.values
        data = MissedData(
            given["at"], str(given["phone"]), str(given.get("caller") or ""), str(given.get("note") or ""),
            str(given.get("external_key") or ""), source="import",
        )  # fmt: skip
        if data.at > ctx.now:
            bad.append(RowProblem(row.line, "at", _("That moment is still to come."), str(given["at"])))
            continue
        try:
            number = number_of(ctx, data.phone)
        except Invalid as error:
            bad.append(RowProblem(row.line, "phone", error.message, data.phone))
            continue
        key = key_of(data, number)
        before += key in read
        read.setdefault(key, (data, number))
    known = queries.known_keys(ctx, read)
    added = load_missed(ctx, [found for key, found in read.items() if key not in known])
    return Loaded(added, before + len(known), tuple(bad))


MISSED_CALLS = Importer("missed_calls", N_("Missed calls"), FIELDS, load, RECORD, endpoint="callback.missed_list")
