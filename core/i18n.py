"""Languages, without Flask: English message ids, one Chinese catalogue per package.

``_("Part {part}: {free} free", part="P-12", free=1)`` answers in the language of the moment (``set_locale``).
``python -m core.i18n update`` extracts messages into each package's catalogue, ``check`` lists what lacks Chinese and
what has two: a message is one for the whole installation, so its Chinese must be one, too.
"""

from __future__ import annotations

import gettext as _gettext
import sys
from collections.abc import Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
"""Our short name → the name that Babel, Flask-Admin and Flask-Security know."""

DEFAULT_LOCALE = "zh"
_current: ContextVar[str] = ContextVar("sanbao_locale", default=DEFAULT_LOCALE)
_packages: list[Path] = []
_catalogues: dict[str, dict] = {}


def get_locale() -> str:
    """The language of this request or job: ``zh`` or ``en``."""
    return _current.get()


def set_locale(locale: str | None) -> None:
    """Choose the language of this request or job; an unknown one falls back on Chinese."""
    _current.set(locale if locale in LOCALES else DEFAULT_LOCALE)


@contextmanager
def use_locale(locale: str | None):
    """Within the block, ``_`` answers in ``locale``."""
    token = _current.set(locale if locale in LOCALES else DEFAULT_LOCALE)
    try:
        yield
    finally:
        _current.reset(token)


def N_(message: str) -> str:  # noqa: N802 - the conventional name of the marker
    """Mark a message for translation without translating it yet."""
    return message


def _(message: str, **params) -> str:
    """The message in the language of the moment, with ``{placeholders}`` filled in."""
    if not message:
        return message
    text = _catalogue(_current.get()).get(message) or message
    return text.format(**params) if params else text


def n_(singular: str, plural: str, n: int, **params) -> str:
    """The message for ``n`` things; ``{n}`` is filled in."""
    locale = _current.get()
    text = _catalogue(locale).get((singular, 0 if locale == "zh" else int(n != 1)))
    return (text or (singular if n == 1 else plural)).format(n=n, **params)


def both(message: str, **params) -> dict[str, str]:
    """A message in both languages, to be kept as data: ``{"en": …, "zh": …}``; so may its parameters be."""
    words = {}
    for locale in LOCALES:
        with use_locale(locale):
            words[locale] = _(message, **{k: label(v) if isinstance(v, dict) else v for k, v in params.items()})
    return words


def label(value) -> str:
    """A label from data: a bilingual mapping ``{en: …, zh: …}``, or a plain string (a message id)."""
    if isinstance(value, dict):
        return value.get(_current.get()) or value.get("en") or value.get("zh") or ""
    return _(str(value)) if value else ""


def add_package(folder: Path | str) -> None:
    """Let ``folder/translations`` contribute its catalogue. Earlier packages win."""
    path = Path(folder)
    if path not in _packages:
        _packages.append(path)
        _catalogues.clear()


def catalogue_path(folder: Path, locale: str = "zh") -> Path:
    """Where a package keeps its catalogue for ``locale``."""
    return folder / "translations" / LOCALES[locale] / "LC_MESSAGES" / "messages.po"


def _catalogue(locale: str) -> dict:
    if locale not in _catalogues:
        merged: dict = {}
        if locale != "en":
            for folder in _packages:
                for key, value in _load(catalogue_path(folder, locale)).items():
                    merged.setdefault(key, value)
        _catalogues[locale] = merged
    return _catalogues[locale]


_TOGETHER = 5
"""Seconds: whoever installs a distribution writes the catalogue and its source one after the other, in either order."""


def _load(po: Path) -> dict:
    """The compiled catalogue, or the source where it is newer (a developer has just edited it)."""
    mo = po.with_suffix(".mo")
    if mo.exists() and (not po.exists() or mo.stat().st_mtime + _TOGETHER >= po.stat().st_mtime):
        with mo.open("rb") as file:
            return dict(_gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined]
    if not po.exists():
        return {}
    from babel.messages.pofile import read_po

    messages: dict = {}
    with po.open("rb") as file:
        for message in read_po(file):
            if not message.id or message.fuzzy or not message.string:
                continue
            if isinstance(message.id, tuple):
                for index, text in enumerate(message.string):
                    messages[(message.id[0], index)] = text
            else:
                messages[message.id] = message.string
    return messages


@lru_cache
def texts_of(domain: str, locale: str) -> dict[str, str]:
    """Our translations of another package's texts: ``<domain>.po`` beside the core's own catalogue. None for
    English.
    """
    return {} if locale == "en" else _load(catalogue_path(Path(__file__).parent, locale).with_name(f"{domain}.po"))


add_package(Path(__file__).parent)


# --- the developer's commands ---------------------------------------------------------------------------------------

_KEYWORDS = {"_": None, "N_": None, "gettext": None, "n_": (1, 2), "ngettext": (1, 2)}


def extract(folder: Path) -> dict:
    """Every message id in a package's Python, templates and scripts → where it stands."""
    from babel.messages.extract import extract_from_dir

    methods = [("**/translations/**", "ignore"), ("**/static/**", "ignore"), ("**.py", "python"), ("**.html", "jinja2")]
    methods += [("**.txt", "jinja2")]
    found: dict = {}
    rows = extract_from_dir(
        str(folder),
        [m for m in methods if m[1] != "ignore"],
        keywords=_KEYWORDS,
        options_map={"**.html": {"encoding": "utf-8", "silent": "false"}, "**.txt": {"encoding": "utf-8"}},
    )
    for filename, line, message, _comments, _context in rows:
        if message and "/plugins/" not in f"/{filename}" and not filename.startswith("plugins/"):
            found.setdefault(message, []).append((filename, line))
    return found


def missing(folder: Path) -> list:
    """The message ids of a package that have no Chinese, nor in the core's catalogue."""
    known = _load(catalogue_path(Path(__file__).parent)) | _load(catalogue_path(folder))
    lacking = []
    for message in extract(folder):
        key = (message[0], 0) if isinstance(message, tuple) else message
        if not known.get(key):
            lacking.append(message)
    return lacking


def disputed(folders: Iterable[Path]) -> dict[str, dict[str, list[Path]]]:
    """The messages to which packages give different Chinese → each text and the packages that hold it. On a page only
    the text of the package that was loaded first is seen.
    """
    said: dict = {}
    for folder in dict.fromkeys(folder.resolve() for folder in folders):
        for key, text in _load(catalogue_path(folder)).items():
            if key:
                said.setdefault(key, {}).setdefault(text, []).append(folder)
    return {key[0] if isinstance(key, tuple) else key: texts for key, texts in said.items() if len(texts) > 1}


def disputes(folders: Iterable[Path], among: Iterable[Path] = ()) -> list[str]:
    """Each message of ``folders`` whose Chinese is another in one of them or ``among`` others, in a sentence."""
    own = [folder.resolve() for folder in folders]
    lines = []
    for message, texts in disputed([*own, *among]).items():
        if not any(folder in own for holders in texts.values() for folder in holders):
            continue
        held = " but ".join(f"{text} in {', '.join(sorted(f.name for f in by))}" for text, by in texts.items())
        lines.append(f"{message!r} is {held}: agree on one, or give one of them English of its own")
    return sorted(lines)


def update(folder: Path) -> list:
    """Bring a package's catalogue up to date with its code; answers what still lacks Chinese."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po, write_po

    po = catalogue_path(folder)
    catalog = Catalog(locale=LOCALES["zh"], project="Sanbao", charset="utf-8", fuzzy=False)
    if po.exists():
        with po.open("rb") as file:
            catalog = read_po(file, locale=LOCALES["zh"])
    here = Path(__file__).parent
    core_known = {} if folder.resolve() == here.resolve() else _load(catalogue_path(here))
    found = {m: w for m, w in extract(folder).items() if (m if isinstance(m, str) else (m[0], 0)) not in core_known}
    for message in list(catalog):
        if message.id and message.id not in found:
            catalog.delete(message.id)
    for message in found:
        if message not in catalog:
            catalog.add(message)
    po.parent.mkdir(parents=True, exist_ok=True)
    with po.open("wb") as file:
        write_po(file, catalog, width=110, no_location=True, sort_output=True, omit_header=False)
    return missing(folder)


def compile_all(folders: list[Path]) -> None:
    """Write ``messages.mo`` beside each ``messages.po``."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for folder in folders:
        for po in folder.glob("translations/*/LC_MESSAGES/*.po"):
            with po.open("rb") as source, po.with_suffix(".mo").open("wb") as target:
                write_mo(target, read_po(source))


def translated_folders(root: Path) -> list[Path]:
    """The packages below ``root`` that have code of their own to translate: the core and each plugin."""
    plugins = [
        p.parent for p in sorted(root.glob("plugins/*/plugin.py")) + sorted(root.glob("plugins/industries/*/plugin.py"))
    ]
    return [root / "core", *plugins]


def main(argv: list[str]) -> int:
    """``update`` or ``check`` the catalogues below the working directory (or of the folders named), or ``compile``."""
    verb, *names = argv or ["check"]
    folders = [Path(n) for n in names] or translated_folders(Path.cwd())
    strange = [str(folder) for folder in folders if not any(folder.glob("*.py"))]
    if strange:
        print(f"no package at {', '.join(strange)}: run this in the project's folder, or name the folders of packages")
        return 2
    if verb == "compile":
        compile_all(folders)
        return 0
    wrong = []
    for folder in folders:
        rows = update(folder) if verb == "update" else missing(folder)
        wrong += [f"{folder}: no Chinese for {message!r}" for message in rows]
    wrong += disputes(folders, translated_folders(Path(__file__).parents[1]))
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
