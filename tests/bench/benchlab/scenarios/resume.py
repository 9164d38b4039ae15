"""Something dies when half of the payload is over the link: how much is sent again until every target has it. deployctl is run again
where it was what died, or where it gave up."""
import contextlib
import os
import signal
import time

from .. import lab as labs
from ..deployctl import Deployctl, assert_current
from ..measure import Row

TITLE = "100 MB over 40 ms at 100 Mbit/s, and something dies at 50%: bytes sent again"


def run(bench):
    bench.noise(100)
    for who, strike in (("deployctl is killed", kill_deployctl), ("the relay's agent is killed", kill_relay), ("the link is dead for 10 s", cut_link)):
        with bench.lab() as lab:
            lab.add_region("one", 2, rtt_ms=40, mbit=100)
            lab.ready()
            lab.place_agents()
            yield measure(bench, lab, Row(who), strike)
    bench.forget_inputs()


def measure(bench, lab, row, strike):
    tool = Deployctl(lab, versions=("v1",))
    tool.build("v1")
    tool.deploy("v1")
    payload = max(tool.payload_bytes().values())
    for _ in range(bench.rounds):
        tool.forget("v1")
        for target in lab.targets:
            target.wipe("/srv/app")
        sent, begin = lab.links[0].counters().tcp_fresh, time.monotonic()
        process = lab.control.start_command(tool.argv("deploy", "deploy.yaml", "--ref", "v1", "--yes"), cwd=labs.WORK, env=tool.environment(),
                                            stdout=open(lab.log, "a"), stderr=open(lab.log, "a"))
        labs.wait_for(lambda: lab.links[0].counters().tcp_fresh - sent > payload / 2, 120, "half of the payload")
        strike(lab, process)
        code, runs = process.wait(), 1
        while code != 0 and runs < 5:
            runs += 1
            code = tool.run("deploy", "deploy.yaml", "--ref", "v1", "--yes", check=False).returncode
        if code != 0:
            raise RuntimeError(f"{row.who}: still exit {code} after {runs} runs")
        assert_current(lab, "/run/lab/inputs/v1/tree")
        again = (lab.links[0].counters().tcp_fresh - sent - payload) / payload
        row.add("sent again", again).add("seconds in all", time.monotonic() - begin).add("runs", runs)
        bench.say(f"{row.who}: {again:.1%} sent again, {runs} run(s), {time.monotonic() - begin:.1f} s in all")
    return row


def kill_deployctl(lab, process):
    process.kill()


def kill_relay(lab, process):
    for pid in labs.agents_of(lab.relays[0]):
        with contextlib.suppress(ProcessLookupError):  # fronts end with the relay behind them
            os.kill(pid, signal.SIGKILL)


def cut_link(lab, process):
    lab.links[0].cut()
    time.sleep(10)
    lab.links[0].cut(False)
