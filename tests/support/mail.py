"""A real mail server on the loopback address that keeps what it is sent, and answers as it is told."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from core.mail.server import MailServer
from tests.support.server import free_port


@dataclass
class Mailbox:
    """Where the server listens and the messages that it took, oldest first.

    ``answers`` holds what is said to a recipient instead of 250 OK; ``on_data`` is called with each message before it
    is kept, and may say something else than 250 OK.
    """

    host: str
    port: int
    messages: list[EmailMessage] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    on_data: Callable[[EmailMessage], str | None] | None = None

    @property
    def server(self) -> MailServer:
        """For a worker that is to send here."""
        return MailServer(host=self.host, port=self.port, sender="Sanbao <sanbao@sanbao.example>", timeout=5)

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:  # noqa: N802 - as aiosmtpd calls it
        """Take a recipient, or say what the test wants."""
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802 - the name aiosmtpd calls
        """Keep one message."""
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        answer = self.on_data(message) if self.on_data is not None else None
        if answer is None or answer.startswith("250"):
            self.messages.append(message)
        return answer or "250 OK"


@contextlib.contextmanager
def mail_server(port: int | None = None) -> Iterator[Mailbox]:
    """Run the server for the length of the block."""
    from aiosmtpd.controller import Controller

    mailbox = Mailbox("127.0.0.1", port or free_port())
    controller = Controller(mailbox, hostname=mailbox.host, port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
