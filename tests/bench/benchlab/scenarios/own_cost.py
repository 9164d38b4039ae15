"""What deployctl itself costs: starting, and the arithmetic of a fleet of 100,000."""
import os
import subprocess
import time

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
    rows = [measure(bench, Row("deployctl --version"), [program, "--version"], work, times=4 * bench.rounds)]
    for who, fleet in (("100,000 targets as ranges", ranges()), ("100,000 targets one by one", one_by_one())):
        (work / "fleet.yaml").write_text(fleet)
        rows.append(measure(bench, Row(f"plan --offline, {who}"), [program, "plan", "deploy.yaml", "--offline"], work, times=bench.rounds))
    return rows


def ranges():
    regions = [f"  r{r}:\n    targets: [{{host: \"10.{r}.[0-39].[1-250]\"}}]\n" for r in range(10)]
    return "known_hosts: known_hosts\nregions:\n" + "".join(regions)


def one_by_one():
    lines = ["known_hosts: known_hosts", "regions:"]
    for r in range(10):
        lines += [f"  r{r}:", "    targets:"]
        lines += [f"      - {{host: 10.{r}.{a}.{b}, labels: {{role: web}}}}" for a in range(40) for b in range(1, 251)]
    return "\n".join(lines) + "\n"


def measure(bench, row, argv, work, times):
    for _ in range(times):
        begin = time.monotonic()
        process = subprocess.Popen(argv, cwd=work, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   env={"HOME": str(work), "PATH": os.environ["PATH"]})
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(argv)}: exit {process.returncode}: {errors.decode(errors='replace')[:300]}")
        row.add("seconds", seconds).add("peak MB", usage.ru_maxrss / 1000)
    bench.say(f"{row.who}: {row.median('seconds'):.4f} s, {row.median('peak MB'):.0f} MB")
    return row
