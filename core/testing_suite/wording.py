"""Words: everything that staff see is there in English and in Chinese, and nothing stands in the code untranslated."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

from jinja2 import Environment, nodes

from core import i18n
from core.registry import Registry
from core.testing_suite.base import SuiteBase, nothing
from core.testing_suite.reading import ERRORS, _calls, _last, _listed, sources
from core.web.icons import is_known

CHINESE = re.compile(r"[\u3400-\u9fff]")
BRACES = re.compile(r"\{[a-z_][^{}]*\}", re.IGNORECASE)
NOT_SHOWN = {"_", "n_", "N_", "gettext", "ngettext", "_fsdomain", "startswith", "endswith", "replace", "split"}
SHOWN_ATTRIBUTES = {"title", "placeholder", "alt", "aria-label", "aria-description", "label"}
SILENT_TAGS = {"script", "style", "kbd", "code", "title_"}
SAME_EVERYWHERE = {"Sanbao", "Esc", "Enter", "Ctrl", "English", "JSON", "CSV", "YAML", "UTC", "ID", "QR", "SN", "CSRF"}
"""Words that are the same in every language: names, keys, abbreviations."""


class WordSuite(SuiteBase):
    """Both languages, complete."""

    def test_every_message_has_its_chinese(self, folder: Path):
        nothing(i18n.missing(folder))

    def test_no_message_has_another_chinese_in_another_package(self, folder: Path):
        """A message is one for all packages and the first one's Chinese is shown, so a second would never be seen."""
        nothing(i18n.disputes([folder], i18n._packages))

    def test_translations_keep_the_placeholders(self, folder: Path):
        wrong = []
        for message, text in i18n._load(i18n.catalogue_path(folder)).items():
            english = message[0] if isinstance(message, tuple) else message
            counted = {"{n}"} if isinstance(message, tuple) else set()
            if english and text and set(BRACES.findall(english)) - counted != set(BRACES.findall(text)) - counted:
                wrong.append(f"{english!r}: {text!r}")
        nothing(wrong)

    def test_what_is_declared_is_worded_in_both_languages(self, registry: Registry):
        texts = [
            f"{what}: {message!r}"
            for what, message in self._declared(registry)
            if not message or not speaks_both(message)
        ]
        nothing(texts)

    def _declared(self, registry: Registry) -> Iterator[tuple[str, str]]:
        """(what, message id) of everything with a label."""
        simple = (
            ("permissions", "label"), ("settings", "label"), ("kinds", "label"), ("event_kinds", "text"),
            ("clock_kinds", "label"), ("tables", "label"),
        )
        for sort, attribute in simple:
            for name, item in getattr(registry, sort).items():
                if registry.owner_of(sort, name) == self.plugin:
                    yield f"{sort} {name}", getattr(item, attribute)
        for key, setting in registry.settings.items():
            if registry.owner_of("settings", key) == self.plugin:
                shown = (setting.help, *dict(setting.choices).values())
                yield from ((f"setting {key}", text) for text in shown if text)
        for kind, workflow in registry.workflows.items():
            if registry.owner_of("workflows", kind) == self.plugin:
                yield from ((f"state {kind}.{s.name}", s.label) for s in workflow.states)
                yield from ((f"transition {kind}.{t.name}", t.label) for t in workflow.transitions)
                for column in workflow.fact_columns:
                    shown = (column["label"], *dict(column.get("choices") or {}).values())
                    yield from ((f"fact {kind}.{column['name']}", text) for text in shown)

    def test_every_icon_that_is_declared_exists(self, registry: Registry):
        found = [
            (f"{kind} {name}", declared.icon)
            for kind in ("event_kinds", "kinds")
            for name, declared in getattr(registry, kind).items()
            if registry.owner_of(kind, name) == self.plugin
        ]
        for kind, workflow in registry.workflows.items():
            if registry.owner_of("workflows", kind) == self.plugin:
                found += [(f"{kind} {state.name}", state.icon) for state in workflow.states]
        nothing(f"{where}: {name!r}" for where, name in found if name and not is_known(name))

    def test_checklists_are_worded_in_both_languages(self, registry: Registry):
        from core.checklists.template import read_template

        lacking = []
        for code, declared in registry.checklists.items():
            if registry.owner_of("checklists", code) == self.plugin:
                transitions = [t.name for t in registry.workflows[declared.kind].transitions]
                template = read_template(declared.load(), transitions)
                words = [("name", template.name), *((i.code, i.text) for i in template.items)]
                words += [(i.code, i.help) for i in template.items if i.help]
                words += [(f"{i.code}.{v}", label) for i in template.items for v, label in i.choices]
                lacking += [f"{code} {place}" for place, text in words if set(text) != {"en", "zh"}]
        nothing(lacking)

    def test_columns_of_records_are_named_in_both_languages(self, registry: Registry):
        """The audit trail and timelines say what changed; a column that means nothing to people is listed, and why."""
        from core.column_words import TECHNICAL, column_words, table_words
        from core.db import sorted_tables
        from core.references import owner_of_table

        lacking = [
            f"{table.name}: what is one of its rows called? (__label__ of its class)"
            for table in sorted_tables()
            if "company_id" in table.c and owner_of_table(registry, table.name) == self.plugin
            if self.plugin != "core" and not CHINESE.search(table_words(registry, table.name))
        ]
        for key, kind in registry.kinds.items():
            table = kind.model.__table__  # type: ignore[attr-defined]
            if registry.owner_of("kinds", key) != self.plugin or kind.model.__name__ in ("Company", "User"):
                continue
            for column in table.c:
                place = PurePosixPath(f"{table.name}.{column.name}")
                unrecorded = getattr(kind.model, "__unrecorded__", ())
                if column.name in (*TECHNICAL, *unrecorded) or _listed(place, self.columns_without_words):
                    continue
                words = column_words(registry, table.name, column.name)
                if not CHINESE.search(words):
                    lacking.append(f"{table.name}.{column.name}: {words!r}")
        nothing(lacking)

    def test_roles_and_rule_tables_are_named_in_both_languages(self, registry: Registry):
        for role in registry.roles.get(self.plugin, ()):
            assert set(role.name) == {"en", "zh"}, role.code
            assert all(role.name.values()), role.code
        lacking = []
        for name, definition in registry.tables.items():
            if registry.owner_of("tables", name) == self.plugin:
                lacking += [f"{name}: {where}" for where in _one_language(definition.load())]
        nothing(lacking)

    def test_python_holds_no_chinese_of_its_own(self, folder: Path):
        found = []
        for file, tree in sources(folder):
            if _listed(file, self.chinese_in_code):
                continue
            allowed = _docstrings(tree) | _bilingual(tree)
            found += [
                f"{file}:{node.lineno} {node.value[:40]!r}"
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and CHINESE.search(node.value)
                and id(node) not in allowed
            ]
        nothing(found)

    def test_messages_to_people_are_translated(self, folder: Path):
        bare = []
        for file, node in _calls(folder):
            place = ERRORS.get(_last(node.func))
            if place is None or len(node.args) <= place:
                continue
            if any(_is_plain_text(part) for part in _outside_translation(node.args[place])):
                bare.append(f"{file}:{node.lineno} {ast.unparse(node.args[place])[:60]}")
        nothing(bare)

    def test_templates_hold_no_words_of_their_own(self, folder: Path):
        found = []
        for path in sorted(folder.rglob("templates/**/*.html")):
            inside = path.relative_to(folder).as_posix()
            source = path.read_text("utf-8")
            found += [f"{inside}: {words!r}" for words in bare_words(source)]
        nothing(found)


def speaks_both(message: str) -> bool:
    """Whether a message has Chinese that differs from it; one without words of its own needs none."""
    if not re.search(r"[A-Za-z]{2,}", BRACES.sub("", message)):
        return True
    with i18n.use_locale("zh"):
        return bool(CHINESE.search(i18n._(message)))


def _one_language(data, where: str = "") -> Iterator[str]:
    """Labels in a table file that lack a language."""
    if isinstance(data, dict):
        for key, value in data.items():
            place = f"{where}/{key}"
            shown = key in ("label", "description", "refer") and value
            if shown and not (isinstance(value, dict) and set(value) == {"en", "zh"}):
                yield f"{place}: {value!r}"
            yield from _one_language(value, place)
    elif isinstance(data, (list, tuple)):
        for index, value in enumerate(data):
            yield from _one_language(value, f"{where}[{index}]")


def _docstrings(tree: ast.Module) -> set[int]:
    """The string statements: docstrings, also of attributes."""
    return {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)}


def _bilingual(tree: ast.Module) -> set[int]:
    """The Chinese halves of mappings ``{"en": …, "zh": …}``."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            keys = {k.value for k in node.keys if isinstance(k, ast.Constant)}
            if {"en", "zh"} <= keys:
                found |= {id(n) for value in node.values for n in ast.walk(value)}
    return found


def _is_plain_text(node: ast.AST) -> bool:
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and bool(re.search(r"[A-Za-z]{3,}", text))


def _outside_translation(node: ast.AST) -> Iterator[ast.AST]:
    """An expression's parts that are not inside a call of ``_``; conditions and subscripts are not shown."""
    if isinstance(node, ast.Call):
        return
    yield node
    if isinstance(node, (ast.JoinedStr, ast.BinOp, ast.IfExp, ast.BoolOp)):
        parts = [node.body, node.orelse] if isinstance(node, ast.IfExp) else list(ast.iter_child_nodes(node))
        for part in parts:
            yield from _outside_translation(part)


# --- templates ------------------------------------------------------------------------------------------------------


class _Text(HTMLParser):
    """Collects what a page shows as it stands: text between tags, and attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT_TAGS:
            self._silent.append(tag)
        for name, value in attrs:
            if name in SHOWN_ATTRIBUTES and value:
                self.found.append(value)

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def bare_words(source: str) -> list[str]:
    """Words in a template that nobody translates: in its HTML, and in texts given to its macros."""
    environment = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"])
    tree = environment.parse(source)
    html = "".join(
        token[2] if token[1] == "data" else "\x00" for token in environment.lex(source) if token[1] != "whitespace"
    )
    parser = _Text()
    parser.feed(html.replace("\x00", "\ufffc"))
    words = [part.strip() for text in parser.found for part in text.split("\ufffc")]
    words += _texts_given(tree)
    return [w for w in words if _is_language(w)]


def _is_language(text: str) -> bool:
    rest = re.sub(r"&[a-z]+;|&#\d+;", "", text)
    rest = re.sub(r'"?\s*\b[a-z][a-z-]*="[^"]*"?', "", rest)  # a macro that answers attributes
    rest = " ".join(word for word in rest.split() if word.strip(".,:;()") not in SAME_EVERYWHERE)
    return bool(CHINESE.search(rest) or re.search(r"[A-Za-z]{2,}", rest))


def _texts_given(node: nodes.Node) -> Iterator[str]:
    """Constants that look like sentences or titles and are given to a macro without translation."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Call):
            name = getattr(child.node, "name", getattr(child.node, "attr", ""))
            if name in NOT_SHOWN:
                continue
            for argument in [*child.args, *(k.value for k in child.kwargs)]:
                if isinstance(argument, nodes.Const) and isinstance(argument.value, str):
                    text = argument.value
                    if CHINESE.search(text) or re.match(r"[A-Z][a-z]+( [a-z]|$)", text):
                        yield text
        yield from _texts_given(child)
