"""Who can sign in to the demo, and everybody else who acts in it."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.contrib.auth import hashers
from django.contrib.auth.models import Group

from accounts.models import Role, User
from affiliates.models import Membership, Partner
from affiliates.models.partner import MemberRole
from portal.demo.draft import CURED, LARGEST, LATE_MONEY, NOT_ACCEPTED
from portal.demo.names import COMPANY_DOMAIN, person_name, slug
from referrals.services.set_up_reps import make_team, set_rep

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # None that is taken for another.


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in; `role` is None for the administrator and for partners' people."""

    email: str
    name: str
    does: str
    role: Role | None = None


ADMIN = Person(f"admin@{COMPANY_DOMAIN}", "Alex Thorne", "Administrator, may do everything")
MANAGER = Person(f"priya@{COMPANY_DOMAIN}", "Priya Castellan", "Program manager", Role.PROGRAM_MANAGER)
SAM = Person(f"sam@{COMPANY_DOMAIN}", "Sam Drummond", "Sales", Role.SALES)
LENA = Person(f"lena@{COMPANY_DOMAIN}", "Lena Farrow", "Sales", Role.SALES)
FINANCE = Person(f"fay@{COMPANY_DOMAIN}", "Fay Hollins", "Finance: runs and closes months", Role.FINANCE)
APPROVER = Person(
    f"abel@{COMPANY_DOMAIN}", "Abel Kirkbride", "Finance approver: approves payouts", Role.FINANCE_APPROVER
)
SALES = (SAM, LENA)
STAFF = (ADMIN, MANAGER, SAM, LENA, FINANCE, APPROVER)
OWNER = Person(f"nora@{LARGEST}.example", "Nora Bellweather", "Owner of Harborline Consulting")
MEMBER = Person(
    "theo@marsh.example",
    "Theo Marsh",
    "Member of Tidewell Digital and Fernhollow Advisors; owner of Redfern Sales Lab, with the Agreement to accept",
)
PARTNER_PEOPLE = (OWNER, MEMBER)
MEMBER_OF = (LATE_MONEY, CURED)
EVERYBODY = (*STAFF, *PARTNER_PEOPLE)


def make_people(password: str) -> None:
    """This function will make everybody who can sign in, all with one password."""
    hashed = hashers.make_password(password)  # Once: it takes its time on purpose.
    for person in EVERYBODY:
        user = User.objects.create(
            email=person.email,
            name=person.name,
            password=hashed,
            is_staff=person in STAFF,
            is_superuser=person is ADMIN,
        )
        user.groups.set(Group.objects.filter(name=person.role))


def make_reps(at: datetime) -> None:
    """This function will make those of sales a team that takes the new leads."""
    team = make_team(name="Partner sales", by=staff(MANAGER), at=at)
    for person in SALES:
        set_rep(user=staff(person), team=team, is_active=True, by=staff(MANAGER), at=at)


def who_changed(password: str) -> set[str]:
    """The addresses of those who chose another password since."""
    users = User.objects.filter(email__in=[person.email for person in EVERYBODY])
    as_made = {hashed: hashers.check_password(password, hashed) for hashed in {user.password for user in users}}
    return {user.email for user in users if not as_made[user.password]}


def staff(person: Person) -> User:
    """The user that one of the company's people is."""
    return User.objects.get(email=person.email)


def join_people(partner: Partner) -> None:
    """This function will give a partner its owner, and its member where it has one that can sign in."""
    who_signs_in = {LARGEST: OWNER, NOT_ACCEPTED: MEMBER}.get(partner.reference)
    if who_signs_in is not None:
        owner = User.objects.get(email=who_signs_in.email)
    else:
        name = person_name("owner", partner.reference)
        owner = User.objects.create_user(f"{slug(name)}@{partner.reference}.example", name=name)
    Membership.objects.create(partner=partner, user=owner, role=MemberRole.OWNER)
    if partner.reference in MEMBER_OF:
        Membership.objects.create(partner=partner, user=User.objects.get(email=MEMBER.email))


def owner_of(partner: str) -> User:
    """The person who owns a partner's account."""
    return User.objects.get(memberships__partner__reference=partner, memberships__role=MemberRole.OWNER)


def read_password(path: Path) -> str | None:
    """The password that everybody got, or None where its file is gone."""
    return path.read_text().strip() if path.is_file() else None


def make_password(path: Path) -> str:
    """This function will think of a password and keep it in a file that only its owner can read."""
    password = "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(f"{password}\n")
    return password
