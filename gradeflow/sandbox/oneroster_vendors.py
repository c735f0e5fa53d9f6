"""The SISs that speak OneRoster: where each serves what, how it lets callers in, and what it leaves out.

Paths, token life and methods are the vendors' where they are public, and else as integrators or public code
report them; nobody is meant to derive one address from another. What each refuses is `oneroster_refusals`,
what it changes silently `oneroster_alterations`. Read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gradeflow.sandbox.oneroster_alterations import UNCATEGORIZED
from gradeflow.sandbox.oneroster_versions import V1P1, V1P2, Version

HOUR = 3600
SHA1, SHA256 = "HMAC-SHA1", "HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Vendor:
    """One SIS.

    Attributes:
        versions: what it serves; the first is what its district file says.
        read_only: versions of which it serves the reads only.
        prefix: path before `/ims/oneroster`; `{version}` is `v1p1` or `v1p2`.
        tokens_at: of its token endpoint.
        token_seconds: how long a token is good.
        auth: how a district's client shows itself.
        signed_by: signature methods that it takes beside tokens.
        app: name of the application in the token address, where it wants one.
        wants_vendor_key: whether the gradebook wants a vendor's key in a header of its own.
        can_delete: whether it has the delete calls.
        shown: by version, the only objects of a collection that it shows.
    """

    kind: str
    label: str
    versions: tuple[Version, ...] = (V1P1,)
    read_only: frozenset[str] = frozenset()
    prefix: str = ""
    tokens_at: str = "/oauth/token"
    token_seconds: int = HOUR
    auth: str = "basic"
    signed_by: tuple[str, ...] = ()
    app: str | None = None
    wants_vendor_key: bool = False
    can_delete: bool = True
    shown: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)

    def base(self, version: Version) -> str:
        """Give the path before the roots of a version's services."""
        return self.prefix.format(version=f"v{version.name.replace('.', 'p')}")

    def token_url(self, origin: str) -> str:
        """Give the address of the token endpoint, as a district is told it."""
        return f"{origin}{self.tokens_at}" + (f"?appName={self.app}" if self.app is not None else "")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of what a client has to prove."""
        pair = ("vendor_key", "vendor_secret") if self.wants_vendor_key else ()
        return ("client_id", "client_secret", *pair)

    @property
    def roots(self) -> tuple[str, ...]:
        """The paths of all services of all versions."""
        found = (self.base(version) + root for version in self.versions for root in version.roots.values())
        return tuple(dict.fromkeys(found))


_APP = "gradeflow"
VENDORS = (
    Vendor("schooltool", "SchoolTool"),
    Vendor("skyward_sms", "Skyward SMS 2.0"),
    # A connector of others reads 1.2 from it, and Google's list of partners (1.2 only) has it
    Vendor("skyward_qmlativ", "Skyward Qmlativ", versions=(V1P1, V1P2)),
    # Addresses as public code of integrators has them; the key as the vendor's knowledge base says
    Vendor(
        "infinite_campus",
        "Infinite Campus",
        versions=(V1P2, V1P1),
        prefix=f"/campus/api/oneroster/{{version}}/{_APP}",
        tokens_at="/campus/oauth2/token",
        app=_APP,
        wants_vendor_key=True,
        shown={"1.1": {"categories": frozenset({UNCATEGORIZED})}},
    ),
    # Certified to take grades over 1.1, and over 1.2 to give them only
    Vendor(
        "powerschool",
        "PowerSchool (Universal Rostering)",
        versions=(V1P1, V1P2),
        read_only=frozenset({"1.2"}),
        prefix="/api",
        tokens_at="/oauth/access_token",
    ),
    # OAuth 1.0 is the default of its API profiles, and SHA-256 is offered since 21.4; so is 1.2
    Vendor(
        "eschoolplus",
        "eSchoolPLUS",
        versions=(V1P2, V1P1),
        prefix="/plus360api/practice",
        tokens_at="/plus360api/practice/token",
        auth="oauth1-hmac-sha256",
        signed_by=(SHA1, SHA256),
    ),
    Vendor(
        "aeries",
        "Aeries",
        prefix="/admin",
        tokens_at="/admin/token",
        token_seconds=6 * HOUR,
        can_delete=False,
    ),
)
