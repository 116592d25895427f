"""`private/desk/desk.toml`: what belongs to the desk alone, and what nobody else may read.

What the pages must know as well is in `content/site.toml`, in `[discussions]`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from email.errors import HeaderParseError
from email.headerregistry import Address
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from rejoinder import tables
from rejoinder.errors import SiteError

FILE = "desk.toml"
HOLD = ("everything", "first-timers", "nothing")
DIGESTS = ("at once", "hourly", "daily")
REPORTS = ("never", "daily", "weekly")
SECURITY = ("starttls", "tls", "none")
AFTER = ("publish", "nothing")


@dataclass(frozen=True, slots=True)
class Rules:
    """Which replies wait for a moderator (`hold_…`) and which are taken for spam (`spam_…`)."""

    hold: str = "first-timers"
    max_links: int = 2
    hold_words: tuple[str, ...] = ()
    spam_words: tuple[str, ...] = ()
    hold_networks: tuple[str, ...] = ()
    spam_networks: tuple[str, ...] = ()
    learn: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one address may send: `burst` at once, then `replies_per_hour`, 0 without a
    limit; the quickest and the slowest that a person fills in a form; whose views are counted
    on one day (docs/beacon.md)."""

    replies_per_hour: int = 30
    burst: int = 6
    requests_per_minute: int = 240
    seconds_at_least: int = 3
    form_hours: int = 48
    edit_minutes: int = 15
    visitors_per_day: int = 200_000
    trusted_proxies: tuple[str, ...] = ("127.0.0.1/32", "::1/128")


@dataclass(frozen=True, slots=True)
class Mail:
    """The SMTP server that the desk's letters leave by; no host, no letters. `moderators` and
    `report` say how often they hear of what waits for a decision, and of what for an answer."""

    host: str = ""
    port: int = 587
    security: str = "starttls"
    username: str = ""
    password: str = ""
    sender: str = ""
    moderators: str = "at once"
    report: str = "never"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where each waiting reply is told to as well, signed with `secret`."""

    url: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Akismet:
    """The key of an Akismet account; without one it isn't asked."""

    key: str = ""
    address: str = "https://rest.akismet.com"


@dataclass(frozen=True, slots=True)
class Gravatar:
    """Where Gravatar is, and after how many days it is asked again for one portrait; whether it is
    asked at all says `site.toml`."""

    address: str = "https://gravatar.com"
    days: int = 30


@dataclass(frozen=True, slots=True)
class App:
    """What a provider gave this desk when it was registered there; without `client_id` the provider
    isn't offered. `address` is where it is: an OpenID provider's issuer, or a server's origin."""

    client_id: str = ""
    client_secret: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class SignIn:
    """The providers with which readers can say who they are, that want to know who asks."""

    linkedin: App = field(default_factory=lambda: App(address="https://www.linkedin.com/oauth"))
    google: App = field(default_factory=lambda: App(address="https://accounts.google.com"))
    github: App = field(default_factory=lambda: App(address="https://github.com"))
    wordpress: App = field(default_factory=lambda: App(address="https://public-api.wordpress.com"))
    openid: App = field(default_factory=App)


@dataclass(frozen=True, slots=True)
class Publishing:
    """What `invoke desk` does once a decision is in the files."""

    after: str = "publish"
    git: bool = False


@dataclass(frozen=True, slots=True)
class Privacy:
    """How long the keyed hash of a reader's address is kept."""

    network_days: int = 30


@dataclass(frozen=True, slots=True)
class Settings:
    """All that a desk can be told. `address` is its own, where that isn't the site's; `database`
    is an SQLAlchemy URL; `reachable_networks` are those beside the public internet where a
    webhook's receiver or a provider of identities may be."""

    address: str = ""
    database: str = ""
    reachable_networks: tuple[str, ...] = ()
    rules: Rules = field(default_factory=Rules)
    limits: Limits = field(default_factory=Limits)
    mail: Mail = field(default_factory=Mail)
    webhook: Webhook = field(default_factory=Webhook)
    akismet: Akismet = field(default_factory=Akismet)
    gravatar: Gravatar = field(default_factory=Gravatar)
    sign_in: SignIn = field(default_factory=SignIn)
    publishing: Publishing = field(default_factory=Publishing)
    privacy: Privacy = field(default_factory=Privacy)


def load(folder: Path) -> Settings:
    """The settings in the desk's folder; the defaults where there is no file.

    Raises SiteError for what can't be, naming the key.
    """
    path = folder / FILE
    found = tables.read(path, Settings())

    def one_of(value: str, known: tuple[str, ...], name: str) -> None:
        if value not in known:
            raise SiteError(
                f"'{name}' is {value!r}", where=path, mend=f"Use {', '.join(map(repr, known))}."
            )

    one_of(found.rules.hold, HOLD, "rules.hold")
    one_of(found.mail.moderators, DIGESTS, "mail.moderators")
    one_of(found.mail.report, REPORTS, "mail.report")
    one_of(found.mail.security, SECURITY, "mail.security")
    one_of(found.publishing.after, AFTER, "publishing.after")
    for name, values in (
        ("reachable_networks", found.reachable_networks),
        ("limits.trusted_proxies", found.limits.trusted_proxies),
        ("rules.hold_networks", found.rules.hold_networks),
        ("rules.spam_networks", found.rules.spam_networks),
    ):
        for value in values:
            try:
                ip_network(value)
            except ValueError as error:
                raise SiteError(
                    f"'{name}' holds {value!r}, which is no network",
                    where=path,
                    mend="Write networks like 203.0.113.0/24 or 2001:db8::/32.",
                ) from error
    numbers = {
        **{f"limits.{n}": getattr(found.limits, n) for n in (
            "replies_per_hour", "burst", "requests_per_minute", "seconds_at_least", "form_hours",
            "edit_minutes", "visitors_per_day")},
        "rules.max_links": found.rules.max_links,
        "mail.port": found.mail.port,
        "privacy.network_days": found.privacy.network_days,
    }  # fmt: skip
    for name, number in numbers.items():
        if number not in range(1_000_000):
            raise SiteError(f"'{name}' is not 0 to 999999", where=path)
    apps = {one.name: getattr(found.sign_in, one.name) for one in fields(SignIn)}
    for name, address in (("address", found.address), ("webhook.url", found.webhook.url),
                          ("akismet.address", found.akismet.address),
                          *((f"sign_in.{name}.address", app.address)
                            for name, app in apps.items())):  # fmt: skip
        if address and not _is_address(address):
            raise SiteError(
                f"'{name}' is no address", where=path, mend="Write it like https://example.com."
            )
    if found.mail.host and not _is_sender(found.mail.sender):
        raise SiteError(
            "'mail.sender' is no address", where=path, mend='Write sender = "blog@example.com".'
        )
    for name, app in apps.items():
        if app.client_id and not (app.client_secret and app.address):
            missing = "address" if app.client_secret else "client_secret"
            raise SiteError(f"'sign_in.{name}.{missing}' is missing", where=path)
    if found.webhook.url and not found.webhook.secret:
        raise SiteError("'webhook.secret' is missing: what is sent is signed with it", where=path)
    return found


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # like http://[x, or a port that is no number
        return False


def _is_sender(text: str) -> bool:
    """Whether a letter can come from it: an address alone, in ASCII."""
    try:
        return text.isascii() and Address(addr_spec=text).addr_spec == text
    except (ValueError, HeaderParseError):
        return False
