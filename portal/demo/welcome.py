"""What the demo says at its end: where the portal is, who can sign in, and what to try."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.urls import reverse

from affiliates.months import add_months, show_month
from commissions.models import Commission, Period
from payouts.models import Statement, StatementState
from portal.demo.draft import LARGEST, LATE_MONEY
from portal.demo.people import EVERYBODY, who_changed

LINE = "─" * 100


def welcome(*, port: int, password: str | None, folder: Path) -> Iterator[str]:
    """The lines to print; `password` is None where its file is gone."""
    portal = f"http://localhost:{port}"
    yield LINE
    yield f"Portal   {portal}/"
    yield f"Admin    {portal}{reverse('admin:index')}"
    if settings.DEBUG and not settings.EMAIL_HOST:
        yield f"Mail     {portal}{reverse('written_mails')}"
    yield ""
    known = password or "unknown, its file is gone: `.venv/bin/python manage.py changepassword E-MAIL` sets one"
    yield f"Password of everybody: {known}"
    yield ""
    width = max(len(person.email) for person in EVERYBODY)
    changed = who_changed(password) if password else set()
    for person in EVERYBODY:
        note = " (chose another password)" if person.email in changed else ""
        yield f"  {person.email:<{width}}  {person.name:<16}  {person.does}{note}"
    yield ""
    yield from _to_try(portal, folder)
    yield LINE


def _to_try(portal: str, folder: Path) -> Iterator[str]:
    yield "To try next:"
    last = Period.objects.last_closed()
    if last is None:
        return
    month = show_month(add_months(last.month, 1))
    yield f"  1. Compute the open month:   .venv/bin/python manage.py run_commissions {month}"
    yield f"     and close it for good:    .venv/bin/python manage.py close_period {month}"
    # The late payment that lifted a past month's rate.
    lifted = Commission.objects.posted().filter(partner__reference=LATE_MONEY, posted_before__gt=0, amount__gt=0)
    commission = lifted.order_by("-period_id", "-amount").first()
    if commission is not None:
        page = reverse("admin:commissions_commission_change", args=[commission.pk])
        yield "  2. See, as fay@ or admin@, why a late payment lifted the rate of a month that was closed:"
        yield f"     {portal}{page}"
    statement = (
        Statement.objects.filter(state=StatementState.ISSUED, partner__reference=LARGEST).order_by("-period_id").first()
    )
    if statement is not None:
        yield f"  3. Open a statement:         {statement.file.path}"
    yield ""
    yield f"The program's files are in {folder}; importing them again finds everything recorded already:"
    yield f"     .venv/bin/python manage.py import_program {folder}"
