# SPDX-License-Identifier: Apache-2.0
"""The structure that SARIF 2.1.0 and JUnit ask of the documents for CI.

usage: forms.py sarif|junit FILE JSON

JSON is what --format=json says of the same models and commands, a line each: the
findings there are those of the document, one for one. The members and limits are
those of the SARIF 2.1.0 schema for what is written here (sections 3.13 run, 3.20
reportingDescriptor, 3.27 result, 3.29 location, 3.30 region), and of the schema
that CI servers read JUnit reports with. With $MLINSPECT_SARIF_SCHEMA, the path of
the official sarif-schema-2.1.0.json, that is asked as well (python module jsonschema). Each complaint is a line; none is a success.
"""
import collections
import json
import os
import re
import sys
import xml.etree.ElementTree as tree

# member: (its type, whether it has to be there). What is not listed is not allowed.
TEXT = {"text": (str, True)}
SARIF = {"$schema": (str, False), "version": (str, True), "runs": (list, True)}
RUN = {"tool": (dict, True), "results": (list, True), "automationDetails": (dict, False)}
DRIVER = {"name": (str, True), "version": (str, True), "rules": (list, False)}
RULE = {"id": (str, True), "shortDescription": (dict, False), "help": (dict, False),
        "defaultConfiguration": (dict, True)}
RESULT = {"ruleId": (str, True), "level": (str, True), "message": (dict, True),
          "locations": (list, True), "partialFingerprints": (dict, True),
          "baselineState": (str, False), "relatedLocations": (list, False)}
LOCATION = {"physicalLocation": (dict, True), "logicalLocations": (list, False),
            "properties": (dict, False)}
PHYSICAL = {"artifactLocation": (dict, True), "region": (dict, False)}
REGION = {"startLine": (int, False), "byteOffset": (int, False)}
LEVELS = {"none", "note", "warning", "error"}
STATES = {"new", "unchanged", "updated", "absent"}
URI = re.compile(r"(?:[A-Za-z0-9._~/!$&'()*+,;=@-]|%[0-9A-F]{2})+\Z")
# What each element of JUnit holds: (attributes it must have, elements below it).
JUNIT = {"testsuites": (("name",), ("testsuite",)),
         "testsuite": (("name", "tests", "failures", "errors"), ("testcase",)),
         "testcase": (("name", "classname"), ("failure", "error", "skipped", "system-out")),
         "failure": (("type", "message"), ()),
         "system-out": ((), ())}
complaints = []


def ask(true, *what):
    if not true:
        complaints.append(" ".join(str(w) for w in what))


def members(where, value, table):
    """An object has what its table says and nothing else; true if it can be read on."""
    if not isinstance(value, dict):
        ask(False, where, "is no object")
        return False
    before = len(complaints)
    for key in value:
        ask(key in table, where, "has", key)
    for key, (kind, must) in table.items():
        ask(key in value or not must, where, "has no", key)
        ask(key not in value or type(value[key]) is kind, where, key, "is no", kind.__name__)
    return len(complaints) == before


def text(where, value):
    ask(members(where, value, TEXT) and value["text"] != "", where, "says nothing")


def location(where, place):
    if not members(where, place, LOCATION):
        return
    physical = place["physicalLocation"]
    if not members(where, physical, PHYSICAL):
        return
    artifact = physical["artifactLocation"]
    if members(where, artifact, {"uri": (str, True)}):
        ask(URI.match(artifact["uri"]), where, "is no uri:", artifact["uri"])
    if "region" in physical and members(where, physical["region"], REGION):
        region = physical["region"]
        ask(len(region) == 1, where, "has a region of lines and bytes at once, or of none")
        ask(region.get("startLine", 1) >= 1, where, "line below 1")
        ask(region.get("byteOffset", 0) >= 0, where, "offset below 0")
    for logical in place.get("logicalLocations", ()):
        members(where, logical, {"name": (str, True)})


def result(where, r, rules):
    if not members(where, r, RESULT):
        return
    ask(r["ruleId"] in rules, where, r["ruleId"], "is no rule of the driver")
    ask(r["level"] in LEVELS, where, "has the level", r["level"])
    ask(r.get("baselineState", "new") in STATES, where, r.get("baselineState"))
    text(where + " message", r["message"])
    ask(r["locations"], where, "is nowhere")
    for place in r["locations"]:
        location(where + " location", place)
    for place in r.get("relatedLocations", ()):
        location(where + " related location", place)
    ask(r["partialFingerprints"] and
        all(type(p) is str and p for p in r["partialFingerprints"].values()),
        where, "has no fingerprint")


def run(where, r):
    if not members(where, r, RUN) or not members(where, r["tool"], {"driver": (dict, True)}) \
            or not members(where, r["tool"]["driver"], DRIVER):
        return []
    if "automationDetails" in r:
        members(where, r["automationDetails"], {"id": (str, True)})
    ids = []
    for rule in r["tool"]["driver"].get("rules", ()):
        if members(where + " rule", rule, RULE):
            ids.append(rule["id"])
            for key in "shortDescription", "help":
                if key in rule:
                    text(f"{where} rule {rule['id']} {key}", rule[key])
    ask(len(ids) == len(set(ids)), where, "has a rule twice")
    for i, one in enumerate(r["results"]):
        result(f"{where} result {i}", one, ids)
    ask(set(ids) == {one.get("ruleId") for one in r["results"]}, where, "has rules of no result")
    return r["results"]


def official(log, path):
    """Against sarif-schema-2.1.0.json of OASIS, a file of its own."""
    import jsonschema
    with open(path, encoding="utf-8") as f:
        schema = json.load(f)
    for error in jsonschema.validators.validator_for(schema)(schema).iter_errors(log):
        ask(False, "schema:", list(error.absolute_path), error.message[:200])


def sarif(path):
    """Level and text of each result."""
    with open(path, encoding="utf-8") as f:
        log = json.load(f)
    if not members("log", log, SARIF):
        return []
    ask(log["version"] == "2.1.0", "version", log["version"])
    if os.environ.get("MLINSPECT_SARIF_SCHEMA"):
        official(log, os.environ["MLINSPECT_SARIF_SCHEMA"])
    ask(log["runs"], "no run")
    found = [r for i, one in enumerate(log["runs"]) for r in run(f"run {i}", one)]
    return [(r["level"].replace("warning", "warn"), r["message"]["text"]) for r in found]


def element(e):
    if e.tag not in JUNIT:
        ask(False, "element", e.tag)
        return
    must, below = JUNIT[e.tag]
    for a in must:
        ask(e.get(a), e.tag, "has no", a)
    for child in e:
        ask(child.tag in below, e.tag, "holds", child.tag)
        element(child)


def count(suite, attribute, tag):
    number = suite.get(attribute, "")
    ask(re.fullmatch("[0-9]+", number) and int(number) == sum(1 for _ in suite.iter(tag)),
        suite.get("name"), attribute, "is", number)


def junit(path):
    """Level and text of each case that is a finding."""
    root = tree.parse(path).getroot()
    ask(root.tag == "testsuites", "root", root.tag)
    element(root)
    found = []
    for suite in root:
        for attribute, tag in (("tests", "testcase"), ("failures", "failure"),
                               ("errors", "error"), ("skipped", "skipped")):
            count(suite, attribute, tag)
        names = [(c.get("classname"), c.get("name")) for c in suite]
        ask(len(names) == len(set(names)), suite.get("name"), "has a case twice")
        for case in suite:
            ask(len(case) <= 1, case.get("name"), "has more than one outcome")
            for part in case:
                level, _, says = (part.text or "").partition("\n")[0].partition(": ")
                ask(part.tag != "failure" or (part.get("type") == level and
                    part.get("message") == says), case.get("name"), "says two things")
                found.append((level, says))
    return found


def findings(path, form):
    """What is found of each model; what its file gives is said with every command.
    SARIF has the advice in the message, since a rule's help is shown for all its findings."""
    models = collections.defaultdict(collections.Counter)
    with open(path, encoding="utf-8") as f:
        for line in map(json.loads, f):
            said = [(d["level"], d["message"] + ("\nfix: " + d["advice"]
                     if form == "sarif" and "advice" in d else ""))
                    for d in line["diagnostics"]]
            models[line["model"]] |= collections.Counter(said)
    return sorted(sum(models.values(), collections.Counter()).elements())


def main():
    got = (sarif if sys.argv[1] == "sarif" else junit)(sys.argv[2])
    want = findings(sys.argv[3], sys.argv[1])
    ask(want, "no finding: nothing was tested")
    ask(sorted(got) == want, "findings differ:", len(got), "for", len(want),
        [x for x in got if x not in want], [x for x in want if x not in got])
    for line in complaints:
        print("#", line)
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main())
