"""What a OneRoster SIS's answers mean for a write: which refusals are certain, and what to do about one."""

from __future__ import annotations

import httpx

from gradeflow.errors import OutsideError, PermanentError
from gradeflow.sis.profile import OneRosterProfile
from gradeflow.transport.answers import Next, Vendor, json_or_none, next_for
from gradeflow.transport.oneroster_answers import minor_code

NO_SUCH_CALL = frozenset({403, 405, 501})
"""How a provider says that it takes no bulk call from us, whatever is in it."""
_NO_SUCH_LIST = frozenset({404, 405, 501})


CLOCK = ". Does this machine's clock go right? A signature that is minutes off is refused too"


def without_terms(error: OutsideError) -> OutsideError:
    """Say beside an error of reading terms what to do where the provider has no such list."""
    if error.status not in _NO_SUCH_LIST:
        return error
    return PermanentError(
        f"GET /academicSessions is answered by {error.status}: where this provider has no such list, write reads_terms:"
        " false below sis; items without due date and grading period then wait for a date",
        system=error.system,
        code=error.code,
        status=error.status,
    )


def vendor_of(
    profile: OneRosterProfile,
    *,
    is_id_given: bool = False,
    is_gradebook: bool = False,
    is_signed: bool = False,
) -> Vendor:
    """Say what a provider's answers mean to the transport.

    Args:
        is_id_given: whether it gives its own ids, so that a PUT sent twice may create twice.
        is_gradebook: whether to say what gradebook calls need beside the credentials.
        is_signed: whether calls are signed, which goes by the clock.
    """
    renew = (profile.vendor_renew if is_gradebook else None) or profile.renew

    def classify(response: httpx.Response) -> Next:
        return _next(response.request.method, response.status_code, is_id_given=is_id_given)

    return Vendor(
        label=profile.label,
        renew=renew + CLOCK if is_signed else renew,
        widen=profile.widen,
        forbidden_code="LICENSE_MISSING",
        refused_code="SIS_REFUSED",
        gone_code="SIS_PARENT_GONE",
        classify=classify,
        error_word=lambda response: minor_code(json_or_none(response)),
    )


def _next(method: str, status: int, *, is_id_given: bool) -> Next:
    """Give the usual meaning, but for writes that may create something each time they are sent.

    A timeout or an outage that a proxy reports may have come after the provider stored it: only a 429 is certain.
    Where the right to POST is missing, a PUT may still pass: that is no matter for the whole run.
    """
    if method == "POST" and status in NO_SUCH_CALL:
        return Next.REFUSED
    usual = next_for(status)
    is_repeatable = method == "GET" or (method == "PUT" and not is_id_given)
    return Next.UNSURE if usual is Next.WAIT and status in {408, 503} and not is_repeatable else usual
