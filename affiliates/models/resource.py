from django.db import models
from django.db.models import Q

from parts.uploads import UPLOADS


class Resource(models.Model):
    """Something that helps partners: a text, a file, or both. `name` is what the file was called.

    Partners see what is published, in the order of `place`, and among equals by title.
    """

    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    file = models.FileField(upload_to=UPLOADS, blank=True)
    name = models.CharField("file name", max_length=120, blank=True)
    place = models.PositiveSmallIntegerField(default=1)
    is_published = models.BooleanField("published", default=False)
    changed_at = models.DateTimeField()

    seen_by_partner = "is_published"

    class Meta:
        ordering = ("place", "title", "id")
        constraints = (
            models.CheckConstraint(condition=~Q(text="") | ~Q(file=""), name="a_resource_has_a_text_or_a_file"),
            models.CheckConstraint(condition=Q(file="") ^ ~Q(name=""), name="a_resources_file_has_its_name"),
        )

    def __str__(self) -> str:
        return self.title
