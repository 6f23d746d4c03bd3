import secrets
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models.functions import Coalesce

from accounts.append_only import append_only
from affiliates.models import Partner
from referrals.models.lead import Lead, Stage

CODE_LENGTH = 40
CODE_PATTERN = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
TOKEN_BYTES, TOKEN_LENGTH = 12, 16
SAID_LENGTH = 200  # What is kept of what a browser says about itself, and of the page it came from.
# What calls itself a program, or does not say what it is; those that fetch a page to show its preview are among them.
BOTS = (
    r"(?<!cu)bot\M|robot|crawl|spider|slurp|preview|scanner|monitor|checker|fetch|archiv|headless|lighthouse|whatsapp"
    r"|facebookexternalhit|embedly|curl|wget|python|java/|go-http|okhttp|axios|node|ruby|perl|php|libwww|http-?client|^$"
)


def make_token() -> str:
    """Return what a click is known by, which nobody can guess."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class LinkQuerySet(models.QuerySet["Link"]):
    def counted(self, *, since: datetime) -> "LinkQuerySet":
        """Each with its people and clicks since a moment, and with all its leads and those that were won."""
        clicks = Click.objects.filter(link=models.OuterRef("pk"), at__gte=since).order_by().values("link")
        leads = Lead.objects.filter(link=models.OuterRef("pk")).order_by().values("link")
        numbers = {
            "people": _number(clicks.annotate(found=PEOPLE)),
            "clicks_made": _number(clicks.annotate(found=models.Count("pk"))),
            "leads_made": _number(leads.annotate(found=models.Count("pk"))),
            "clients_made": _number(leads.annotate(found=models.Count("pk", filter=models.Q(stage=Stage.WON)))),
        }
        return self.annotate(**numbers)


class Link(models.Model):
    """A partner's own address that leads visitors to the company: `/r/<code>`."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="links")
    code = models.SlugField(max_length=CODE_LENGTH, unique=True)
    name = models.CharField(max_length=120)
    destination = models.URLField(max_length=500)
    sub_id = models.CharField("sub-ID", max_length=60, blank=True)
    created_at = models.DateTimeField()
    off_since = models.DateTimeField("switched off since", null=True, blank=True)

    # What `counted` adds.
    people: int
    clicks_made: int
    leads_made: int
    clients_made: int

    objects = LinkQuerySet.as_manager()

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(code__regex=f"^{CODE_PATTERN}$"),
                name="link_code_has_small_letters_digits_and_hyphens",
            ),
            models.CheckConstraint(
                condition=models.Q(destination__startswith="https://"), name="link_leads_to_a_safe_address"
            ),
        )

    def __str__(self) -> str:
        return f"/r/{self.code}"

    @property
    def is_on(self) -> bool:
        return self.off_since is None


class ClickQuerySet(models.QuerySet["Click"]):
    def of_people(self) -> "ClickQuerySet":
        """Clicks without those of programs; a visitor's repeats are still among them."""
        return self.exclude(BY_PROGRAM)


class Click(models.Model):
    """Somebody followed a link; no address is kept.

    Every click is written as it came. Whether a program or a person clicked, and whether a person clicked again,
    is judged when clicks are read, so a better rule holds for the past too. `visitor` is a keyed hash of the day
    (UTC), the address and the browser: it tells a second click of the same day from a first one, and nothing else.
    `token` is what the visitor takes along to the company's site.
    """

    # The statement that writes a click takes the link from its own table, from which nothing is deleted: asking again
    # for each click would cost a sixth of it, and a lock on the row of a link that everybody follows.
    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="clicks", db_index=False, db_constraint=False)
    at = models.DateTimeField()
    token = models.CharField(max_length=TOKEN_LENGTH, db_collation="C", default=make_token)
    visitor = models.CharField(max_length=16, blank=True)
    is_probe = models.BooleanField(default=False, help_text="Only the head was asked for, or ahead of any click.")
    referrer = models.CharField(max_length=SAID_LENGTH, blank=True)
    agent = models.CharField(max_length=SAID_LENGTH, blank=True)

    objects = ClickQuerySet.as_manager()

    seen_by_partner = "EXISTS (SELECT 1 FROM referrals_link l WHERE l.id = link_id)"

    class Meta:
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("token",), name="one_click_per_token"),)
        indexes = (models.Index(fields=("link", "at"), name="clicks_of_a_link"),)
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.link} at {self.at:%Y-%m-%d %H:%M}"


BY_PROGRAM = models.Q(is_probe=True) | models.Q(agent__iregex=BOTS)
# A visitor counts once a day, however many times they click.
PEOPLE = models.Count("visitor", distinct=True, filter=~BY_PROGRAM)


def _number(rows: Any) -> Coalesce:
    found = models.Subquery(rows.values("found"))
    return Coalesce(found, 0, output_field=models.IntegerField())
