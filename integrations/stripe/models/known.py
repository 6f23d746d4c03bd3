from django.db import models
from django.db.models import Q

from integrations.stripe.models.event import ID_LENGTH


class ObjectKind(models.TextChoices):
    """The objects of Stripe that facts are worked out from; values are what Stripe calls them."""

    CUSTOMER = "customer", "Customer"
    SUBSCRIPTION = "subscription", "Subscription"
    INVOICE = "invoice", "Invoice"
    INVOICE_PAYMENT = "invoice_payment", "Invoice payment"
    CHARGE = "charge", "Charge"
    REFUND = "refund", "Refund"
    CREDIT_NOTE = "credit_note", "Credit note"
    DISPUTE = "dispute", "Dispute"
    PRODUCT = "product", "Product"
    PRICE = "price", "Price"


class StripeObject(models.Model):
    """The newest that is known of one object of Stripe, and what only its history tells.

    Which snapshot is the newest is decided by `as_of`, then by how far the object has come (`progress`), then by
    the event's key: in whatever order events come, the same one stays. `marks` are moments of its history by
    name, the earliest of each, in seconds since 1970. `customer`, `invoice`, `charge` and `intent` are ids that it
    names, to find one object through another.
    """

    stripe_id = models.CharField(max_length=ID_LENGTH, unique=True, db_collation="C")
    kind = models.CharField(max_length=20, choices=ObjectKind.choices)
    customer = models.CharField(max_length=ID_LENGTH, blank=True, db_collation="C", db_index=True)
    invoice = models.CharField(max_length=ID_LENGTH, blank=True, db_collation="C", db_index=True)
    charge = models.CharField(max_length=ID_LENGTH, blank=True, db_collation="C", db_index=True)
    intent = models.CharField(max_length=ID_LENGTH, blank=True, db_collation="C", db_index=True)
    as_of = models.DateTimeField()
    progress = models.SmallIntegerField(default=0)
    told_by = models.CharField(max_length=ID_LENGTH + 40, db_collation="C")
    data = models.JSONField()
    marks = models.JSONField(default=dict)

    class Meta:
        ordering = ("stripe_id",)
        indexes = (models.Index(fields=("kind", "customer"), name="stripe_objects_of_a_customer"),)
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=ObjectKind.values), name="kind_of_an_object_is_known"),
        )

    def __str__(self) -> str:
        return self.stripe_id
