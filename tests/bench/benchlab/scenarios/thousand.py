"""A thousand targets, each a server of its own, in one region: a deploy that finds nothing to do, beside the cheapest thing that a
fan-out tool can do on all of them. Everybody logs in anew, but where a row says that the relay is warm: it has the sessions of the
deploy before."""
import os

from .. import lab as labs
from .. import peers
from ..deployctl import Deployctl, assert_current
from ..measure import Row, timed

TITLE = "1,000 targets in one region of 40 ms: a deploy that changes nothing"


def run(bench):
    count = int(os.environ.get("BENCH_TARGETS", "1000"))
    bench.noise(1)
    with bench.lab() as lab:
        lab.add_region("big", count, rtt_ms=40, mbit=200)
        lab.ready()
        lab.place_agents()
        bench.say(f"{count} targets are up")
        if bench.wants("deployctl"):
            yield from deployctl_rows(bench, lab)
        if bench.wants("clush"):
            yield clush_row(bench, lab)
    bench.forget_inputs()


def deployctl_rows(bench, lab):
    tool, cold, warm = Deployctl(lab, versions=("v1",)), Row("deployctl deploy"), Row("deployctl deploy, relay warm")
    tool.build("v1")
    first = timed(lab, lambda: tool.deploy("v1"))
    assert_current(lab, "/run/lab/inputs/v1/tree")
    bench.say(f"deployctl's first deploy: {first.seconds:.1f} s, {first.cpu:.1f} CPU s")
    for _ in range(bench.rounds):
        labs.kill_agents()
        for row in (cold, warm):
            sample = timed(lab, lambda: tool.deploy("v1"))
            row.take(sample)
            bench.say(f"{row.who}: {sample.seconds:.2f} s, {sample.cpu:.1f} CPU s, {sample.wan_mb():.1f} MB")
    return [cold, warm]


def clush_row(bench, lab):
    peer, row = peers.Clush(lab), Row("clush -f 64 true")
    for _ in range(bench.rounds):
        peers.end_masters()  # a thousand warm sessions of deployctl's are processes that would slow it down
        sample = timed(lab, lambda: peer.run(["clush", "-q", "-S", "-f", "64", "--hostfile", peer.hosts, "true"]))
        row.take(sample)
        bench.say(f"{row.who}: {sample.seconds:.2f} s, {sample.cpu:.1f} CPU s, {sample.wan_mb():.1f} MB")
    return row
