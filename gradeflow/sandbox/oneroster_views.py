"""What a OneRoster provider can be asked for: one row per read, with the operation's name in the standard.

Source: the operation lists of OneRoster 1.1 and 1.2 as public client libraries repeat them, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

BOTH, OLD, NEW = ("1.1", "1.2"), ("1.1",), ("1.2",)
GRADEBOOK = ("categories", "lineItems", "results", "scoreScales")
ANY_ROLE = "any"


@dataclass(frozen=True, slots=True)
class View:
    """One GET of many objects.

    Attributes:
        operation: its name in the standard.
        template: path below the service's root.
        collection: what it lists.
        by: lookup name to path parameter, or to a constant written as `=constant`.
        parents: path parameter to the collection in which it must exist.
        through: role whose current enrollments join `collection` with the path parameter.
        or_everywhere: also list what has no value for the lookup.
        versions: which have it.
    """

    operation: str
    template: str
    collection: str
    by: Mapping[str, str] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)
    through: str | None = None
    or_everywhere: bool = False
    versions: tuple[str, ...] = BOTH

    @property
    def is_whole(self) -> bool:
        """Whether it lists a whole collection, and not what belongs to one object."""
        return not self.parents


_CLASS, _SCHOOL = {"class_id": "classes"}, {"school_id": "orgs"}
_TERM, _USER = {"term_id": "academicSessions"}, {"user_id": "users"}
_IN_CLASS, _IN_SCHOOL = "/classes/{class_id:path}", "/schools/{school_id:path}"
_IN_SCHOOL_CLASS = f"{_IN_SCHOOL}{_IN_CLASS}"
_SCHOOL_CLASS = {**_SCHOOL, **_CLASS}

_GRADEBOOK_VIEWS = (
    View(
        "getResultsForLineItemForClass",
        f"{_IN_CLASS}/lineItems/{{line_item_id:path}}/results",
        "results",
        {"c": "class_id", "a": "line_item_id"},
        {**_CLASS, "line_item_id": "lineItems"},
    ),
    View("getLineItemsForClass", f"{_IN_CLASS}/lineItems", "lineItems", {"a": "class_id"}, _CLASS),
    # 1EdTech's own OpenAPI file of 1.1 spells this one path so, and clients are generated from it
    View(
        "getLineItemsForClass",
        f"{_IN_CLASS}/lineitems",
        "lineItems",
        {"a": "class_id"},
        _CLASS,
        versions=OLD,
    ),
    View(
        "getResultsForStudentForClass",
        f"{_IN_CLASS}/students/{{user_id:path}}/results",
        "results",
        {"c": "class_id", "b": "user_id"},
        {**_CLASS, **_USER},
    ),
    View("getResultsForClass", f"{_IN_CLASS}/results", "results", {"c": "class_id"}, _CLASS),
    View(
        "getCategoriesForClass",
        f"{_IN_CLASS}/categories",
        "categories",
        {"a": "class_id"},
        _CLASS,
        or_everywhere=True,
        versions=NEW,
    ),
    View(
        "getScoreScalesForClass",
        f"{_IN_CLASS}/scoreScales",
        "scoreScales",
        {"a": "class_id"},
        _CLASS,
        versions=NEW,
    ),
    View(
        "getScoreScalesForSchool",
        f"{_IN_SCHOOL}/scoreScales",
        "scoreScales",
        {"b": "school_id"},
        _SCHOOL,
        versions=NEW,
    ),
    View("getAllCategories", "/categories", "categories"),
    View("getAllLineItems", "/lineItems", "lineItems"),
    View("getAllResults", "/results", "results"),
    View("getAllScoreScales", "/scoreScales", "scoreScales", versions=NEW),
)
_ROSTER_VIEWS = (
    View("getAllOrgs", "/orgs", "orgs"),
    View("getAllSchools", "/schools", "orgs", {"a": "=school"}),
    View("getAllAcademicSessions", "/academicSessions", "academicSessions"),
    View("getAllTerms", "/terms", "academicSessions", {"a": "=term"}),
    View("getAllGradingPeriods", "/gradingPeriods", "academicSessions", {"a": "=gradingPeriod"}),
    View(
        "getGradingPeriodsForTerm",
        "/terms/{term_id:path}/gradingPeriods",
        "academicSessions",
        {"a": "=gradingPeriod", "b": "term_id"},
        _TERM,
    ),
    View("getClassesForTerm", "/terms/{term_id:path}/classes", "classes", {"c": "term_id"}, _TERM),
    View("getTermsForSchool", f"{_IN_SCHOOL}/terms", "academicSessions", {"a": "=term"}, _SCHOOL),
    View("getCoursesForSchool", f"{_IN_SCHOOL}/courses", "courses", {"a": "school_id"}, _SCHOOL),
    View("getClassesForSchool", f"{_IN_SCHOOL}/classes", "classes", {"b": "school_id"}, _SCHOOL),
    View("getStudentsForSchool", f"{_IN_SCHOOL}/students", "users", {"a": "=student"}, _SCHOOL),
    View("getTeachersForSchool", f"{_IN_SCHOOL}/teachers", "users", {"a": "=teacher"}, _SCHOOL),
    View("getEnrollmentsForSchool", f"{_IN_SCHOOL}/enrollments", "enrollments", {"c": "school_id"}, _SCHOOL),
    View(
        "getEnrollmentsForClassInSchool",
        f"{_IN_SCHOOL_CLASS}/enrollments",
        "enrollments",
        {"c": "school_id", "a": "class_id"},
        _SCHOOL_CLASS,
    ),
    View(
        "getStudentsForClassInSchool",
        f"{_IN_SCHOOL_CLASS}/students",
        "users",
        {"c": "school_id", "a": "class_id"},
        _SCHOOL_CLASS,
        "student",
    ),
    View(
        "getTeachersForClassInSchool",
        f"{_IN_SCHOOL_CLASS}/teachers",
        "users",
        {"c": "school_id", "a": "class_id"},
        _SCHOOL_CLASS,
        "teacher",
    ),
    View("getAllCourses", "/courses", "courses"),
    View(
        "getClassesForCourse",
        "/courses/{course_id:path}/classes",
        "classes",
        {"a": "course_id"},
        {"course_id": "courses"},
    ),
    View("getAllClasses", "/classes", "classes"),
    View("getStudentsForClass", f"{_IN_CLASS}/students", "users", {"a": "class_id"}, _CLASS, "student"),
    View("getTeachersForClass", f"{_IN_CLASS}/teachers", "users", {"a": "class_id"}, _CLASS, "teacher"),
    View("getAllUsers", "/users", "users"),
    View("getAllStudents", "/students", "users", {"a": "=student"}),
    View("getAllTeachers", "/teachers", "users", {"a": "=teacher"}),
    View(
        "getClassesForTeacher",
        "/teachers/{user_id:path}/classes",
        "classes",
        {"b": "user_id"},
        _USER,
        "teacher",
    ),
    View(
        "getClassesForStudent",
        "/students/{user_id:path}/classes",
        "classes",
        {"b": "user_id"},
        _USER,
        "student",
    ),
    View("getClassesForUser", "/users/{user_id:path}/classes", "classes", {"b": "user_id"}, _USER, ANY_ROLE),
    View("getAllEnrollments", "/enrollments", "enrollments"),
)
# The longest paths first: an id may hold slashes, so that `/classes/{id}` would swallow what stands below it
VIEWS = tuple(sorted((*_GRADEBOOK_VIEWS, *_ROSTER_VIEWS), key=lambda view: -view.template.count("/")))


@dataclass(frozen=True, slots=True)
class Single:
    """One GET of one object.

    Attributes:
        name: the folder in the path.
        collection: where it is looked up.
        must: a field and its value that the object must have.
    """

    operation: str
    name: str
    collection: str
    must: tuple[str, str] | None = None
    versions: tuple[str, ...] = BOTH


SINGLES = (
    Single("getLineItem", "lineItems", "lineItems"),
    Single("getResult", "results", "results"),
    Single("getCategory", "categories", "categories"),
    Single("getScoreScale", "scoreScales", "scoreScales", versions=NEW),
    Single("getOrg", "orgs", "orgs"),
    Single("getAcademicSession", "academicSessions", "academicSessions"),
    Single("getCourse", "courses", "courses"),
    Single("getClass", "classes", "classes"),
    Single("getUser", "users", "users"),
    Single("getEnrollment", "enrollments", "enrollments"),
    Single("getSchool", "schools", "orgs", ("type", "school")),
    Single("getTerm", "terms", "academicSessions", ("type", "term")),
    Single("getGradingPeriod", "gradingPeriods", "academicSessions", ("type", "gradingPeriod")),
    Single("getStudent", "students", "users", ("role", "student")),
    Single("getTeacher", "teachers", "users", ("role", "teacher")),
)
