from django.db import migrations

# Sales touched a lead last when it moved it last; before its first step it was registered.
FILL = """
    INSERT INTO referrals_leadwork (lead_id, next_step, touched_at, stage_since)
    SELECT lead.id, '', coalesce(last_step.at, lead.registered_on), coalesce(last_step.at, lead.registered_on)
    FROM referrals_lead AS lead
    LEFT JOIN LATERAL (SELECT max(at) AS at FROM referrals_leadstep WHERE lead_id = lead.id) AS last_step ON true
    ON CONFLICT (lead_id) DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("referrals", "0006_work_on_leads")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
