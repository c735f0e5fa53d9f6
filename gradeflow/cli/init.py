"""`gradeflow init`: writes a commented district file to start from, and the home's settings."""

from __future__ import annotations

import datetime as dt
import re
import textwrap
from typing import Annotated, Any
from zoneinfo import available_timezones

import typer

from gradeflow.cli.options import HomeOption, Json, home_of
from gradeflow.cli.output import OUT, print_json, told_to_the_operator
from gradeflow.defs.resources import GradeflowHome
from gradeflow.errors import ConfigError
from gradeflow.lms import registry as lms_registry
from gradeflow.model.district import is_slug
from gradeflow.ports import Connector
from gradeflow.rules.profile import load_profile
from gradeflow.settings import Home, school_year_start
from gradeflow.sis import registry as sis_registry

ATTESTED = "# attested:                      # facts that no interface tells; somebody vouches\n"
GROUP = """\
  # teachers:                     # SIS ids of those whose assignments pass back; removed: the first day out
  #   - {{teacher: t-100}}
  #   - {{teacher: t-101, added: {start}, removed: {later}}}
  # A CSV instead: teachers: {{file: F}}, columns teacher,added,removed
"""
LMS_KINDS = ", ".join(lms_registry.connectors())
SIS_KINDS = ", ".join(sis_registry.connectors())

TEMPLATE = """\
# How {name} passes grades back. The file's name is the district's key.
# Secrets never stand here: write {{env: NAME}} or {{file: PATH}}. Check it with: gradeflow check {name}
district: {name}
timezone: {timezone}

lms:
  kind: {lms}
{lms_lines}{lms_more}
sis:
  kind: {sis}
{sis_lines}{sis_more}
passback:
  effective_date: {start}     # work assigned before this day never passes back
  # nightly: "03:30"              # local time; not between 01:00 and 03:00. Without it, nothing runs by itself
  # stop_by: "05:30"              # no more writes after this time
  # trigger: nightly              # manual, nightly or both; by default what the route does: {trigger}
  # delivery: review              # automatic (default), or review: a person approves each plan
  # pause: {{until: {start}, reason: report cards}}
  # sections: [section-1]         # a pilot; by default all
  # nightly_sections: [section-1] # those of them that the schedule sends, the others go by hand; by default all
  # first_load: {{approved_by: NAME, on: {start}}}   # look at `gradeflow plan {name}` first
{group}  # categories:                   # most specific wins; sis: null = do not send
  #   - {{lms: Homework, sis: Homework}}
  #   - {{lms: Discussions, section: section-1, sis: null}}
  #   - {{item: "1234", sis: Test}}  # one assignment, by its id in the LMS
  #   - {{lms: Essays, sis: Test, state: draft}}   # only shown: gradeflow categories {name}
  # A CSV instead: categories: {{file: F}}, columns lms,sis,section,item,state; rows may stand beside file.

# calendar:
#   closes: {{q1: {later}}}       # until when a grading period takes scores; by default its last day
#   terms: {{"101": q1}}            # a term of the LMS and its SIS grading period; per school: {{school-1: q1}}
#   schools: {{school-2: [t1, t2]}} # which grading periods a school goes by, where schools differ
#   sections: {{section-1: [s1]}}   # the same for a section that differs from its school
#   no_school: [{start}, {{from: {start}, to: {later}, schools: [school-2]}}]   # holidays
#   year_begins: {start}     # this school year's first day, where the SIS's grading periods name no years
#   school_weekdays: [mon, tue, wed, thu, fri]
# overrides: {{title_max: 40}}    # single values of the route's profile; see them: gradeflow rules {name}
#   # on_cleared: clear           # blank a sent score in the SIS once the LMS has none any more; by default it stays
{attested}"""


def init(
    district: Annotated[
        str, typer.Argument(metavar="DISTRICT", help="A short name: lower-case letters, digits, - and _.")
    ],
    lms: Annotated[
        str, typer.Option(metavar="KIND", help=f"Kind of learning platform: {LMS_KINDS}.")
    ] = "canvas",
    sis: Annotated[
        str, typer.Option(metavar="KIND", help=f"Kind of student information system: {SIS_KINDS}.")
    ] = "schooltool",
    timezone: Annotated[
        str, typer.Option(metavar="NAME", help="The district's IANA time zone.")
    ] = "America/New_York",
    home: HomeOption = None,
    json: Json = False,
) -> None:
    """Write districts/DISTRICT.yaml with everything explained, and gradeflow.yaml where there is none."""
    with told_to_the_operator():
        place = home_of(home)
        path = _write(place, district, lms, sis, timezone)
    if json:
        print_json({"district": district, "file": str(path)})
    else:
        OUT.print(f"Wrote {path}", markup=False, soft_wrap=True)
        OUT.print(f"Fill it in, set the variables it names, then: gradeflow check {district}")


def more_keys(connector: Connector[Any]) -> str:
    """Name the keys of a connector's settings that its example leaves out, and where each is explained."""
    shown = set(re.findall(r"(\w+):", connector.example))
    more = [name for name in connector.settings.model_fields if name not in shown]
    if not more:
        return ""
    lines = textwrap.wrap(f"More keys: {', '.join(more)}", 100)
    lines.append(f"Explained by: python -m pydoc {connector.settings.__module__}")
    return "".join(f"  # {line}\n" for line in lines)


def _write(home: Home, name: str, lms: str, sis: str, timezone: str) -> object:
    if not is_slug(name):
        raise ConfigError(f"{name} cannot name a district", allowed="lower-case letters, digits, - and _")
    learning, information = lms_registry.by_kind(lms), sis_registry.by_kind(sis)
    profile = load_profile(lms, sis, {})
    path = home.districts_folder / f"{name}.yaml"
    if timezone not in available_timezones():
        raise ConfigError(f"--timezone {timezone} is no IANA time zone", allowed="such as America/Chicago")
    if path.exists():
        raise ConfigError(f"{path} exists already; it was left as it is")
    start = school_year_start(GradeflowHome(path=str(home.path)).now().date())
    upper = name.upper().replace("-", "_")
    later = start + dt.timedelta(days=60)
    facts = "".join(
        f"#   - {{fact: {fact}, by: NAME, on: {start}}}\n" for fact in profile.values.attestations
    )
    text = TEMPLATE.format(
        name=name,
        timezone=timezone,
        lms=lms,
        lms_lines=learning.example.format(name=name, upper=upper),
        sis=sis,
        sis_lines=information.example.format(name=name, upper=upper),
        start=start,
        later=later,
        trigger=profile.values.trigger,
        lms_more=more_keys(learning),
        sis_more=more_keys(information),
        group=GROUP.format(start=start, later=later) if profile.values.teacher_group else "",
        attested=ATTESTED + facts if facts else "",
    )
    home.make_districts_folder()
    path.write_text(text, encoding="utf-8")
    if not home.settings_file.exists():
        home.settings_file.write_text(
            f"# The window that Dagster shows: from when, and how wide a partition is (day, week, month).\n"
            f"partitions: {{start: {start}, grain: week}}\n"
            "# warehouse: ${GRADEFLOW_WAREHOUSE}   # a PostgreSQL URL; by default SQLite in this folder\n",
            encoding="utf-8",
        )
    return path
