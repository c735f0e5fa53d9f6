"""Every reason code: which rule, what it means, what to do, and who can do it.

Shown to teachers, SIS offices and data teams as it stands here, so it is written for them. `outcome` is what
the code does to a row: `rejected` needs somebody's fix, `skipped` was never meant to go, `held` waits for a
decision, `noted` lets it pass. A code that is not in this table cannot be raised (a test holds that).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["rejected", "skipped", "held", "noted", "failed"]
Owner = Literal["teacher", "SIS office", "data team"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason code. `rule` is its rule where no profile value cites a narrower one."""

    code: str
    rule: str
    outcome: Outcome
    owner: Owner
    cause: str
    fix: str
    is_retryable: bool = False


_ROWS: tuple[Reason, ...] = (
    # ---- line items: not meant to go ----
    Reason("NOT_SELECTED_FOR_SIS", "R111", "skipped", "teacher", "The assignment is not ticked to be sent.",
           "Tick Sync to SIS on the assignment if its scores belong in the SIS."),
    Reason("NOT_PUBLISHED", "G23", "skipped", "teacher", "The assignment is not published.",
           "Publish it in the LMS."),
    Reason("SECTION_NOT_TARGETED", "R118", "skipped", "teacher",
           "The assignment has dates for other sections only.",
           "Add this section with its due date to the assignment."),
    Reason("SECTION_NOT_IN_PILOT", "R018", "skipped", "data team",
           "The section is not on the district's list of sections that pass back.",
           "Add the section to passback.sections in the district file."),
    Reason("CATEGORY_UNASSOCIATED", "R107", "skipped", "data team",
           "The category is set to Unassociated for this section.",
           "Associate it in the category map if it shall be sent."),
    Reason("NOT_IN_FINAL_GRADE", "R045", "skipped", "teacher",
           "The assessment is not included in the final grade.",
           "Switch Include Score in Final Grade on."),
    Reason("STANDARDS_BASED", "R041", "skipped", "teacher", "Standards-based assessments do not pass back.",
           "Use a points scale if the score belongs in the SIS."),
    Reason("NO_SCORES_YET", "R121", "skipped", "teacher", "Nobody has a score yet.",
           "Nothing to do: it goes once the first score is entered."),
    Reason("BEFORE_EFFECTIVE_DATE", "R063", "skipped", "data team",
           "It was assigned before the district's effective date.",
           "Move passback.effective_date back if it shall be sent."),
    Reason("ASSIGNER_NOT_IN_GROUP", "R069", "skipped", "data team",
           "The person who assigned it is not in the passback group.",
           "Add that person to passback.teachers."),
    Reason("ASSIGNED_BEFORE_JOINING", "R073", "skipped", "data team",
           "It was assigned before the period in which its teacher joined the passback group.",
           "Nothing to do, unless it shall be sent: then move the teacher's added date."),
    # ---- line items: need a fix ----
    Reason("SECTION_NOT_IN_SIS", "E13", "rejected", "SIS office",
           "The SIS has no active section with this id.",
           "Correct the section's SIS id in the LMS, or activate the section in the SIS."),
    Reason("ITEM_TYPE_UNSUPPORTED", "R113", "rejected", "teacher", "This kind of activity does not pass back.",
           "Use an assignment, quiz or graded discussion, or untick it."),
    Reason("GRADING_UNSUPPORTED", "G08", "rejected", "teacher", "This kind of grading cannot be sent.",
           "Grade it in points."),
    Reason("TYPE_UNKNOWN", "R055", "rejected", "data team",
           "The assessment type is none of the twelve that the map knows.",
           "Choose one of the types of the category map, or correct the file."),
    Reason("NAME_REQUIRED", "R114", "rejected", "teacher", "The assignment has no name.", "Give it a name."),
    Reason("NAME_TOO_LONG", "R044", "rejected", "teacher", "The name is longer than the SIS takes.",
           "Shorten the name."),
    Reason("POINTS_REQUIRED", "G07", "rejected", "teacher", "The assignment has no maximum points.",
           "Set its points."),
    Reason("POINTS_NOT_POSITIVE", "G07", "rejected", "teacher", "The maximum points are zero or negative.",
           "Set points above zero."),
    Reason("POINTS_TOO_PRECISE", "C16", "rejected", "teacher",
           "The maximum points have more than four decimal digits.", "Round the points."),
    Reason("MAX_NOT_WHOLE", "R042", "rejected", "teacher", "The SIS takes only whole numbers as maximum points.",
           "Set a whole number of points."),
    Reason("ASSIGN_DATE_MISSING", "G20", "rejected", "teacher", "The assigned date is missing.",
           "Set the date on which it was assigned."),
    Reason("DUE_DATE_REQUIRED", "R102", "rejected", "teacher", "There is no due date for this section.",
           "Set a due date."),
    Reason("DUE_DATE_REQUIRED_EVERYONE", "R116", "rejected", "teacher", "Everyone has no due date.",
           "Set a due date for Everyone."),
    Reason("DUE_DATE_REQUIRED_EVERYONE_ELSE", "R117", "rejected", "teacher",
           "Some sections have a due date of their own, Everyone Else has none.",
           "Set a due date for Everyone Else too."),
    Reason("DUE_BEFORE_ASSIGN", "R068", "rejected", "teacher", "The due date lies before the assigned date.",
           "Correct one of the two dates."),
    Reason("ASSIGNEE_INDIVIDUAL", "R160", "rejected", "teacher", "It is assigned to single students.",
           "Assign it to Everyone or to whole sections."),
    Reason("PERIOD_CLOSED", "R066", "rejected", "teacher", "Its dates lie in a closed grading period.",
           "Move the dates into an open period, or have the period kept open: the SIS office reopens it, and the data team "
           "gives its last day in calendar.closes of the district file."),
    Reason("PERIOD_STRADDLE", "R067", "rejected", "teacher",
           "Assigned and due date lie in different grading periods.",
           "Move both dates into one open period."),
    Reason("PERIOD_NOT_STARTED", "R064", "rejected", "teacher",
           "Its grading period has not begun.", "Nothing to do: it goes when the period begins.", True),
    Reason("DATE_OUTSIDE_PERIODS", "R064", "rejected", "teacher",
           "A date lies in no grading period of the SIS.", "Move the date into a grading period."),
    Reason("CATEGORY_REQUIRED", "R172", "rejected", "teacher", "It has no category.", "Choose a category."),
    Reason("CATEGORY_NO_MATCH", "R100", "rejected", "data team",
           "No SIS category of this section has the assignment group's name.",
           "Rename the group, or map it in passback.categories."),
    Reason("CATEGORY_GONE", "R105", "rejected", "SIS office",
           "The SIS category it is mapped to does not exist in this section.",
           "Create the category in the SIS, or change the category map."),
    Reason("CATEGORY_SCOPE", "R059", "rejected", "SIS office",
           "The mapped category is not a district-level one.", "Map it to a district-level category."),
    Reason("CATEGORY_INACTIVE", "R060", "rejected", "SIS office", "The mapped category is not active.",
           "Activate the category in the SIS."),
    Reason("ASSIGNER_UNKNOWN", "R069", "rejected", "data team", "Nobody is named as the one who assigned it.",
           "Have the export name the assigning user."),
    Reason("ASSIGNER_NOT_IN_SIS", "R071", "rejected", "teacher",
           "The person who assigned it is not known to the SIS.",
           "Let a teacher or co-teacher of the section assign it."),
    Reason("ASSIGNER_NOT_IN_CLASS", "R078", "rejected", "SIS office",
           "The person who assigned it does not teach this section in the SIS.",
           "Make that person primary or co-teacher of the section in the SIS."),
    Reason("DUPLICATE_ITEM", "R156", "rejected", "teacher", "The section has another item of this name.",
           "Rename one of the two."),
    # ---- results: not meant to go ----
    Reason("NOT_ENROLLED", "G05", "skipped", "SIS office", "The student is not enrolled in this section.",
           "Nothing to do, unless the SIS enrolment is wrong."),
    Reason("SCORE_EXCLUDED", "R047", "skipped", "teacher", "The score is marked Excluded.", "Nothing to do."),
    Reason("EXCUSED_NOT_SENT", "C03", "skipped", "teacher",
           "The score is Excused, which this SIS route does not carry.",
           "Excuse the student in the SIS by hand."),
    Reason("NOT_GRADED", "R046", "skipped", "teacher", "It is not graded yet.", "Nothing to do until it is."),
    Reason("NO_SCORE", "R101", "skipped", "teacher", "There is no score.", "Nothing to do until there is one."),
    Reason("ENROLLED_AFTER_DUE", "R049", "skipped", "teacher",
           "The student came after the due date, so no automatic zero is sent.",
           "Score or excuse the student in the LMS."),
    # ---- results: need a fix ----
    Reason("MISSING_WITHOUT_SCORE", "R122", "rejected", "teacher", "It is marked Missing but has no score.",
           "Enter a number, 0 if nothing shall be credited."),
    Reason("LATE_WITHOUT_SCORE", "R122", "rejected", "teacher", "It is marked Late but has no score.",
           "Enter a number."),
    Reason("SCORE_NOT_NUMERIC", "R101", "rejected", "teacher", "The score is not a number.",
           "Enter a number of points."),
    Reason("SCORE_NEGATIVE", "G07", "rejected", "teacher", "The score is below zero.", "Correct the score."),
    Reason("SCORE_ABOVE_MAX", "G07", "rejected", "teacher", "The score is above the maximum points.",
           "Correct the score, or have the district allow extra credit."),
    Reason("NOT_POSTED", "G09", "rejected", "teacher", "The score is hidden from the student.",
           "Post the grades in the LMS."),
    # ---- passes, with a word ----
    Reason("NAME_OVER_LMS_LIMIT", "R115", "noted", "teacher",
           "The name is longer than some Canvas accounts take.", "Shorten it if Canvas complains."),
    Reason("AUTO_ZERO", "R049", "noted", "teacher", "Past due and not handed in: sent as 0.",
           "Score or exclude it in the LMS to replace the zero."),
    Reason("SCORE_ROUNDED", "R043", "noted", "data team", "The score was rounded to the digits the SIS takes.",
           "Nothing to do."),
    Reason("STUDENT_IN_TWO_SECTIONS", "R019", "noted", "SIS office",
           "The student has this assignment in two active sections; both are sent.",
           "End one of the enrolments if it is a mistake."),
    Reason("SENT_NOW_INELIGIBLE", "R081", "noted", "data team",
           "It was sent before and would not be sent now; what was sent stays.", "Nothing to do."),
    Reason("SIS_EDITED", "R200", "noted", "teacher", "Somebody changed it in the SIS; it is left as it is.",
           "Nothing to do: the SIS is the gradebook of record."),
    Reason("AUTO_ZERO_STALE", "R049", "noted", "teacher",
           "An automatic zero was sent, and it would not be sent now; it stays in the SIS until there is a score.",
           "Enter the score in the LMS, or take the zero back in the SIS."),
    Reason("SIS_DELETED", "G10", "held", "SIS office", "It was deleted in the SIS; it is not created again.",
           "Delete it in the LMS too, or ask the data team to send it again."),
    Reason("CATEGORY_CREATE_ONLY", "C04", "noted", "teacher",
           "The category changed in the LMS; categories are only set on creation.",
           "Change the category in the SIS if it shall move."),
    Reason("ORPHAN_IN_SIS", "G01", "noted", "teacher", "It was sent and is gone from the LMS.",
           "Delete it in the SIS by hand if it shall go."),
    Reason("LMS_INCOMPLETE", "R205", "noted", "data team",
           "The LMS could not be read whole for this section; nothing is concluded and nothing sent.",
           "Nothing to do: the next run reads it again. If it stays, check the LMS.", True),
    # ---- held ----
    Reason("SIS_TYPED_FIRST", "G21", "held", "teacher",
           "The SIS already holds another value that gradeflow did not send. Nothing is overwritten: it is held until both "
           "are the same, and compared again when the LMS value changes.",
           "Decide which one counts and enter it in both."),
    Reason("BOTH_CHANGED", "C07", "held", "teacher",
           "It was changed in the LMS and in the SIS. The SIS keeps its value: it is held until both are the same, and "
           "compared again when the LMS value changes.",
           "Decide which one counts and enter it in both."),
    Reason("LIKELY_DUPLICATE", "R074", "held", "teacher",
           "The section already has an item with this name and due date that gradeflow did not make.",
           "Delete or rename the one in the SIS, or untick the one in the LMS."),
    Reason("SIS_POINTS_CHANGED", "C07", "held", "teacher",
           "The maximum points were changed in the SIS, so scores would mean something else.",
           "Set the same maximum in both."),
    Reason("ITEM_INCOMPLETE", "R178", "held", "teacher",
           "Another score of this item breaks a rule, and this route sends items whole.",
           "Fix the scores listed for this item."),
    # ---- district ----
    Reason("SIS_SETTING_UNATTESTED", "R051", "rejected", "data team",
           "Nobody has vouched for a setting that no interface can read.",
           "Check it and add it below attested in the district file."),
    Reason("MAPPING_INCOMPLETE", "R056", "rejected", "data team",
           "The category map does not cover every assessment type.", "Map every type."),
    # ---- delivery ----
    Reason("SIS_REFUSED", "R204", "rejected", "SIS office", "The SIS refused it.",
           "Read the SIS's code; correct the item or the SIS."),
    Reason("SIS_PARENT_GONE", "G10", "rejected", "SIS office", "The SIS no longer has the line item.",
           "Ask the SIS office whether it was deleted on purpose."),
    Reason("ITEM_REFUSED", "R203", "rejected", "SIS office",
           "The SIS refused the line item, so its scores were not sent.", "See the line item."),
    Reason("NOT_READ", "R200", "failed", "data team", "What the SIS holds could not be read; nothing was sent.",
           "Start the run again; if it stays, check the SIS.", True),
    Reason("NOT_DELIVERED", "R202", "failed", "data team", "The SIS did not take it now.",
           "Nothing to do: the next run sends it.", True),
    Reason("OUTCOME_UNKNOWN", "R202", "failed", "data team",
           "It was sent, and no answer came; the next run reads back before it sends.",
           "Nothing to do, unless it stays.", True),
    Reason("STALE", "R205", "failed", "data team", "Something else changed it after this plan was made.",
           "Nothing to do: the next run plans anew.", True),
    Reason("WINDOW_ENDED", "R202", "failed", "data team", "The district's window for writing ended first.",
           "Nothing to do: the next run sends it. Move passback.stop_by if it happens often.", True),
    Reason("NOT_STORED", "R202", "failed", "SIS office", "The SIS answered yes and stored something else.",
           "Show the SIS vendor; gradeflow reads back and does not believe the yes.", True),
)  # fmt: skip

REASONS: dict[str, Reason] = {row.code: row for row in _ROWS}
