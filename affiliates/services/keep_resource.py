from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, needs
from accounts.services.write_audit import write_audit
from affiliates.models import Resource
from parts.uploads import Upload


class ResourceIsEmpty(Exception):
    """A resource is a text, a file, or both."""


@needs(Right.CHANGE_PROGRAM)
def keep_resource(
    *,
    resource: Resource | None,
    title: str,
    text: str,
    file: Upload | None,
    place: int,
    is_published: bool,
    by: User | None,
    at: datetime,
) -> Resource:
    """This function will add a resource for partners, or change one. Without `file` it keeps the one it has.

    :raises ResourceIsEmpty: it would have neither a text nor a file
    """
    with transaction.atomic():
        kept = Resource() if resource is None else Resource.objects.select_for_update().get(pk=resource.pk)
        if not text.strip() and file is None and not kept.file:
            raise ResourceIsEmpty("Write a text, or choose a file")
        kept.title, kept.text, kept.place, kept.is_published = title, text.strip(), place, is_published
        if file is not None:
            kept.file, kept.name = file, file.sent_as
        kept.changed_at = at
        kept.save()
        write_audit(
            by=by,
            at=at,
            action="resource added" if resource is None else "resource changed",
            subject=f"resource {kept.pk}",
            title=title,
            published=int(is_published),
            file=kept.name,
        )
    return kept


@needs(Right.CHANGE_PROGRAM)
def remove_resource(*, resource: Resource, by: User | None, at: datetime) -> None:
    """This function will take a resource away; its file goes with the commit."""
    with transaction.atomic():
        kept = Resource.objects.select_for_update().filter(pk=resource.pk).first()
        if kept is None:
            return
        write_audit(by=by, at=at, action="resource removed", subject=f"resource {kept.pk}", title=kept.title)
        storage, name = kept.file.storage, kept.file.name
        kept.delete()
        if name:
            transaction.on_commit(lambda: storage.delete(name))
