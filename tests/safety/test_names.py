"""Every rule that the database knows has a name that reads as words."""

import re

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

OURS = [model for model in apps.get_models() if (settings.BASE_DIR / model.__module__.partition(".")[0]).is_dir()]
CONSTRAINTS = [(model, constraint.name) for model in OURS for constraint in model._meta.constraints]
# Lower-case words with a verb or a preposition among them, as in `approver_is_not_closer`.
SENTENCE = re.compile(r"[a-z]+(_[a-z0-9]+){2,}")
ABBREVIATIONS = {"uniq", "uq", "ck", "chk", "fk", "idx", "pk", "constraint", "check", "key1", "nn"}


@pytest.mark.parametrize(("model", "name"), CONSTRAINTS, ids=[name for _, name in CONSTRAINTS])
def test_the_name_of_a_constraint_is_words(model: type[models.Model], name: str) -> None:
    assert SENTENCE.fullmatch(name)
    assert not ABBREVIATIONS & set(name.split("_"))
    assert not name.startswith(model._meta.app_label)
    assert len(name.encode()) <= 63  # Longer ones PostgreSQL would cut.


def test_the_names_of_constraints_are_unlike_each_other() -> None:
    names = [name for _, name in CONSTRAINTS]
    assert len(names) == len(set(names))
    assert len(names) > 50


@pytest.mark.parametrize("model", OURS, ids=[model._meta.label for model in OURS])
def test_choices_are_known_to_the_database(model: type[models.Model]) -> None:
    """A field with choices is named in a check constraint, unless its rows are written by one trigger-kept step."""
    named = " ".join(
        str(constraint.condition)
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
    )
    copies = {"payouts.PayoutStep.state", "referrals.LeadStep.stage"}
    for field in model._meta.local_concrete_fields:
        if field.choices and f"{model._meta.label}.{field.name}" not in copies:
            assert field.name in named, f"{model._meta.label}.{field.name}"
