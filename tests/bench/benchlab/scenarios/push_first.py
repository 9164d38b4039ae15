"""The first deploy ever: no base anywhere, and of deployctl not even its agents."""
from .. import lab as labs
from .. import peers
from ..deployctl import Deployctl, assert_current
from ..measure import Row, timed
from . import five_regions

TITLE = "the same program to hosts that have nothing yet, deployctl's agents included"


def run(bench):
    bench.program_inputs()
    with bench.lab() as lab:
        five_regions(lab)
        if bench.wants("deployctl"):
            row = Row("deployctl, coding and agents included")
            for _ in range(bench.rounds):
                tool = Deployctl(lab)
                tool.build("v1")
                measure(bench, lab, row, lambda: tool.deploy("v1"))
                tool.wipe()
                lab.control.wipe(labs.WORK)
            yield row
        for kind in peers.ALL:
            if not bench.wants(kind.name):
                continue
            peer, row = kind(lab), Row(kind.name)
            for _ in range(bench.rounds):
                peer.prepare(None)
                measure(bench, lab, row, lambda: peer.push("v1"))
                peer.wipe()
            yield row


def measure(bench, lab, row, action):
    sample = timed(lab, action)
    assert_current(lab, "/run/lab/inputs/v1/tree")
    row.take(sample)
    bench.say(f"{row.who}: {sample.seconds:.2f} s, {sample.wan_mb():.1f} MB, {sample.cpu:.1f} CPU s")
