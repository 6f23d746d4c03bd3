import re
from typing import Any

from django import forms

from integrations.crm.models import OUR_FIELDS, Connection, CrmKind
from integrations.crm.models.connection import NUMBERS
from integrations.crm.vendors.zoho import REGIONS
from referrals.models.lead import Stage

COMPANY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
PRINTABLE = re.compile(r"[\x21-\x7e]+")
SCOPES = "ZohoCRM.modules.deals.ALL, ZohoCRM.settings.ALL, ZohoCRM.users.READ and ZohoCRM.org.READ"
NONE = ("", "Not written")
# By which of its words a stage of theirs is proposed for one of ours; whoever connects looks it over.
HINTS = {
    Stage.SUBMITTED: ("new", "appointment", "lead in", "qualification", "submitted"),
    Stage.QUALIFIED: ("qualified", "contact made", "needs analysis"),
    Stage.DEMO_SCHEDULED: ("demo scheduled", "presentation", "value proposition"),
    Stage.DEMO_DONE: ("demo done", "demo", "decision", "identify"),
    Stage.PROPOSAL: ("proposal", "contract", "negotiation"),
}


def _secret(label: str, help_text: str = "") -> forms.CharField:
    """A secret is one word that a header can carry; it is never shown again, not even where it was refused."""
    field = forms.CharField(
        label=label,
        max_length=500,
        help_text=help_text,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field.validators.append(_check_printable)
    return field


def _check_printable(value: str) -> None:
    if not PRINTABLE.fullmatch(value):
        raise forms.ValidationError("Copy it anew: it has signs in it that no token has.")


class HubSpotForm(forms.Form):
    token = _secret("Access token", "Of a private app that may read and write deals and their properties.")


class PipedriveForm(forms.Form):
    company = forms.CharField(
        label="Company domain", max_length=100, help_text="What stands before .pipedrive.com in your browser."
    )
    token = _secret("API token", "Personal preferences, API. Take one of a user who sees all deals.")

    def clean_company(self) -> str:
        value = str(self.cleaned_data["company"]).strip().lower()
        value = value.removeprefix("https://").rstrip("/").removesuffix(".pipedrive.com")
        if not COMPANY.fullmatch(value):
            raise forms.ValidationError("Write it like the beginning of your address: acme for acme.pipedrive.com.")
        return value


class ZohoForm(forms.Form):
    region = forms.ChoiceField(label="Data centre", choices=list(REGIONS.items()))
    client_id = forms.CharField(label="Client ID", max_length=200, validators=[_check_printable])
    client_secret = _secret("Client secret", "Of a self client in Zoho’s API console.")
    refresh_token = _secret(
        "Refresh token",
        f"Made with the scopes {SCOPES}.",
    )


CONNECT_FORMS: dict[CrmKind, type[forms.Form]] = {
    CrmKind.HUBSPOT: HubSpotForm,
    CrmKind.PIPEDRIVE: PipedriveForm,
    CrmKind.ZOHO: ZohoForm,
}


class SecretForm(forms.Form):
    """The app's secret with which HubSpot signs its calls."""

    secret = _secret("Client secret", "Of the private app in HubSpot, under Auth.")


class PipelineForm(forms.Form):
    """In which pipeline deals are; its stages are asked for next."""

    pipeline = forms.ChoiceField(label="Pipeline")

    def __init__(self, *args: Any, connection: Connection, **options: Any) -> None:
        super().__init__(*args, **options)
        rows = connection.choices["pipelines"]
        self.fields["pipeline"].choices = [(row["key"], row["label"]) for row in rows]  # type: ignore[attr-defined]


class MapForm(forms.Form):
    """Which stage and which field is which, in one pipeline."""

    def __init__(self, *args: Any, connection: Connection, pipeline: dict[str, Any], **options: Any) -> None:
        super().__init__(*args, **options)
        stages = pipeline["stages"]
        choices = [("", "Choose")] + [(each["key"], each["label"]) for each in stages]
        kept = connection.stages if connection.pipeline == pipeline["key"] else {}
        for stage in Stage:
            self.fields[f"stage-{stage.value}"] = forms.ChoiceField(
                label=stage.label, choices=choices, initial=kept.get(stage.value) or _proposed(stage, stages)
            )
        for ours, label in OUR_FIELDS.items():
            if ours != "company":
                self.fields[f"field-{ours}"] = forms.ChoiceField(
                    label=label,
                    required=False,
                    choices=[NONE, *_fitting(connection, ours)],
                    initial=connection.fields.get(ours, ""),
                )

    @property
    def stage_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("stage-")]

    @property
    def own_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("field-")]

    def chosen(self) -> dict[str, dict[str, str]]:
        """What the form says as the service takes it."""
        said = {name: value for name, value in self.cleaned_data.items() if value}
        return {
            kind: {
                name.removeprefix(f"{kind[:-1]}-"): value for name, value in said.items() if name.startswith(kind[:-1])
            }
            for kind in ("stages", "fields")
        }


def _fitting(connection: Connection, ours: str) -> list[tuple[str, str]]:
    """Their fields that can take one of ours: a number goes into a text as well, a text into no number."""
    rows = connection.choices["fields"]
    return [(row["key"], row["label"]) for row in rows if not row["is_number"] or ours in NUMBERS]


def _proposed(stage: Stage, theirs: list[dict[str, Any]]) -> str:
    if stage in (Stage.WON, Stage.LOST, Stage.REJECTED):
        mark = "is_won" if stage == Stage.WON else "is_lost"
        return next((str(each["key"]) for each in theirs if each[mark]), "")
    open_ones = [each for each in theirs if not each["is_won"] and not each["is_lost"]]
    for hint in (stage.label.lower(), *HINTS[stage]):
        for each in open_ones:
            if hint in str(each["label"]).lower():
                return str(each["key"])
    return ""
