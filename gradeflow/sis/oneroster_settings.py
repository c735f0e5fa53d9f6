"""What a district file says of a OneRoster provider, and the roots of its services.

The keys below `sis:` beside `kind`:

- `base_url`: for 1.1 the one root, `/ims/oneroster/v1p1` included; for 1.2 what comes before `/ims/oneroster`.
- `version`: `"1.1"` or `"1.2"`, in quotes; absent: the one in which base_url ends, else the profile's first.
- `roster_url`, `gradebook_url`: the roots, where they are not where the standard puts them.
- `token_url`, `client_id`, `client_secret`, `scope`: for OAuth 2; with OAuth 1 id and secret are consumer key and
  consumer secret, and there is no token. `scope: ""` asks for no scope.
- `auth`: `basic`, `body`, `oauth1-hmac-sha1`, `oauth1-hmac-sha256`.
- `vendor_key`, `vendor_secret`: sent with gradebook calls as `x-vendor-authorization`.
- `id_mode`: `client` or `server`. `bulk`: false sends one by one, true in batches (1.2 only).
- `delete_results`: true where the provider deletes a result by DELETE and our credentials may (`gradebook.delete`);
  only then can a score be cleared there (`on_cleared: clear`).
- `page_size`, `max_in_flight`, `categories_by_class`, `lower_case_paths`: override the profile.
- `reads_terms`: true or false overrides the profile too: whether `/academicSessions` tells when each class ends.
- `ignore_leading_zeros`: true takes `00123` of the LMS and `123` of the SIS for one student, whichever has the zeros;
  only for Skyward, whose Name IDs are numbers. A run stops where two students differ by such zeros alone.
- `system_id`: names the installation for ever; set it before base_url changes, else every line item would be
  made a second time.
"""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

from pydantic import Field, StrictBool, model_validator

from gradeflow.model.district import SecretRef, Strict
from gradeflow.sis.profile import IdMode, OneRosterProfile
from gradeflow.transport.address import Address, FullAddress
from gradeflow.transport.oneroster import Version
from gradeflow.transport.oneroster_access import AuthName, is_signed

_BELOW_BASE = re.compile(r"(/ims/oneroster(/(rostering|gradebook))?(/v1p[12])?)?$", re.IGNORECASE)
_TOLD_VERSION = re.compile(r"/ims/oneroster(?:/[a-z]+)?/v1p([12])$", re.IGNORECASE)


class OneRosterSettings(Strict):
    """The keys of one provider; `profile` is what they are measured against."""

    profile: ClassVar[OneRosterProfile]

    base_url: Address
    version: Version | None = None
    roster_url: Address | None = None
    gradebook_url: Address | None = None
    token_url: FullAddress | None = None
    client_id: SecretRef
    client_secret: SecretRef
    scope: str | None = None
    auth: AuthName | None = None
    vendor_key: SecretRef | None = None
    vendor_secret: SecretRef | None = None
    id_mode: IdMode | None = None
    bulk: bool | None = None
    delete_results: bool = False
    categories_by_class: bool | None = None
    lower_case_paths: bool | None = None
    reads_terms: bool | None = None
    ignore_leading_zeros: StrictBool = False
    page_size: Annotated[int, Field(ge=1, le=50_000)] | None = None
    max_in_flight: Annotated[int, Field(ge=1, le=32)] | None = None
    system_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    @model_validator(mode="after")
    def _fits_the_profile(self) -> OneRosterSettings:
        spoken = self.profile.versions
        needs_1_2 = [name for name in ("bulk", "categories_by_class") if getattr(self, name)]
        problems = {
            f"version: {self.profile.label} speaks {' and '.join(spoken)}": self.spoken_version not in spoken,
            "token_url: needed, unless auth is one of oauth1-hmac-sha1, oauth1-hmac-sha256": (
                self.token_url is None and not self.is_signed
            ),
            "vendor_key, vendor_secret: both or none": (
                (self.vendor_key is None) != (self.vendor_secret is None)
            ),
            f"delete_results: {self.profile.label} deletes nothing": (
                self.delete_results and not self.profile.can_delete
            ),
            f'{", ".join(needs_1_2)}: only with version: "1.2"': needs_1_2 and self.spoken_version != "1.2",
        }
        if self.ignore_leading_zeros and not self.profile.has_number_ids:
            msg = f"ignore_leading_zeros: only for Skyward, whose Name IDs are numbers, not for {self.profile.label}"
            raise ValueError(msg)
        for problem, is_so in problems.items():
            if is_so:
                raise ValueError(problem)
        return self

    @property
    def spoken_version(self) -> Version:
        """The version of OneRoster that is spoken."""
        told = _TOLD_VERSION.search(self.base_url)
        inferred: Version | None = ("1.2" if told[1] == "2" else "1.1") if told else None
        return self.version or inferred or self.profile.versions[0]

    @property
    def used_auth(self) -> AuthName:
        """How requests are authorised."""
        return self.auth or self.profile.auth

    @property
    def is_signed(self) -> bool:
        """Whether requests are signed by OAuth 1, which knows no token."""
        return is_signed(self.used_auth)

    @property
    def roots(self) -> tuple[str, str]:
        """The roots of rostering and gradebook."""
        roster, gradebook = roots_below(self.base_url, self.spoken_version)
        return self.roster_url or roster, self.gradebook_url or gradebook


def settings_for(kind: OneRosterProfile) -> type[OneRosterSettings]:
    """Make the model of one provider's settings."""

    class Settings(OneRosterSettings):
        profile = kind

    return Settings


def roots_below(base_url: str, version: Version) -> tuple[str, str]:
    """Give the roots of rostering and gradebook; in 1.1 they are one, and the base itself.

    >>> roots_below("https://sis.example/ims/oneroster/v1p1", "1.1")[1]
    'https://sis.example/ims/oneroster/v1p1'
    >>> roots_below("https://sis.example/api", "1.2")[0]
    'https://sis.example/api/ims/oneroster/rostering/v1p2'
    >>> roots_below("https://sis.example/api/ims/oneroster/v1p2", "1.2")[1]
    'https://sis.example/api/ims/oneroster/gradebook/v1p2'
    """
    if version == "1.1":
        return base_url, base_url
    root = _BELOW_BASE.sub("", base_url, count=1) + "/ims/oneroster"
    return f"{root}/rostering/v1p2", f"{root}/gradebook/v1p2"
