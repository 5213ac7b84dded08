"""
Addresses of the entrance and of everybody's own account. Names with underscores are those under which django-allauth
looks for its own pages; what of it is not routed here does not exist.
"""

from allauth.account import views as account
from allauth.mfa.base import views as factor
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as passkey
from django.urls import URLPattern, URLResolver, path

from yidao.web import converters
from yidao.web.account import entrance, home, password, phone
from yidao.web.account.common import for_strangers

converters.register()

urlpatterns: list[URLPattern | URLResolver] = [
    path("login", account.login, name="account_login"),
    path("logout", account.logout, name="account_logout"),
    path("login/second", factor.authenticate, name="mfa_authenticate"),
    path("login/passkey", for_strangers(passkey.login_webauthn), name="mfa_login_webauthn"),
    path("login/cancel", entrance.cancel, name="account_login_cancel"),
    path("login/phone", entrance.phone, name="account_phone_login"),
    path("login/phone/code", entrance.phone_code, name="account_phone_login_code"),
    path("login/forgot", entrance.forgot, name="account_forgot"),
    path("login/forgot/code", entrance.forgot_code, name="account_forgot_code"),
    path("login/forgot/password", entrance.forgot_password, name="account_forgot_password"),
    path("login/link/<password_token:token>", entrance.link, name="account_password_link"),
    path("account/", home.index, name="account_home"),
    path("account/factors", home.to_index, name="mfa_index"),
    path("account/sessions", home.devices, name="account_sessions"),
    path("account/password", password.index, name="account_change_password"),
    path("account/phone", phone.index, name="account_phone"),
    path("account/phone/code", phone.code, name="account_phone_code"),
    path("account/phone/show", phone.show, name="account_phone_show"),
    path("account/confirm", account.reauthenticate, name="account_reauthenticate"),
    path("account/confirm/code", factor.reauthenticate, name="mfa_reauthenticate"),
    path("account/confirm/passkey", passkey.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("account/app", app.activate_totp, name="mfa_activate_totp"),
    path("account/app/off", app.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/recovery", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/recovery/new", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/passkeys", home.to_index, name="mfa_list_webauthn"),
    path("account/passkeys/add", passkey.add_webauthn, name="mfa_add_webauthn"),
    path("account/passkeys/<passkey:pk>/name", passkey.edit_webauthn, name="mfa_edit_webauthn"),
    path("account/passkeys/<passkey:pk>/remove", passkey.remove_webauthn, name="mfa_remove_webauthn"),
]
