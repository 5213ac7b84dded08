"""Django's settings, derived from the operator's settings (`config.env`) and the key ring. Nothing here is secret."""

from pathlib import Path

from csp.constants import NONE, SELF

from yidao.config import database, env
from yidao.kit import crypto, translations

_settings = env.settings()
_package = Path(__file__).resolve().parent.parent

DEBUG = _settings.debug
SECRET_KEY = crypto.ring().derived("django").hex()
ALLOWED_HOSTS = [host.strip() for host in _settings.allowed_hosts.split(",") if host.strip()]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "procrastinate.contrib.django",
    "yidao.kit",
    "yidao.audit",
    "yidao.accounts",
    "yidao.policies",
    "yidao.files",
    "yidao.notices",
    "yidao.ledger",
    "yidao.exports",
    "yidao.places",
    "yidao.orders",
    "yidao.parcels",
    "yidao.judging",
    "yidao.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "yidao.web.middleware.StaticFiles",
    "yidao.web.middleware.Compression",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "yidao.web.middleware.YidaoMiddleware",
]

ROOT_URLCONF = "yidao.config.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [_package / "web" / "templates", _package / "api" / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "yidao.web.environment.environment",
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "yidao.web.context.frame",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.Jinja2"

DATABASES = {"default": database.django_database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Nothing may rely on a cache of one process: limits and lock-outs live in the database.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "yidao.accounts.passwords.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "yidao.accounts.passwords.NotLikeUser", "OPTIONS": {"user_attributes": ("login", "name")}},
    {"NAME": "yidao.accounts.passwords.NotOftenUsed"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "yidao.web.shared.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = "login"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_TEMPLATE_EXTENSION = "html"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
# allauth counts in the cache; ours counts in the database (accounts.lockout) and tells the time left.
ACCOUNT_RATE_LIMITS = False
MFA_RATE_LIMITS = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
MFA_ADAPTER = "yidao.web.shared.second_factor.Adapter"
MFA_FORMS = {
    "authenticate": "yidao.web.shared.second_factor.CodeForm",
    "reauthenticate": "yidao.web.shared.second_factor.CodeAgainForm",
    "activate_totp": "yidao.web.shared.second_factor.AppForm",
    "authenticate_webauthn": "yidao.web.shared.second_factor.PasskeyForm",
    "reauthenticate_webauthn": "yidao.web.shared.second_factor.PasskeyAgainForm",
    "login_webauthn": "yidao.web.shared.second_factor.PasskeyLoginForm",
    "add_webauthn": "yidao.web.shared.second_factor.PasskeyNewForm",
    "edit_webauthn": "yidao.web.shared.second_factor.PasskeyNameForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Yidao"
MFA_TOTP_TOLERANCE = 1

SMS_SENDER = _settings.sms_sender
SMS_WEBHOOK_URL = _settings.sms_webhook_url
SMS_WEBHOOK_SECRET = _settings.sms_webhook_secret.get_secret_value()

PAYMENT_PROVIDER = _settings.payment_provider
PAYMENT_WEBHOOK_URL = _settings.payment_webhook_url
PAYMENT_WEBHOOK_SECRET = _settings.payment_webhook_secret.get_secret_value()

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "yidao_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _settings.secure_cookies
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_NAME = "yidao_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = _settings.secure_cookies
CSRF_FAILURE_VIEW = "yidao.web.shared.faults.csrf_failure"
LANGUAGE_COOKIE_NAME = "yidao_language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = _settings.secure_cookies
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [translations.LOCALE_DIR]
translations.compile_stale()
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATICFILES_DIRS = [_package / "web" / "static"]
# Files are served from where they lie, under an address with their digest (web.environment): nothing to collect.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 31_536_000

PROCRASTINATE_IMPORT_PATHS = ["yidao.intake.tasks"]

DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# A page of 200 chosen rows, and what a form sends beside them.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 300
LOGGING_CONFIG = None
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
