"""The scenarios by name, each a module with a TITLE and run(bench) -> [Row]; and what they share."""
import os
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
            if not (tree / "app").exists():
                tree.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, tree / "app")
                (tree / "app").chmod(0o755)

    def say(self, text):
        print(f"   {text}", flush=True)


def five_regions(lab, targets=4, mbit=200):
    for name, rtt in REGIONS.items():
        lab.add_region(name, targets, rtt_ms=rtt, mbit=mbit)
    lab.ready()


from . import push, push_first, rollback  # noqa: E402

ALL = {"push": push, "push-first": push_first, "rollback": rollback}
