"""What was read from PartnerStack, what of it is ours, what has no place here, and how the money compares."""

from django.db import models
from django.db.models import Q

from accounts.append_only import append_only
from affiliates.models import Partner
from clients.models import Client
from integrations.partnerstack.formats import Kind
from referrals.models import Lead

KEY_LENGTH = 200


class Import(models.Model):
    """One import, from PartnerStack's API or from saved pages; `counts` says by kind what came of its rows."""

    source = models.CharField(max_length=200)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"Import {self.pk} from {self.source}"


class Reading(models.Model):
    """How far an import has read one kind: it goes on after the key `after` when it was interrupted."""

    of = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="readings")
    what = models.CharField(max_length=40)
    after = models.CharField(max_length=KEY_LENGTH, blank=True)
    pages = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    is_done = models.BooleanField(default=False)

    class Meta:
        ordering = ("of_id", "id")
        constraints = (models.UniqueConstraint(fields=("of", "what"), name="one_reading_per_kind_of_an_import"),)

    def __str__(self) -> str:
        return f"{self.what} of {self.of}"


class RawRowQuerySet(models.QuerySet["RawRow"]):
    def newest(self, kind: Kind) -> "RawRowQuerySet":
        """The rows of a kind as they came last, by key."""
        return self.filter(kind=kind).order_by("key", "-version").distinct("key")


class RawRow(models.Model):
    """A row as PartnerStack gave it; one that changed there is another version."""

    kind = models.CharField(max_length=20, choices=Kind.choices)
    key = models.CharField(max_length=KEY_LENGTH, db_collation="C")
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    body = models.TextField()
    is_test = models.BooleanField()
    came_with = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = RawRowQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("kind", "key", "version"), name="one_raw_row_per_key_and_version"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="raw_row_is_of_a_known_kind"),
        )
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.kind} {self.key}, version {self.version}"


class Counterpart(models.Model):
    """What a row of PartnerStack is here: a partner, a referred client or a lead, kept with its key there."""

    kind = models.CharField(max_length=20, choices=Kind.choices)
    key = models.CharField(max_length=KEY_LENGTH, db_collation="C")
    partner = models.ForeignKey(Partner, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    lead = models.ForeignKey(Lead, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    seen_by_partner = ""  # The company's alone.

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("kind", "key"), name="one_counterpart_per_key"),
            models.CheckConstraint(
                condition=Q(kind="partnerships", partner__isnull=False, client=None, lead=None)
                | Q(kind="customers", partner=None, client__isnull=False, lead=None)
                | Q(kind__in=["leads", "deals"], partner=None, client=None, lead__isnull=False),
                name="a_counterpart_is_of_its_kind",
            ),
        )

    def __str__(self) -> str:
        return f"{self.key} is {self.partner or self.client or self.lead}"


class Unplaced(models.Model):
    """A row that did not become anything of ours, with the reason; made anew by each import."""

    kind = models.CharField(max_length=20, choices=Kind.choices)
    key = models.CharField(max_length=KEY_LENGTH, db_collation="C")
    name = models.CharField(max_length=200, blank=True)
    why = models.CharField(max_length=300)

    class Meta:
        ordering = ("kind", "key")
        verbose_name = "row without a place"
        verbose_name_plural = "rows without a place"
        constraints = (
            models.UniqueConstraint(fields=("kind", "key"), name="one_reason_per_row"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="row_without_a_place_is_of_a_known_kind"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.why}"


class Difference(models.Model):
    """A partner's month: what was paid there, what this Agreement gives, and why they differ.

    `there − here` is the sum of the parts, each a dictionary of `kind`, `amount` and `says`. `scheduled` was not
    paid there yet, `waiting` is not due here yet. Made anew by each comparison; `who` is our partner's key, or the
    key there of one that is not known here.
    """

    partner = models.ForeignKey(Partner, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    who = models.CharField(max_length=KEY_LENGTH, db_collation="C")
    month = models.DateField()
    there = models.DecimalField(max_digits=18, decimal_places=2)
    scheduled = models.DecimalField(max_digits=18, decimal_places=2)
    here = models.DecimalField(max_digits=18, decimal_places=2)
    waiting = models.DecimalField(max_digits=18, decimal_places=2)
    difference = models.DecimalField(max_digits=18, decimal_places=2)
    parts = models.JSONField(default=list)
    compared_at = models.DateTimeField()

    seen_by_partner = ""  # The company's alone.

    class Meta:
        ordering = ("-month", "who")
        constraints = (
            models.UniqueConstraint(fields=("who", "month"), name="one_comparison_per_partner_and_month"),
            models.CheckConstraint(
                condition=Q(difference=models.F("there") - models.F("here")), name="difference_is_there_less_here"
            ),
        )

    def __str__(self) -> str:
        return f"{self.who} in {self.month:%Y-%m}"
