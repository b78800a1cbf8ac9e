"""Tests talk to this machine only."""

from __future__ import annotations

import ipaddress
import socket

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex


class OutsideConnection(RuntimeError):
    """A test tried to reach another machine."""


def _check(family: int, address) -> None:
    if family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = address[0]
    if host in ("localhost", ""):
        return
    try:
        inside = ipaddress.ip_address(host).is_loopback
    except ValueError:
        inside = False
    if not inside:
        raise OutsideConnection(f"tests may not connect to {host}")


def close_the_door() -> None:
    """Refuse every connection of this process to anything but the loopback addresses."""

    def connect(self, address):
        _check(self.family, address)
        return _connect(self, address)

    def connect_ex(self, address):
        _check(self.family, address)
        return _connect_ex(self, address)

    socket.socket.connect = connect  # type: ignore[method-assign]
    socket.socket.connect_ex = connect_ex  # type: ignore[method-assign]
