from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from accounts.rights import Right


class UserManager(BaseUserManager["User"]):
    """Makes people by their e-mail address, which is their name here."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


# Where a partner sees people, those who have left included: what somebody did stays with their name on it.
ACTED = (
    ("affiliates_membership", "user_id"),
    ("affiliates_acceptance", "user_id"),
    ("referrals_leadmessage", "by_id"),
    ("referrals_leadrequest", "by_id"),
    ("referrals_leadfile", "by_id"),
    ("commissions_dispute", "opened_by_id"),
    ("payouts_referralreport", "presented_by_id"),
    ("payouts_partnerinvoice", "presented_by_id"),
)


class User(AbstractUser):
    """A person who may sign in: one of the company's staff, or a member of partners."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField("full name", max_length=200, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()  # type: ignore[assignment,misc]

    seen_by_partner = " OR ".join(
        [
            "is_staff",
            *(f"EXISTS (SELECT 1 FROM {table} t WHERE t.{column} = accounts_user.id)" for table, column in ACTED),
        ]
    )

    class Meta:
        ordering = ("email",)
        permissions = [(right.value, f"Can {right.label}") for right in Right]
        constraints = (models.UniqueConstraint(Lower("email"), name="one_user_per_email"),)

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name or self.email
