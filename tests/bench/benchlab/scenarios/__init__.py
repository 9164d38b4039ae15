"""The scenarios by name, each a module with a TITLE and run(bench), which yields a Row as soon as it is measured; and what they share."""
import os
import random
import shutil
from pathlib import Path

from .. import lab as labs
from ..host import Failed

# Five regions, by round-trip time in milliseconds.
REGIONS = {"eu-west": 10, "us-east": 40, "us-west": 80, "ap-south": 150, "sa-east": 220}


class Bench:
    """Options, binaries and inputs of this run."""

    def __init__(self, options, brought):
        self.rounds = options.rounds
        self.out = Path(options.out)
        self.only = [name for name in options.tools.split(",") if name]
        self.pair = [Path(path) for path in brought["pair"]]
        self.about = brought["about"]
        tools = labs.ROOT / "bin"
        tools.mkdir(parents=True, exist_ok=True)
        # Out of the way of the hosts' own /root and /tmp.
        self.tools = {name: shutil.copy(os.path.join(brought["bin"], name), tools / name) for name in ("deployctl", "deploy-agent", "wan_link")}

    def wants(self, tool):
        return not self.only or any(tool.startswith(name) for name in self.only)

    def lab(self):
        lab = labs.Lab({name: str(path) for name, path in self.tools.items()})
        lab.log = str(self.out / "commands.log")
        return lab

    def program_inputs(self):
        """v1 and v2: a tree with one large program."""
        for version, path in zip(("v1", "v2"), self.pair):
            tree = labs.ROOT / "inputs" / version / "tree"
            shutil.rmtree(tree.parent, ignore_errors=True)
            tree.mkdir(parents=True)
            shutil.copy(path, tree / "app")
            (tree / "app").chmod(0o755)
            # Peers that go by size and time must see a change.
            os.utime(tree / "app", (1_700_000_000, 1_700_000_000 + 86400 * (version == "v2")))

    def noise(self, megabytes, version="v1", name="app"):
        """A tree of one file that nothing compresses, the same in every run."""
        tree = labs.ROOT / "inputs" / version / "tree"
        shutil.rmtree(tree.parent, ignore_errors=True)
        tree.mkdir(parents=True)
        dice = random.Random(megabytes)
        with open(tree / name, "wb") as file:
            for _ in range(megabytes):
                file.write(dice.randbytes(1_000_000))

    def slices(self, megabytes):
        """v1 and v2: some megabytes out of the middle of the two builds."""
        for version, path in zip(("v1", "v2"), self.pair):
            tree = labs.ROOT / "inputs" / version / "tree"
            shutil.rmtree(tree.parent, ignore_errors=True)
            tree.mkdir(parents=True)
            with open(path, "rb") as file:
                file.seek(path.stat().st_size // 2)
                (tree / "app").write_bytes(file.read(megabytes * 1_000_000))

    def forget_inputs(self):
        shutil.rmtree(labs.ROOT / "inputs", ignore_errors=True)

    def say(self, text):
        print(f"   {text}", flush=True)


def five_regions(lab, targets=4, mbit=200):
    for name, rtt in REGIONS.items():
        lab.add_region(name, targets, rtt_ms=rtt, mbit=mbit)
    lab.ready()


from . import (fat_link, limits, own_cost, push, push_first, relay_memory, resume, rollback, small_files,  # noqa: E402
               thousand, two_hops, wan_bytes)

ALL = {"limits": limits, "push": push, "push-first": push_first, "rollback": rollback, "fat-link": fat_link, "thousand": thousand,
       "small-files": small_files, "wan-bytes": wan_bytes, "two-hops": two_hops, "resume": resume, "relay-memory": relay_memory,
       "own-cost": own_cost}
