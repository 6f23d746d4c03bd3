"""Every part in every state, for those who build pages and for the test of accessibility."""

from datetime import UTC, datetime

import django_filters
from django import forms
from django.contrib.admin.views.decorators import staff_member_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from parts.listing import Column, Listing
from parts.shapes import Badge, Bar, Cell, Chart, Check, Document, Empty, Event, Figure, Meter, Ranking, Tile, Tone

MOMENT = datetime(2026, 3, 31, 9, 30, tzinfo=UTC)
LONG_NAME = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk " * 2
NOTHING = Empty("No leads yet", "Register the first company that you would refer.", "#", "Register a lead")


class ExampleForm(forms.Form):
    company = forms.CharField(label="Company", help_text="As it is known to its clients.")
    size = forms.ChoiceField(label="Agents", choices=[("", "Choose"), ("5", "5 to 100"), ("100", "More")])
    note = forms.CharField(label="Note", widget=forms.Textarea, required=False)
    kind = forms.ChoiceField(
        label="Kind", widget=forms.RadioSelect, choices=[("affiliate", "Affiliate"), ("lead", "Lead referral")]
    )
    is_attested = forms.BooleanField(label="The company is interested and would like to be called.")


class ExampleFilters(django_filters.FilterSet):  # type: ignore[misc]
    name = django_filters.CharFilter(
        label="Search by name", widget=forms.TextInput(attrs={"type": "search", "placeholder": "Find a person"})
    )
    is_staff = django_filters.BooleanFilter(label="Of the company")

    class Meta:
        model = User
        fields: tuple[str, ...] = ()


@require_safe
@staff_member_required
def styleguide(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request") and (asked := request.GET.get("beside")):
        return _beside(request, asked)
    columns = {"email": Column("Person", sort=("email",)), "id": Column("Number", sort=("id",), is_number=True)}
    people = User.objects.filter(email=request.user.get_username())
    context = {
        "title": "Parts",
        "lead": "What every page is made of, in every state.",
        "tones": [Badge(tone.name.title(), tone) for tone in Tone],
        "tiles": [
            Tile("Earned in March", "1,540.30", "USD", "412.00 more is waiting"),
            Tile("MRR", "5,132.90", "USD", "30 % on all of it", "#"),
            Tile("Nothing", "0.00", "USD"),
            Tile(LONG_NAME, "−1,234,567,890.12", "USD", LONG_NAME),
        ],
        "checks": [
            Check("Agreement accepted", True, "Version 2 was accepted by Ada Lovelace", "Term; clause 10"),
            Check("Invoice presented", False, "There is no invoice", "B", "Present an invoice", "#", "Present"),
        ],
        "events": [
            Event(str(tone.name.title()), MOMENT, "Sam Sales", "Called on Monday.\nWants a demo.", tone)
            for tone in Tone
        ],
        "meters": [Meter("MRR", share, f"{share * 5000:,.2f}", "5,000.00") for share in (0.0, 0.62, 1.0)],
        "chart": Chart(
            "Commission by month", [Bar(f"M{n}", v, f"{v:.2f}") for n, v in enumerate((40, 0, 80, -20, 120, 60), 1)]
        ),
        "figures": [
            Figure(
                key="leads",
                title="Leads by stage",
                meaning="Of the leads registered in these months, how many came to each stage.",
                header=("Stage", "Came to it"),
                rows=[("Qualified", "12"), ("Won", "3")],
                records=[],
                ranking=Ranking([Bar("Qualified", 12, "12", url="#"), Bar("Won", 3, "3")]),
                says="3 won",
                csv_url="#",
            ),
            Figure(key="none", title="Chargebacks", meaning="Of what clients paid.", header=(), rows=[], records=[]),
        ],
        "documents": [
            Document("Statement 2026-03", "Closing balance 1,489.04 USD", "#"),
            Document(LONG_NAME, "", "#", "CSV"),
        ],
        "empty": NOTHING,
        "bare_empty": Empty("No commissions yet", "A commission appears once a client has paid an invoice."),
        "form": ExampleForm(),
        "wrong_form": ExampleForm({"company": ""}, prefix="wrong"),
        "listing": Listing(
            request,
            people,
            columns,
            lambda user: (Cell(user.email, "Below", "#"), Cell(str(user.pk))),
            "email",
            NOTHING,
            ExampleFilters,
        ),
        "empty_listing": Listing(request, people.none(), columns, lambda user: (), "email", NOTHING, id="empty"),
    }
    return render(request, "portal/styleguide.html", context)


def _beside(request: HttpRequest, asked: str) -> HttpResponse:
    """What the panel beside the page shows: short, long enough to scroll, or what is not there any more."""
    if asked == "gone":
        raise Http404("There is no such reason.")
    return render(request, "portal/styleguide_beside.html", {"cards": range(12 if asked == "long" else 1)})
