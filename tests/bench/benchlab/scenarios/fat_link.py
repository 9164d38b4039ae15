"""A gigabyte that nothing compresses over a long fast link, logins apart: how much of the link is used. The peers' one
connection and iperf3's eight beside it."""
import subprocess

from ..deployctl import Deployctl, assert_current
from ..measure import Flow, Row, timed
from .limits import finish_iperf, start_iperf

TITLE = "1 GB over 150 ms at 300 Mbit/s, logins apart: rate on the link"
MEGABYTES, LOSSY_MEGABYTES = 1000, 200


def run(bench):
    for loss, megabytes, words in ((0.0, MEGABYTES, ""), (0.001, LOSSY_MEGABYTES, ", 0.1% loss")):
        bench.noise(megabytes)
        with bench.lab() as lab:
            lab.add_region("far", 1, rtt_ms=150, mbit=300, loss=loss)
            lab.ready()
            lab.place_agents()
            measured = []
            if bench.wants("deployctl"):
                measured.append(deployctl_row(bench, lab, f"deployctl{words}"))
            measured.append(iperf_row(bench, lab, f"iperf3 -P 8{words}", megabytes))
            if bench.wants("rsync"):
                measured.append(rsync_row(bench, lab, f"rsync -W, one connection{words}"))
            limit = measured[1 if bench.wants("deployctl") else 0].median("Mbit/s")
            for row in measured:
                row.add("of iperf3", row.median("Mbit/s") / limit)
            yield from measured
    bench.forget_inputs()


def deployctl_row(bench, lab, who):
    tool, row = Deployctl(lab, versions=("v1",)), Row(who)
    tool.build("v1")
    tool.deploy("v1")                       # makes the payload; the rounds find it
    for _ in range(bench.rounds):
        tool.forget("v1")
        lab.targets[0].wipe("/srv/app")
        measure(bench, lab, row, lambda: tool.deploy("v1"))
        assert_current(lab, "/run/lab/inputs/v1/tree")
    tool.wipe()
    return row


def rsync_row(bench, lab, who):
    row, relay = Row(who), lab.relays[0]
    for _ in range(bench.rounds):
        measure(bench, lab, row, lambda: lab.control.run(["rsync", "-aW", "/run/lab/inputs/v1/", f"{relay.address}:/srv/copy/"]))
        relay.wipe("/srv/copy")
    return row


def iperf_row(bench, lab, who, megabytes):
    row, relay = Row(who), lab.relays[0]
    for _ in range(bench.rounds):
        server = relay.start_command(["iperf3", "-s", "-1", "-B", relay.address], stdout=subprocess.DEVNULL)
        measure(bench, lab, row, lambda: finish_iperf(start_iperf(lab.control, relay, 8, 0, megabytes * 1_000_000)))
        server.kill()
        server.wait()
    return row


def measure(bench, lab, row, action):
    with Flow(lab.links[0]) as flow:
        sample = timed(lab, action)
    row.disturbed(sample).add("Mbit/s", flow.mbit()).add("seconds in all", sample.seconds).add("cpu seconds", sample.cpu)
    way = sample.wan[1]
    bench.say(f"{row.who}: {flow.mbit():.0f} Mbit/s, {sample.seconds:.1f} s in all, {sample.cpu:.1f} CPU s, {way['drops']} dropped, {way['lost']} lost")
