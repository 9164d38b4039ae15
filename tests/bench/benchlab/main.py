"""The command line: outside, what needs the machine (root, packages, a build, inputs); inside the private namespaces, the
scenarios one after another."""
import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from . import inputs, report, scenarios

BENCH = Path(__file__).resolve().parent.parent
SOURCE = BENCH.parent.parent
INSIDE = "DEPLOYCTL_BENCH_INSIDE"
PROGRAMS = {"ansible-playbook": "ansible", "parallel-rsync": "pssh", "parallel-ssh": "pssh", "clush": "clustershell", "rsync": "rsync",
            "iperf3": "iperf3", "sshd": "openssh-server", "ip": "iproute2", "nsenter": "util-linux", "unshare": "util-linux",
            "openssl": "openssl", "git": "git", "ssh-keygen": "openssh-client"}


def main(words):
    options = parse(words)
    if options.list:
        for name, scenario in scenarios.ALL.items():
            print(f"{name:14} {scenario.TITLE}")
        return 0
    if os.environ.get(INSIDE):
        return inside(options)
    return outside(options, words)


def parse(words):
    parser = argparse.ArgumentParser(prog="tests/bench/run", description="deployctl beside its peers in a lab of five regions")
    parser.add_argument("scenario", nargs="*", help="which; default: all")
    parser.add_argument("--list", action="store_true", help="name the scenarios")
    parser.add_argument("--rounds", type=int, default=5, help="how often each thing is measured; the median counts (default 5)")
    parser.add_argument("--out", default="build-bench/results", help="where table, JSON and plot go (default build-bench/results)")
    parser.add_argument("--build", default=str(SOURCE / "build-bench"), help="build folder (default build-bench)")
    parser.add_argument("--no-build", action="store_true", help="take what the build folder has")
    parser.add_argument("--pair", nargs=2, metavar=("OLD", "NEW"), help="two builds of a program to deploy, instead of Debian's")
    parser.add_argument("--tools", default="", help="only these tools, by comma")
    parser.add_argument("--readme", action="store_true", help="put the tables into tests/bench/README.md")
    options = parser.parse_args(words)
    unknown = [name for name in options.scenario if name not in scenarios.ALL]
    if unknown:
        parser.error(f"no scenario {unknown[0]}; there are {', '.join(scenarios.ALL)}")
    options.scenario = options.scenario or list(scenarios.ALL)
    options.out = str(Path(options.out).resolve())
    return options


def outside(options, words):
    if os.geteuid() != 0:
        return refuse("network namespaces, TUN devices and mounts need root: run it with sudo")
    if not os.path.exists("/dev/net/tun"):
        return refuse("there is no /dev/net/tun: the links between the regions are made of it")
    missing = sorted({package for program, package in PROGRAMS.items() if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin")})
    if missing:
        return refuse(f"packages are missing: {' '.join(missing)}; tests/bench/setup installs them")
    build = Path(options.build).resolve()
    if not options.no_build:
        build_all(build)
    for program in ("deployctl", "deploy-agent", "wan_link"):
        if not (build / "bin" / program).exists():
            return refuse(f"{build}/bin has no {program}")
    allow_cubic()
    Path(options.out).mkdir(parents=True, exist_ok=True)
    pair = inputs.pair(options.pair)
    bring = json.dumps({"pair": [str(path) for path in pair.paths], "about": pair.about, "bin": str(build / "bin")})
    command = ["unshare", "--mount", "--propagation", "private", "--net", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc",
               "sh", "-c", 'mount -t tmpfs -o size=80% bench /run && "$@"; exit $?', "sh", sys.executable, str(BENCH / "run"), *words]
    group = control_group()
    child = subprocess.Popen(command, env={**os.environ, INSIDE: bring, "DEPLOYCTL_BENCH_GROUP": group}, preexec_fn=lambda: enter(group))
    # The whole process namespace dies with its first process, so nothing outlives an interruption.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return child.wait()
    except KeyboardInterrupt:
        return 130
    finally:
        child.kill()
        child.wait()
        leave(group)


def control_group():
    """A group of our own, to tell the lab's CPU time from everybody else's; empty where there is none to be had."""
    mount = re.search(r"^\S+ (\S+) cgroup2 ", Path("/proc/mounts").read_text(), re.MULTILINE)
    if not mount:
        return ""
    group = Path(mount[1]) / f"deployctl-bench-{os.getpid()}"
    try:
        group.mkdir()
        (group / "cpu.stat").read_text()
    except OSError:
        return ""
    return str(group)


def enter(group):
    if group:
        Path(group, "cgroup.procs").write_text("0")


def leave(group):
    for _ in range(50):
        try:
            return os.rmdir(group) if group else None
        except OSError:     # the last of its processes are just ending
            time.sleep(0.1)


def allow_cubic():
    """A namespace of one's own may only choose among what the machine allows to everyone. The one thing that outlives a run."""
    allowed = Path("/proc/sys/net/ipv4/tcp_allowed_congestion_control")
    if "cubic" not in allowed.read_text().split():
        allowed.write_text(allowed.read_text().strip() + " cubic")


def build_all(build):
    print(f"building in {build}", flush=True)
    quiet = {"stdout": subprocess.DEVNULL}
    subprocess.run(["cmake", "-S", SOURCE, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DDEPLOYCTL_TESTS=OFF"], check=True, **quiet)
    subprocess.run(["cmake", "--build", build, "--target", "deployctl", "deploy-agent"], check=True, **quiet)
    subprocess.run(["g++", "-std=c++20", "-O2", "-Wall", "-o", build / "bin/wan_link", BENCH / "wan_link.cpp"], check=True)


def inside(options):
    brought = json.loads(os.environ[INSIDE])
    bench = scenarios.Bench(options, brought)
    results = report.Results(Path(options.out), options.rounds, brought["about"])
    failed = False
    for name in options.scenario:
        print(f"\n== {name}: {scenarios.ALL[name].TITLE}", flush=True)
        rows, why = [], None
        try:
            for row in scenarios.ALL[name].run(bench):
                rows.append(row)
        except Exception as problem:  # one row's failure leaves those before it, and the other scenarios
            failed, why = True, str(problem) or type(problem).__name__
            print(f"{name} failed: {problem}", file=sys.stderr, flush=True)
            if not isinstance(problem, (RuntimeError, scenarios.Failed)):
                import traceback
                traceback.print_exc()
        results.add(name, scenarios.ALL[name].TITLE, rows, why)
        results.write()
    if options.readme:
        results.into(BENCH / "README.md")
    print(f"\n{results.markdown()}\n\nwritten to {options.out}")
    return 1 if failed else 0


def refuse(why):
    print(f"tests/bench/run: {why}", file=sys.stderr)
    return 2
