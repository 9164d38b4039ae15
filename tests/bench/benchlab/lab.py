"""The lab: namespaces, links and hosts. Everything lives in the harness's own mount, process and network namespace (see
../run), so whatever happens, all of it is gone when the harness ends. /run is a private tmpfs there and holds it all."""
import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

from . import host as hosts
from .link import Link

WORK = "/root/bench"  # on the control host: where plans, inventories and scripts lie
ROOT = Path("/run/lab")
NETNS = Path("/run/netns")

# Set alike in every namespace: windows that hold the longest link's bandwidth-delay product, cubic (BBR stalls on a link
# whose clock is a program), and no memory of earlier connections.
SYSCTLS = {
    "net/ipv4/tcp_congestion_control": "cubic",
    "net/ipv4/tcp_rmem": "4096 131072 67108864",
    "net/ipv4/tcp_wmem": "4096 65536 67108864",
    "net/ipv4/tcp_no_metrics_save": "1",
    "net/ipv4/ip_local_port_range": "10000 65000",
    "net/core/somaxconn": "4096",
}


class Region:
    def __init__(self, number, name, link, relay, targets):
        self.number, self.name, self.link, self.relay, self.targets = number, name, link, relay, targets


class Lab:
    """`with Lab(tools) as lab: lab.add_region(...)`."""

    def __init__(self, tools):
        self.tools = tools          # binaries by name: deployctl, deploy-agent, wan_link
        self.regions = []
        self.links = []
        self.control = None

    def __enter__(self):
        ROOT.mkdir(exist_ok=True)
        NETNS.mkdir(exist_ok=True)
        Path("/run/sshd").mkdir(exist_ok=True)
        self._make_keys()
        self.add_namespace("control", [])
        address("control", "10.100.0.1/32")
        self.control = hosts.Host("control", "control", "10.100.0.1")
        self.control.start()
        self.control.give_keys()
        return self

    def __exit__(self, *_):
        for region in self.regions:
            for one in [region.relay, *region.targets]:
                if one:
                    one.stop()
        for link in self.links:
            link.stop()
        if self.control:
            self.control.stop()
        kill_agents()
        for name in os.listdir(NETNS):
            subprocess.run(["ip", "netns", "del", name], check=False)
        shutil.rmtree(ROOT / "hosts", ignore_errors=True)
        for status in ROOT.glob("link-*"):
            status.unlink()

    @property
    def targets(self):
        return [target for region in self.regions for target in region.targets]

    @property
    def relays(self):
        return [region.relay for region in self.regions if region.relay]

    def add_namespace(self, name, local):
        subprocess.run(["ip", "netns", "add", name], check=True)
        ip(name, "link", "set", "lo", "up")
        for prefix in local:
            ip(name, "route", "add", "local", prefix, "dev", "lo")
        writes = " && ".join(f"echo '{value}' > /proc/sys/{key}" for key, value in SYSCTLS.items())
        subprocess.run(["nsenter", f"--net={NETNS}/{name}", "sh", "-c", writes], check=True)

    def add_link(self, number, a, b, a_source, b_source, a_routes, b_routes, **terms):
        """A link between namespaces a and b; routes name what each side reaches over it, from which address."""
        link = Link(self.tools["wan_link"], number, a, b, **terms)
        link.start(ROOT / f"link-{number}")
        for netns, device, routes, source in ((a, link.dev_a, a_routes, a_source), (b, link.dev_b, b_routes, b_source)):
            ip(netns, "link", "set", device, "up", "txqueuelen", "10000", "mtu", "1500")
            for route in routes:
                ip(netns, "route", "add", route, "dev", device, "src", source)
        self.links.append(link)
        return link

    def add_region(self, name, targets, rtt_ms, mbit, relay=True, **terms):
        """A region behind a link of its own; its hosts share the region's namespace and differ in address."""
        n = len(self.regions) + 1
        net = f"10.{100 + n}"
        self.add_namespace(name, [f"{net}.0.0/16"])
        link = self.add_link(n, "control", name, "10.100.0.1", f"{net}.0.1", [f"{net}.0.0/16"], ["10.100.0.1/32"],
                             rtt_ms=rtt_ms, mbit=mbit, **terms)
        relay_host = hosts.Host(f"{name}-relay", name, f"{net}.0.1") if relay else None
        made = [hosts.Host(f"{name}-{i + 1}", name, f"{net}.{1 + i // 200}.{1 + i % 200}") for i in range(targets)]
        if relay_host:
            relay_host.start_sshd()
            relay_host.give_keys()
        for one in made:
            one.start_sshd()
        region = Region(n, name, link, relay_host, made)
        self.regions.append(region)
        return region

    def place_agents(self):
        """The agent is on every host already, one file for all of them."""
        digest = hashlib.sha256(Path(self.tools["deploy-agent"]).read_bytes()).hexdigest()
        for one in [*self.relays, *self.targets]:
            folder = one.path("/root/.cache/deployctl/agents")
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / digest).exists():
                os.link(self.tools["deploy-agent"], folder / digest)

    def ready(self):
        """Waits until every sshd answers, and tells everybody everybody's host key."""
        everyone = [h for h in [*self.relays, *self.targets]]
        key = (ROOT / "host_key.pub").read_text().split()[:2]
        (ROOT / "known_hosts").write_text("".join(f"{h.address} {' '.join(key)}\n" for h in everyone))
        for one in everyone:
            one.wait_until_ready()

    def wan(self):
        """What the links have carried so far, towards the regions."""
        return {link.number: link.counters() for link in self.links}

    def _make_keys(self):
        for name in ("host_key", "key"):
            if not (ROOT / name).exists():
                subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(ROOT / name)], check=True)


def ip(netns, *words):
    subprocess.run(["ip", "-n", netns, *words], check=True)


def address(netns, prefix):
    ip(netns, "addr", "add", prefix, "dev", "lo")


def agents_of(host):
    """The agents that run on this host, by its mount namespace."""
    own, found = os.readlink(f"/proc/{host.process.pid}/ns/mnt"), []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/ns/mnt") == own and "/deployctl/agents/" in os.readlink(f"/proc/{pid}/exe"):
                found.append(int(pid))
        except OSError:
            pass
    return found


def kill_agents():
    """Ends relays, agents and the control host's link keeper, so that the next run begins as cold as the first."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            program = os.readlink(f"/proc/{pid}/exe")
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
            if "/deployctl/agents/" in program or b"--keep-links" in words:
                os.kill(int(pid), 9)
        except OSError:
            pass


def busy_seconds():
    """CPU seconds of the lab so far, and of the whole machine. The lab has a control group of its own (see main.py)."""
    words = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    user, nice, system, _idle, _iowait, irq, softirq = (int(word) for word in words[1:8])
    machine = (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
    group = os.environ.get("DEPLOYCTL_BENCH_GROUP")
    if not group:
        return machine, machine
    return int(Path(group, "cpu.stat").read_text().split()[1]) / 1e6, machine


def wait_for(done, seconds, what):
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} did not happen within {seconds} s")
        time.sleep(0.01)
