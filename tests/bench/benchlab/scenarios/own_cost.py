"""What deployctl itself costs: starting, and the arithmetic of a fleet of 100,000."""
import os
import subprocess
import sys

from .. import lab as labs
from ..measure import Row

TITLE = "deployctl by itself: time and memory"
PLAN = """\
service: app
fleet: fleet.yaml
build: {repo: repo, artifact: [{from: app}]}
release: {deploy_to: /srv/app}
"""


def run(bench):
    program = str(bench.tools["deployctl"])
    work = labs.ROOT / "own"
    work.mkdir(exist_ok=True)
    (work / "deploy.yaml").write_text(PLAN)
    yield measure(bench, Row("deployctl --version"), [program, "--version"], work, times=4 * bench.rounds)
    for who, fleet in (("100,000 targets as ranges", ranges()), ("100,000 targets one by one", one_by_one())):
        (work / "fleet.yaml").write_text(fleet)
        yield measure(bench, Row(f"plan --offline, {who}"), [program, "plan", "deploy.yaml", "--offline"], work, times=bench.rounds)


def ranges():
    regions = [f"  r{r}:\n    targets: [{{host: \"10.{r}.[0-39].[1-250]\"}}]\n" for r in range(10)]
    return "known_hosts: known_hosts\nregions:\n" + "".join(regions)


def one_by_one():
    lines = ["known_hosts: known_hosts", "regions:"]
    for r in range(10):
        lines += [f"  r{r}:", "    targets:"]
        lines += [f"      - {{host: 10.{r}.{a}.{b}, labels: {{role: web}}}}" for a in range(40) for b in range(1, 251)]
    return "\n".join(lines) + "\n"


# In a small process of its own: a child's peak begins with its parent's, and after other scenarios this one is large.
WATCH = """import resource, subprocess, sys, time
begin = time.monotonic()
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
print(time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""


def measure(bench, row, argv, work, times):
    for _ in range(times):
        watched = subprocess.run([sys.executable, "-S", "-c", WATCH, *argv], cwd=work, capture_output=True, text=True,
                                 env={"HOME": str(work), "PATH": os.environ["PATH"]})
        if watched.returncode != 0:
            raise RuntimeError(f"{' '.join(argv)}: exit {watched.returncode}: {watched.stderr[:300]}")
        seconds, peak = watched.stdout.split()
        row.add("seconds", float(seconds)).add("peak MB", int(peak) / 1000)
    bench.say(f"{row.who}: {row.median('seconds'):.4f} s, {row.median('peak MB'):.0f} MB")
    return row
