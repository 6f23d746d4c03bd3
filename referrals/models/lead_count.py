"""How many leads of a partner are at each stage: PostgreSQL keeps the numbers as leads change, so nobody counts."""

import pgtrigger
from django.db import models

from accounts.reading import Question
from affiliates.models import Partner

BY_STAGE = "SELECT stage, sum(leads)::bigint FROM referrals_leadcount WHERE partner_id = %s GROUP BY stage"
# The change goes to a row that nobody else is changing, or to a new one: nobody waits for somebody else's lead, and a
# stage has as many rows as there ever were changes at once.
KEEP = """
    FOR change IN
        SELECT partner_id, stage, sum(leads) AS leads FROM ({leads}) AS changed
        GROUP BY partner_id, stage HAVING sum(leads) <> 0
    LOOP
        UPDATE referrals_leadcount SET leads = referrals_leadcount.leads + change.leads WHERE id = (
            SELECT id FROM referrals_leadcount WHERE partner_id = change.partner_id AND stage = change.stage
            LIMIT 1 FOR UPDATE SKIP LOCKED
        );
        IF NOT FOUND THEN
            INSERT INTO referrals_leadcount (partner_id, stage, leads)
            VALUES (change.partner_id, change.stage, change.leads);
        END IF;
    END LOOP;
    RETURN NULL;
"""
CAME = "SELECT partner_id, stage, 1 AS leads FROM came"
WENT = "SELECT partner_id, stage, -1 AS leads FROM went"


class LeadCount(models.Model):
    """A part of the number of a partner's leads at a stage: the sum over all rows of the two is the number."""

    # Without a constraint: to look at the partner's row would be to wait for who is changing it.
    partner = models.ForeignKey(
        Partner, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    stage = models.CharField(max_length=20)
    leads = models.IntegerField()

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        verbose_name_plural = "counts of leads"
        indexes = (models.Index(fields=("partner", "stage"), name="lead_count_by_partner"),)

    def __str__(self) -> str:
        return f"{self.partner}: {self.leads} {self.stage}"


def kept_counts() -> list[pgtrigger.Trigger]:
    """This function will give the triggers of leads that keep their numbers."""
    return [
        _keep("count_new", pgtrigger.Insert, CAME, new="came"),
        _keep("count_changed", pgtrigger.Update, f"{CAME} UNION ALL {WENT}", new="came", old="went"),
        _keep("count_gone", pgtrigger.Delete, WENT, old="went"),
    ]


def leads_by_stage(partner: Partner) -> Question:
    """How many leads of a partner are at each stage, as pairs; a stage may have none."""
    return Question(BY_STAGE, 2, [partner.pk], lambda stage, leads: (stage, leads))


def _keep(name: str, operation: pgtrigger.Operation, leads: str, **rows: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**rows),
        declare=[("change", "record")],
        func=KEEP.format(leads=leads),
    )
