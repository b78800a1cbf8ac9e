"""How the columns of the tables of money are called, for the audit trail."""

from __future__ import annotations

from core.api import N_, ColumnWords
from plugins.service.money_contracts import (
    CHARGE_WORDS,
    HANDOVER_WORDS,
    METHOD_WORDS,
    MODE_WORDS,
    PAYER_WORDS,
    PAYMENT_WORDS,
    SOURCE_WORDS,
)

MONEY = ColumnWords(
    {
        "amount": N_("Amount"),
        "counted": N_("Counted by finance"),
        "counters_id": N_("Takes back"),
        "difference_reason": N_("Why it differs"),
        "from_id": N_("Cash from"),
        "hand_over": N_("Cash to hand over"),
        "handed_at": N_("Handed over to finance"),
        "handover_id": N_("Handed over with"),
        "invoiced_on": N_("Day of the invoice"),
        "label": N_("What is charged"),
        "method": N_("Paid by"),
        "mode": N_("Way of collecting"),
        "mode_reason": N_("Why in this way"),
        "paid_at": N_("Paid at"),
        "payer": N_("Paid for by"),
        "payer_name": N_("Who paid"),
        "received_by": N_("Received by"),
        "refuse_reason": N_("Why it was refused"),
        "settled_at": N_("Settled at"),
        "settled_by": N_("Settled by"),
        "settled_by_id": N_("Settled by"),
        "unit_price": N_("Price"),
        "why": N_("Why"),
    },
    {
        "method": METHOD_WORDS,
        "mode": MODE_WORDS,
        "payer": PAYER_WORDS,
        "service_cash_handover.state": HANDOVER_WORDS,
        "service_charge.kind": CHARGE_WORDS,
        "service_charge.source": SOURCE_WORDS,
        "service_payment.kind": PAYMENT_WORDS,
    },
)
