"""Everything that a deployment can set, on one page; .env.example explains each variable."""

import os
from pathlib import Path

import dj_database_url
from csp.constants import NONCE, NONE, SELF
from whitenoise.compress import Compressor

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR", BASE_DIR / ".data")).resolve()

# -- The two servers: ours to start where no address is given ---------------------------------------------

DATABASE_URL = os.environ.get("DATABASE_URL", "")
OWNER_DATABASE_URL = os.environ.get("OWNER_DATABASE_URL", DATABASE_URL)
REDIS_URL = os.environ.get("REDIS_URL", "")
IS_EMBEDDED = not DATABASE_URL

if not DATABASE_URL:
    from config.embedded import start_postgres

    _postgres = start_postgres(DATA_DIR)
    DATABASE_URL, OWNER_DATABASE_URL = _postgres.url, _postgres.owner_url
if not REDIS_URL:
    from config.embedded import start_valkey

    REDIS_URL = start_valkey(DATA_DIR).url

# The application's role owns nothing; `migrate` alone signs in as the owner (accounts/database_roles.py).
DATABASES = {
    "default": dj_database_url.parse(DATABASE_URL, engine="config.postgres", conn_max_age=600, conn_health_checks=True)
}
OWNER_DATABASE = dj_database_url.parse(OWNER_DATABASE_URL)
APPLICATION_ROLE = DATABASES["default"]["USER"]
# What the application's role takes on for a partner's page (accounts/row_security.py).
PARTNER_ROLE = os.environ.get("PARTNER_ROLE", "tributary_partner")

# -- Secrets ----------------------------------------------------------------------------------------------

DEBUG = os.environ.get("DEBUG", "1" if IS_EMBEDDED else "0") == "1"
SECRET_KEY = os.environ.get("SECRET_KEY", "development-only-not-a-secret" if IS_EMBEDDED else "")
# Bank and tax details: comma-separated `name:base64 of 32 bytes`; the first one writes, all of them read.
DETAILS_KEYS = os.environ.get(
    "DETAILS_KEYS", "development:ZGV2ZWxvcG1lbnQtb25seS1ub3QtYS1zZWNyZXQhISE=" if IS_EMBEDDED else ""
)

# -- The application --------------------------------------------------------------------------------------

ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
# Where the portal is known outside: what links in e-mails begin with.
PUBLIC_URL = os.environ.get("PUBLIC_URL", "http://localhost:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("TRUSTED_ORIGINS", "").split(",") if origin]

INSTALLED_APPS = [
    "parts",
    "accounts",
    "notices",
    "affiliates",
    "referrals",
    "clients",
    "commissions",
    "payouts",
    "integrations.stripe",
    "integrations.partnerstack",
    "integrations.introductions",
    "integrations.crm",
    "portal",
    "anymail",
    "pgtrigger",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "portal.admin.ProgramAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",  # Its widgets' templates, for FORM_RENDERER.
]

MIDDLEWARE = [
    "referrals.middleware.short_links",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.views.context.program",
            ],
            "builtins": ["parts.templatetags.addresses", "parts.templatetags.parts"],
        },
    }
]

FORM_RENDERER = "parts.renderer.PartsRenderer"

# Nothing runs and nothing is fetched but what this host serves; the one inline style, the program's colour,
# carries the page's nonce.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# -- People -----------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backend.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "affiliates.adapter.MailsFromTheOutbox"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True  # Whoever has a password changed or a passkey added hears of it.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True  # The adapter writes them nothing, and takes as long for it.
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_CHANGE_EMAIL = True  # One address a person.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Beside allauth's own limits for signing in: how often an address on the network may apply, or open invitations.
ACCOUNT_RATE_LIMITS = {"apply": "10/h/ip", "enquire": "20/h/ip", "join": "30/m/ip"}
MFA_ADAPTER = "accounts.adapter.SealedSecrets"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # A code that ran out while it was typed is good: one step, as RFC 6238 recommends.
MFA_ALLOW_UNVERIFIED_EMAIL = True  # The address came from an invitation or from the staff.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG  # http://localhost counts as safe in browsers.
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
# So many proxies before the portal add to X-Forwarded-For; with none, nobody can choose its own address.
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("TRUSTED_PROXIES", "0"))

SESSION_ENGINE = "accounts.sessions"  # PostgreSQL has each session, Redis answers sooner.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if not DEBUG else None

# Counts how often who did what, for the limits above; every process of the web sees the same counts.
CACHES = {
    "default": {
        "BACKEND": "config.cache.Cache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "tributary",
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},  # Seconds; PostgreSQL answers instead.
    }
}

# -- The API: its doors ask for a key and know their limits (affiliates/api/door.py) -------------------------

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": None,
    "EXCEPTION_HANDLER": "affiliates.api.problems.answer",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tributary",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": [],
    "SERVE_AUTHENTICATION": [],
    "DESCRIPTION": (
        "Send a key as `Authorization: Bearer trb_…`; it is made in the settings. Lists come in pages, `next` leads on."
        " Every `POST` takes an `Idempotency-Key`: the same call with the same key is done once, and for 24 hours its"
        " answer is given again. Single things carry an `ETag`. Money is text with two places, a day is `2026-03-31`, a"
        " month `2026-03`, a moment has its offset. A key makes 600 calls a minute, see the `RateLimit` headers. Errors"
        " are problem documents that name each field and say the way out. What is in this version stays: it is only"
        " added to. The program's `docs/api.md` tells more: errors and their codes, a month step by step, webhooks and"
        " each kind of event."
    ),
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "docExpansion": "none", "displayRequestDuration": True},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "data:,",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "affiliates.api.schema.add_what_all_have",
    ],
    "ENUM_NAME_OVERRIDES": {
        "LeadStage": "referrals.models.lead.Stage",
        "LeadChannel": "referrals.models.lead.Channel",
        "Crm": "referrals.models.lead.Crm",
        "ConflictState": "referrals.models.conflict.ConflictState",
        "ConflictKind": "referrals.models.conflict.ConflictKind",
        "PartnerKind": "affiliates.models.partner.PartnerKind",
        "RunState": "commissions.models.run.RunState",
        "CommissionState": "commissions.models.commission.CommissionState",
        "DisputeState": "commissions.models.dispute.DisputeState",
        "EntryKind": "commissions.models.ledger.EntryKind",
        "ReversalKind": "clients.models.payment.ReversalKind",
        "PayoutState": "payouts.models.payout.PayoutState",
        "DeliveryState": "notices.models.webhook.DeliveryState",
        "EventKind": "notices.models.event.EventKind",
    },
}

# -- Files ------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", DATA_DIR / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(os.environ.get("MEDIA_ROOT", DATA_DIR / "media"))
MEDIA_URL = ""  # Documents are served by views that know who may see them, never by address.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
# Source maps are read by developers alone, and took half of the time that compressing everything takes.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

# -- Mail -------------------------------------------------------------------------------------------------

EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("EMAIL_USE_TLS", "0") == "1"
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "Partner program <partners@localhost>")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = DATA_DIR / "mail"

# -- Introductions by e-mail (docs/introductions.md) ------------------------------------------------------------

# Where partners introduce companies; empty: the portal tells of no such address.
INTRODUCTIONS_ADDRESS = os.environ.get("INTRODUCTIONS_ADDRESS", "")
# Domains whose people are the company's own and no prospects, beside those of the program's settings.
INTRODUCTIONS_OWN_DOMAINS = [each for each in os.environ.get("INTRODUCTIONS_OWN_DOMAINS", "").split(",") if each]
# Mail hosts, as they name themselves in Authentication-Results, whose word on SPF, DKIM and DMARC is taken.
INTRODUCTIONS_TRUSTED_AUTHSERV = [
    each for each in os.environ.get("INTRODUCTIONS_TRUSTED_AUTHSERV", "").split(",") if each
]
# A mailbox that is looked into each minute: imaps://user:password@host/folder
INTRODUCTIONS_IMAP_URL = os.environ.get("INTRODUCTIONS_IMAP_URL", "")
# What a mail provider's webhooks need: ANYMAIL_WEBHOOK_SECRET and the provider's own, as django-anymail names them.
ANYMAIL = {
    name.removeprefix("ANYMAIL_"): value for name, value in os.environ.items() if name.startswith("ANYMAIL_") and value
}
# A provider sends a whole message in a field of a form: the largest that is kept, as base64 has it.
DATA_UPLOAD_MAX_MEMORY_SIZE = 15 * 1024 * 1024

# -- Webhooks: sent to public addresses alone; the tests' own receivers listen on this machine -----------------

WEBHOOKS_TO_LOOPBACK = os.environ.get("WEBHOOKS_TO_LOOPBACK", "0") == "1"

# -- Stripe (docs/stripe.md) ----------------------------------------------------------------------------------

# The signing secrets of the webhook endpoint, comma-separated: any of them proves an event, so that they can be rolled.
STRIPE_WEBHOOK_SECRETS = [
    each.strip() for each in os.environ.get("STRIPE_WEBHOOK_SECRETS", "").split(",") if each.strip()
]
# Whether events of Stripe's test mode are worked into facts: on a portal that is for trying things alone.
STRIPE_TAKES_TEST_EVENTS = os.environ.get("STRIPE_TAKES_TEST_EVENTS", "1" if DEBUG else "0") == "1"
# For `manage.py stripe_backfill` alone: a restricted key that may read, and where Stripe's API is.
STRIPE_API_KEY = os.environ.get("STRIPE_API_KEY", "")
STRIPE_API_BASE = os.environ.get("STRIPE_API_BASE", "https://api.stripe.com")

# -- PartnerStack: where `import_partnerstack` reads, and with which keys -------------------------------------

PARTNERSTACK_BASE = os.environ.get("PARTNERSTACK_BASE", "https://api.partnerstack.com")
PARTNERSTACK_KEY = os.environ.get("PARTNERSTACK_KEY", "")
PARTNERSTACK_SECRET = os.environ.get("PARTNERSTACK_SECRET", "")

# -- CRMs: each one's own host; `{company}` and `{region}` are filled in by the connection (docs/crm.md) ---------

CRM_HOSTS = {
    "hubspot": os.environ.get("HUBSPOT_URL", "https://api.hubapi.com"),
    "pipedrive": os.environ.get("PIPEDRIVE_URL", "https://{company}.pipedrive.com"),
    "zoho": os.environ.get("ZOHO_URL", "https://www.zohoapis.{region}"),
    "zoho_accounts": os.environ.get("ZOHO_ACCOUNTS_URL", "https://accounts.zoho.{region}"),
}

# -- Language and time: days are the program's own (affiliates.Program.time_zone), stored moments are UTC ---

LANGUAGE_CODE = "en-us"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# -- Celery: a message may be lost or repeated, the row in PostgreSQL is the truth (config/celery.py) -------

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 3000
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}  # Longer than the longest task.
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_IMPORTS = ["parts.press"]  # A worker loads it once for all of its processes, before the first PDF.
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200  # Each PDF leaves a little memory behind.
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
