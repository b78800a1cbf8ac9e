"""Forms of contracts, follow-ups, suppliers and claims. Choices of the company are filled in by the views."""

from __future__ import annotations

from wtforms import (
    DateField,
    DecimalField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from core.api import N_
from core.web_api import SanbaoForm, VersionForm
from plugins.warranty.agreed import (
    CLAIM_ANSWER_WORDS,
    CLAIM_OUTCOME_WORDS,
    COST_WORDS,
    PERIOD_WORDS,
    QUOTA_WORDS,
    RECOVERY_WORDS,
    RENEWAL_WORDS,
    START_EVENT_WORDS,
    SUPPORTER_WORDS,
    TELL_WORDS,
    TERM_UNIT_WORDS,
    VISIT_OUTCOME_WORDS,
    WISH_WORDS,
)

MONEY = NumberRange(min=0, max=10**10)


class Ticks(SelectMultipleField):
    """Several of the values offered, each a box to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ReasonForm(VersionForm):
    reason = TextAreaField(N_("Reason"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})


class PersonForm(VersionForm):
    user_id = SelectField(N_("Person"), coerce=int, validators=[InputRequired()])


# --- contracts ------------------------------------------------------------------------------------------------------


class ContractForm(VersionForm):
    """A contract: what is agreed, for which units, at what price."""

    token = HiddenField()
    customer_id = HiddenField()
    title = StringField(
        N_("Title of the contract"), [InputRequired(), Length(max=200)], description=N_("In a few words.")
    )
    starts_on = DateField(N_("Begins on"), [InputRequired()])
    ends_on = DateField(N_("Ends on"), [InputRequired()])
    covers = Ticks(N_("Covers"), choices=list(COST_WORDS.items()))
    items = Ticks(N_("What is covered"))
    level = SelectField(N_("Level of service"), validators=[Optional()], choices=[])
    price_list = SelectField(
        N_("Price list"), validators=[Optional()], choices=[], description=N_("For what is not covered.")
    )
    price = DecimalField(N_("Price"), [InputRequired(), MONEY], places=2)
    instalments = IntegerField(N_("Instalments"), [InputRequired(), NumberRange(min=1, max=120)], default=1)
    renewal = RadioField(N_("How it goes on"), choices=list(RENEWAL_WORDS.items()), default="offer")
    quota_visits = DecimalField(N_("Visits included"), [Optional()], places=None)
    quota_hours = DecimalField(N_("Working hours included"), [Optional()], places=None)
    quota_parts = DecimalField(N_("Pieces of parts included"), [Optional()], places=None)
    period = SelectField(N_("Counted"), choices=list(PERIOD_WORDS.items()), default="year")
    contact_name = StringField(N_("Contact person"), [Length(max=120)])
    contact_email = StringField(N_("E-mail address"), [Length(max=255)], description=N_("Notices go there."))
    assignee_id = SelectField(N_("Looked after by"), coerce=int, validators=[Optional()])
    unit_id = SelectField(N_("Department"), coerce=int, validators=[Optional()])
    note = TextAreaField(N_("Note"), render_kw={"rows": 3})


class FindCustomerForm(SanbaoForm):
    """For whom a contract is drawn up."""

    class Meta:
        csrf = False

    q = StringField(
        N_("Customer"), [Length(max=100)], id="customer-q", description=N_("Name, number or address.")
    )


class TerminateForm(ReasonForm):
    last_day = DateField(
        N_("Last day of validity"), [InputRequired()], description=N_("Work begun by then stays under it.")
    )


class RenewForm(VersionForm):
    starts_on = DateField(N_("Begins on"), [InputRequired()])
    ends_on = DateField(N_("Ends on"), [InputRequired()])
    price = DecimalField(N_("Price"), [InputRequired(), MONEY], places=2)


class UseForm(SanbaoForm):
    """Something done under a contract, booked by hand."""

    token = HiddenField()
    kind = SelectField(N_("What was used"), choices=list(QUOTA_WORDS.items()))
    quantity = DecimalField(N_("How much"), [InputRequired(), NumberRange(max=10**6)])
    used_on = DateField(N_("On"), [InputRequired()])
    note = StringField(N_("For what"), [Length(max=200)])


class PayForm(SanbaoForm):
    number = SelectField(N_("Instalment"), coerce=int, validators=[InputRequired()])
    paid_on = DateField(N_("Paid on"), [InputRequired()])
    reference = StringField(N_("Invoice or payment"), [Length(max=80)])


# --- follow-ups -----------------------------------------------------------------------------------------------------


class ResultForm(VersionForm):
    result = TextAreaField(N_("What was done"), [InputRequired()], render_kw={"rows": 4})


class ReportForm(VersionForm):
    result = TextAreaField(N_("Report"), [InputRequired()], render_kw={"rows": 12})


class VisitForm(VersionForm):
    """How a visit to renew ended."""

    outcome = RadioField(N_("Outcome"), choices=list(VISIT_OUTCOME_WORDS.items()), validators=[InputRequired()])
    visited_on = DateField(N_("Visited on"), [InputRequired()])
    result = TextAreaField(N_("What was said"), render_kw={"rows": 3})
    price = DecimalField(
        N_("Price of the next contract"), [Optional(), MONEY], places=2, description=N_("Empty: as before.")
    )
    reason = TextAreaField(N_("Why the customer does not renew"), render_kw={"rows": 2})
    next_on = DateField(N_("Come again on"), [Optional()])


# --- suppliers ------------------------------------------------------------------------------------------------------


class GoodsForm(VersionForm):
    """For which goods of a supplier something is meant."""

    product_id = SelectField(N_("Product"), coerce=int, validators=[Optional()])
    product_group = StringField(N_("Product group"), [Length(max=80)])
    maker = StringField(N_("Maker"), [Length(max=200)], description=N_("As it stands on the products."))


class TermForm(GoodsForm):
    """How long a supplier answers."""

    part_group = StringField(N_("Group of parts"), [Length(max=80)], description=N_("Empty: the whole product."))
    amount = IntegerField(N_("Answers for"), [InputRequired(), NumberRange(min=1, max=1200)])
    unit = SelectField(N_("Counted in"), choices=list(TERM_UNIT_WORDS.items()))
    start_event = SelectField(N_("Counted from"), choices=list(START_EVENT_WORDS.items()))
    covers = Ticks(N_("Covers"), choices=list(COST_WORDS.items()), default=["parts"])
    valid_from = DateField(N_("For goods from"), [InputRequired()])
    valid_until = DateField(N_("For goods until"), [Optional()], description=N_("Empty: until further notice."))
    note = TextAreaField(N_("Note"), render_kw={"rows": 2})


class AgreementForm(GoodsForm):
    """Who gives technical support for a supplier's goods."""

    supplier_id = SelectField(N_("Supplier"), coerce=int, validators=[InputRequired()])
    before_sale = RadioField(N_("Support before the sale"), choices=list(SUPPORTER_WORDS.items()), default="supplier")
    after_sale = RadioField(N_("Support after the sale"), choices=list(SUPPORTER_WORDS.items()), default="supplier")
    third_party = StringField(N_("Third party"), [Length(max=200)])
    contact_name = StringField(N_("Contact person"), [Length(max=120)])
    phone = StringField(N_("Phone"), [Length(max=60)], render_kw={"inputmode": "tel"})
    email = StringField(N_("E-mail address"), [Length(max=255)])
    valid_from = DateField(N_("Valid from"), [InputRequired()])
    valid_until = DateField(N_("Valid until"), [InputRequired()])
    content = TextAreaField(N_("What is agreed"), render_kw={"rows": 4})
    follows_id = HiddenField()


class EndForm(ReasonForm):
    last_day = DateField(N_("Last day of validity"), [InputRequired()])


# --- claims ---------------------------------------------------------------------------------------------------------


class ClaimForm(SanbaoForm):
    """Opening a claim."""

    token = HiddenField()
    device_id = HiddenField()
    product_id = HiddenField()
    kind = HiddenField()
    source_id = HiddenField()
    supplier_id = SelectField(
        N_("Supplier"), coerce=int, validators=[Optional()], description=N_("Empty: who answers by the terms agreed.")
    )
    subject = StringField(N_("What failed"), [InputRequired(), Length(max=200)], description=N_("In a few words."))
    problem = TextAreaField(N_("What happened"), render_kw={"rows": 4})
    part = StringField(N_("Part"), [Length(max=120)])
    part_group = StringField(N_("Group of parts"), [Length(max=80)])
    batch = StringField(N_("Batch"), [Length(max=80)])
    found_on = DateField(N_("Found on"), [Optional()], description=N_("Empty: today."))
    wish = SelectField(N_("What is wanted"), choices=list(WISH_WORDS.items()), default="compensation")
    loss = DecimalField(N_("Loss"), [InputRequired(), NumberRange(max=10**10)], places=2, default=0)
    claimed = DecimalField(
        N_("Claimed"), [Optional(), NumberRange(max=10**10)], places=2, description=N_("Empty: all of the loss.")
    )


class AmountsForm(VersionForm):
    loss = DecimalField(N_("Loss"), [InputRequired(), NumberRange(max=10**10)], places=2)
    claimed = DecimalField(N_("Claimed"), [InputRequired(), NumberRange(max=10**10)], places=2)


class TellForm(VersionForm):
    by = RadioField(N_("How"), choices=list(TELL_WORDS.items()), default="mail", validators=[InputRequired()])
    to = StringField(N_("To whom"), [Length(max=255)], description=N_("By e-mail: the address."))
    subject = StringField(N_("Subject of the mail"), [Length(max=200)])
    body = TextAreaField(N_("Text of the mail"), render_kw={"rows": 12})


class AnswerForm(VersionForm):
    answer = RadioField(N_("Answer"), choices=list(CLAIM_ANSWER_WORDS.items()), validators=[InputRequired()])
    accepted = DecimalField(
        N_("Amount accepted"), [Optional(), NumberRange(max=10**10)], places=2, description=N_("Empty: all of it.")
    )
    text = TextAreaField(N_("In words"), render_kw={"rows": 3})


class RecoveryForm(SanbaoForm):
    token = HiddenField()
    amount = DecimalField(N_("Worth"), [InputRequired(), NumberRange(max=10**10)], places=2)
    way = SelectField(N_("What came"), choices=list(RECOVERY_WORDS.items()))
    received_on = DateField(N_("Received on"), [InputRequired()])
    reference = StringField(N_("Voucher or delivery note"), [Length(max=80)])


class CloseClaimForm(VersionForm):
    outcome = RadioField(N_("Outcome"), choices=list(CLAIM_OUTCOME_WORDS.items()), validators=[InputRequired()])
    text = TextAreaField(N_("In words"), render_kw={"rows": 2})
