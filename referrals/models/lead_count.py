"""How many leads of a partner are at each stage: PostgreSQL keeps the numbers as leads change, so nobody counts."""

import pgtrigger
from django.db import models

from accounts.reading import Question
from affiliates.models import Partner

BY_STAGE = "SELECT stage, leads FROM referrals_leadcount WHERE partner_id = %s"
# In one order, so that no two statements wait for each other's rows.
KEEP = """
    INSERT INTO referrals_leadcount AS kept (partner_id, stage, leads)
    SELECT partner_id, stage, sum(leads) FROM ({leads}) AS changed
    GROUP BY partner_id, stage HAVING sum(leads) <> 0 ORDER BY partner_id, stage
    ON CONFLICT (partner_id, stage) DO UPDATE SET leads = kept.leads + excluded.leads;
    RETURN NULL;
"""
CAME = "SELECT partner_id, stage, 1 AS leads FROM came"
WENT = "SELECT partner_id, stage, -1 AS leads FROM went"


class LeadCount(models.Model):
    """How many leads of a partner are at a stage. Leads are changed one at a time, so nobody waits for this row."""

    # Without a constraint: to look at the partner's row would be to wait for who is changing it.
    partner = models.ForeignKey(
        Partner, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    stage = models.CharField(max_length=20)
    leads = models.IntegerField()

    seen_by_partner = "partner_id = tributary_partner()"

    class Meta:
        verbose_name_plural = "counts of leads"
        constraints = (models.UniqueConstraint(fields=("partner", "stage"), name="one_count_per_partner_and_stage"),)

    def __str__(self) -> str:
        return f"{self.partner}, {self.stage}: {self.leads}"


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
        func=KEEP.format(leads=leads),
    )
