"""One measured run: wall time, CPU of the whole machine, and what each link carried towards the regions."""
import statistics
import time

from . import lab


class Sample:
    def __init__(self, seconds, cpu, wan):
        self.seconds, self.cpu, self.wan = seconds, cpu, wan

    def wan_mb(self):
        return sum(one["ip"] for one in self.wan.values()) / 1e6


def timed(a_lab, action):
    before, busy, begin = a_lab.wan(), lab.busy_seconds(), time.monotonic()
    action()
    seconds = time.monotonic() - begin
    cpu = lab.busy_seconds() - busy
    after = a_lab.wan()
    wan = {number: {"ip": after[number].ip_bytes - before[number].ip_bytes,
                    "tcp": after[number].tcp_bytes - before[number].tcp_bytes,
                    "fresh": after[number].tcp_fresh - before[number].tcp_fresh,
                    "drops": after[number].queue_drops - before[number].queue_drops,
                    "lost": after[number].lost - before[number].lost} for number in after}
    return Sample(seconds, cpu, wan)


def median(values):
    return statistics.median(values) if values else None


class Row:
    """A line of a scenario's table: who, and figures by name, each a list with one value a round."""

    def __init__(self, who, note=""):
        self.who, self.note, self.figures = who, note, {}

    def add(self, name, value):
        self.figures.setdefault(name, []).append(value)
        return self

    def take(self, sample, name="seconds"):
        self.add(name, sample.seconds)
        self.add("cpu seconds", sample.cpu)
        self.add("WAN MB", sample.wan_mb())
        return self

    def median(self, name):
        return median(self.figures.get(name, []))
