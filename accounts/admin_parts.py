"""What the admin pages of every app are made of: columns, totals, ways onward, and who may change what."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import flatten_fieldsets, quote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Field, Model, Q, QuerySet, Sum
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html

from accounts.models import User
from accounts.services.write_audit import write_audit

M = TypeVar("M", bound=Model)
COUNTED = 1000  # A way onward says how many rows it leads to, up to so many.
MOST_ROWS = 10_000  # A list counts, adds up and turns pages as far as this; what lies further is searched for.

if TYPE_CHECKING:
    GenericAdmin = admin.ModelAdmin
    GenericInline = admin.TabularInline
    GenericPaginator = Paginator
else:

    class GenericAdmin(admin.ModelAdmin):
        def __class_getitem__(cls, item):
            return cls

    class GenericInline(admin.TabularInline):
        def __class_getitem__(cls, item):
            return cls

    class GenericPaginator(Paginator):
        def __class_getitem__(cls, item):
            return cls


# -- Columns ----------------------------------------------------------------------------------------------


class Column(str):
    """A column of a list, or a line of a page, that is made from a row.

    It is a `str`, its own name, because Django writes what stands in `list_display` and `fields` into CSS
    classes, and callable, because Django then asks it for the value.
    """

    do_not_call_in_templates = True

    def __new__(cls, name: str, show: Callable[[Any], str], label: str, order: str | None = None) -> "Column":
        column = super().__new__(cls, name)
        column.__name__ = name
        column.short_description = label
        column.admin_order_field = order
        column.show = show
        return column

    __name__: str
    short_description: str
    admin_order_field: str | None
    show: Callable[[Any], str]

    def __call__(self, row: Any) -> str:
        return self.show(row)


class Figure(Column):
    """A column of amounts, aligned right; the list adds it up where `is_summed`.

    `only` is (field, value): other rows show nothing here and are not added.
    """

    def __new__(
        cls,
        field: str,
        write: Callable[[Decimal], str],
        label: str = "",
        *,
        is_summed: bool = True,
        only: tuple[str, str] | None = None,
    ) -> "Figure":
        def show(row: Any) -> str:
            amount = follow(row, field)
            return "" if amount is None or (only and getattr(row, only[0]) != only[1]) else write(amount)

        name = f"figure_{field}_{only[1]}" if only else f"figure_{field}"
        column = cast(Figure, super().__new__(cls, name, show, label or say(field), field))
        column.write = write
        column.sum = Sum(field, filter=Q(only) if only else None) if is_summed else None
        return column

    write: Callable[[Decimal], str]
    sum: Sum | None


def say(field: str) -> str:
    """The words of a field's path: `invoice__client` is "client"."""
    return field.rsplit(LOOKUP_SEP, 1)[-1].replace("_", " ")


def follow(row: Any, path: str) -> Any:
    """What lies at the end of a path like `invoice__client`, or None where it breaks off."""
    try:
        return reduce(lambda at, name: None if at is None else getattr(at, name), path.split(LOOKUP_SEP), row)
    except ObjectDoesNotExist:
        return None


def page_of(row: Model) -> str:
    """The address of a row's page in the admin."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[quote(row.pk)])


def link(path: str, label: str = "") -> Column:
    """A column that leads to the page of a related row; the list selects it with its rows."""

    def show(row: Any) -> str:
        target = follow(row, path)
        return "" if target is None else format_html('<a href="{}">{}</a>', page_of(target), target)

    return Column(f"link_{path}", show, label or say(path), path)


def badge(field: str, label: str = "") -> Column:
    """A column that shows a choice as a badge, coloured by its value (`static/css/admin.css`)."""

    def show(row: Any) -> str:
        words = getattr(row, f"get_{field}_display")()
        return format_html('<span class="badge badge-{}">{}</span>', getattr(row, field), words) if words else ""

    return Column(f"badge_{field}", show, label or say(field), field)


# -- Lists ------------------------------------------------------------------------------------------------


class SummingPaginator(GenericPaginator[M]):
    """Counts the rows of a list and adds up its figures in one query, and no further than anybody turns pages."""

    sums: Mapping[str, Sum] = {}

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The number of rows and, by the name of its column, each sum; of a longer list only its first `MOST_ROWS`."""
        rows: Any = self.object_list
        found: dict[str, Any] = rows.order_by()[: MOST_ROWS + 1].aggregate(rows_counted=Count("*"), **self.sums)
        return found

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than were counted, so that the sums are not those of all."""
        return int(self.summary["rows_counted"]) > MOST_ROWS

    @cached_property
    def count(self) -> int:
        return min(int(self.summary["rows_counted"]), MOST_ROWS)


class SummingList(ChangeList):
    """A list that ends in the totals of all of its rows, on whichever pages they are.

    A very long one has neither a count nor totals, which would cost more than the page: it says that it goes on.
    """

    @property
    def is_cut(self) -> bool:
        return isinstance(self.paginator, SummingPaginator) and self.paginator.is_cut

    def totals(self) -> list[tuple[str, str]]:
        """The cells of the totals' row as (CSS class, text); empty where there is nothing to add up."""
        paginator = self.paginator
        if not isinstance(paginator, SummingPaginator) or not paginator.sums or self.result_count < 2 or self.is_cut:
            return []
        return [self._total(column, paginator.summary, position) for position, column in enumerate(self.list_display)]

    def _total(self, column: Any, summary: Mapping[str, Any], position: int) -> tuple[str, str]:
        if isinstance(column, Figure) and column.sum:
            return f"field-{column}", column.write(summary[column] or Decimal(0))
        return "", f"Total of {self.result_count:,}" if position == 0 else ""


class Narrowed(admin.FieldListFilter):
    """Shows by which related row a list is narrowed, with the way back to all; offers none to choose.

    It stands where a list of all partners or clients would be too long to offer.
    """

    def __init__(
        self,
        field: "Field[Any, Any]",
        request: HttpRequest,
        params: dict[str, str],
        model: type[Model],
        model_admin: "admin.ModelAdmin[Any]",
        field_path: str,
    ) -> None:
        target: Any = field
        self.parameter = LOOKUP_SEP.join((field_path, target.target_field.name, "exact"))
        self.targets: QuerySet[Model] = target.related_model._default_manager.all()
        super().__init__(field, request, params, model, model_admin, field_path)

    def expected_parameters(self) -> list[str | None]:
        return [self.parameter]

    def has_output(self) -> bool:
        return self.parameter in self.used_parameters

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        value: Any = self.used_parameters[self.parameter]
        try:
            target = self.targets.filter(pk=value[-1]).first()
        except (ValueError, ValidationError):
            target = None
        yield {
            "selected": False,
            "query_string": changelist.get_query_string(remove=[self.parameter]),
            "display": "All",
        }
        yield {
            "selected": True,
            "query_string": changelist.get_query_string(),
            "display": "nobody known" if target is None else str(target),
        }


# -- The ways onward --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Way:
    """From a row's page to the list of the rows that follow from it.

    `lookups` says which parameter of the list takes which attribute of the row; `tell` says something of
    the rows in place of their number.
    """

    target: type[Model]
    label: str
    lookups: Mapping[str, str]
    tell: Callable[[Any], str]


_ways: defaultdict[type[Model], list[Way]] = defaultdict(list)


def count_some(rows: QuerySet[Any]) -> str:
    """The number of rows, counted no further than anyone reads."""
    count = rows.order_by()[: COUNTED + 1].count()
    return f"{COUNTED:,}+" if count > COUNTED else f"{count:,}"


def leads_to(
    source: type[Model],
    target: type[Model],
    *,
    label: str = "",
    tell: Callable[[Any], str] = count_some,
    **lookups: str,
) -> None:
    """This function will offer a list on the pages of an earlier model's rows; the later app is the one to say it."""
    _ways[source].append(Way(target, label or str(target._meta.verbose_name_plural), lookups, tell))


def ways_from(row: Model, request: HttpRequest, site: admin.AdminSite) -> list[dict[str, str]]:
    """The ways onward from a row that this person may go, each with its label, address and what is told."""
    found = []
    for way in _ways[type(row)]:
        values = {lookup: follow(row, attribute) for lookup, attribute in way.lookups.items()}
        if None in values.values() or not site.get_model_admin(way.target).has_view_permission(request):
            continue
        told = way.tell(way.target._default_manager.filter(**values))
        address = reverse(f"admin:{way.target._meta.app_label}_{way.target._meta.model_name}_changelist")
        found.append({"label": way.label, "url": f"{address}?{urlencode(values)}", "told": told})
    return found


# -- Who may change what ----------------------------------------------------------------------------------


class Audited:
    """Writes an audit entry for what is changed by hand, in the same transaction."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        _note(request, "add", obj, message)
        entry: LogEntry = super().log_addition(request, obj, message)  # type: ignore[misc]
        return entry

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        _note(request, "change", obj, message)
        entry: LogEntry = super().log_change(request, obj, message)  # type: ignore[misc]
        return entry

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for row in queryset:
            _note(request, "delete", row, str(row))
        return super().log_deletions(request, queryset)  # type: ignore[misc]


def _note(request: HttpRequest, verb: str, row: Model, message: Any) -> None:
    name, key = str(row._meta.verbose_name), getattr(row, "reference", row.pk)
    write_audit(
        by=cast(User, request.user),
        at=timezone.now(),
        action=f"{verb} {name}",
        subject=f"{name} {key}",
        message=message,
    )


class ListAdmin(GenericAdmin[M]):
    """A list that costs a constant number of queries, and a page with the ways onward."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # Each choice of a filter would be counted.

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SummingList

    def get_paginator(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        per_page: int,
        orphans: int = 0,
        allow_empty_first_page: bool = True,
    ) -> "Paginator[Any]":
        paginator: SummingPaginator[Any] = SummingPaginator(queryset, per_page, orphans, allow_empty_first_page)
        columns = self.get_list_display(request)
        paginator.sums = {column: column.sum for column in columns if isinstance(column, Figure) and column.sum}
        return paginator

    def get_readonly_fields(self, request: HttpRequest, obj: M | None = None) -> list[str]:
        shown = flatten_fieldsets(self.get_fieldsets(request, obj)) if self.fields or self.fieldsets else []
        made = [name for name in shown if isinstance(name, Column)]
        return [*super().get_readonly_fields(request, obj), *made]

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: M | None = None,
    ) -> HttpResponse:
        context["ways"] = ways_from(obj, request, self.admin_site) if obj and change else []
        return super().render_change_form(request, context, add, change, form_url, obj)


class PortalAdmin(Audited, ListAdmin[M]):
    """What may be changed by hand."""

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:
        """Writes only what the form changed, so that facts recorded meanwhile stay as they are."""
        if change:
            obj.save(update_fields=form.changed_data)
        else:
            super().save_model(request, obj, form, change)


class AddOnlyAdmin(ListAdmin[M]):
    """What is added here by its service and then stays as it is."""

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


class ReadOnlyAdmin(AddOnlyAdmin[M]):
    """What people look at here and never change: it comes from facts, runs or services."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


P = TypeVar("P", bound=Model)


class ReadOnlyInline(GenericInline[M, P]):
    """The rows that belong to a row, as a plain table."""

    template = "admin/edit_inline/read_only.html"
    extra = 0
    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return flatten_fieldsets(self.get_fieldsets(request))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
