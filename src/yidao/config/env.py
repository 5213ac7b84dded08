"""The operator's settings: environment variables beginning with YIDAO_, typed, documented and validated at start."""

import ipaddress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRET_MIN: Final = 24


class Settings(BaseSettings):
    """Every setting of Yidao; `yidao doctor` prints them with their descriptions."""

    model_config = SettingsConfigDict(env_prefix="YIDAO_", env_file=None, extra="ignore", frozen=True)

    database_url: str = Field(
        default="", description="PostgreSQL address of your own server; empty means the embedded database."
    )
    data_dir: Path | None = Field(
        default=None, description="Where the embedded database lives; empty means a folder chosen for this user."
    )
    pg_bin: Path | None = Field(
        default=None,
        description="Folder with the PostgreSQL binaries for the embedded database; empty means searched for.",
    )
    keys_file: Path | None = Field(
        default=None, description="The key ring (mode 0600), outside the data folder; made at first start."
    )
    host: str = Field(default="127.0.0.1", min_length=1, description="Address the servers bind to.")
    web_port: int = Field(default=8000, ge=1, le=65535, description="Port of the pages and the reading API.")
    intake_port: int = Field(
        default=8001, ge=1, le=65535, description="Port on which machines push events and shipments."
    )
    allowed_hosts: str = Field(
        default="localhost,127.0.0.1", description="Comma-separated host names the pages answer to."
    )
    trusted_proxies: str = Field(
        default="",
        description="Comma-separated addresses of your own proxies, whose word about clients is taken; empty: none.",
    )
    debug: bool = Field(default=False, description="Developer mode; never on a machine others can reach.")
    secure_cookies: bool = Field(default=False, description="Send cookies over HTTPS only; switch on behind TLS.")
    intake_queue_items: int = Field(
        default=20_000, ge=1, description="Events that may wait for the writer before 429 is answered."
    )
    intake_queue_bytes: int = Field(
        default=64 * 1024 * 1024, ge=1024, description="Bytes that may wait before 429 is answered."
    )
    intake_batch_max: int = Field(
        default=5_000, ge=1, le=20_000, description="Events written in one transaction at the most."
    )
    demo_seed: int = Field(default=20211122, description="Seed of the demo world.")
    demo_start: str = Field(
        default="2022-06-20T08:00:00+08:00", description="Simulated time at which a new demo begins."
    )
    demo_rate: float = Field(default=60.0, gt=0, le=3600, description="Simulated seconds per real second in the demo.")
    demo_parcels: int = Field(
        default=50_000, ge=0, le=1_000_000, description="Parcels of history a new demo starts with."
    )

    sms_sender: Literal["", "outbox", "webhook", "none"] = Field(
        default="",
        description="How phone codes leave: outbox (a page), webhook or none; empty: outbox in a demo, else none.",
    )
    sms_webhook_url: str = Field(
        default="",
        validate_default=True,
        description="Where messages are posted with YIDAO_SMS_SENDER=webhook; https, or http on this machine.",
    )
    sms_webhook_secret: SecretStr = Field(
        default=SecretStr(""),
        validate_default=True,
        description="What those posts are signed with; at least 24 characters.",
    )

    payment_provider: Literal["", "sandbox", "webhook", "none"] = Field(
        default="",
        description="Who carries refunds: sandbox (pays nobody), webhook or none; empty: sandbox in a demo, else none.",
    )
    payment_webhook_url: str = Field(
        default="",
        validate_default=True,
        description="Where refunds are asked for with YIDAO_PAYMENT_PROVIDER=webhook; https, or http on this machine.",
    )
    payment_webhook_secret: SecretStr = Field(
        default=SecretStr(""),
        validate_default=True,
        description="What those calls are signed with; at least 24 characters.",
    )

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: str) -> str:
        if value and not value.startswith(("postgresql://", "postgres://")):
            raise ValueError("must look like postgresql://user:password@host:5432/database")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_addresses(cls, value: str) -> str:
        for each in value.split(",") if value else ():
            try:
                network = ipaddress.ip_network(each.strip())
            except ValueError:
                network = None
            if network is None or network.prefixlen == 0:
                raise ValueError("must be addresses such as 127.0.0.1 or 10.0.0.0/24; nobody may be trusted blindly")
        return value

    @field_validator("demo_start")
    @classmethod
    def _is_moment(cls, value: str) -> str:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None or not 2000 <= moment.year < 2100:
            raise ValueError("must be a time with an offset, such as 2022-06-20T08:00:00+08:00")
        return value

    @field_validator("sms_webhook_url", "payment_webhook_url")
    @classmethod
    def _is_safe_address(cls, value: str, info: ValidationInfo) -> str:
        parts = urlsplit(value)
        is_near = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
        is_safe = parts.hostname and "@" not in parts.netloc and (parts.scheme == "https" or is_near)
        if (value or _is_webhook(info)) and not is_safe:
            raise ValueError("must begin with https:// (http:// on this machine alone) and name no user")
        return value

    @field_validator("sms_webhook_secret", "payment_webhook_secret")
    @classmethod
    def _is_long(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if _is_webhook(info) and len(value.get_secret_value()) < SECRET_MIN:
            raise ValueError(f"must have at least {SECRET_MIN} characters")
        return value


def _is_webhook(info: ValidationInfo) -> bool:
    """Return whether the sender or provider a field belongs to is an address of the operator's."""
    chooser = "payment_provider" if (info.field_name or "").startswith("payment") else "sms_sender"
    return info.data.get(chooser) == "webhook"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """
    Return the validated settings of this process.

    :raises pydantic.ValidationError: a variable is malformed; the entry points print it by the variable's name.
    """
    return Settings()
