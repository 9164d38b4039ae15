"""One measured run: wall time, CPU of the lab, how much of the machine others took meanwhile, and what each link carried
towards the regions."""
import os
import statistics
import threading
import time

from . import lab


class Sample:
    def __init__(self, seconds, cpu, others, wan):
        self.seconds, self.cpu, self.others, self.wan = seconds, cpu, others, wan

    def wan_mb(self):
        return sum(one["ip"] for one in self.wan.values()) / 1e6


def timed(a_lab, action):
    before, busy, begin = a_lab.wan(), lab.busy_seconds(), time.monotonic()
    action()
    seconds = time.monotonic() - begin
    own, machine = (after - before for after, before in zip(lab.busy_seconds(), busy))
    others = max(0.0, machine - own) / seconds / os.cpu_count()
    after = a_lab.wan()
    wan = {number: {"ip": after[number].ip_bytes - before[number].ip_bytes,
                    "tcp": after[number].tcp_bytes - before[number].tcp_bytes,
                    "fresh": after[number].tcp_fresh - before[number].tcp_fresh,
                    "drops": after[number].queue_drops - before[number].queue_drops,
                    "lost": after[number].lost - before[number].lost} for number in after}
    return Sample(seconds, own, others, wan)


def median(values):
    return statistics.median(values) if values else None


class Row:
    """A line of a scenario's table: who, and figures by name, each a list with one value a round."""

    def __init__(self, who, note=""):
        self.who, self.note, self.figures, self.others = who, note, {}, []

    def add(self, name, value):
        self.figures.setdefault(name, []).append(value)
        return self

    def take(self, sample, name="seconds"):
        self.add(name, sample.seconds)
        self.add("cpu seconds", sample.cpu)
        self.add("WAN MB", sample.wan_mb())
        return self.disturbed(sample)

    def disturbed(self, sample):
        """Told in the report where others took more than a twentieth of the machine."""
        self.others.append(sample.others)
        return self

    def median(self, name):
        return median(self.figures.get(name, []))


class Flow:
    """Watches one direction of a link while a block runs: when its bytes began and when they were through, logins apart."""

    def __init__(self, link, way=0, margin=400_000):
        self.link, self.way, self.margin = link, way, margin

    def __enter__(self):
        self.begin = self.link.counters(self.way).tcp_bytes
        self.points, self.over = [], threading.Event()
        self.watcher = threading.Thread(target=self._watch, daemon=True)
        self.watcher.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.watcher.join()

    def _watch(self):
        while not self.over.is_set():
            self.points.append((time.monotonic(), self.link.counters(self.way).tcp_bytes - self.begin))
            self.over.wait(0.01)
        self.points.append((time.monotonic(), self.link.counters(self.way).tcp_bytes - self.begin))

    def mbit(self):
        """Between the first bytes beyond a login's and the last ones."""
        total = self.points[-1][1]
        first = next(point for point in self.points if point[1] >= self.margin)
        last = next(point for point in self.points if point[1] >= total - self.margin)
        return (last[1] - first[1]) * 8 / 1e6 / max(1e-9, last[0] - first[0])
