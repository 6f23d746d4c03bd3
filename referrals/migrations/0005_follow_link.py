from django.db import migrations

# Finds a link and writes its click. A function, because PostgreSQL keeps the plan of its statement: planning anew for
# each click took longer than all the rest. A link that is switched off, or whose partnership has not begun or has
# ended, is found and gets no click. The click may be lost should the server lose its power within the next moment;
# that is what lets the answer leave without waiting for the disk.
FOLLOW = """
CREATE FUNCTION public.tributary_follow(
    p_code text, p_at timestamptz, p_token text, p_visitor text, p_is_probe boolean, p_referrer text, p_agent text
) RETURNS TABLE (destination text, company_site text, allowed_hosts text[], is_live boolean)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    WITH found AS (
        SELECT link.id, link.destination, program.company_site, program.allowed_hosts,
               link.off_since IS NULL AND partner.joined_on <= today.day
                   AND (partner.terminated_on IS NULL OR today.day <= partner.terminated_on) AS is_live
        FROM referrals_link link
        JOIN affiliates_partner partner ON partner.id = link.partner_id
        CROSS JOIN affiliates_program program
        CROSS JOIN LATERAL (SELECT (p_at AT TIME ZONE program.time_zone)::date AS day) today
        WHERE link.code = p_code
    ), clicked AS (
        INSERT INTO referrals_click (link_id, at, token, visitor, is_probe, referrer, agent)
        SELECT found.id, p_at, p_token, p_visitor, p_is_probe, p_referrer, p_agent FROM found WHERE found.is_live
    )
    SELECT found.destination::text, found.company_site::text, found.allowed_hosts::text[], found.is_live FROM found;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("referrals", "0004_links_and_clicks")]
    operations = [migrations.RunSQL(FOLLOW, "DROP FUNCTION public.tributary_follow")]
