from collections.abc import Iterator
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef

from accounts.append_only import append_only
from affiliates.models import FactBatch


class RefusedRecordingQuerySet(models.QuerySet["RefusedRecording"]):
    def unmended(self) -> Self:
        """Those from whose source nothing came since that was recorded or refused anew."""
        recorded = FactBatch.objects.filter(source=OuterRef("source"), recorded_at__gte=OuterRef("refused_at"))
        again = RefusedRecording.objects.filter(source=OuterRef("source"), pk__gt=OuterRef("pk"))
        return self.filter(~Exists(recorded), ~Exists(again))


class RefusedRecording(models.Model):
    """Facts that were refused as a whole: nothing of them was recorded, and these problems say why.

    `problems` are the first of them, each as table, line, key, column, wrong and right; `count` is how many
    there were.
    """

    refused_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=200)
    count = models.PositiveIntegerField()
    problems = models.JSONField(default=list)

    objects = RefusedRecordingQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (models.CheckConstraint(condition=models.Q(count__gte=1), name="a_refusal_has_a_problem"),)
        triggers = append_only()

    def __str__(self) -> str:
        return f"Refused: {self.source}"

    @property
    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Yield each problem as its place, what is wrong, and what would be right."""
        for problem in self.problems:
            place = f"{problem['table']}:{problem['line']}" if problem["line"] else problem["table"]
            named = " ".join(filter(None, (place, problem["key"], problem["column"])))
            yield named, problem["wrong"], problem["right"]
