"""Broken on purpose: its search and its work items raise."""

from core.api import Manifest, hookimpl

MANIFEST = Manifest(
    name="bad_search",
    label={"en": "Bad Search", "zh": "坏模块"},
    summary={"en": "Broken on purpose", "zh": "有意弄坏的"},
    version="0.1.0",
)


@hookimpl
def search(ctx, query):
    raise RuntimeError("the search broke")


@hookimpl
def work_items(ctx):
    raise RuntimeError("the work items broke")


@hookimpl
def home_figures(ctx):
    raise RuntimeError("the figures broke")


@hookimpl
def menu_counts(ctx):
    raise RuntimeError("the counts broke")
