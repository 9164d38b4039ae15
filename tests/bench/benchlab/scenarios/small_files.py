"""Twenty thousand small files of which one in a hundred changed: time, and what is newly on a target's disk when it is done.
Everybody logs in anew, but where a row says that it is warm: a deploy came before it, and has left its logins as any does."""
import os
import random
import shutil
import subprocess

from .. import lab as labs
from .. import peers
from ..deployctl import Deployctl, assert_current
from ..measure import Row, timed

TITLE = "20,000 small files, 1% changed, to 4 targets over 40 ms at 200 Mbit/s"
FILES, CHANGED = 20_000, 200


def run(bench):
    changed = make_inputs()
    with bench.lab() as lab:
        lab.add_region("one", 4, rtt_ms=40, mbit=200)
        lab.ready()
        lab.place_agents()
        if bench.wants("deployctl"):
            yield from deployctl_rows(bench, lab, changed)
        for kind in (RsyncLinkDest, peers.ExpertRelay):
            if bench.wants(kind.name):
                yield peer_row(bench, lab, kind(lab), changed)
    bench.forget_inputs()


class RsyncLinkDest(peers.ParallelRsync):
    """rsync -a --link-dest to each target, four at once, and the switch."""
    name = "rsync -a --link-dest"

    def push(self, version):
        self.run(["parallel-rsync", "-h", self.hosts, "-p", "64", "-t", "0", "-a", "-x", f"--link-dest=/srv/app/releases/{self.base}/",
                  f"/run/lab/inputs/{version}/", f"/srv/app/releases/{version}/"])
        self.switch(version)


def make_inputs():
    dice, first = random.Random(1), labs.ROOT / "inputs/v1/tree"
    shutil.rmtree(labs.ROOT / "inputs", ignore_errors=True)
    for i in range(FILES):
        folder = first / f"part{i % 200}"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"file{i}.txt"
        file.write_text(" ".join(f"{dice.randrange(1 << 20):x}" for _ in range(dice.randrange(20, 1000))))
        os.utime(file, (1_700_000_000, 1_700_000_000))
    subprocess.run(["cp", "-a", labs.ROOT / "inputs/v1", labs.ROOT / "inputs/v2"], check=True)
    changed = 0
    for i in dice.sample(range(FILES), CHANGED):
        file = labs.ROOT / f"inputs/v2/tree/part{i % 200}/file{i}.txt"
        file.write_text(file.read_text() + " changed")
        changed += file.stat().st_size
    return changed


def deployctl_rows(bench, lab, changed):
    tool, warm, cold = Deployctl(lab), Row("deployctl, warm"), Row("deployctl")
    tool.build("v1")
    tool.build("v2")
    tool.deploy("v1")
    tool.deploy("v2")                       # makes the payload; the rounds find it
    tool.rollback()
    for _ in range(bench.rounds):
        for row in (warm, cold):
            tool.forget("v2")
            if row is warm:
                tool.deploy("v1")           # runs already: nothing but the logins is left of it
            measure(bench, lab, row, changed, lambda: tool.deploy("v2"))
            tool.rollback()
    tool.wipe()
    return [warm, cold]


def peer_row(bench, lab, peer, changed):
    row = Row(peer.name)
    peer.prepare("v1")
    for _ in range(bench.rounds):
        peer.forget("v2")
        measure(bench, lab, row, changed, lambda: peer.push("v2"))
        peer.switch("v1")
    peer.wipe()
    return row


def measure(bench, lab, row, changed, action):
    before = inodes(lab.targets[0])
    sample = timed(lab, action)
    new = sum(size for inode, size in inodes(lab.targets[0]).items() if before.get(inode) != size)
    assert_current(lab, "/run/lab/inputs/v2/tree")
    row.take(sample).add("new MB on a target", new / 1e6).add("x changed bytes", new / changed)
    bench.say(f"{row.who}: {sample.seconds:.2f} s, {sample.cpu:.1f} CPU s, {new / 1e6:.2f} MB new on a target, {changed / 1e6:.2f} MB changed")


def inodes(host):
    """Every file of a host by its inode, with its size."""
    found = {}
    for base, _, files in os.walk(host.dir):
        for name in files:
            status = os.lstat(os.path.join(base, name))
            found[status.st_ino] = status.st_size
    return found
