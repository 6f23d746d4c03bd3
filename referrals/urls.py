from django.urls import path

from referrals.views.hosted_form import enquiry, enquiry_confirm, enquiry_sent
from referrals.views.lead import lead, lead_ask, lead_attest, lead_extend, lead_join_demo
from referrals.views.lead_files import lead_file, lead_file_register, lead_import, lead_import_example
from referrals.views.leads import leads
from referrals.views.links import link, link_change, link_new, link_qr_png, link_qr_svg, link_rules, link_switch, links
from referrals.views.redirect import leads_nowhere
from referrals.views.register import lead_hints, lead_new

urlpatterns = [
    path("leads/", leads, name="leads"),
    path("leads/new/", lead_new, name="lead_new"),
    path("leads/hints/", lead_hints, name="lead_hints"),
    path("leads/import/", lead_import, name="lead_import"),
    path("leads/import/example/", lead_import_example, name="lead_import_example"),
    path("leads/import/<int:pk>/", lead_file, name="lead_file"),
    path("leads/import/<int:pk>/register/", lead_file_register, name="lead_file_register"),
    path("leads/<int:pk>/", lead, name="lead"),
    path("leads/<int:pk>/ask/", lead_ask, name="lead_ask"),
    path("leads/<int:pk>/attest/", lead_attest, name="lead_attest"),
    path("leads/<int:pk>/extend/", lead_extend, name="lead_extend"),
    path("leads/<int:pk>/join-demo/", lead_join_demo, name="lead_join_demo"),
    path("links/", links, name="links"),
    path("links/new/", link_new, name="link_new"),
    path("links/rules/", link_rules, name="link_rules"),
    path("links/<int:pk>/", link, name="link"),
    path("links/<int:pk>/change/", link_change, name="link_change"),
    path("links/<int:pk>/switch/", link_switch, name="link_switch"),
    path("links/<int:pk>/qr.svg", link_qr_svg, name="link_qr_svg"),
    path("links/<int:pk>/qr.png", link_qr_png, name="link_qr_png"),
    path("r/<slug:code>", leads_nowhere, name="follow"),
    path("r/<slug:code>/", leads_nowhere),
    path("r/<slug:code>/contact/", enquiry, name="enquiry"),
    path("r/<slug:code>/contact/sent/", enquiry_sent, name="enquiry_sent"),
    path("contact/<str:token>/confirm/", enquiry_confirm, name="enquiry_confirm"),
]
