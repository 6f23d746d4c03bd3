"""Groups, partnerships, customers, leads and deals as PartnerStack writes them."""

import re
from collections.abc import Sequence
from typing import Any

from django.db.models import DateTimeField, F, Func, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts.models import AuditEntry
from affiliates.models import FactBatch, Partner
from clients.models import Client
from commissions.models import Plan, PlanAssignment
from integrations.partnerstack.formats import Kind, Row, cents_of, milliseconds_of
from integrations.partnerstack.serializers.paging import Asked, UnknownKey, keys_of, own_key, rows_of_page
from referrals.models import Lead
from referrals.models.lead import Stage

Found = tuple[list[Row], bool]  # The rows of a page, and whether there are more.
# A lead that sales takes up is a deal as well.
NO_DEALS = (Stage.SUBMITTED, Stage.REJECTED)


def groups(asked: Asked) -> Found:
    """The plans, of which there are few; a plan never changes."""
    rows = _groups()
    keys = [row["key"] for row in rows]
    if asked.after or asked.only:
        if (asked.after or asked.only) not in keys:
            raise UnknownKey
        place = keys.index(asked.after or asked.only)
        rows = rows[place + 1 :] if asked.after else rows[place : place + 1]
    for since in filter(None, (asked.min_updated, asked.min_created)):
        rows = [row for row in rows if row["updated_at"] >= (milliseconds_of(since) or 0)]
    return rows[: asked.limit], len(rows) > asked.limit


def _groups() -> list[Row]:
    plans = list(Plan.objects.order_by("-id"))
    subjects = [f"plan {plan.name}"[:120] for plan in plans]
    made = dict(AuditEntry.objects.filter(action="plan made", subject__in=subjects).values_list("subject", "at"))
    first = FactBatch.objects.order_by("id").values_list("recorded_at", flat=True).first()
    return [
        {
            "key": own_key(Kind.GROUPS, plan.pk),
            "name": plan.name,
            "slug": "-".join(re.findall(r"\w+", plan.name.lower())),
            "default": plan.is_standard,
            "archived": False,
            "features": {},
            "created_at": milliseconds_of(made.get(subject, first)) or 0,
            "updated_at": milliseconds_of(made.get(subject, first)) or 0,
        }
        for plan, subject in zip(plans, subjects, strict=True)
    ]


def partnerships(asked: Asked) -> Found:
    """The partners; one that ended is archived."""
    changed = Greatest("batch__recorded_at", "changed_in__recorded_at", _plan_since(asked))
    rows = Partner.objects.annotate(changed_at=changed)
    found, more = rows_of_page(rows, Kind.PARTNERSHIPS, "joined_on", asked, updated="changed_at")
    keys = keys_of(Kind.PARTNERSHIPS, [row.pk for row in found])
    plans = _plans(asked, found)
    return [_partnership(asked, row, keys[row.pk], plans.get(row.pk)) for row in found], more


def _partnership(asked: Asked, row: Any, key: str, plan: Plan | None) -> Row:
    return {
        "key": key,
        "partner_key": row.reference,
        "created_at": asked.begins(row.joined_on),
        "updated_at": milliseconds_of(row.changed_at),
        "joined_at": asked.begins(row.joined_on),
        "approved_status": "approved",
        "archived": row.terminated_on is not None,
        "email": row.email,
        "first_name": "",
        "last_name": "",
        "group": {"key": own_key(Kind.GROUPS, plan.pk), "name": plan.name} if plan else None,
        "team": {"name": row.name},
        "manager": None,
        "m_data": {},
        "stats": {},
        "tags": [],
    }


def _plan_since(asked: Asked) -> Subquery:
    """Since when a partner has the plan that it has now: from its month on, or from when it was given after that."""
    begins = Func(
        F("first_month"),
        Value(asked.program.time_zone),
        arg_joiner="::timestamp AT TIME ZONE ",
        template="(%(expressions)s)",
        output_field=DateTimeField(),
    )
    given = PlanAssignment.objects.filter(partner=OuterRef("pk"), first_month__lte=asked.program.day(timezone.now()))
    return Subquery(given.values(since=Greatest("batch__recorded_at", begins)).order_by("-since")[:1])


def _plans(asked: Asked, partners: Sequence[Partner]) -> dict[int, Plan]:
    """The plan that each partner has now."""
    standard = Plan.objects.filter(is_standard=True).first()
    today = asked.program.day(timezone.now())
    given = PlanAssignment.objects.filter(partner__in=partners, first_month__lte=today).select_related("plan")
    found = {partner.pk: standard for partner in partners} if standard else {}
    return found | {each.partner_id: each.plan for each in given.order_by("first_month", "id")}


def customers(asked: Asked) -> Found:
    """The referred clients."""
    changed = Greatest("batch__recorded_at", "changed_in__recorded_at")
    rows = Client.objects.select_related("partner", "lead").annotate(changed_at=changed)
    found, more = rows_of_page(rows, Kind.CUSTOMERS, "closed_on", asked, updated="changed_at")
    keys = keys_of(Kind.CUSTOMERS, [row.pk for row in found])
    partners = keys_of(Kind.PARTNERSHIPS, [row.partner_id for row in found])
    return [_customer(asked, row, keys[row.pk], partners[row.partner_id]) for row in found], more


def _customer(asked: Asked, row: Any, key: str, partnership: str) -> Row:
    return {
        "key": key,
        "customer_key": row.reference,
        "name": row.name,
        "email": row.lead.email if row.lead else None,
        "created_at": asked.begins(row.closed_on),
        "updated_at": milliseconds_of(row.changed_at),
        "partner_key": row.partner.reference,
        "partnership_key": partnership,
        "provider_key": None,
        "source_key": row.reference,
        "source_type": "tributary",
        "field_data": {},
        "fields": [],
        "meta": {"domain": row.domain, "canceled_at": asked.begins(row.canceled_on)},
        "test": False,
    }


def leads(asked: Asked) -> Found:
    """All leads."""
    found, more, keys = _leads(asked, Kind.LEADS, Lead.objects.all())
    told = ({"status": row.stage, "approved": row.stage not in NO_DEALS} for row in found)
    return [_either(asked, row, keys[row.pk]) | more_of_it for row, more_of_it in zip(found, told, strict=True)], more


def deals(asked: Asked) -> Found:
    """Those of the leads that sales took up."""
    found, more, keys = _leads(asked, Kind.DEALS, Lead.objects.exclude(stage__in=NO_DEALS))
    return [_either(asked, row, keys[row.pk]) | _deal(row) for row in found], more


def _leads(asked: Asked, kind: Kind, rows: "QuerySet[Lead]") -> tuple[list[Lead], bool, dict[int, str]]:
    rows = rows.select_related("partner", "work", "client")
    found, more = rows_of_page(rows, kind, "registered_on", asked, updated="work__touched_at")
    return found, more, keys_of(kind, [row.pk for row in found])


def _deal(row: Lead) -> Row:
    first, _, last = row.contact.partition(" ")
    won: Client | None = getattr(row, "client", None)
    return {
        "account_name": {"name": row.company},
        "stage": row.stage,
        "close_date": won.closed_on.isoformat() if won else None,
        "contact_first_name": first,
        "contact_last_name": last,
        "lost_reason": None,
        "source": row.channel,
        "team": None,
        "team_member": None,
    }


def _either(asked: Asked, row: Lead, key: str) -> Row:
    work = getattr(row, "work", None)
    told = {"company_name": row.company, "name": row.contact, "email": row.email, "website": row.domain}
    return {
        "key": key,
        "amount": cents_of(work.expected_mrr) if work else None,
        "created_at": asked.begins(row.registered_on),
        "updated_at": milliseconds_of(work.touched_at) if work else asked.begins(row.registered_on),
        "external_key": str(row.pk),
        "field_data": told,
        "fields": [{"name": name, "value": value} for name, value in told.items()],
        "group_key": None,
        "meta": {},
        "mold_key": None,
        "partner_key": row.partner.reference,
        "test": False,
    }
