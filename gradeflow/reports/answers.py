"""The one sentence that answers "why is this score not in the SIS", and who can do something about it.

Two tables, first row that fits wins; the last row of each always fits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gradeflow.model.decisions import TAKES_SIS
from gradeflow.rules.reasons import REASONS

Section = Mapping[str, Any]
Answer = dict[str, str | None]
SENT = "confirmed"
NEXT_RUN = "the next run sends it."


def answer_of_item(section: Section) -> Answer:
    """Answer for a line item, from what `explain` found of its section."""
    return next(say(section) for fits, say in ITEM_ANSWERS if fits(section))


def answer_of_score(section: Section) -> Answer:
    """Answer for one student's score, from what `explain` found of its section."""
    return next(say(section) for fits, say in SCORE_ANSWERS if fits(section))


def _because(code: str | None, *, was_sent: bool = False) -> Answer:
    reason = REASONS[str(code)]
    stays = " What was sent before stays in the SIS." if was_sent else ""
    return {"code": reason.code, "text": reason.cause + stays, "fix": reason.fix, "owner": reason.owner}


def _text(text: str) -> Callable[[Section], Answer]:
    return lambda _: {"code": None, "text": text, "fix": None, "owner": None}


def _was_sent(section: Section) -> bool:
    return any(field["sent"] is not None or field["stored"] is not None for field in section["fields"])


def _open_hold(holder: Section) -> str | None:
    return next((hold["reason"] for hold in holder["holds"] if hold["closed_at"] is None), None)


def _is_deleted(section: Section) -> bool:
    """Tell whether the whole line item waits for a person, since it was deleted in the SIS."""
    return any(
        hold["closed_at"] is None and hold["field"] is None and hold["reason"] == "SIS_DELETED"
        for hold in section["holds"]
    )


def _locked() -> Answer:
    """Say of a score that was edited in the SIS that no run changes it, and who may decide otherwise."""
    fix = "Nothing to do, unless the LMS's value shall count: a person decides that with gradeflow unlock."
    return {**_because("SIS_EDITED"), "fix": fix, "owner": "data team"}


def _word(holder: Section) -> str | None:
    """Give the word of the person who took the SIS's value, where that ended the last hold."""
    last = holder["holds"][-1]["resolution"] if holder["holds"] else None
    return str(last) if last is not None and TAKES_SIS in last else None


def _refusal(holder: Section) -> str | None:
    """Name the code of the last send where it did not end well."""
    last = holder["sends"][-1] if holder["sends"] else None
    if last is None or last["state"] == SENT or not last["code"]:
        return None
    return str(last["code"]) if last["code"] in REASONS else "SIS_REFUSED"


def _differs(section: Section) -> bool:
    return any(f["desired"] != f["sent"] for f in section["fields"] if f["field"] != "period")


def _no_such_student(section: Section) -> Answer:
    return _text(
        f"The LMS has no such student in this assignment and section; {SEATS[section['score']['seat']]}"
    )(section)


SEATS = {
    "enrolled": "the SIS has them enrolled there.",
    "left": "the SIS says that they left it.",
    "elsewhere": "the SIS knows them, not in this section.",
    "unknown": "the SIS does not know the id either. Is it the id in the SIS?",
}

ITEM_ANSWERS: tuple[tuple[Callable[[Section], bool], Callable[[Section], Answer]], ...] = (
    (lambda s: s["lms"] is None and s["is_unread"], lambda s: _because("LMS_INCOMPLETE", was_sent=_was_sent(s))),
    (lambda s: s["lms"] is None and _was_sent(s), lambda s: _because("ORPHAN_IN_SIS")),
    (lambda s: s["lms"] is None, _text("The LMS has no such assignment in this section any more; it was never sent.")),
    (lambda s: s["verdict"] == "unknown", lambda s: _because("LMS_INCOMPLETE")),
    (lambda s: s["verdict"] != "pass", lambda s: _because(s["reason"], was_sent=_was_sent(s))),
    (lambda s: _open_hold(s) is not None, lambda s: _because(_open_hold(s))),
    (lambda s: (not _was_sent(s) or _differs(s)) and _refusal(s) is not None, lambda s: _because(_refusal(s))),
    (lambda s: not _was_sent(s), _text(f"It passes every rule; {NEXT_RUN}")),
    (_differs, _text(f"It changed in the LMS since it was sent; {NEXT_RUN}")),
    (lambda s: True, _text("It is in the SIS as the LMS has it.")),
)  # fmt: skip

SCORE_ANSWERS: tuple[tuple[Callable[[Section], bool], Callable[[Section], Answer]], ...] = (
    (lambda s: s["score"]["lms"] is None and s["is_unread"],
     lambda s: _because("LMS_INCOMPLETE", was_sent=s["score"]["sent"] is not None)),
    (lambda s: s["score"]["lms"] is None and s["score"]["sent"] is not None, lambda s: _because("ORPHAN_IN_SIS")),
    (lambda s: s["score"]["lms"] is None and s["lms"] is None,
     _text("The LMS has no such assignment in this section any more; this score was never sent.")),
    (lambda s: s["score"]["lms"] is None, _no_such_student),
    (lambda s: s["score"]["verdict"] == "unknown", lambda s: _because("LMS_INCOMPLETE")),
    (lambda s: s["score"]["verdict"] != "pass",
     lambda s: _because(s["score"]["reason"], was_sent=s["score"]["sent"] is not None)),
    (lambda s: _open_hold(s["score"]) is not None, lambda s: _because(_open_hold(s["score"]))),
    (lambda s: bool(s["score"].get("is_locked")), lambda _: _locked()),
    (lambda s: s["score"]["sent"] is None and _open_hold(s) is not None, lambda s: _because(_open_hold(s))),
    (lambda s: s["score"]["desired"] != s["score"]["sent"] and _is_deleted(s), lambda _: _because("SIS_DELETED")),
    (lambda s: s["score"]["desired"] != s["score"]["sent"] and _refusal(s["score"]) is not None,
     lambda s: _because(_refusal(s["score"]))),
    (lambda s: s["score"]["sent"] is None, _text(f"It passes every rule; {NEXT_RUN}")),
    (lambda s: s["score"]["desired"] != s["score"]["sent"],
     _text(f"It changed in the LMS since it was sent; {NEXT_RUN}")),
    (lambda s: s["score"]["stored"] != s["score"]["sent"] and _word(s["score"]) is not None,
     lambda s: _text(f"The SIS keeps its value until the LMS's changes. {_word(s['score'])}")(s)),
    (lambda s: s["score"]["stored"] != s["score"]["sent"], _text("It is in the SIS, which stored it in its own way.")),
    (lambda s: True, _text("It is in the SIS as the LMS has it.")),
)  # fmt: skip
