"""A status changes in its model's own service, by a table of moves, and nowhere else.

Every module of the product is read as a syntax tree. What it finds is an assignment to an attribute named like
a status, the keyword of a queryset's `update` or of a model's making, a `setattr`, a field named in
`bulk_update`, and SQL that sets it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
STATUS = {"state", "stage", "status"}
APPS = (
    "accounts",
    "notices",
    "affiliates",
    "referrals",
    "clients",
    "commissions",
    "payouts",
    "integrations",
    "portal",
    "config",
)
WRITERS = {"update", "create", "get_or_create", "update_or_create", "acreate", "aupdate", "replace"}
SQL_SETS = re.compile(r"\bSET\b[^;]*?\b(state|stage|status)\s*=(?!=)", re.IGNORECASE | re.DOTALL)
SQL_INSERTS = re.compile(r"\bINSERT INTO\s+\w+\s*\(([^)]*)\)", re.IGNORECASE)

# Where a status may be set, and whose it is.
ALLOWED = {
    "affiliates/services/move_application.py": "Application.state",
    "affiliates/services/open_violation.py": "Violation.state",
    "commissions/services/answer_dispute.py": "Dispute.state",
    "commissions/engine/post.py": "Commission.state",
    "commissions/services/compute_part.py": "Run.state",
    "commissions/services/finish_run.py": "Run.state",
    "commissions/services/start_run.py": "Run.state",
    "integrations/crm/services/move_sync.py": "LeadSync.state",
    "integrations/introductions/services/settle_reading.py": "Reading.state",
    "notices/services/move_delivery.py": "WebhookDelivery.state",
    "notices/services/write_event.py": "WebhookDelivery.state",
    "payouts/services/answer_line.py": "PaymentLine.state",
    "payouts/services/issue_statement.py": "Statement.state",
    "payouts/services/move_payout.py": "Payout.state",
    "payouts/services/open_payouts.py": "Payout.state",
    "referrals/services/free_waiting.py": "Conflict.state",
    "referrals/services/answer_request.py": "LeadRequest.state",
    "referrals/services/import_lead.py": "Lead.stage",
    "referrals/services/move_lead.py": "Lead.stage",
    "referrals/services/register_lead.py": "Lead.stage",
}


def modules() -> Iterator[Path]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def sets_a_status(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The lines on which a status is set, each with what does it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for part in ast.walk(target):
                    if isinstance(part, ast.Attribute) and part.attr in STATUS and isinstance(part.ctx, ast.Store):
                        yield node.lineno, ast.unparse(part)
        elif isinstance(node, ast.Call):
            yield from _of_call(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _of_text(node, node.value)


def _of_call(node: ast.Call) -> Iterator[tuple[int, str]]:
    name = ast.unparse(node.func).rpartition(".")[2]
    keywords = {keyword.arg for keyword in node.keywords if keyword.arg}
    if name == "setattr" and any(_is_status(argument) for argument in node.args[1:2]):
        yield node.lineno, "setattr"
    elif name == "bulk_update" and any(_is_status(part) for part in ast.walk(node)):
        yield node.lineno, "bulk_update"
    elif keywords & STATUS and (name in WRITERS or name in MODELS_WITH_STATUS):
        yield node.lineno, f"{ast.unparse(node.func)}({', '.join(sorted(keywords & STATUS))})"


def _of_text(node: ast.Constant, text: str) -> Iterator[tuple[int, str]]:
    if SQL_SETS.search(text):
        yield node.lineno, "SQL that sets it"
    for columns in SQL_INSERTS.findall(text):
        if STATUS & {column.strip() for column in columns.split(",")}:
            yield node.lineno, "SQL that inserts it"


def _is_status(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value in STATUS


MODELS_WITH_STATUS = {
    model.__name__
    for model in apps.get_models()
    if STATUS & {field.name for field in model._meta.local_concrete_fields if field.choices}  # Not a country's state.
    and not model.__name__.endswith("Step")  # A step notes a move that was made.
}


def found(path: Path) -> list[str]:
    return [f"{line}: {what}" for line, what in sets_a_status(ast.parse(path.read_text())) if "Step." not in what]


def test_a_status_is_set_only_in_its_models_own_service() -> None:
    elsewhere = {
        str(path.relative_to(ROOT)): places
        for path in modules()
        if (places := found(path)) and str(path.relative_to(ROOT)) not in ALLOWED
    }
    assert elsewhere == {}


@pytest.mark.parametrize("name", ALLOWED)
def test_the_list_of_allowed_modules_is_not_longer_than_needed(name: str) -> None:
    assert (ROOT / name).is_file()
    if name != "referrals/services/register_lead.py":  # It makes leads, whose first stage is the model's default.
        assert found(ROOT / name)


CASES = [
    ("payout.state = 'paid'", True),
    ("self.payout.state: str = 'paid'", True),
    ("a.state, a.error = 1, 2", True),
    ("run.status += 1", True),
    ("Payout.objects.filter(pk=1).update(state='paid')", True),
    ("Payout(state='paid')", True),
    ("Lead.objects.create(stage='won')", True),
    ("setattr(payout, 'state', 'paid')", True),
    ("Payout.objects.bulk_update(rows, ['state'])", True),
    ("cursor.execute('UPDATE payouts_payout SET amount = 1, state = %s')", True),
    ("cursor.execute('INSERT INTO payouts_payout (id, state) VALUES (1, 2)')", True),
    ("Payout.objects.filter(state='paid')", False),
    ("if payout.state == 'paid': pass", False),
    ("state = 'paid'", False),
    ("PayoutStep.objects.create(payout=payout)", False),
    ("models.Q(state='paid')", False),
    ("cursor.execute('SELECT state FROM payouts_payout WHERE state = 1')", False),
]


@pytest.mark.parametrize(("code", "is_found"), CASES, ids=[code for code, _ in CASES])
def test_the_scan_finds_what_it_should(code: str, is_found: bool) -> None:
    assert bool(list(sets_a_status(ast.parse(code)))) == is_found
