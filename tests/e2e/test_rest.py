#!/usr/bin/python3 -B
"""What dashboards read: every GET of docs/openapi.yaml is asked, and its answer compared with what is written there."""

import unittest

import yaml

import harness
from harness import ROOT, SandboxTest, wait_until
from load import Load

# The contract's own minimum: the description may say more, never less.
MINIMUM = {
    "Cluster": "name epoch primary state durability fencing servers operation problems ackers paused",
    "Server": "name address role reachable read_only version gtid lag_ms source semi_sync guard maintenance priority"
    " problems state pid up_since channels acker events_enabled extra_gtid",
    "Operation": "id kind cluster state cause from to epoch started finished outcome one_writer data_loss steps",
    "Agent": "name address role term commit last_contact_ms version applied snapshot_index voter storage"
    " clock_skew_ms pid",
    "Problem": "code severity cluster since sentence suggestion would acked_until",
}
KINDS = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
}


class Description:
    """docs/openapi.yaml, as far as an answer can be held against it."""

    def __init__(self):
        self.whole = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())

    def resolved(self, part):
        while "$ref" in part:
            name = part["$ref"]
            part = self.whole
            for word in name.removeprefix("#/").split("/"):
                part = part[word]
        return part

    def reads(self):
        """(path, schema of its answer or None) of every GET."""
        for path, methods in self.whole["paths"].items():
            if "get" in methods:
                content = methods["get"]["responses"]["200"].get("content", {})
                yield path, content.get("application/json", {}).get("schema")

    def differences(self, schema, value, where):
        """What of the value isn't as the schema says, in words."""
        schema = self.resolved(schema)
        for part in schema.get("allOf", []):
            yield from self.differences(part, value, where)
        choices = [list(self.differences(part, value, where)) for part in schema.get("anyOf", [])]
        if choices and all(choices):
            yield from choices[0]
        if "type" in schema and not self.is_of_type(schema["type"], value):
            yield f"{where}: {value!r} is no {schema['type']}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{where}: {value!r} is none of {schema['enum']}"
        if isinstance(value, dict):
            yield from (f"{where}: no {name}" for name in schema.get("required", []) if name not in value)
            for name, part in schema.get("properties", {}).items():
                if name in value:
                    yield from self.differences(part, value[name], f"{where}.{name}")
        if isinstance(value, list) and "items" in schema:
            for number, item in enumerate(value):
                yield from self.differences(schema["items"], item, f"{where}[{number}]")

    @staticmethod
    def is_of_type(types, value):
        def one(name):
            if name in ("integer", "number"):
                return isinstance(value, int) and not isinstance(value, bool)
            return isinstance(value, KINDS[name])

        return any(one(name) for name in ([types] if isinstance(types, str) else types))


class Minimum(unittest.TestCase):
    def test_description_has_the_contracts_fields(self):
        """The description requires the minimum fields that the contract has for each kind of object"""
        schemas = Description().whole["components"]["schemas"]
        for name, fields in MINIMUM.items():
            self.assertLessEqual(set(fields.split()), set(schemas[name]["properties"]), name)
            self.assertLessEqual(set(fields.split()), set(schemas[name]["required"]), name)


class Reads(SandboxTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.description = Description()

    def assert_as_described(self, agent):
        """Every GET, with the names of this sandbox in its path."""
        operation = self.sandbox.operations()[0]["id"]
        names = {"{cluster}": "main", "{server}": "db2", "{id}": str(operation)}
        for path, schema in self.description.reads():
            asked = path
            for pattern, name in names.items():
                asked = asked.replace(pattern, name)
            with self.subTest(path=asked, agent=agent.name):
                answer = agent.get(asked)
                if schema is None:
                    self.assertIn(answer.status, (200, 503), answer.text)
                    continue
                self.assertEqual(answer.status, 200, answer.text)
                self.assertEqual(answer.headers.get_content_type(), "application/json")
                self.assertEqual(list(self.description.differences(schema, answer.json, asked)), [])

    def test_every_read(self):
        """Every GET of the description, on every agent: status 200, and the fields, types and words described"""
        for agent in self.sandbox.agents:
            self.assert_as_described(agent)

    def test_every_read_in_trouble(self):
        """The same while a server is hung, while writes wait, and after a failover with all its steps and proofs"""
        primary = self.sandbox.primary()
        first, second = self.sandbox.others(primary)
        with Load(self.sandbox) as load:
            with first.stopped(), second.stopped():
                wait_until(lambda: self.sandbox.cluster()["problems"], "a problem is seen")
                self.assert_as_described(self.sandbox.agents[0])
            killed_ns = primary.kill()
            load.wait_first_ack(killed_ns, not_on=primary)
        for agent in self.sandbox.agents:
            self.assert_as_described(agent)

    def test_whole_picture(self):
        """One snapshot: three agents of one term, one leader, a primary that two replicas follow, no problem"""
        for agent in self.sandbox.agents:
            answer = agent.get("/v1/status?consistent=1")
            self.assertEqual(answer.status, 200, answer.text)
            status = answer.json
            self.assertEqual([a["name"] for a in status["agents"]], ["a1", "a2", "a3"])
            self.assertEqual([a["name"] for a in status["agents"] if a["role"] == "leader"], [status["leader"]])
            self.assertEqual(status["problems"], [])
            cluster = agent.get("/v1/clusters/main").json
            self.assertEqual([s["role"] for s in cluster["servers"] if s["name"] == cluster["primary"]], ["primary"])
            replicas = [s for s in cluster["servers"] if s["role"] == "replica"]
            self.assertEqual([s["source"] for s in replicas], [cluster["primary"]] * 2)
            self.assertEqual({s["guard"]["agent"] for s in cluster["servers"]}, {"a1", "a2", "a3"})
            (top,) = agent.get("/v1/clusters/main/topology").json["topology"]
            self.assertEqual(top["name"], cluster["primary"])
            self.assertEqual(len(top["replicas"]), 2)
        for known in wait_until(self.sandbox.leader, "a leader").get("/v1/agents").json["agents"]:
            for field in ("term", "commit", "last_contact_ms", "version"):
                self.assertIsNotNone(known[field], f"{field} of {known['name']}")

    def test_operation_tells_its_story(self):
        """A switchover as an object: times in order, the proof, the verdict, every step done with its duration"""
        done = self.sandbox.control("switchover", "--yes")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        operation = self.wait_ended("switchover")
        self.assertLessEqual(operation["started"], operation["finished"])
        self.assertEqual(operation["one_writer"]["proof"], "fenced")
        self.assertEqual(operation["one_writer"]["by"], operation["from"])
        self.assertEqual((operation["data_loss"]["verdict"], operation["data_loss"]["how"]), ("none", "demoted"))
        self.assertEqual({step["state"] for step in operation["steps"]}, {"done"})
        names = [step["name"] for step in operation["steps"]]
        self.assertEqual(names[:3], ["demote", "drain", "promote"])
        self.assertTrue(all(step["ms"] is not None for step in operation["steps"]))

    def test_lists(self):
        """?limit= and ?after= walk through a list without a gap or a repetition"""
        whole = [operation["id"] for operation in self.sandbox.operations()]
        walked, after = [], ""
        while True:
            part = self.sandbox.get(f"/v1/operations?limit=1{after}")
            walked += [operation["id"] for operation in part["operations"]]
            if part["next"] is None:
                break
            after = f"&after={part['next']}"
        self.assertEqual(walked, whole)
        self.assertEqual(walked, sorted(walked, reverse=True))


if __name__ == "__main__":
    harness.main()
