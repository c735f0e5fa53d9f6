"""Each vendor's doors and ways: addresses, tokens, signatures, the vendor's key, ids, what it changes silently."""

from __future__ import annotations

from contextlib import ExitStack

import httpx
import pytest
from conftest import NOW
from oneroster_practice import SCOPES, Signed, Sis, client_of, minor, scopes, token, words
from practice_client import Practice

from gradeflow.sandbox.home import specs_for
from gradeflow.sandbox.server import running

CAMPUS = "infinite_campus"


def login(entry):
    return (entry["client_id"], entry["client_secret"])


@pytest.mark.parametrize(
    ("kind", "seconds"), [("infinite_campus", 3600), ("powerschool", 3600), ("aeries", 21600)]
)
def test_a_token_lasts_as_long_as_the_vendor_says_and_wants_a_scope(start, kind, seconds):
    (practice,) = start(kind)
    entry = practice.told
    form = {"grant_type": "client_credentials", "scope": SCOPES["v1p1"] + "roster.readonly"}
    body = httpx.post(entry["token_url"], data=form, auth=login(entry)).json()
    assert body["expires_in"] == seconds
    answer = httpx.post(entry["token_url"], data={**form, "scope": ""}, auth=login(entry))
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_scope"})


def test_campus_gives_no_token_without_the_name_of_the_application(start):
    (practice,) = start(CAMPUS)
    entry = practice.told
    form = {"grant_type": "client_credentials", "scope": scopes("v1p2")}
    address, _, query = entry["token_url"].partition("?")
    assert query.startswith("appName=")
    for wrong in (address, f"{address}?appName=other"):
        assert httpx.post(wrong, data=form, auth=login(entry)).status_code == 401


@pytest.mark.parametrize("version", ["v1p1", "v1p2"])
def test_campus_opens_its_gradebook_only_with_the_vendors_key(sis_of, version):
    sis = sis_of(CAMPUS, version)
    del sis.client.headers["x-vendor-authorization"]
    assert sis.roster("/classes").status_code == 200
    for wrong in ({}, {"x-vendor-authorization": "a:b"}):
        sis.client.headers.update(wrong)
        for path in ("/categories", "/lineItems", "/results", "/classes/m9-01/lineItems"):
            answer = sis.get(path)
            assert (answer.status_code, "vendor" in words(answer)) == (401, True)
        assert sis.put_line_item().status_code == 401


def test_a_vendors_key_may_be_withdrawn_while_work_goes_on(sis_of):
    sis = sis_of(CAMPUS)
    sis.practice.fault("vendor_key_withdrawn", path="/lineItems*", times=None)
    assert sis.put_line_item().status_code == 401
    assert sis.get("/results").status_code == 200


@pytest.mark.parametrize(
    ("kind", "version", "root"),
    [
        ("infinite_campus", "v1p2", "/campus/api/oneroster/v1p2/gradeflow/ims/oneroster"),
        ("eschoolplus", "v1p2", "/plus360api/practice/ims/oneroster"),
        ("powerschool", "v1p1", "/api/ims/oneroster/v1p1"),
        ("aeries", "v1p1", "/admin/ims/oneroster/v1p1"),
        ("schooltool", "v1p1", "/ims/oneroster/v1p1"),
    ],
)
def test_the_address_in_a_district_file_is_the_vendors(start, kind, version, root):
    (practice,) = start(kind)
    assert practice.told["base_url"] == practice.spec.origin + root
    assert practice.told.get("version", "1.1") == version.replace("v1p", "1.")


@pytest.mark.parametrize(
    ("kind", "version"),
    [("powerschool", "v1p1"), ("aeries", "v1p1"), ("eschoolplus", "v1p1"), ("infinite_campus", "v1p1")],
)
def test_the_older_version_takes_and_gives_back_a_score(sis_of, kind, version):
    sis = sis_of(kind, version)
    assert sis.put_line_item().status_code == 201
    assert sis.put_result().status_code == 201
    held = sis.stored("/classes/m9-01/lineItems/li-1/results")["results"]
    assert [(one["sourcedId"], one["score"]) for one in held] == [("r-1", 8.75)]
    assert sis.post("/classes/m9-01/lineItems", {"lineItems": [sis.line_item("b")]}).status_code == 405


def test_powerschool_gives_over_1_2_and_takes_nothing(sis_of):
    old, new = sis_of("powerschool", "v1p1"), sis_of("powerschool", "v1p2")
    old.put_line_item()
    assert new.stored("/lineItems/li-1")["lineItem"]["title"] == "Item li-1"
    assert new.put_line_item("b").status_code == 405
    assert new.post("/classes/m9-01/lineItems", {"lineItems": []}).status_code == 405


def test_aeries_has_no_delete(sis_of):
    sis = sis_of("aeries", "v1p1")
    sis.put_line_item()
    assert sis.delete("/lineItems/li-1").status_code == 405
    assert sis.get("/lineItems/li-1").status_code == 200


@pytest.mark.parametrize("version", ["v1p1", "v1p2"])
def test_eschoolplus_takes_signed_calls_and_refuses_a_second_use(sis_of, version):
    sis = sis_of("eschoolplus", version)
    assert sis.put_line_item("a/b, c").status_code == 201
    first = sis.get("/lineItems", filter="title~'a'", limit=5)
    assert first.status_code == 200
    again = httpx.get(first.request.url, headers={"Authorization": first.request.headers["authorization"]})
    assert (again.status_code, words(again)) == (401, "Signature refused: nonce_used")


def test_eschoolplus_refuses_what_another_signed_and_takes_tokens_too(sis_of):
    sis = sis_of("eschoolplus")
    entry = sis.practice.told
    forged = httpx.get(sis.root("gradebook") + "/results", auth=Signed(entry["client_id"], "wrong"))
    assert (forged.status_code, words(forged)) == (401, "Signature refused: signature_invalid")
    bearer = {"Authorization": f"Bearer {token(sis.practice, scopes('v1p2'))}"}
    assert httpx.get(sis.root("gradebook") + "/results", headers=bearer).status_code == 200


def test_campus_maps_no_categories_over_1_1(sis_of):
    old, new = sis_of(CAMPUS, "v1p1"), sis_of(CAMPUS)
    assert [one["title"] for one in old.stored("/categories")["categories"]] == ["Uncategorized"]
    assert len(new.stored("/categories")["categories"]) == 5
    assert old.get("/categories/cat-quiz").status_code == 404
    category = old.put_line_item().json()["lineItem"]["category"]
    assert old.client.get(category["href"]).json()["category"]["title"] == "Uncategorized"
    assert new.put_line_item("b").json()["lineItem"]["category"]["sourcedId"] == "cat-homework"


@pytest.mark.parametrize("version", ["v1p1", "v1p2"])
def test_campus_makes_a_zero_of_submitted(sis_of, version):
    sis = sis_of(CAMPUS, version)
    sis.put_line_item()
    if version == "v1p2":
        assert sis.put_result(scoreStatus="submitted", score=None).json()["result"]["score"] == 0
    assert sis.put_result(scoreStatus="submitted", score=7).json()["result"]["score"] == 7
    assert sis.put_result("r-2", "s-002", scoreStatus="not submitted", score=3).json()["result"]["score"] == 3


@pytest.mark.parametrize(
    ("kind", "kept"), [("infinite_campus", 50), ("skyward_qmlativ", 49), ("eschoolplus", 110)]
)
def test_a_long_title_is_cut_over_1_2_where_its_length_is_known(sis_of, kind, kept):
    sis = sis_of(kind)
    assert sis.put_line_item(title="x" * 110).status_code == 201
    assert len(sis.stored("/lineItems/li-1")["lineItem"]["title"]) == kept
    sis.post("/classes/m9-01/lineItems", {"lineItems": [sis.line_item("b", title="y" * 110)]})
    assert len(sis.stored("/lineItems/b")["lineItem"]["title"]) == kept


@pytest.mark.parametrize("kind", ["skyward_qmlativ", "infinite_campus", "eschoolplus"])
def test_extra_credit_and_excused_students_are_kept_as_sent(sis_of, kind):
    sis = sis_of(kind)
    sis.put_line_item(resultValueMax=100)
    assert sis.put_result(score=300).json()["result"]["score"] == 300
    assert sis.put_result(scoreStatus="exempt").json()["result"]["scoreStatus"] == "exempt"


def setting(sis, name, value):
    return sis.practice.control("edit", {"edits": [{"setting": name, "value": value}]})


def server_ids(sis, value="on"):
    return setting(sis, "server_ids", value)


def test_behind_a_load_balancer_a_token_counts_only_with_its_cookie(sis_of):
    sis = sis_of("aeries", "v1p1")
    assert setting(sis, "load_balancer", "on").status_code == 200
    assert sis.get("/results").status_code == 401
    with httpx.Client(verify=False) as kept:
        form = {"grant_type": "client_credentials", "scope": scopes("v1p1")}
        entry = sis.practice.told
        answer = kept.post(entry["token_url"], data=form, auth=login(entry))
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        url = sis.root("gradebook") + "/results"
        assert kept.get(url, headers=bearer).status_code == 200
        assert httpx.get(url, headers=bearer).status_code == 401
        assert setting(sis, "load_balancer", "off").status_code == 200
        assert httpx.get(url, headers=bearer).status_code == 200


@pytest.mark.parametrize(("kind", "version"), [("schooltool", "v1p1"), ("skyward_qmlativ", "v1p2")])
def test_a_provider_may_allocate_ids(sis_of, kind, version):
    sis = sis_of(kind, version)
    assert server_ids(sis).json() == {"edited": 1}
    created = sis.put_line_item("mine", sourcedId=None)
    assert created.status_code == 201
    item = created.json()["lineItem"]["sourcedId"]
    assert item != "mine"
    assert sis.get("/lineItems/mine").status_code == 404
    answer = sis.put(
        f"/lineItems/{item}", {"lineItem": sis.line_item(item, title="Changed", resultValueMax=20)}
    )
    assert (answer.status_code, answer.json()["lineItem"]["sourcedId"]) == (200, item)
    result = sis.put_result("r", lineItem={"sourcedId": item}).json()["result"]["sourcedId"]
    assert result != "r"
    assert [r["sourcedId"] for r in sis.stored("/results")["results"]] == [result]


def test_allocated_ids_of_a_batch_are_told_and_never_given_twice(sis_of):
    sis = sis_of("eschoolplus")
    server_ids(sis)
    body = {"lineItems": [sis.line_item("a"), sis.line_item("b")]}
    pairs = sis.post("/classes/m9-01/lineItems", body).json()["sourcedIdPairs"]
    assert [pair["suppliedSourcedId"] for pair in pairs] == ["a", "b"]
    given = [pair["allocatedSourcedId"] for pair in pairs]
    assert [one["sourcedId"] for one in sis.stored("/lineItems")["lineItems"]] == given
    assert len({*given, "a", "b"}) == 4
    server_ids(sis, "off")
    assert sis.put_line_item("c").json()["lineItem"]["sourcedId"] == "c"


def test_a_provider_that_allocates_ids_still_does_after_a_restart(tmp_path):
    def created() -> str:
        with ExitStack() as stack:
            (spec,) = stack.enter_context(running(specs_for(("schooltool",), home=tmp_path, now=NOW)))
            practice = Practice(spec, stack.enter_context(httpx.Client(verify=False)))
            sis = Sis(practice, "v1p1", stack.enter_context(client_of(practice, "v1p1")))
            if not sis.stored("/lineItems")["lineItems"]:
                server_ids(sis)
            return str(sis.put_line_item("mine").json()["lineItem"]["sourcedId"])

    assert len({created(), created(), "mine"}) == 3


@pytest.mark.parametrize("edit", [{"setting": "ids", "value": "on"}, {"setting": "server_ids", "value": 1}])
def test_a_setting_that_does_not_exist_is_refused_with_those_that_do(sis_of, edit):
    answer = sis_of("schooltool", "v1p1").practice.control("edit", {"edits": [edit]})
    assert answer.status_code == 400
    assert "server_ids: on, off" in answer.json()["error"]


def test_the_office_sees_the_fields_of_both_versions(sis_of):
    sis = sis_of("skyward_qmlativ")
    sis.put_line_item()
    sis.put_result()
    late = {"collection": "results", "sourcedId": "r-1", "set": {"late": "true", "score": 4}}
    assert sis.practice.control("edit", {"edits": [late]}).status_code == 200
    held = sis.stored("/results/r-1")["result"]
    assert (held["late"], held["score"]) == ("true", 4)


def test_ids_in_the_middle_of_a_path_may_hold_slashes(sis_of):
    sis = sis_of("skyward_qmlativ")
    edits = [
        {
            "collection": "classes",
            "sourcedId": "994/1,ö",
            "set": {"title": "x", "school": {"sourcedId": "s"}},
        },
    ]
    assert sis.practice.control("edit", {"edits": edits}).status_code == 200
    item = sis.line_item("l/1", **{"class": {"sourcedId": "994/1,ö"}})
    assert sis.put("/lineItems/l%2F1", {"lineItem": item}).status_code == 201
    rows = {"results": [sis.result("r/1", lineItem={"sourcedId": "l/1"})]}
    assert sis.post("/lineItems/l%2F1/results", rows).status_code == 201
    held = sis.stored("/classes/994%2F1%2C%C3%B6/lineItems/l%2F1/results")["results"]
    assert [one["sourcedId"] for one in held] == ["r/1"]
    assert minor(sis.get("/classes/994%2F1/lineItems")) == "unknownobject"
