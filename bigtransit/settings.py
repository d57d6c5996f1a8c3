"""Django settings. Everything a user may set is a BIGTRANSIT_ variable; docs/configuration.md lists them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from bigtransit import env
from bigtransit.keys import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
# A wheel has templates and gathered static files inside this package, a checkout beside it.
_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = (_PACKAGE / "templates").is_dir()
_RESOURCES = _PACKAGE if _INSTALLED else BASE_DIR
VAR = env.var()

HOST = env.host()
PORT = env.integer("PORT", 8000)
LOCAL_URL = env.local_url(HOST, PORT)
BASE_URL = env.base_url("BIGTRANSIT_BASE_URL", LOCAL_URL)
# Django writes addresses of IPv6 with their brackets.
_HOSTNAME = urlsplit(BASE_URL).hostname or ""
_HTTPS = urlsplit(BASE_URL).scheme == "https"

STORAGE_URL = env.text("BIGTRANSIT_STORAGE_URL", f"sqlite:///{VAR}/bigtransit.db")
MAX_BODY = env.integer("BIGTRANSIT_MAX_BODY", 5_242_880)
RETENTION_DAYS = env.integer("BIGTRANSIT_RETENTION_DAYS", 400)
BACKFILL_DAYS = env.integer("BIGTRANSIT_BACKFILL_DAYS", 90, least=0)
API_SHARE = env.integer("BIGTRANSIT_API_SHARE", 50, most=100) / 100
SERVER_TIMING = env.flag("BIGTRANSIT_SERVER_TIMING")
SESSION_HOURS = env.integer("BIGTRANSIT_SESSION_HOURS", 12)
ADMIN_EMAIL = env.text("BIGTRANSIT_ADMIN_EMAIL")
ADMIN_PASSWORD = env.text("BIGTRANSIT_ADMIN_PASSWORD")
ADMIN_TOKEN = env.text("BIGTRANSIT_ADMIN_TOKEN")

# Signing in elsewhere: docs/sign-in.md
OIDC_ISSUER = env.text("BIGTRANSIT_OIDC_ISSUER")
OIDC_CLIENT_ID = env.text("BIGTRANSIT_OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.text("BIGTRANSIT_OIDC_CLIENT_SECRET")
OIDC_SCOPES = env.text("BIGTRANSIT_OIDC_SCOPES", "openid email profile")
OIDC_GROUPS_CLAIM = env.text("BIGTRANSIT_OIDC_GROUPS_CLAIM", "groups")
OIDC_LABEL = env.text("BIGTRANSIT_OIDC_LABEL", "single sign-on")
GITHUB_CLIENT_ID = env.text("BIGTRANSIT_GITHUB_CLIENT_ID")
GITHUB_CLIENT_SECRET = env.text("BIGTRANSIT_GITHUB_CLIENT_SECRET")
GITHUB_URL = env.text("BIGTRANSIT_GITHUB_URL", "https://github.com").rstrip("/")
PROXY_USER_HEADER = env.text("BIGTRANSIT_PROXY_USER_HEADER")
PROXY_EMAIL_HEADER = env.text("BIGTRANSIT_PROXY_EMAIL_HEADER")
PROXY_NAME_HEADER = env.text("BIGTRANSIT_PROXY_NAME_HEADER")
PROXY_GROUPS_HEADER = env.text("BIGTRANSIT_PROXY_GROUPS_HEADER")
# An https address says that a proxy stands before us: on this machine, if no other is named. One that may say who is
# signed in is always named.
_THIS_MACHINE = "127.0.0.1, ::1" if _HTTPS and not PROXY_USER_HEADER else "none"
TRUSTED_PROXIES = env.networks("BIGTRANSIT_TRUSTED_PROXIES", _THIS_MACHINE)
SIGN_IN_COOKIE = "__Host-bt_sign_in" if _HTTPS else "bt_sign_in"
FACTOR_COOKIE = "__Host-bt_factor" if _HTTPS else "bt_factor"
CHALLENGE_COOKIE = "__Host-bt_challenge" if _HTTPS else "bt_challenge"
GITHUB_APP_COOKIE = "__Host-bt_github_app" if _HTTPS else "bt_github_app"
PROXY_COOKIE = "__Host-bt_proxy" if _HTTPS else "bt_proxy"

ALLOWED_GROUPS = frozenset(env.words("BIGTRANSIT_ALLOWED_GROUPS", []))
GROUP_ROLES = env.group_roles("BIGTRANSIT_GROUP_ROLES")

SECRET_KEY = secret_key(env.text("BIGTRANSIT_SECRET_KEY"), STORAGE_URL)
SECRET_KEY_FALLBACKS = env.words("BIGTRANSIT_SECRET_KEY_FALLBACKS", [])
DEBUG = env.flag("BIGTRANSIT_DEBUG")
ALLOWED_HOSTS = env.words(
    "BIGTRANSIT_ALLOWED_HOSTS",
    sorted({f"[{_HOSTNAME}]" if ":" in _HOSTNAME else _HOSTNAME, "localhost", "127.0.0.1", "[::1]"}),
)

INSTALLED_APPS = ["django.contrib.staticfiles", "django_htmx", "dashboard"]
MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",
    "dashboard.http.browser_headers.BrowserHeaders",
    "dashboard.operations.readiness.Operations",
    "dashboard.auth.forwarding.Forwarding",
    "dashboard.http.timing.ServerTiming",
    "dashboard.http.caching.NoStore",
    "dashboard.views.api.shape.OneShape",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dashboard.auth.middleware.SignIn",
]
ROOT_URLCONF = "bigtransit.urls"
WSGI_APPLICATION = "bigtransit.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_RESOURCES / "templates"],
        "OPTIONS": {
            "builtins": ["dashboard.templatetags.words", "dashboard.templatetags.regions"],
            "loaders": [("django.template.loaders.cached.Loader", ["dashboard.template_loader.Loader"])],
        },
    }
]
DATABASES: dict[str, dict[str, str]] = {}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("BIGTRANSIT_STATIC_ROOT", str(_RESOURCES / "staticfiles")))
STATICFILES_DIRS = [] if _INSTALLED else [BASE_DIR / "static"]
STORAGES = {"staticfiles": {"BACKEND": "bigtransit.static.BundledStorage"}}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "dashboard.auth.common_passwords.CommonPasswordValidator"},
    {"NAME": "dashboard.auth.common_passwords.OwnWordsValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

EMAIL_CONFIGURED = bool(env.text("BIGTRANSIT_EMAIL_URL"))
globals().update(env.mail_server("BIGTRANSIT_EMAIL_URL"))
DEFAULT_FROM_EMAIL = env.text("BIGTRANSIT_EMAIL_FROM", f"bigtransit@{urlsplit(BASE_URL).hostname or 'localhost'}")

# No form of ours takes a file: what is sent as one is read over, and kept nowhere.
FILE_UPLOAD_HANDLERS: list[str] = []
DATA_UPLOAD_MAX_MEMORY_SIZE = max(MAX_BODY, 2_621_440)
CSRF_COOKIE_NAME = "__Host-bt_csrf" if _HTTPS else "bt_csrf"
SESSION_COOKIE = "__Host-bt_session" if _HTTPS else "bt_session"
KNOWN_BROWSER_COOKIE = "__Host-bt_known" if _HTTPS else "bt_known"
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
# Also where a proxy asks us by another Host.
CSRF_TRUSTED_ORIGINS = [BASE_URL]
CSRF_FAILURE_VIEW = "dashboard.views.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _HTTPS
SECURE_SSL_REDIRECT = _HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
X_FRAME_OPTIONS = "DENY"
_SELF = ["'self'"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": _SELF,
        "style-src": _SELF,
        "img-src": _SELF,
        "connect-src": _SELF,
        "form-action": _SELF,
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
    }
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "dashboard.logs.SecretFreeFormatter", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django.request": {"level": "ERROR"}},
}
