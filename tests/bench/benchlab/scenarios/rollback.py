"""Back to the release before, on twenty targets that keep it: no hooks, all at once. deployctl right after its deploy, as it
leaves itself (logins kept, relays warm), and with all of that ended first; the others log in anew in every round."""
from .. import lab as labs
from .. import peers
from ..deployctl import Deployctl, assert_current
from ..measure import Row, timed
from . import five_regions

TITLE = "20 targets back to the release before (no hooks, max_parallel 100%)"


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
    tool, warm, cold = Deployctl(lab), Row("deployctl"), Row("deployctl, nothing warm")
    for version in ("v1", "v2"):
        tool.build(version)
        tool.deploy(version)
    for _ in range(bench.rounds):
        for row in (warm, cold):
            if row is cold:
                labs.kill_agents()
            take(bench, lab, row, tool.rollback)
            tool.deploy("v2")
    tool.wipe()
    return [warm, cold]


def peer_row(bench, lab, peer):
    row = Row(peer.name)
    peer.prepare("v1")
    for target in lab.targets:
        peers.copy("/run/lab/inputs/v2", target.path("/srv/app/releases/v2"))
    for _ in range(bench.rounds):
        peer.switch("v2")
        peers.end_masters()
        take(bench, lab, row, lambda: peer.switch("v1"))
    peer.wipe()
    return row


def take(bench, lab, row, action):
    sample = timed(lab, action)
    assert_current(lab, "/run/lab/inputs/v1/tree")
    row.take(sample)
    bench.say(f"{row.who}: {sample.seconds:.2f} s, {sample.cpu:.1f} CPU s")
