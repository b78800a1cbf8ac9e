"""Which checklists a record has, what is missing in them, saving answers; publishing templates.

A company's table per workflow (``<kind>.checklists``) says which checklists a record gets; a module may put one on a
record itself. One that was put there or begun stays, with the version it was begun with. Nothing is written until
somebody answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from core.approvals.chains import fact_inputs, facts_of
from core.checklists.models import Checklist, ChecklistAnswer, ChecklistTemplate, ChecklistVersion
from core.checklists.template import PHOTO, Item, Template, clean, missing, read_template, to_data
from core.context import Ctx
from core.db import transaction
from core.decisions.store import compiled_version, install_table, rule, version_in_force
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import RecordRef, emit
from core.files import (
    Content,
    StoredFile,
    find_file,
    frozen_words,
    may_see_record,
    require_not_frozen,
    store_file,
)
from core.hooks import Gate
from core.i18n import LOCALES, N_, _, both, label, use_locale
from core.registry import Registry, TableDef
from core.standing import standing

EDIT = "core.checklists.edit"
PURPOSE = "checklist"
LONGEST_REMARK = 2000
MOST_PHOTOS = 20
_CODE = re.compile(r"^[a-z][a-z0-9_.]{1,79}$")


# --- which checklists a record gets ---------------------------------------------------------------------------------


def table_name(kind: str) -> str:
    """The name of the table that says which checklists records of a kind get."""
    return f"{kind}.checklists"


def declare_tables(registry: Registry) -> None:
    """One table per workflow, owned by the workflow's plugin, shipped without a row."""
    for kind, workflow in registry.workflows.items():
        shipped = TableDef(table_name(kind), N_("Checklists"), _loader(registry, kind, workflow), EDIT)
        registry.declare(registry.owner_of("workflows", kind), "tables", table_name(kind), shipped)


def _loader(registry: Registry, kind: str, workflow):
    def load() -> dict:
        named = both(registry.kinds[kind].label if kind in registry.kinds else kind)
        return {
            "name": table_name(kind),
            "label": {loc: text.format(what=named[loc]) for loc, text in both(N_("Checklists: {what}")).items()},
            "description": both(N_("Every row that fits gives the record a checklist.")),
            "hit_policy": "collect",
            "refer": both(N_("No checklist")),
            "inputs": fact_inputs(workflow),
            "outputs": [
                {
                    "name": "checklist",
                    "label": both(N_("Checklist")),
                    "type": "str",
                    "description": both(N_("Code of a checklist")),
                }
            ],
            "rows": [],
        }

    return load


def install(ctx: Ctx, plugin: str) -> None:
    """Give the company the tables of a plugin's workflows and the checklists that it ships, unless it has them."""
    for kind in ctx.registry.workflows:
        if ctx.registry.owner_of("workflows", kind) == plugin:
            install_table(ctx, table_name(kind), ctx.registry.tables[table_name(kind)].load(), plugin=plugin)
    shipped = {c: d for c, d in ctx.registry.checklists.items() if ctx.registry.owner_of("checklists", c) == plugin}
    if not shipped:
        return
    known = set(ctx.session.scalars(sa.select(ChecklistTemplate.code).where(ChecklistTemplate.code.in_(shipped))))
    for code, declared in shipped.items():
        if code not in known:
            template = _read(ctx, declared.kind, declared.load())
            _publish(ctx, code, declared.kind, template, N_("As shipped"), None)


def _read(ctx: Ctx, kind: str, data: Mapping[str, Any]) -> Template:
    return read_template(data, [t.name for t in ctx.registry.workflows[kind].transitions])


def in_use(ctx: Ctx, kind: str) -> bool:
    """Whether records of a kind may have checklists: the company has rules of its own, or a module puts them there."""
    by_rule = len(standing(ctx, "decision_versions").get(table_name(kind), ())) > 1
    return by_rule or any(d.kind == kind and d.put_by_module for d in ctx.registry.checklists.values())


def _by_rule(ctx: Ctx, kind: str, record) -> list[str]:
    """Codes of the checklists that the company's table gives a record."""
    if not standing(ctx, "decision_versions").get(table_name(kind)):
        return []
    version = version_in_force(ctx, table_name(kind), ctx.today)
    if not compiled_version(ctx, version.id).table.rows:
        return []
    decision = rule(ctx, table_name(kind), facts_of(ctx, record, "")).decision
    return list(dict.fromkeys(str(out["checklist"]) for out in decision.all_outputs))


@dataclass
class Filled:
    """A checklist of a record with its answers. ``id`` is None until the first answer."""

    code: str
    number: int
    template: Template
    version_id: int
    template_id: int
    id: int | None = None
    answers: dict[str, ChecklistAnswer] = field(default_factory=dict)

    def lacks(self, item: Item) -> str:
        """What an item still lacks, in words."""
        a = self.answers.get(item.code)
        return missing(item, a.value if a else "", a.remark if a else "", len(a.photos) if a else 0)

    @property
    def open_items(self) -> list[Item]:
        """The items that still lack something."""
        return [item for item in self.template.items if self.lacks(item)]

    @property
    def answered(self) -> int:
        """How many items have an answer."""
        given = self.answers.values()
        return sum(1 for a in given if a.value or a.photos)


def checklists_of(ctx: Ctx, record) -> list[Filled]:
    """The checklists of a record, in a fixed number of statements: those begun, then those the rules give."""
    kind = _kind(ctx, record)
    if kind is None or not in_use(ctx, kind):
        return []
    wanted = _by_rule(ctx, kind, record)
    begun = sa.select(Checklist, ChecklistTemplate.code, ChecklistVersion).join(
        ChecklistTemplate, ChecklistTemplate.id == Checklist.template_id
    )
    begun = begun.join(ChecklistVersion, ChecklistVersion.id == Checklist.version_id)
    begun = begun.where(Checklist.record_kind == kind, Checklist.record_id == record.id).order_by(Checklist.id)
    found: dict[str, Filled] = {}
    for row, code, version in ctx.session.execute(begun):
        found[code] = _filled(ctx, code, version, row)
    lacking = [code for code in wanted if code not in found]
    for code, version in newest_versions(ctx, lacking, kind).items():
        found[code] = _filled(ctx, code, version, None)
    ids = {f.id: f for f in found.values() if f.id is not None}
    if ids:
        for answer in ctx.session.scalars(sa.select(ChecklistAnswer).where(ChecklistAnswer.checklist_id.in_(ids))):
            ids[answer.checklist_id].answers[answer.item] = answer
    return list(found.values())


def _filled(ctx: Ctx, code: str, version: ChecklistVersion, row: Checklist | None) -> Filled:
    template = read_template(version.body, version.body.get("gates") or ())
    return Filled(code, version.number, template, version.id, version.template_id, row.id if row else None)


def newest_versions(ctx: Ctx, codes: Iterable[str], kind: str = "") -> dict[str, ChecklistVersion]:
    """Code → its newest version, in the order of ``codes``; unknown codes are left out."""
    wanted = list(codes)
    if not wanted:
        return {}
    t, v = ChecklistTemplate, ChecklistVersion
    query = sa.select(t.code, v).join(v, v.template_id == t.id).where(t.code.in_(wanted)).order_by(v.number)
    if kind:
        query = query.where(t.record_kind == kind)
    rows = {row.code: row[1] for row in ctx.session.execute(query)}
    return {code: rows[code] for code in wanted if code in rows}


def checklists_for(ctx: Ctx, kind: str) -> list[tuple[str, dict[str, str]]]:
    """(code, name) of the company's checklists for records of a kind, each as its newest version calls it, by code."""
    codes = sa.select(ChecklistTemplate.code).where(ChecklistTemplate.record_kind == kind)
    known = newest_versions(ctx, sorted(ctx.session.scalars(codes)), kind)
    return [(code, dict(version.body["name"])) for code, version in known.items()]


def checklist_template(ctx: Ctx, code: str, kind: str) -> Template | None:
    """The newest version of a checklist for records of a kind; None when the company has none of that code.

    For a module that keeps what was answered itself, such as tests that are made again and again.
    """
    found = newest_versions(ctx, [code], kind).get(code)
    return read_template(found.body, found.body.get("gates") or ()) if found is not None else None


def _kind(ctx: Ctx, record) -> str | None:
    model = type(record)
    found = (k.kind for k in ctx.registry.kinds.values() if k.model is model and k.kind in ctx.registry.workflows)
    return next(found, None)


def gate(ctx: Ctx, record, transition: str) -> list[Gate]:
    """A gate for each checklist of the record that this transition waits for."""
    gates = []
    for one in checklists_of(ctx, record):
        if transition not in one.template.gates:
            continue
        left, name = len(one.open_items), label(dict(one.template.name))
        text = _("“{name}” is complete", name=name) if not left else _("“{name}”: {n} still open", name=name, n=left)
        url = f"#checklist-{one.code.replace('.', '-')}"
        gates.append(Gate(f"core.checklist.{one.code}", text, bool(left), url, _("Fill in"), plugin="core"))
    return gates


# --- answering ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """What somebody entered for one item. ``seen`` is how often the answer had been saved when it was shown."""

    item: str
    value: str = ""
    remark: str = ""
    seen: int | None = None


def may_fill(ctx: Ctx, ref: RecordRef) -> bool:
    """Whether this person may answer the checklists of a record: sees it, and may take one of its transitions."""
    workflow = ctx.registry.workflows.get(ref.kind)
    may_act = workflow is not None and any(ctx.can(t.permission) for t in workflow.transitions)
    return may_act and may_see_record(ctx, ref) and not frozen_words(ctx, ref)


def _record_to_fill(ctx: Ctx, ref: RecordRef) -> Any:
    if ref.kind not in ctx.registry.workflows or not may_see_record(ctx, ref):
        raise NotFound("unknown_record", _("There is no such record."))
    require_not_frozen(ctx, ref)
    if not may_fill(ctx, ref):
        raise Forbidden("read_only", _("You may look at this record, but not change it."))
    record: Any = ctx.session.get(ctx.registry.kinds[ref.kind].model, ref.id)
    if ctx.registry.workflows[ref.kind].state(record.state).final:
        raise Conflict("record_closed", _("The record is closed; its checklists stay as they are."))
    return record


def checklist_of(ctx: Ctx, ref: RecordRef, code: str) -> Filled:
    """One checklist of a record that this person may see; NotFound otherwise."""
    if ref.kind in ctx.registry.workflows and may_see_record(ctx, ref):
        record = ctx.session.get(ctx.registry.kinds[ref.kind].model, ref.id)
        for one in checklists_of(ctx, record):
            if one.code == code:
                return one
    raise NotFound("unknown_checklist", _("This record has no such checklist."))


def put_checklist(ctx: Ctx, record, code: str) -> Checklist:
    """Put a checklist on a record, whatever the rules say; one that is there already is answered."""
    kind = _kind(ctx, record)
    with transaction(ctx):
        version = newest_versions(ctx, [code], kind or "").get(code)
        if kind is None or version is None:
            raise NotFound("unknown_checklist", _("There is no checklist “{code}” for this kind of record.", code=code))
        same = (Checklist.record_kind == kind, Checklist.record_id == record.id)
        query = sa.select(Checklist).where(*same, Checklist.template_id == version.template_id)
        return ctx.session.scalar(query) or _begin(ctx, RecordRef(kind, record.id), version)


def _begin(ctx: Ctx, ref: RecordRef, version: ChecklistVersion) -> Checklist:
    row = Checklist(
        record_kind=ref.kind,
        record_id=ref.id,
        template_id=version.template_id,
        version_id=version.id,
        put_at=ctx.now,
        put_by=ctx.actor.name,
    )
    ctx.session.add(row)
    ctx.session.flush()
    emit(ctx, "core.checklist_begun", ref, checklist=version.body["name"], version=version.number)
    return row


def save_answers(ctx: Ctx, ref: RecordRef, code: str, given: Iterable[Given]) -> Filled:
    """Save answers; those that are as they were are left alone. All or none.

    Raises Invalid at the item's code for what does not fit, Conflict when somebody else answered in the meantime.
    """
    with transaction(ctx):
        _record_to_fill(ctx, ref)
        one = checklist_of(ctx, ref, code)
        changed = []
        for entry in given:
            item = one.template.item(entry.item)
            if item is None:
                raise NotFound("unknown_item", _("This checklist has no such item."))
            if _save(ctx, ref, one, item, entry):
                changed.append(item)
        if changed:
            _tell(ctx, ref, one, changed)
        return one


def answer_checklist(ctx: Ctx, record, code: str, answers: Mapping[str, str | tuple[str, str]]) -> int:
    """Answer a checklist of a record: code of an item → value, or (value, remark). Answers how many are still open.

    Raises what ``save_answers`` raises; nothing is saved then.
    """
    given = [Given(item, *((a,) if isinstance(a, str) else a)) for item, a in answers.items()]
    return len(save_answers(ctx, RecordRef(_kind(ctx, record) or "", record.id), code, given).open_items)


def _save(ctx: Ctx, ref: RecordRef, one: Filled, item: Item, given: Given) -> bool:
    value, remark = clean(item, given.value), given.remark.strip()
    if len(remark) > LONGEST_REMARK:
        text = _("At most {n} characters; this has {length}.", n=LONGEST_REMARK, length=len(remark))
        raise Invalid("too_long", text, item.code)
    answer = one.answers.get(item.code)
    if (answer.value, answer.remark) == (value, remark) if answer else not (value or remark):
        return False
    if answer is not None and given.seen is not None and given.seen != answer.saves:
        words = _("{name} answered this in the meantime: {value}", name=answer.answered_by, value=answer.value or "–")
        raise Conflict("answered", words, item.code)
    answer = _answer_row(ctx, ref, one, item)
    answer.value, answer.remark = value, remark
    return True


def _answer_row(ctx: Ctx, ref: RecordRef, one: Filled, item: Item) -> ChecklistAnswer:
    """The row of an answer, to be changed now; the checklist begins with its first answer."""
    if one.id is None:
        one.id = _begin(ctx, ref, ctx.session.get_one(ChecklistVersion, one.version_id)).id
    answer = one.answers.get(item.code)
    if answer is None:
        answer = ChecklistAnswer(checklist_id=one.id, item=item.code, value="", remark="", photos=[], saves=0)
        one.answers[item.code] = answer
        ctx.session.add(answer)
    answer.saves += 1
    answer.answered_at, answer.answered_by = ctx.now, ctx.actor.name
    return answer


def _tell(ctx: Ctx, ref: RecordRef, one: Filled, items: list[Item]) -> None:
    ctx.session.flush()
    name, left = dict(one.template.name), len(one.open_items)
    texts = {}
    for locale in LOCALES:
        with use_locale(locale):
            texts[locale] = _("; ").join(label(dict(i.text)) for i in items)[:200]
    emit(ctx, "core.checklist_answered", ref, checklist=name, items=texts, codes=[i.code for i in items], left=left)
    if not left:
        emit(ctx, "core.checklist_completed", ref, checklist=name)


def add_photo(ctx: Ctx, ref: RecordRef, code: str, item_code: str, name: str, content: Content) -> StoredFile:
    """Keep a photo for an item (of any type); it hangs on the record, and whoever sees that sees the photo."""
    with transaction(ctx):
        _record_to_fill(ctx, ref)
        one = checklist_of(ctx, ref, code)
        item = one.template.item(item_code)
        if item is None:
            raise NotFound("unknown_item", _("This checklist has no such item."))
        answer = one.answers.get(item.code)
        if answer is not None and len(answer.photos) >= MOST_PHOTOS:
            raise Invalid("too_many", _("At most {n} photos.", n=MOST_PHOTOS), item.code)
        file = store_file(ctx, name, content, purpose=PURPOSE, record=ref)
        if not file.media_type.startswith("image/") or file.media_type == "image/svg+xml":
            raise Invalid("no_photo", _("“{name}” is not a photo.", name=file.name), item.code)
        answer = _answer_row(ctx, ref, one, item)
        answer.photos = [*answer.photos, file.id]
        _tell(ctx, ref, one, [item])
        return file


def drop_photo(ctx: Ctx, ref: RecordRef, code: str, item_code: str, file_id: int) -> None:
    """Take a photo off an item."""
    from core.files import delete_file

    with transaction(ctx):
        _record_to_fill(ctx, ref)
        one = checklist_of(ctx, ref, code)
        item, answer = one.template.item(item_code), one.answers.get(item_code)
        if item is None or answer is None or file_id not in answer.photos:
            raise NotFound("unknown_photo", _("There is no such photo."))
        answer = _answer_row(ctx, ref, one, item)
        answer.photos = [i for i in answer.photos if i != file_id]
        delete_file(ctx, find_file(ctx, file_id))
        _tell(ctx, ref, one, [item])


# --- templates ------------------------------------------------------------------------------------------------------


def get_template(ctx: Ctx, code: str) -> ChecklistTemplate:
    """A checklist of the company whose module is on; NotFound otherwise."""
    row = ctx.session.scalar(sa.select(ChecklistTemplate).where(ChecklistTemplate.code == code))
    if row is None or row.plugin not in ctx.enabled:
        raise NotFound("unknown_checklist", _("This company has no checklist “{code}”.", code=code))
    return row


def versions_listed(ctx: Ctx, template: ChecklistTemplate) -> list[ChecklistVersion]:
    """All versions of a checklist, newest first."""
    query = sa.select(ChecklistVersion).where(ChecklistVersion.template_id == template.id)
    return list(ctx.session.scalars(query.order_by(ChecklistVersion.number.desc()).limit(100)))


def publish_checklist(
    ctx: Ctx, code: str, kind: str, data: Mapping[str, Any], *, reason: str, seen: int | None = None
) -> ChecklistVersion:
    """Publish the next version of a checklist, or the first of a new one. Needs ``core.checklists.edit``.

    ``seen`` is the number of the version that the editor began with, 0 for a new one; Conflict when it is not the
    newest.
    """
    ctx.require(EDIT)
    workflow = ctx.registry.workflows.get(kind)
    if workflow is None or ctx.registry.owner_of("workflows", kind) not in ctx.enabled:
        raise Invalid("unknown_kind", _("Choose for which records it is."), "record_kind")
    if not _CODE.match(code):
        text = _("A code has lower-case letters, digits and _ only, and begins with a letter.")
        raise Invalid("bad_code", text, "code", problems={"code": text})
    template = _read(ctx, kind, data)
    if not reason.strip():
        text = _("Say why it changes.")
        raise Invalid("reason_needed", text, "reason", problems={"reason": text})
    with transaction(ctx):
        return _publish(ctx, code, kind, template, reason.strip(), seen)


def _publish(ctx: Ctx, code: str, kind: str, template: Template, reason: str, seen: int | None) -> ChecklistVersion:
    row = ctx.session.scalar(sa.select(ChecklistTemplate).where(ChecklistTemplate.code == code).with_for_update())
    newest = versions_listed(ctx, row)[0].number if row is not None else 0
    if row is not None and row.record_kind != kind:
        raise Conflict("code_taken", _("Another checklist has the code “{code}”.", code=code), "code")
    if seen is not None and seen != newest:
        raise Conflict("stale", _("Somebody published another version in the meantime. What you typed is kept below."))
    if row is None:
        row = ChecklistTemplate(code=code, plugin=ctx.registry.owner_of("workflows", kind), record_kind=kind)
        ctx.session.add(row)
        ctx.session.flush()
    version = ChecklistVersion(
        template_id=row.id,
        number=newest + 1,
        body=to_data(template),
        reason=reason,
        published_at=ctx.now,
        published_by=ctx.actor.name,
    )
    ctx.session.add(version)
    ctx.session.flush()
    emit(ctx, "core.checklist_published", row, checklist=dict(template.name), number=version.number, reason=reason)
    return version


__all__ = ["PHOTO", "Filled", "Given", "checklists_of", "gate", "publish_checklist", "put_checklist", "save_answers"]
