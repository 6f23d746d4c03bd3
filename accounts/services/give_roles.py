from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import Role, User
from accounts.rights import Right, needs, require
from accounts.services.write_audit import write_audit


class RolesRefused(Exception):
    """The roles cannot be given like this; the message says why."""


@needs(Right.MANAGE_PEOPLE)
def give_roles(
    *, person: User, roles: Collection[Role], by: User | None, at: datetime, seen: Collection[str] | None = None
) -> User:
    """This function will give somebody of the company exactly these roles, and take the others away.

    `seen` are the roles that the person had when they were looked at, where they were looked at before.

    :raises RolesRefused: they are one's own, the person is a partner's, somebody else changed them since they were
        seen, or nobody would run the program any more
    :raises NotPermitted: who gives them may not, or may not any more
    """
    if by is not None and by.pk == person.pk:
        raise RolesRefused("Nobody changes their own roles; ask another program manager")
    if not person.is_staff:
        raise RolesRefused(f"{person.get_full_name()} is not one of the company’s people")
    with transaction.atomic():
        managers = Group.objects.select_for_update().get(name=Role.PROGRAM_MANAGER)  # One change of roles at a time.
        held = {Role(name) for name in person.groups.filter(name__in=Role.values).values_list("name", flat=True)}
        if by is not None:
            require(User.objects.get(pk=by.pk), Right.MANAGE_PEOPLE)  # It may have been taken a moment ago.
        given, taken = set(roles) - held, held - set(roles)
        if not given and not taken:
            return person
        if seen is not None and set(seen) != held:
            has = ", ".join(sorted(held)) or "none"
            raise RolesRefused(
                f"Somebody changed the roles meanwhile; {person.get_full_name()} has {has} now. Look again"
            )
        others = User.objects.filter(groups=managers, is_active=True, is_staff=True).exclude(pk=person.pk)
        if Role.PROGRAM_MANAGER in taken and not others.exists():
            raise RolesRefused(f"{person.get_full_name()} is the only program manager; make somebody else one first")
        person.groups.add(*Group.objects.filter(name__in=given))
        person.groups.remove(*Group.objects.filter(name__in=taken))
        write_audit(
            by=by,
            at=at,
            action="roles changed",
            subject=f"person {person.email}"[:120],
            given=sorted(given),
            taken=sorted(taken),
        )
    return person
