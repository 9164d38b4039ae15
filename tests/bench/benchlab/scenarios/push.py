"""A changed program to five regions of four targets, switched: deployctl and each peer, from a base that every target runs.
Everybody logs in anew, but where a row says that it is warm: a deploy came before it, and has left its logins as any does."""
from .. import peers
from ..deployctl import Deployctl, assert_current
from ..measure import Row, timed
from . import five_regions

TITLE = "a changed program of about 100 MB to 5 regions x 4 targets, 200 Mbit/s each: push and switch"


def run(bench):
    bench.program_inputs()
    with bench.lab() as lab:
        five_regions(lab)
        if bench.wants("deployctl"):
            yield from deployctl_rows(bench, lab)
        for kind in peers.ALL:
            if bench.wants(kind.name):
                yield peer_row(bench, lab, kind(lab))


def deployctl_rows(bench, lab):
    tool = Deployctl(lab)
    tool.build("v1")
    tool.build("v2")
    tool.deploy("v1")
    coded, ready, warm = Row("deployctl, coding included"), Row("deployctl"), Row("deployctl, warm")
    for _ in range(bench.rounds):
        for row in (coded, ready, warm):
            tool.forget_payloads()
            if row is not coded:
                tool.build("v2")  # cached; the payload is made ahead, as by any build
            if row is warm:
                tool.deploy("v1")  # runs already: nothing but the logins is left of it
            sample = timed(lab, lambda: tool.deploy("v2"))
            assert_current(lab, "/run/lab/inputs/v2/tree")
            row.take(sample).add("told WAN MB", tool.last.get("wan_bytes", 0) / 1e6)
            bench.say(f"{row.who}: {sample.seconds:.2f} s, {sample.wan_mb():.1f} MB, {sample.cpu:.1f} CPU s, payloads {tool.payload_bytes()}")
            tool.rollback()
            assert_current(lab, "/run/lab/inputs/v1/tree")
            tool.forget("v2")
    tool.wipe()
    return [warm, ready, coded]


def peer_row(bench, lab, peer):
    row = Row(peer.name)
    peer.prepare("v1")
    for _ in range(bench.rounds):
        sample = timed(lab, lambda: peer.push("v2"))
        assert_current(lab, "/run/lab/inputs/v2/tree")
        row.take(sample)
        bench.say(f"{row.who}: {sample.seconds:.2f} s, {sample.wan_mb():.1f} MB, {sample.cpu:.1f} CPU s")
        peer.switch("v1")
        peer.forget("v2")
    peer.wipe()
    return row
