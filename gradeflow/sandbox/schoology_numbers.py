"""How a practice Schoology numbers what a School names: always alike, so that a test can ask for it by number."""

from __future__ import annotations

from dataclasses import dataclass

from gradeflow.sandbox.school import School

SCHOOL, BUILDING = 344001, 344002
ADMIN = 45500
FIRST_COURSE, FIRST_SECTION, FIRST_USER = 1407001, 4318001, 48001
FIRST_ENROLLMENT, FIRST_CATEGORY, FIRST_PERIOD = 44783001, 4301, 13001
ITEMS_PER_SECTION, DISCUSSIONS_FROM = 10**7, 5 * 10**6


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of a School's objects.

    Attributes:
        enrollments: by section and person.
        categories: by section and the LMS's type.
    """

    courses: dict[str, int]
    sections: dict[str, int]
    users: dict[str, int]
    enrollments: dict[tuple[str, str], int]
    categories: dict[tuple[str, str], int]


def numbers_of(school: School) -> Numbers:
    """Number a School's courses, sections, people, seats and categories."""
    names = dict.fromkeys(section.course for section in school.sections)
    people = [teacher.id for teacher in school.teachers] + list(school.students)
    seats = [(one.id, key) for one in school.sections for key in (*one.teachers, *one.students)]
    places = [(section.id, name) for section in school.sections for name in school.lms_types]
    return Numbers(
        courses={name: FIRST_COURSE + i for i, name in enumerate(names)},
        sections={section.id: FIRST_SECTION + i for i, section in enumerate(school.sections)},
        users={key: FIRST_USER + i for i, key in enumerate(people)},
        enrollments={key: FIRST_ENROLLMENT + i for i, key in enumerate(seats)},
        categories={key: FIRST_CATEGORY + i for i, key in enumerate(places)},
    )


def item_id(school: School, assignment: str, section: str) -> str:
    """Give the id that an assignment of a School has in one of its sections."""
    number = next(i for i, one in enumerate(school.sections) if one.id == section)
    return str((FIRST_SECTION + number) * ITEMS_PER_SECTION + int(assignment))
