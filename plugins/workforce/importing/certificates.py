"""Loading the certificates of people from files."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.api import N_, Ctx, DomainError, Field, Importer, ImportRow, Loaded, RowProblem, _
from plugins.workforce.contracts import CertificateData
from plugins.workforce.models import Certificate
from plugins.workforce.queries import people
from plugins.workforce.queries.skills import tree
from plugins.workforce.services.skills import EDIT, give_certificate

FIELDS = (
    Field(
        "number", N_("Number"), required=True, longest=80,
        synonyms=("证书编号", "证号", "编号", "certificate no", "certificate number"),
    ),
    Field(
        "person", N_("Person"), required=True, longest=255,
        synonyms=("姓名", "员工", "邮箱", "name", "employee", "email"),
    ),
    Field(
        "skill", N_("Skill or certificate"), required=True, longest=120,
        synonyms=("证书名称", "证书", "技能", "上岗证", "certificate", "qualification"),
    ),
    Field("valid_from", N_("Valid from"), "date", required=True, synonyms=("发证日期", "生效日期", "issued on")),
    Field("valid_until", N_("Valid until"), "date", synonyms=("有效期至", "到期日期", "expires", "expiry date")),
    Field("issuer", N_("Issued by"), longest=120, synonyms=("发证单位", "发证机关", "issuer")),
    Field("note", N_("Note"), "text", synonyms=("备注",)),
)


def load(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Add the certificates of a batch that are good and new (see ``core.transfer.Importer``).

    A person is known by e-mail address, or by a name that nobody else has; a skill by code or name.
    """
    members = people.by_key(ctx)
    skills = {key: s.id for s in tree(ctx).by_id.values() if s.active for key in (s.name.casefold(), s.code.casefold())}
    numbers = [str(r.values["number"]) for r in rows]
    query = sa.select(Certificate.skill_id, Certificate.number).where(Certificate.number.in_(numbers))
    known = {(row[0], row[1]) for row in ctx.session.execute(query)}
    added, before = 0, 0
    bad: list[RowProblem] = []
    for row in rows:
        given: dict[str, Any] = {f.name: row.values.get(f.name) for f in FIELDS}
        user_id = members.get(str(given["person"]).strip().casefold())
        skill_id = skills.get(str(given["skill"]).strip().casefold())
        if user_id is None or skill_id is None:
            bad.append(_unknown(row, "person" if user_id is None else "skill", given))
            continue
        if (skill_id, given["number"]) in known:
            before += 1
            continue
        data = CertificateData(
            user_id, skill_id, given["valid_from"], given["valid_until"], str(given["number"]),
            str(given["issuer"] or ""), str(given["note"] or ""),
        )  # fmt: skip
        try:
            give_certificate(ctx, data)
        except DomainError as error:
            bad.append(RowProblem(row.line, error.field or "", error.message))
            continue
        known.add((skill_id, str(given["number"])))
        added += 1
    return Loaded(added, before, tuple(bad))


def _unknown(row: ImportRow, field: str, given: dict) -> RowProblem:
    words = {
        "person": _("Nobody who works here has this e-mail address, or this name alone."),
        "skill": _("This is not on the list of skills and certificates."),
    }
    return RowProblem(row.line, field, words[field], str(given[field]))


CERTIFICATES = Importer(
    "certificates", N_("Certificates of people"), FIELDS, load, EDIT, key="number",
    endpoint="workforce.certificates_list",
)
