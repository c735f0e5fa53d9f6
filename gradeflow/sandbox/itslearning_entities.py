"""The entity sets of a practice itslearning data warehouse: their columns and types.

UserGrades, AssessmentGrades, CourseMemberships, Terms, Organizations and UserCourseSessions have the columns of
the public pages (Organizations without levels 2 to 10); of Courses, Users, AssessmentScales and CourseElements
those that their pages name. No public page names the columns of LearningItems and AssessmentStatuses: these
are assumed, in the manner of the others.

Source: developer.itslearning.com Data_Warehouse_API.html and the page of each entity, read 2026-11.
"""

from __future__ import annotations

from dataclasses import dataclass

INT, BIG, DOUBLE, TEXT, TIME, FLAG = (
    "Edm.Int32",
    "Edm.Int64",
    "Edm.Double",
    "Edm.String",
    "Edm.DateTime",
    "Edm.Boolean",
)
MODIFIED, CREATED = "T_ModifiedDate", "T_CreatedDate"


@dataclass(frozen=True, slots=True)
class EntitySet:
    """One entity set.

    Attributes:
        name: as in the address; plural.
        type: as in the documentation; singular.
        key: the columns that name a row.
        columns: column to type; where the type ends in `?` the column may be null.
    """

    name: str
    type: str
    key: tuple[str, ...]
    columns: dict[str, str]

    def type_of(self, column: str) -> str:
        """Give a column's Edm type."""
        return self.columns[column].removesuffix("?")

    @property
    def has_window(self) -> bool:
        """Tell whether only the last 30 days are given unless a filter names the date."""
        return "DateId" in self.columns


def _set(name: str, kind: str, key: str, **columns: str) -> EntitySet:
    return EntitySet(name, kind, tuple(key.split()), columns)


ENTITY_SETS = {
    one.name: one
    for one in (
        _set(
            "Organizations",
            "Organization",
            "OrganizationId",
            OrganizationId=INT,
            OrganizationType=TEXT + "?",
            OrganizationTitle=TEXT + "?",
            OrganizationLevel1=TEXT + "?",
            ExternalOrganizationId=TEXT + "?",
            OrganizationStatus=TEXT + "?",
            T_ModifiedDate=TIME,
        ),
        _set(
            "Terms",
            "Term",
            "TermId",
            TermId=INT,
            TermName=TEXT + "?",
            TermDescription=TEXT + "?",
            OrganizationId=INT,
            StartDate=TIME,
            EndDate=TIME,
            TermStatus=TEXT + "?",
            ExternalTermId=TEXT + "?",
            T_ModifiedDate=TIME,
        ),
        _set(
            "Courses",
            "Course",
            "CourseId",
            CourseId=INT,
            CourseTitle=TEXT + "?",
            CourseCode=TEXT + "?",
            CourseStatus=TEXT + "?",
            IsCourseArchived=FLAG,
            DeletedOn=TIME + "?",
            T_CreatedDate=TIME,
            T_ModifiedDate=TIME,
        ),
        _set(
            "Users",
            "User",
            "UserId",
            UserId=INT,
            UserName=TEXT + "?",
            UserStatus=TEXT + "?",
            T_CreatedDate=TIME,
            T_ModifiedDate=TIME,
        ),
        _set(
            "CourseMemberships",
            "CourseMembership",
            "CourseId UserId",
            CourseId=INT,
            UserId=INT,
            CourseProfileId=INT,
            CourseOrganizationId=INT,
            FirstOnline=TIME,
            LastOnline=TIME,
            ValidFrom=TIME,
            ValidTo=TIME,
            T_ModifiedDate=TIME,
        ),
        _set(
            "CourseElements",
            "CourseElement",
            "CourseElementId",
            CourseElementId=INT,
            CourseId=INT,
            ElementStatus=TEXT + "?",
            DeletedDate=TIME + "?",
            AssessmentVisible=FLAG,
            IsResource=FLAG,
            IsActivity=FLAG,
            IsAssessment=FLAG,
            T_ModifiedDate=TIME,
        ),
        _set(
            "AssessmentScales",
            "AssessmentScale",
            "AssessmentScaleId",
            AssessmentScaleId=INT,
            AssessmentScaleTitle=TEXT + "?",
            T_ModifiedDate=TIME,
        ),
        _set(
            "AssessmentGrades",
            "AssessmentGrade",
            "AssessmentGradeId",
            AssessmentGradeId=INT,
            AssessmentScaleId=INT,
            AssessmentGradeTitle=TEXT + "?",
            PercentFrom=DOUBLE,
            PercentTo=DOUBLE,
            OrderPosition=INT,
        ),
        _set(
            "AssessmentStatuses",
            "AssessmentStatus",
            "AssessmentStatusId",
            AssessmentStatusId=INT,
            AssessmentStatusTitle=TEXT + "?",
        ),
        _set(
            "LearningItems",
            "LearningItem",
            "LearningItemId",
            LearningItemId=INT,
            CourseId=INT,
            LearningItemTitle=TEXT + "?",
            LearningItemType=TEXT + "?",
            LearningItemStatus=TEXT + "?",
            AssessmentScaleId=INT + "?",
            MaxScore=DOUBLE + "?",
            TermId=INT + "?",
            Deadline=TIME + "?",
            ActiveFrom=TIME + "?",
            CreatedByUserId=INT + "?",
            T_CreatedDate=TIME,
            T_ModifiedDate=TIME,
        ),
        _set(
            "UserGrades",
            "UserGrade",
            "LearningItemId CourseId UserId",
            LearningItemId=INT,
            CourseId=INT,
            UserId=INT,
            AssessmentGradeId=INT,
            AssessmentStatusId=INT,
            Score=DOUBLE,
            SubmittedDate=TIME + "?",
            ReviewDate=TIME + "?",
            NumberOfAttempts=INT,
            T_ModifiedDate=TIME,
        ),
        _set(
            "UserCourseSessions",
            "UserCourseSession",
            "UserId CourseId DateId",
            MonthlyDateId=INT,
            DateId=INT,
            UserId=INT,
            CourseId=INT,
            CourseProfileId=INT,
            CourseOrganizationId=INT,
            ConsumerTypeId=INT,
            CourseSessionStartDate=TIME,
            CourseSessionEndDate=TIME,
            CourseSessionDurationMinutes=BIG,
        ),
    )
}
