"""What the machine and the links can do at most, to read the other figures by."""
import json
import os
import re
import subprocess
import tempfile
import time

from .. import lab as labs
from ..measure import Row
from . import five_regions

TITLE = "the limits beside it"


def run(bench):
    with bench.lab() as lab:
        five_regions(lab, targets=1)
        for region in lab.regions:
            row = Row(f"link to {region.name}, {region.link.rtt_ms} ms, {region.link.mbit} Mbit/s: iperf3 -P 8", "Mbit/s")
            yield told(bench, row.add("value", iperf(lab.control, region.relay)))
        yield told(bench, Row("all five links at once: iperf3 -P 2 each", "Mbit/s").add("value", together(lab)))
        yield told(bench, Row("ssh, loopback, one connection (aes128-gcm)", "MB/s").add("value", ssh_rate(lab)))
    for name in ("aes-128-gcm", "aes-128-ctr", "sha256"):
        yield told(bench, Row(f"openssl speed {name}, one core", "MB/s").add("value", openssl(name)))
    yield told(bench, Row("tmpfs, written", "MB/s").add("value", disk_rate(labs.ROOT)))
    yield told(bench, Row("disk, written and synced", "MB/s").add("value", disk_rate("/var/tmp")))


def told(bench, row):
    bench.say(f"{row.who}: {row.median('value'):.0f} {row.note}")
    return row


def iperf(client, server, streams=8, seconds=5, amount=None):
    """Mbit/s that arrive."""
    listening = server.start_command(["iperf3", "-s", "-1", "-B", server.address], stdout=subprocess.DEVNULL)
    try:
        return finish_iperf(start_iperf(client, server, streams, seconds, amount))
    finally:
        listening.kill()
        listening.wait()


def start_iperf(client, server, streams, seconds, amount=None):
    time.sleep(0.3)
    much = ["-n", str(amount)] if amount else ["-t", str(seconds)]
    return client.start_command(["iperf3", "-J", "-c", server.address, "-P", str(streams), *much], stdout=subprocess.PIPE, text=True)


def finish_iperf(process):
    said = json.loads(process.communicate()[0])
    if "error" in said:
        raise RuntimeError(f"iperf3: {said['error']}")
    return said["end"]["sum_received"]["bits_per_second"] / 1e6


def together(lab):
    servers = [relay.start_command(["iperf3", "-s", "-1", "-B", relay.address], stdout=subprocess.DEVNULL) for relay in lab.relays]
    clients = [start_iperf(lab.control, relay, 2, 5) for relay in lab.relays]
    try:
        return sum(finish_iperf(client) for client in clients)
    finally:
        for server in servers:
            server.kill()
            server.wait()


def ssh_rate(lab):
    relay, amount = lab.relays[0], 1_000_000_000
    begin = time.monotonic()
    relay.run(["sh", "-c", f"head -c {amount} /dev/zero | ssh {lab.regions[0].targets[0].address} 'cat > /dev/null'"])
    return amount / 1e6 / (time.monotonic() - begin)


def openssl(name):
    said = subprocess.run(["openssl", "speed", "-seconds", "1", "-bytes", "16384", "-evp", name], capture_output=True, text=True).stdout
    return float(re.findall(r"([\d.]+)k", said)[-1]) / 1000


def disk_rate(folder, megabytes=512):
    block = os.urandom(1_000_000)
    with tempfile.TemporaryFile(dir=folder) as file:
        begin = time.monotonic()
        for _ in range(megabytes):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
        return megabytes / (time.monotonic() - begin)
