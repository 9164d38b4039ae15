"""What a push hands to the sockets of a region's link, beside the payload's own size: with 4 targets and with 64. What comes on
top of the payload is a session and requests, most of them activations that go one by one: a small payload is the hard case."""
from ..deployctl import Deployctl, assert_current
from ..measure import Row, timed

TITLE = "bytes on a region's link for each byte of payload, agent in place"


def run(bench):
    for count, megabytes in ((4, 20), (64, 20), (64, 50)):
        bench.slices(megabytes)
        with bench.lab() as lab:
            lab.add_region("one", count, rtt_ms=40, mbit=200)
            lab.ready()
            lab.place_agents()
            yield measure(bench, lab, Row(f"deployctl, {count} targets, {megabytes} MB"))
    bench.forget_inputs()


def measure(bench, lab, row):
    tool = Deployctl(lab)
    tool.build("v1")
    tool.build("v2")
    tool.deploy("v1")
    for _ in range(bench.rounds):
        sample = timed(lab, lambda: tool.deploy("v2"))
        assert_current(lab, "/run/lab/inputs/v2/tree")
        way = sample.wan[1]
        payload = max(size for name, size in tool.payload_bytes().items() if not name.startswith("none"))
        beyond = way["fresh"] - payload
        row.disturbed(sample).add("seconds", sample.seconds).add("payload MB", payload / 1e6).add("handed to sockets MB", way["fresh"] / 1e6)
        row.add("beyond payload, KB", beyond / 1e3).add("beyond payload, %", 100 * beyond / payload)
        row.add("sent again by TCP, KB", (way["tcp"] - way["fresh"]) / 1e3)
        bench.say(f"{row.who}: {way['fresh']} bytes for a payload of {payload} ({way['fresh'] / payload:.4f}), {way['tcp'] - way['fresh']} sent again by TCP")
        tool.rollback()
        tool.forget("v2")
    return row
