"""The outbox: one row for each mail, whatever became of it."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, BigId, CompanyOwned, Id
from core.i18n import N_, _

QUEUED, SENDING, SENT, PARKED, UNSURE, DROPPED = "queued", "sending", "sent", "parked", "unsure", "dropped"
STATES = (QUEUED, SENDING, SENT, PARKED, UNSURE, DROPPED)
"""``parked``: the server refused it or tries ran out. ``unsure``: whether the server took it is not known."""
STATE_WORDS = {
    PARKED: N_("Parked"),
    UNSURE: N_("Unsure"),
    QUEUED: N_("Queued"),
    SENDING: N_("Being sent"),
    SENT: N_("Sent out"),
    DROPPED: N_("Dropped"),
}
WAITING = (PARKED, UNSURE)
"""What waits for a person."""


class Outgoing:
    """What a company's mail and the installation's own mail have in common."""

    id: Mapped[Id]
    cause: Mapped[str] = mapped_column(sa.String(160))
    """What it is sent for: the same cause is mailed once, however often a handler is repeated."""
    recipient: Mapped[str] = mapped_column(sa.String(255))
    subject: Mapped[str] = mapped_column(sa.String(300))
    body: Mapped[str] = mapped_column(sa.Text)
    locale: Mapped[str] = mapped_column(sa.String(12))
    secret: Mapped[bool] = mapped_column(default=False)
    """Whether the body holds a link that opens something: shown to nobody, and erased when it is no longer needed."""
    expires_at: Mapped[dt.datetime | None]
    """After this moment it would be useless, and is not sent any more."""
    message_id: Mapped[str] = mapped_column(sa.String(200))
    """Made when it is queued, so that both sides can say whether a mail is this one."""
    state: Mapped[str] = mapped_column(sa.String(10), default=QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    """How often it was taken up since a person last decided."""
    claim: Mapped[str] = mapped_column(sa.String(32), default="")
    """Who has taken it up: who holds another one has lost it."""
    due_at: Mapped[dt.datetime]
    lease_until: Mapped[dt.datetime | None]
    handed_at: Mapped[dt.datetime | None]
    """When its text was about to be given to the server; from then on until the answer nobody knows."""
    error: Mapped[str] = mapped_column(sa.Text, default="")
    created_at: Mapped[dt.datetime]
    sent_at: Mapped[dt.datetime | None]

    @property
    def state_words(self) -> str:
        """Where it stands, in the language of the moment."""
        return _(STATE_WORDS[self.state])

    @property
    def erased(self) -> bool:
        """Whether its body is gone."""
        return not self.body


class Mail(Base, CompanyOwned, Outgoing):
    """A mail of a company."""

    __tablename__ = "core_mail"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "cause"),
        sa.CheckConstraint(f"state in {STATES}", name="state"),
        sa.Index("ix_core_mail_due", "state", "due_at"),
        sa.Index("ix_core_mail_company_state", "company_id", "state", "id"),
        sa.Index("ix_core_mail_record", "company_id", "record_kind", "record_id", "id"),
    )
    __audited__ = False

    sender_name: Mapped[str] = mapped_column(sa.String(120), default="")
    sender_address: Mapped[str] = mapped_column(sa.String(255), default="")
    """Empty: the installation's."""
    reply_to: Mapped[str] = mapped_column(sa.String(500), default="")
    record_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    record_id: Mapped[int | None] = mapped_column(BigId)
    user_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    """Who had it sent; None: the system."""


class AccountMail(Base, Outgoing):
    """A mail about an account, which belongs to the installation: a link for a password, a notice of a change."""

    __tablename__ = "core_account_mail"
    __table_args__ = (
        sa.UniqueConstraint("cause"),
        sa.CheckConstraint(f"state in {STATES}", name="state"),
        sa.Index("ix_core_account_mail_due", "state", "due_at"),
    )
