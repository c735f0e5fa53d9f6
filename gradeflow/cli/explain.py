"""`gradeflow explain`: why one assignment or one score is, or is not, in the SIS."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from gradeflow.cli.asked import told_asked
from gradeflow.cli.options import HomeOption, Json, OneDistrict, home_of
from gradeflow.cli.output import OUT, SHORT_DIGEST, print_json, told_to_the_operator
from gradeflow.defs.connections import profile_of
from gradeflow.errors import ConfigError
from gradeflow.model.points import format_e4
from gradeflow.reports.asked import asked_of
from gradeflow.reports.evidence import read_evidence
from gradeflow.reports.explain import Asked, Document
from gradeflow.reports.explain import explain as explained
from gradeflow.settings import Home
from gradeflow.warehouse import history
from gradeflow.warehouse.store import Warehouse

MARKS = {"passes": "[green]passes[/]", "fails": "[red]fails [/]"}
LONGEST = 44
UNITS = ("score_e4", "points_possible_e4")


def explain(
    district: OneDistrict,
    assignment: Annotated[str, typer.Option(metavar="ID", help="The assignment's id in the LMS.")],
    section: Annotated[str | None, typer.Option(metavar="ID", help="One SIS section only.")] = None,
    student: Annotated[str | None, typer.Option(metavar="ID", help="One student's score, by SIS id.")] = None,
    home: HomeOption = None,
    json: Json = False,
) -> None:
    """Say why an assignment or a score is, or is not, in the SIS: every rule, all that was sent, and who can act."""
    with told_to_the_operator():
        document = document_of(home_of(home), district, assignment, section, student)
    if json:
        print_json(document)
        return
    _print(document)


def document_of(home: Home, name: str, assignment: str, section: str | None, student: str | None) -> Document:
    """Explain an assignment, or one student's score in it, as `--json` prints it.

    Raises:
        ConfigError: no such district, nothing read of it yet, or nobody has ever seen the assignment there.
    """
    file = home.district(name)
    warehouse = Warehouse.open(home.warehouse_url())
    evidence = read_evidence(home, warehouse, name, assignment)
    with warehouse.reading() as connection:
        run = history.latest_judging_run(connection, name)
        as_of: dt.datetime = evidence.read_at if run is None else run["as_of"]
        asked = Asked(file.district, profile_of(file), as_of, assignment, section, student)
        document = explained(asked, evidence, connection)
        document["runs"] = asked_of(home, connection, _runs_of(document))
    if not document["sections"]:
        where = "" if section is None else f" in section {section}"
        raise ConfigError(
            f"{name} has never seen an assignment {assignment}{where}; look for its id in the LMS, or run "
            f"gradeflow plan {name} first if it is new{_passed_over(document['evidence'])}"
        )
    changed = run is not None and run["settings_digest"] != file.digest()
    return {**document, "settings_changed_since": changed}


def _passed_over(evidence: Mapping[str, Any]) -> str:
    """Say where else an unknown assignment may be: among what the last reading passed over."""
    left = ", ".join(f"{count} {code}" for code, count in sorted(evidence["left_out"].items()))
    return f". The last reading of the LMS passed over {left}" if left else ""


def _runs_of(document: Document) -> Iterator[str]:
    """Name the runs that sent something."""
    for section in document["sections"]:
        for holder in (section, section.get("score") or {}):
            yield from (send["run_id"] for send in holder.get("sends", ()))


def _print(document: Document) -> None:
    for section in document["sections"]:  # the answer first, then what it rests on
        _print_answer(section)
    OUT.print(
        f"\n[bold]{document['district']}[/]  {document['route']}  assignment {document['assignment']}"
        + (f", student {document['student']}" if document["student"] else "")
    )
    for side, what in (("lms", "LMS extract"), ("sis", "SIS reference")):
        if kept := document["evidence"][side]:
            words = (
                f"Judged on {what} {kept['digest'][:SHORT_DIGEST]}, read {kept['at']} by run {kept['run_id']}"
            )
            OUT.print(f"[dim]{words}[/]", soft_wrap=True)
    if document["settings_changed_since"]:
        OUT.print("[yellow]The district file changed since; the rules are asked under the new one.[/]")
    for section in document["sections"]:
        _print_section(section, document["runs"])


def _print_answer(section: Mapping[str, Any]) -> None:
    answer = section["answer"]
    holder = section["score"]["sent"] if "score" in section else (section["in_sis"] or {}).get("sis_id")
    where = "[green]in the SIS[/]" if holder is not None else "[red]not in the SIS[/]"
    if holder is not None and _is_old(section):
        where = "[yellow]in the SIS, but not as the LMS has it[/]"
    code = f" [dim]{answer['code']}[/]" if answer["code"] else ""
    OUT.print(
        f"[bold]Section {escape(section['section'])}[/], {where}: {answer['text']}{code}", soft_wrap=True
    )
    if answer["fix"]:
        OUT.print(f"  {answer['owner']}: {answer['fix']}", soft_wrap=True)


def _is_old(section: Mapping[str, Any]) -> bool:
    """Tell whether the LMS has another value now, which shall go, than the one that was sent."""
    sides = [section["score"]] if "score" in section else section["fields"]
    return any(
        one["desired"] is not None and one["desired"] != one["sent"]
        for one in sides
        if one.get("field") != "period"
    )


def _print_section(section: Mapping[str, Any], runs: Mapping[str, Any]) -> None:
    OUT.print(f"\n[bold]Section {escape(section['section'])}[/]")
    for older in section["older"]:
        sent = f", last sent {older['last_sent']}, run {older['last_run']}" if older["last_run"] else ""
        OUT.print(
            "  Made anew, for a new school year or after it was deleted in the SIS; before it was"
            f" {older['line_item_id']}, first seen {older['first_seen']}{sent}",
            soft_wrap=True,
        )
    if section["lms"] is not None:
        _print_said("The LMS says of the assignment", section["lms"])
    _print_rules("Rules about the assignment", section["rules"])
    if section["in_sis"] is not None and section["in_sis"]["sis_id"] is not None:
        _print_fields(section["fields"])
    _print_events("assignment", section, runs)
    if "score" in section:
        score = section["score"]
        if score["lms"] is not None:
            _print_said("The LMS says of the score", score["lms"])
        _print_rules("Rules about the score", score["rules"])
        _print_values(score)
        _print_elsewhere(score)
        _print_events("score", score, runs)
    elif section["scores"]:
        OUT.print("  Scores: " + ", ".join(f"{count} {word}" for word, count in section["scores"].items()))


def _print_said(title: str, said: Mapping[str, Any]) -> None:
    words = [
        f"{name.removesuffix('_e4')} {_shown(name, value)}"
        for name, value in said.items()
        if value is not None
    ]
    OUT.print(f"  {title}: ", end="")
    OUT.print(", ".join(words), markup=False, soft_wrap=True)


def _shown(name: str, value: Any) -> str:
    return format_e4(int(value)) if name in UNITS else str(value)


def _print_rules(title: str, rules: Sequence[Mapping[str, Any]]) -> None:
    """Print a line per rule, failures first; never cut a code, which is what people search for."""
    if not rules:
        return
    failed = sum(rule["verdict"] == "fails" for rule in rules)
    words = f"{failed} of {len(rules)} fail{'s' * (failed == 1)}" if failed else f"all {len(rules)} pass"
    OUT.print(f"  {title}: {words}")
    rows = sorted(rules, key=lambda one: one["verdict"])
    values = ["unknown" if row["value"] is None else row["value"].removesuffix(" 00:00:00") for row in rows]
    wide = max(len(row["code"]) for row in rows), max(len(_short(value)) for value in values)
    for row, value in zip(rows, values, strict=True):
        OUT.print(f"    {MARKS[row['verdict']]}", end="")
        line = f"  {row['rule_id']:5}{row['code']:{wide[0] + 2}}{_short(value):{wide[1] + 2}}"
        line += f"{row['key']}: {_short(row['threshold'])} ({row['origin']})"
        OUT.print(line, markup=False, soft_wrap=True)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _print_fields(fields: Iterable[Mapping[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    names = ("field", "desired", "sent", "stored", "observed", "row")
    for name in names:
        table.add_column(name)
    for field in fields:
        cells = (format_e4(int(v)) if field["field"] == "points" and n in names[1:5] and v else v
                 for n, v in ((name, field[name]) for name in names))  # fmt: skip
        table.add_row(*("" if cell is None else str(cell) for cell in cells))
    if table.row_count:
        OUT.print("  In the SIS")
        OUT.print(Padding(table, (0, 0, 0, 4), expand=False))


def _print_values(score: Mapping[str, Any]) -> None:
    words = [f"{name} {_value(score[name])}" for name in ("desired", "sent", "stored")]
    row = "" if score["row"] is None else f"; row {score['row']} of the three-way table"
    OUT.print(f"  Score: {', '.join(words)}{row}", markup=False, soft_wrap=True)


def _print_elsewhere(score: Mapping[str, Any]) -> None:
    """Say where else the student's score of the assignment stands; a score goes by the enrolment of the day."""
    moved = "; the student is not in this section any more" if score["reason"] == "NOT_ENROLLED" else ""
    for one in score["elsewhere"]:
        stored = {name: one[f"stored_{name}"] for name in ("score_e4", "status")}
        held = _value(None if stored["status"] is None else stored)
        sent = f", last sent {one['last_sent']}, run {one['last_run']}" if one["last_sent"] else ""
        words = f"  In section {one['section']} the SIS holds {held} of this student{sent}{moved}"
        OUT.print(words, markup=False, soft_wrap=True)


def _value(of: Mapping[str, Any] | None) -> str:
    if of is None:
        return "nothing"
    if of["status"] == "exempt":
        return "exempt"
    return "words" if of["score_e4"] is None else format_e4(int(of["score_e4"]))


def _print_events(what: str, holder: Mapping[str, Any], runs: Mapping[str, Any]) -> None:
    for hold in holder["holds"]:
        until = f"until {hold['closed_at']} ({hold['resolution']})" if hold["closed_at"] else "still open"
        sides = [hold[name] for name in ("desired", "observed")]
        shown = [_value(side) if hold["result_key"] is not None else side or "nothing" for side in sides]
        OUT.print(
            f"  {what}: held {hold['opened_at']}, {until}: {hold['reason']}, the LMS has {shown[0]},"
            f" the SIS {shown[1]}, run {hold['opened_run']}",
            markup=False,
            soft_wrap=True,
        )
    for send in holder["sends"]:
        code = f" ({send['code']})" if send["code"] else ""
        told = f"  {what}: {send['action']} sent {send['intended_at']}: {send['state']}{code}, run {send['run_id']}"
        who = told_asked(runs[send["run_id"]])
        OUT.print(f"{told} {who}".rstrip(), markup=False, soft_wrap=True)
    for found in holder["findings"]:
        span = "since" if found["is_open"] else "ended; seen from"
        OUT.print(
            f"  {what}: {found['code']} ({found['rule_id']}) {span} {found['first_seen_at']},"
            f" last {found['last_seen_at']}, run {found['last_seen_run']}",
            soft_wrap=True,
        )
