"""Connecting CRMs, and saying what is which."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.rights import Right
from affiliates.staff_page import StaffRequest, moment, staff_page
from affiliates.views.form_elsewhere import LEADS_BACK, back_to_form
from integrations.crm.forms.connection import CONNECT_FORMS, MapForm, PipelineForm, SecretForm
from integrations.crm.models import OUR_FIELDS, Connection, CrmKind, LeadSync, SyncState
from integrations.crm.services.keep_connection import (
    CannotConnect,
    CannotMap,
    CannotSwitch,
    connect_crm,
    keep_secret,
    map_connection,
    remove_connection,
    switch_connection,
    test_connection,
)
from integrations.crm.vendors.hooks import USER
from integrations.crm.views.hooks import hook_url
from parts.formats import counted
from parts.shapes import Badge, Tone
from referrals.models.lead import Stage

READS_AND_SENDS = ["GET", "HEAD", "POST"]


@dataclass(frozen=True, slots=True)
class ShownCrm:
    """A CRM ready to print: connected or not."""

    name: str
    url: str
    text: str
    badge: Badge


@require_safe
@staff_page(Right.MANAGE_INTEGRATIONS)
def staff_crm(request: StaffRequest) -> HttpResponse:
    """The three CRMs, and how each stands."""
    kept = {connection.kind: connection for connection in Connection.objects.kept()}
    context = {
        "title": "CRMs",
        "back": (reverse("staff_integrations"), "Integrations"),
        "lead": "Leads and their stages go to the CRM that sales works in, and moves that are made there come back.",
        "crms": [_shown(kind, kept.get(kind.value)) for kind in CrmKind],
        "is_connected": bool(kept),
    }
    return render(request, "crm/crms.html", context)


@never_cache
@require_http_methods(READS_AND_SENDS)
@staff_page(Right.MANAGE_INTEGRATIONS)
def staff_crm_connect(request: StaffRequest, kind: str) -> HttpResponse:
    """Somebody enters the credentials of a CRM; they are tried before they are kept, and never shown."""
    crm = _kind(kind)
    form = CONNECT_FORMS[crm](request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            found = connect_crm(kind=crm, credentials=form.cleaned_data, by=request.user, clock=timezone.now)
        except CannotConnect as refusal:
            form.add_error(None, f"{refusal}.")
        else:
            messages.success(request, f"{found.says}.")
            connection = _connection(kind)
            return redirect("staff_crm_connection" if connection.is_mapped else "staff_crm_map", kind)
    is_known = Connection.objects.kept().filter(kind=kind).exists()
    context = {
        "title": f"Connect {crm.label}",
        "lead": "The credentials are tried at once, kept sealed, and never shown again.",
        "back": (reverse("staff_crm_connection", args=[kind]), crm.label)
        if is_known
        else (reverse("staff_crm"), "CRMs"),
        "form": form,
        "action": "Connect",
    }
    return render(request, "crm/form.html", context, status=422 if form.errors else 200)


@require_safe
@staff_page(Right.MANAGE_INTEGRATIONS)
def staff_crm_connection(request: StaffRequest, kind: str) -> HttpResponse:
    """One connection: how it stands, what is which, and what can be done."""
    connection = _connection(kind)
    syncs = LeadSync.objects.filter(connection=connection)
    leads = reverse("staff_crm_leads")
    counts = [
        (state.label, syncs.filter(state=state).count(), f"{leads}?crm={kind}&state={state.value}")
        for state in SyncState
    ]
    context = {
        "title": str(connection),
        "lead": connection.account,
        "back": (reverse("staff_crm"), "CRMs"),
        "connection": connection,
        "badge": _badge(connection),
        "counts": counts,
        "to_do": syncs.for_people().count(),
        "to_do_url": f"{leads}?crm={kind}&state=people",
        "trouble": f"{connection.error.rstrip('.')}.",
        "rest_until": moment(connection.rest_until),
        "read_at": moment(connection.read_at),
        "read_until": moment(connection.read_until),
        "pipeline": _label(connection.choices["pipelines"], connection.pipeline),
        "stages": [(stage.label, connection.label_of(connection.stages.get(stage.value, ""))) for stage in Stage],
        "fields": _fields(connection),
        "hook_url": hook_url(connection.kind),
        "has_secret": bool(connection.sealed_secret),
        "urls": {
            name: reverse(f"staff_crm_{name}", args=[kind])
            for name in ("connect", "map", "test", "switch", "secret", "remove")
        },
    }
    return render(request, "crm/connection.html", context)


@require_http_methods(READS_AND_SENDS)
@staff_page(Right.MANAGE_INTEGRATIONS)
def staff_crm_map(request: StaffRequest, kind: str) -> HttpResponse:
    """Somebody says which pipeline, stages and fields are which, of those that the CRM had when it was last asked."""
    connection = _connection(kind)
    pipelines = connection.choices["pipelines"]
    asked = request.POST.get("pipeline") or request.GET.get("pipeline") or connection.pipeline
    pipeline = next((each for each in pipelines if each["key"] == asked), pipelines[0])
    form = MapForm(request.POST or None, connection=connection, pipeline=pipeline)
    if request.method == "POST" and form.is_valid():
        try:
            map_connection(
                connection=connection, pipeline=pipeline["key"], by=request.user, at=timezone.now(), **form.chosen()
            )
        except CannotMap as refusal:
            form.add_error(None, f"{refusal}.")
        else:
            messages.success(request, "Saved. Every lead is looked at anew." if connection.is_on else "Saved.")
            return redirect("staff_crm_connection", kind)
    context = {
        "title": "Stages and fields",
        "lead": f"Each of our stages stands for one in {connection}. Several may stand for the same.",
        "back": (reverse("staff_crm_connection", args=[kind]), str(connection)),
        "form": form,
        "crm": str(connection),
        "pipeline": pipeline,
        "pipelines": PipelineForm(connection=connection, initial={"pipeline": pipeline["key"]})
        if len(pipelines) > 1
        else None,
    }
    return render(request, "crm/map.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(READS_AND_SENDS)
@staff_page(Right.MANAGE_INTEGRATIONS)
def staff_crm_secret(request: StaffRequest, kind: str) -> HttpResponse:
    """The secret of a CRM's own calls: HubSpot has one to be entered, the others get a new one, which is shown once."""
    connection = _connection(kind)
    back = (reverse("staff_crm_connection", args=[kind]), str(connection))
    is_theirs = connection.kind == CrmKind.HUBSPOT
    form = SecretForm(request.POST or None) if is_theirs else None
    if request.method == "POST" and (form is None or form.is_valid()):
        told = form.cleaned_data["secret"] if form is not None else ""
        secret = keep_secret(connection=connection, secret=told, by=request.user, at=timezone.now())
        if is_theirs:
            messages.success(request, "The secret is kept. HubSpot’s calls are taken from now on.")
            return redirect(*("staff_crm_connection", kind))
        context: dict[str, Any] = {
            "title": "The webhook’s secret",
            "lead": "Copy it now: it is never shown again.",
            "back": back,
            "secret": secret,
            "user": USER if connection.kind == CrmKind.PIPEDRIVE else "",
            "hook_url": hook_url(connection.kind),
        }
        return render(request, "crm/secret.html", context)
    context = {
        "title": "Webhook of HubSpot" if is_theirs else "A new secret for the webhook?",
        "lead": "HubSpot signs its calls with the private app’s client secret. Enter it here."
        if is_theirs
        else f"You get a new secret, for {connection}’s webhook. The one before it is good no more.",
        "back": back,
        "form": form,
        "action": "Keep the secret" if is_theirs else "Make a new secret",
    }
    return render(request, "crm/form.html", context, status=422 if form is not None and form.errors else 200)


@require_http_methods(LEADS_BACK)
@staff_page(Right.MANAGE_INTEGRATIONS)
def staff_crm_test(request: StaffRequest, kind: str) -> HttpResponse:
    """The CRM is asked who we are, and what it has to choose from now."""
    connection = _connection(kind)
    if request.method != "POST":
        return back_to_form(request, "staff_crm_connection", kind)
    try:
        found = test_connection(connection=connection, by=request.user, clock=timezone.now)
    except CannotConnect as refusal:
        messages.error(request, f"{refusal}.")
    else:
        messages.success(request, f"{found.says}.")
    return redirect("staff_crm_connection", kind)


@require_http_methods(LEADS_BACK)
@staff_page(Right.MANAGE_INTEGRATIONS)
def staff_crm_switch(request: StaffRequest, kind: str) -> HttpResponse:
    """The connection goes on, or off."""
    connection = _connection(kind)
    if request.method != "POST":
        return back_to_form(request, "staff_crm_connection", kind)
    on = request.POST.get("on") == "1"
    try:
        switch_connection(connection=connection, on=on, by=request.user, at=timezone.now())
    except CannotSwitch as refusal:
        messages.error(request, f"{refusal}.")
        return redirect("staff_crm_map", kind)
    said = "It is on: open leads go there within a minute." if on else "It is off: what waits is kept."
    messages.success(request, said)
    return redirect("staff_crm_connection", kind)


@require_http_methods(READS_AND_SENDS)
@staff_page(Right.MANAGE_INTEGRATIONS)
def staff_crm_remove(request: StaffRequest, kind: str) -> HttpResponse:
    """After a page that asks, the connection is gone."""
    connection = _connection(kind)
    if request.method == "POST":
        remove_connection(connection=connection, by=request.user, at=timezone.now())
        messages.success(request, f"{connection} is removed, and its credentials are forgotten.")
        return redirect("staff_crm")
    context = {
        "title": f"Remove {connection}?",
        "lead": "Leads no longer go there, and the credentials are forgotten. The deals that are there stay.",
        "back": (reverse("staff_crm_connection", args=[kind]), str(connection)),
        "action": "Remove it",
    }
    return render(request, "crm/form.html", context)


def _kind(kind: str) -> CrmKind:
    if kind not in CrmKind.values:
        raise Http404
    return CrmKind(kind)


def _connection(kind: str) -> Connection:
    connection = Connection.objects.kept().filter(kind=_kind(kind)).first()
    if connection is None:
        raise Http404
    return connection


def _shown(kind: CrmKind, connection: Connection | None) -> ShownCrm:
    if connection is None:
        return ShownCrm(
            kind.label,
            reverse("staff_crm_connect", args=[kind]),
            "Enter its credentials to connect it",
            Badge("Not connected"),
        )
    waiting = LeadSync.objects.filter(connection=connection).for_people().count()
    text = connection.error or connection.account
    if waiting:
        text = f"{text.rstrip('.')}. {counted(waiting, 'lead waits', 'leads wait')} for a person."
    return ShownCrm(kind.label, reverse("staff_crm_connection", args=[kind]), text, _badge(connection))


def _badge(connection: Connection) -> Badge:
    if not connection.is_on:
        return Badge("Off" if connection.is_mapped else "Not set up", Tone.NEUTRAL)
    return Badge("In trouble", Tone.BAD) if connection.error else Badge("On", Tone.GOOD)


def _label(rows: list[dict[str, Any]], key: str) -> str:
    return next((str(row["label"]) for row in rows if row["key"] == key), key)


def _fields(connection: Connection) -> list[tuple[str, str]]:
    rows = connection.choices["fields"]
    return [
        (label, "The deal’s name" if ours == "company" else _label(rows, connection.fields[ours]))
        for ours, label in OUR_FIELDS.items()
        if ours in connection.fields
    ]
