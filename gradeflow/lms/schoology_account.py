"""What a district file says of its Schoology, what Schoology's refusals mean, and who can lift them.

Source: developers.schoology.com (Authentication, API Authentication Update of June 2025), read 2026-11.
"""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

import httpx
from pydantic import Field, field_validator
from tenacity import wait_exponential, wait_random_exponential

from gradeflow.lms.schoology_records import LABEL
from gradeflow.model.district import SecretRef, Strict
from gradeflow.transport.address import Address
from gradeflow.transport.answers import Next, Vendor, next_for
from gradeflow.transport.waiting import Waiting

REALM = "Schoology API"
RENEW = (
    "Are consumer_key and consumer_secret those of an app? Since 25 June 2025 Schoology answers 401 where a"
    " personal API key reads other users' data. A system administrator creates an app for this school only,"
    " and its key and secret go where consumer_key and consumer_secret of the district file point"
)
WIDEN = (
    "The app's user needs to be a system administrator of all buildings, and the app has to be installed for"
    " the school and its courses; a system administrator of Schoology does that"
)
# Calls in flight may overtake each other, and Schoology wants timestamps in their order: signed anew they pass.
_SIGN_AGAIN = ("timestamp/nonce", "timestamp is out of sequence")
# Its limit is counted over seconds and answered with 429, mostly without a word on how long to wait.
_PAUSE = {"multiplier": 0.75, "max": 20.0}
WAITING = Waiting(attempts=6, backoff=wait_exponential(**_PAUSE) + wait_random_exponential(**_PAUSE))


class SchoologySettings(Strict):
    """The keys below `lms:` beside `kind`.

    Attributes:
        consumer_key, consumer_secret: of an app of the school; a personal key cannot read others' data.
        base_url: the API's own host, which is the same for every school.
        signature: PLAINTEXT sends the secret itself, for a proxy that rewrites addresses.
        building: the id of the one building that passes back; by default all.
        zone: the zone in which due times are meant, which Schoology does not say; by default the district's.
        past_days: sections are read for so many days after their last grading period.
        submissions: whether to ask what was handed in and late, one call per item with a dropbox.
        bulk: whether up to 50 lists are read in one call (multi-get).
        system_id: names the installation for ever; set it before base_url changes, else every line item
            would be made a second time.
    """

    consumer_key: SecretRef
    consumer_secret: SecretRef
    base_url: Address = "https://api.schoology.com/v1"
    signature: Literal["HMAC-SHA1", "PLAINTEXT"] = "HMAC-SHA1"
    building: Annotated[str, Field(pattern=r"^[0-9]+$")] | None = None
    zone: str | None = None
    past_days: Annotated[int, Field(ge=0, le=366)] = 60
    submissions: bool = True
    bulk: bool = True
    page_size: Annotated[int, Field(ge=1, le=200)] = 100
    max_in_flight: Annotated[int, Field(ge=1, le=32)] = 4
    system_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            msg = "not an IANA time zone; write one such as America/Chicago"
            raise ValueError(msg)
        return value

    def zone_or(self, district: ZoneInfo) -> ZoneInfo:
        """Give the zone of due times."""
        return ZoneInfo(self.zone) if self.zone else district


def classify(response: httpx.Response) -> Next:
    """Tell a refused timestamp, which the next one mends, from a refused key."""
    step = next_for(response.status_code)
    if step is Next.RENEW and any(word in response.text.lower() for word in _SIGN_AGAIN):
        return Next.WAIT
    return step


VENDOR = Vendor(label=LABEL, renew=RENEW, widen=WIDEN, forbidden_code="RIGHTS_MISSING", classify=classify)
