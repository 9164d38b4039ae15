"""One wide-area link: a wan_link process and the counters that it shares."""
import mmap
import struct
import subprocess
from collections import namedtuple

from . import lab

Counters = namedtuple("Counters", "packets ip_bytes tcp_bytes tcp_fresh queue_drops lost")
WAY = struct.Struct("6Q")


class Link:
    def __init__(self, program, number, a, b, rtt_ms, mbit, loss=0.0, queue_ms=100, seed=1):
        self.program, self.number, self.a, self.b = program, number, a, b
        self.rtt_ms, self.mbit, self.loss, self.queue_ms, self.seed = rtt_ms, mbit, loss, queue_ms, seed
        self.dev_a, self.dev_b = f"wan{number}", f"home{number}"
        self.process = None

    def start(self, status):
        self.process = subprocess.Popen([
            self.program, "--ns-a", f"/run/netns/{self.a}", "--dev-a", self.dev_a, "--ns-b", f"/run/netns/{self.b}",
            "--dev-b", self.dev_b, "--status", str(status), "--mbit", str(self.mbit), "--delay-ms", str(self.rtt_ms / 2),
            "--loss", str(self.loss), "--queue-ms", str(self.queue_ms), "--seed", str(self.seed)])
        lab.wait_for(lambda: status.exists() and status.stat().st_size >= 16 + 2 * WAY.size, 5, f"link {self.number}")
        with open(status, "r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 16 + 2 * WAY.size)
        lab.wait_for(lambda: struct.unpack_from("Q", self.shared, 0)[0] == 1, 5, f"link {self.number}'s devices")

    def counters(self, way=0):
        """Way 0 is towards the region, 1 is back."""
        return Counters(*WAY.unpack_from(self.shared, 16 + way * WAY.size))

    def cut(self, cut=True):
        struct.pack_into("Q", self.shared, 8, int(cut))

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
