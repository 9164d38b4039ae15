"""What comes out: results.json, table.md and plot.svg in the folder of results; the tables in tests/bench/README.md between its marks."""
import datetime
import json
import os
import platform
import re
from pathlib import Path

from . import plot
from .measure import median

MARKS = ("<!-- bench: begin -->", "<!-- bench: end -->")


def machine():
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[1]) / 1024 / 1024
    release = re.search(r'PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text())
    return f"{os.cpu_count()} cores of {model[1] if model else platform.machine()}, {memory:.0f} GiB, {release[1] if release else ''}, Linux {platform.release()}"


class Results:
    """Keeps earlier scenarios of the same folder, so that each may be run by itself."""

    def __init__(self, out, rounds, about):
        self.out, self.rounds = out, rounds
        self.file = out / "results.json"
        old = json.loads(self.file.read_text()) if self.file.exists() else {}
        self.data = {"machine": machine(), "input": about, "scenarios": old.get("scenarios", {})}

    def add(self, name, title, rows, failed=None):
        """`failed`: why there are no more rows."""
        self.data["scenarios"][name] = {
            "title": title, "date": datetime.date.today().isoformat(), "rounds": self.rounds, **({"failed": failed} if failed else {}),
            "others": max([0.0, *(share for row in rows for share in row.others)]),
            "rows": [{"who": row.who, "note": row.note, "figures": row.figures,
                      "medians": {key: median(values) for key, values in row.figures.items()}} for row in rows]}

    def write(self):
        self.file.write_text(json.dumps(self.data, indent=1) + "\n")
        (self.out / "table.md").write_text(self.markdown() + "\n")
        (self.out / "plot.svg").write_text(plot.svg(self.data))

    def markdown(self):
        lines = [f"Machine: {self.data['machine']}. Input: {self.data['input']}.", ""]
        for name, scenario in self.data["scenarios"].items():
            lines += table(name, scenario)
        return "\n".join(lines).rstrip()

    def into(self, *files):
        for file in files:
            text = file.read_text() if file.exists() else ""
            if MARKS[0] in text and MARKS[1] in text:
                begin, rest = text.split(MARKS[0], 1)
                file.write_text(f"{begin}{MARKS[0]}\n{self.markdown()}\n{MARKS[1]}{rest.split(MARKS[1], 1)[1]}")


def table(name, scenario):
    lines = [f"**{name}**: {scenario['title']} ({scenario['date']}" + (f", median of {scenario['rounds']})" if "rounds" in scenario else ")"), ""]
    if scenario.get("failed"):
        lines += [f"Failed: {scenario['failed'].splitlines()[0]}", ""]
    if not scenario["rows"]:
        return lines
    columns = list(dict.fromkeys(key for row in scenario["rows"] for key in row["medians"]))
    first = scenario["rows"][0]["medians"].get("seconds") if scenario["rows"] else None
    ratio = first and len(scenario["rows"]) > 1 and all("seconds" in row["medians"] for row in scenario["rows"])
    notes = any(row["note"] for row in scenario["rows"])
    lines.append("| | " + " | ".join([*columns, *(["x"] if ratio else []), *([""] if notes else [])]) + " |")
    lines.append("| --- |" + " ---: |" * (len(columns) + bool(ratio)) + (" --- |" if notes else ""))
    for row in scenario["rows"]:
        cells = [number(row["medians"].get(key)) for key in columns]
        if ratio:
            cells.append(f"{row['medians']['seconds'] / first:.2f}")
        if notes:
            cells.append(row["note"])
        lines.append(f"| {row['who']} | " + " | ".join(cells) + " |")
    if scenario.get("others", 0) > 0.05:
        lines += ["", f"Not to be trusted: other programs took up to {scenario['others']:.0%} of the machine meanwhile."]
    return [*lines, ""]


def number(value):
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.4f}"
