"""A stopped sandbox comes back as it was: same ports, same credentials, same state, same clock."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys

import httpx
import pytest

from gradeflow.errors import ConfigError
from gradeflow.sandbox.home import prepare, specs_for, specs_of
from gradeflow.sandbox.oulad_files import packaged_grades
from gradeflow.sandbox.practice import LOOPBACK
from gradeflow.sandbox.server import running


def test_state_survives_a_restart_on_the_same_port(tmp_path, start):
    with running(specs_for(["schooltool"], home=tmp_path)) as (first,):
        httpx.post(first.clock_url, json={"now": "2026-12-01T00:00:00-05:00"}).raise_for_status()
        edit = {"collection": "categories", "sourcedId": "cat-quiz", "set": {"title": "Quizzes"}}
        httpx.post(f"{first.origin}/_sandbox/edit", json={"edits": [edit]}).raise_for_status()
    (again,) = start("schooltool")
    assert again.spec == first
    assert again.stored("/categories/cat-quiz")["category"]["title"] == "Quizzes"
    assert httpx.get(first.clock_url).json() == {"now": "2026-12-01T00:00:00-05:00"}


def test_changes_after_a_restart_are_newer_than_those_before(tmp_path, start):
    with running(specs_for(["schooltool"], home=tmp_path)) as (spec,):
        for title in ("one", "two", "three"):
            edit = {"collection": "categories", "sourcedId": "cat-quiz", "set": {"title": title}}
            httpx.post(f"{spec.origin}/_sandbox/edit", json={"edits": [edit]}).raise_for_status()
    (sis,) = start("schooltool")
    before = sis.stored("/categories/cat-quiz")["category"]["dateLastModified"]
    assert sis.put_line_item().json()["lineItem"]["dateLastModified"] > before


def test_servers_of_a_home_agree_on_the_school_and_share_its_clock(start):
    canvas, sis = start("canvas", "schooltool")
    canvas.control("clock", {"now": "2026-10-16T00:00:00-04:00"})
    assert httpx.get(sis.spec.clock_url).json()["now"] == "2026-10-16T00:00:00-04:00"
    sections = {s["sis_section_id"] for s in canvas.get("/api/v1/courses/101/sections").json()}
    classes = {c["sourcedId"] for c in sis.stored("/courses/math-9/classes")["classes"]}
    assert sections == classes


def test_a_kind_added_later_joins_what_the_home_holds(tmp_path):
    (canvas,) = specs_for(["canvas"], home=tmp_path)
    both = specs_for(["canvas", "skyward_qmlativ"], home=tmp_path)
    assert [spec.kind for spec in both] == ["canvas", "skyward_qmlativ"]
    assert both[0] == canvas
    assert specs_of(tmp_path) == both
    assert specs_for([], home=tmp_path) == both


def test_given_grades_fill_the_servers_and_set_the_clock_to_night_1(tmp_path):
    specs = specs_for(["canvas", "schooltool"], packaged_grades(), tmp_path)
    assert {spec.district for spec in specs} == {"bbb-2013j"}
    with running(specs) as (canvas, _):
        assert httpx.get(canvas.clock_url).json() == {"now": "2014-06-29T03:30:00-04:00"}


def test_without_a_home_state_lies_in_a_folder_of_its_own():
    (one,), (other,) = specs_for(["canvas"]), specs_for(["canvas"])
    assert one.folder != other.folder
    assert one.teacher_email == "t-100@practice.example"


def test_an_unknown_kind_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match=r"blackboard.*canvas, .*schooltool, .*skyward_qmlativ"):
        specs_for(["blackboard"])


def test_a_taken_port_is_named(tmp_path):
    (spec,) = specs_for(["canvas"], home=tmp_path)
    with socket.socket() as other:
        other.bind((LOOPBACK, spec.port))
        other.listen()
        with pytest.raises(ConfigError, match=str(spec.port)), running([spec]):
            pass


def test_a_prepared_home_holds_both_routes_and_is_not_overwritten(tmp_path):
    made = prepare(tmp_path, packaged_grades())
    assert [(d.slug, d.lms, d.sis) for d in made] == [
        ("bbb-2013j", "canvas", "schooltool"),
        ("eee-2013j", "otus", "skyward_sms"),
    ]
    assert [spec.kind for spec in specs_of(tmp_path)] == ["canvas", "schooltool", "otus", "skyward_sms"]
    assert (tmp_path / "sandbox/eee-2013j/otus/complete.json").is_file()
    assert made[0].server("canvas").secrets["token"]
    with pytest.raises(ConfigError, match="already"):
        prepare(tmp_path, packaged_grades())


def test_secrets_of_a_home_are_readable_by_their_owner_alone(tmp_path):
    specs_for(["canvas"], home=tmp_path)
    assert (tmp_path / "sandbox/practice/servers.json").stat().st_mode & 0o077 == 0


SERVE = """
import json, pathlib, sys
from gradeflow.sandbox.home import specs_for
from gradeflow.sandbox.server import serve
specs = specs_for(["canvas", "schooltool"], home=pathlib.Path(sys.argv[1]))
serve(specs, lambda entries: print(json.dumps(entries), flush=True))
print("ended")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serving_announces_once_and_ends_cleanly_on_a_signal(tmp_path, number):
    command = [sys.executable, "-c", SERVE, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        canvas, sis = json.loads(process.stdout.readline())
        assert set(canvas) == {"kind", "district", "base_url", "account", "token", "teacher_email", "clock"}
        assert {"token_url", "client_id", "client_secret"} <= set(sis)
        assert httpx.get(sis["clock"]).status_code == 200
        os.kill(process.pid, number)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "ended\n", "")


def test_a_server_that_was_killed_comes_back_with_what_it_had_stored(tmp_path, start):
    command = [sys.executable, "-c", SERVE, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        sis = json.loads(process.stdout.readline())[1]
        edit = {"collection": "categories", "sourcedId": "cat-quiz", "set": {"title": "Quizzes"}}
        origin = sis["clock"].removesuffix("/_sandbox/clock")
        httpx.post(f"{origin}/_sandbox/edit", json={"edits": [edit]}).raise_for_status()
        process.kill()
    (again,) = start("schooltool")
    assert again.stored("/categories/cat-quiz")["category"]["title"] == "Quizzes"
