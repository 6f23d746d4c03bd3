from django.db import migrations

MARK_AND_FORGET = """
    UPDATE notices_notice SET has_key = true, path = CASE WHEN sent_at IS NULL THEN path ELSE '' END
    WHERE path ~ '^/(join/|apply/confirm/|contact/|settings/payout/confirm/)';
    UPDATE notices_notice SET kind = 'enquiry' WHERE kind = 'application' AND key LIKE 'enquiry:%';
"""
# What was forgotten stays forgotten; the kind is one that there was before.
BACK = "UPDATE notices_notice SET kind = 'application' WHERE kind = 'enquiry'"


class Migration(migrations.Migration):
    dependencies = [("notices", "0003_links_that_open_something")]

    operations = [migrations.RunSQL(MARK_AND_FORGET, BACK)]
