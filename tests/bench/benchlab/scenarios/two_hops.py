"""Control host, relay and target with a link on either side of the relay: as fast as the slower hop alone? The relay hands a chunk on
while the next ones still come in."""
from .. import host as hosts
from .. import lab as labs
from ..deployctl import Deployctl, assert_current
from ..measure import Row, timed

TITLE = "200 MB over two hops (80 ms at 200 Mbit/s, then 20 ms at 100 Mbit/s) beside the slower hop alone"


def run(bench):
    bench.noise(200)
    for build, who in ((two_hops, "deployctl, two hops"), (one_hop, "deployctl, the slower hop alone")):
        with bench.lab() as lab:
            build(lab)
            lab.ready()
            lab.place_agents()
            yield measure(bench, lab, Row(who))
    bench.forget_inputs()


def two_hops(lab):
    region = lab.add_region("middle", 0, rtt_ms=80, mbit=200)
    lab.add_namespace("edge", ["10.120.0.0/16"])
    lab.add_link(2, "middle", "edge", region.relay.address, "10.120.1.1", ["10.120.0.0/16"], [f"{region.relay.address}/32"], rtt_ms=20, mbit=100)
    target = hosts.Host("edge-1", "edge", "10.120.1.1")
    target.start_sshd()
    region.targets.append(target)


def one_hop(lab):
    lab.add_region("edge", 1, rtt_ms=20, mbit=100, relay=False)


def measure(bench, lab, row):
    tool = Deployctl(lab, versions=("v1",))
    tool.build("v1")
    tool.deploy("v1")
    for _ in range(bench.rounds):
        tool.forget("v1")
        lab.targets[0].wipe("/srv/app")
        labs.kill_agents()
        sample = timed(lab, lambda: tool.deploy("v1"))
        assert_current(lab, "/run/lab/inputs/v1/tree")
        row.disturbed(sample).add("seconds", sample.seconds).add("cpu seconds", sample.cpu)
        bench.say(f"{row.who}: {sample.seconds:.2f} s")
    return row
