from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, OuterRef, Q

from clients.models import Client
from integrations.stripe.models.event import ID_LENGTH


class Place(models.TextChoices):
    """Whose a customer is. Most customers of a company came by themselves: they are nobody's."""

    OPEN = "open", "Nobody’s"
    LINKED = "linked", "Referred client"
    NOT_REFERRED = "not_referred", "Not referred"


class StripeCustomerQuerySet(models.QuerySet["StripeCustomer"]):
    def suggested(self) -> Self:
        """Those that nobody placed, and whose domain is that of a referred client: for a person to look at."""
        return self.filter(Exists(_of_their_domain()), place=Place.OPEN).exclude(domain="")

    def direct(self) -> Self:
        """Those that nobody placed and that nothing points to a client: the normal case."""
        return self.filter(~Exists(_of_their_domain()) | Q(domain=""), place=Place.OPEN)


def _of_their_domain() -> "models.QuerySet[Client]":
    return Client.objects.alias(of=models.functions.Lower("domain")).filter(
        Q(of=OuterRef("domain")) | Q(of=models.functions.Concat(models.Value("www."), OuterRef("domain")))
    )


class StripeCustomer(models.Model):
    """A customer of Stripe and the referred client that it is, if any.

    `references` are the billing references under which a client may know it: its id, and those that its metadata
    give, in capitals. `placed_by` is the person who placed it, None where the reference did. `ended_on` is the
    cancellation that its subscriptions gave its client, so that it alone is taken back.
    """

    stripe_id = models.CharField(max_length=ID_LENGTH, unique=True, db_collation="C")
    name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    domain = models.CharField(max_length=253, blank=True, db_index=True)
    references = ArrayField(models.CharField(max_length=ID_LENGTH), default=list)
    place = models.CharField(max_length=20, choices=Place.choices, default=Place.OPEN, db_index=True)
    client = models.ForeignKey(Client, null=True, blank=True, on_delete=models.PROTECT, related_name="stripe_customers")
    placed_at = models.DateTimeField(null=True, blank=True)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_on = models.DateField(null=True, blank=True)

    objects = StripeCustomerQuerySet.as_manager()

    class Meta:
        ordering = ("stripe_id",)
        indexes = (GinIndex(fields=("references",), name="stripe_customers_by_reference"),)
        constraints = (
            models.CheckConstraint(condition=Q(place__in=Place.values), name="place_of_a_customer_is_known"),
            models.CheckConstraint(
                condition=Q(client__isnull=False, place=Place.LINKED)
                | (Q(client__isnull=True) & ~Q(place=Place.LINKED)),
                name="a_linked_stripe_customer_has_its_client",
            ),
        )

    def __str__(self) -> str:
        return self.name or self.email or self.stripe_id
