"""What installed distributions offer: plugins and industry profiles."""

from __future__ import annotations

from importlib.metadata import EntryPoint, distributions


def offered(group: str) -> list[EntryPoint]:
    """The entry points of a group, by name; of a distribution that is found twice those of the installed one.

    An editable installation leaves an ``*.egg-info`` beside the code. It is as old as its last build, and a server
    whose working directory is there finds it before the installed distribution.
    """
    chosen: dict[str, tuple[bool, list[EntryPoint]]] = {}
    for distribution in distributions():
        found = [entry for entry in distribution.entry_points if entry.group == group]
        if not found:
            continue
        installed = distribution.read_text("METADATA") is not None
        known = chosen.get(distribution.name)
        if known is None or (installed and not known[0]):
            chosen[distribution.name] = (installed, found)
    return sorted((entry for _installed, found in chosen.values() for entry in found), key=lambda entry: entry.name)
