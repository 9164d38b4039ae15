"""The most memory that a region's relay has held, its agent's background process, while what nothing compresses goes to all of the
region's targets at once."""
from pathlib import Path

from .. import lab as labs
from ..deployctl import Deployctl, assert_current
from ..measure import Row, timed

TITLE = "200 MB over 40 ms at 300 Mbit/s to 24 targets of a region: the relay's memory"


def run(bench):
    bench.noise(200)
    with bench.lab() as lab:
        lab.add_region("one", 24, rtt_ms=40, mbit=300)
        lab.ready()
        lab.place_agents()
        yield measure(bench, lab, Row("deployctl"))
    bench.forget_inputs()


def measure(bench, lab, row):
    tool = Deployctl(lab, versions=("v1",))
    tool.build("v1")
    for _ in range(bench.rounds):
        sample = timed(lab, lambda: tool.deploy("v1"))
        assert_current(lab, "/run/lab/inputs/v1/tree")
        peak = max(peak_bytes(pid) for pid in labs.agents_of(lab.relays[0])) / 1e6
        row.disturbed(sample).add("seconds", sample.seconds).add("cpu seconds", sample.cpu).add("peak MB", peak)
        bench.say(f"{row.who}: {sample.seconds:.1f} s, {sample.cpu:.1f} CPU s, relay {peak:.0f} MB")
        tool.forget("v1")
        for target in lab.targets:
            target.wipe("/srv/app")
    return row


def peak_bytes(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
