"""What is deployed: two builds of one large program. By default the libraries of LibreOffice's core, one after
another in one file as if they were linked into one program, in two builds of Debian's, a release and its security update: real
C++ of about 100 MB, recompiled after a small change. Where Debian has only one of it,
or there is no network, a program is generated and compiled twice. Cached beneath $XDG_CACHE_HOME/deployctl-bench."""
import functools
import os
import random
import re
import shutil
import subprocess
from collections import namedtuple
from pathlib import Path

Pair = namedtuple("Pair", "paths about")
PACKAGE = "libreoffice-core"
LIBRARIES = "usr/lib/libreoffice/program/*.so"


def cache():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = Path(base) / "deployctl-bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def pair(given=None):
    if given:
        return Pair([Path(path).resolve() for path in given], f"{given[0]} and {given[1]}")
    for source in (debian_pair, generated_pair):
        made = source()
        if made:
            return made
    raise RuntimeError("no input")


def debian_pair():
    folder = cache() / "debian"
    about = folder / "about"
    if about.exists():
        return Pair([folder / "old", folder / "new"], about.read_text())
    listed = subprocess.run(["apt-cache", "madison", PACKAGE], capture_output=True, text=True).stdout
    versions = sorted(set(re.findall(r"\| *(\S+) \|", listed)), key=functools.cmp_to_key(newer_first))
    if len(versions) < 2:
        return None
    folder.mkdir(exist_ok=True)
    for name, version in (("new", versions[0]), ("old", versions[1])):
        work = folder / f"work-{name}"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        print(f"fetching {PACKAGE} {version}", flush=True)
        fetched = subprocess.run(["apt-get", "-o", "APT::Sandbox::User=root", "download", f"{PACKAGE}={version}"], cwd=work, capture_output=True)
        packages = list(work.glob("*.deb"))
        if fetched.returncode != 0 or not packages:
            return None
        subprocess.run(["dpkg-deb", "-x", packages[0], work / "tree"], check=True)
        with open(folder / name, "wb") as whole:
            for library in sorted(path for path in (work / "tree").glob(LIBRARIES) if not path.is_symlink()):
                whole.write(library.read_bytes())
        shutil.rmtree(work)
    about.write_text(f"the libraries of LibreOffice's core as one file, in two builds of Debian's ({PACKAGE} {versions[1]} and {versions[0]})")
    return Pair([folder / "old", folder / "new"], about.read_text())


def newer_first(a, b):
    return -1 if subprocess.run(["dpkg", "--compare-versions", a, "gt", b]).returncode == 0 else 1


def generated_pair(units=48, functions=1500):
    """A program of machine-made sources, about 100 MB; the new build has one more field in a struct that all units use, and a few
    new functions, so that addresses shift everywhere."""
    folder = cache() / "generated"
    about = folder / "about"
    if about.exists():
        return Pair([folder / "old", folder / "new"], about.read_text())
    folder.mkdir(exist_ok=True)
    print("compiling an input of about 100 MB, twice; this takes some minutes, once", flush=True)
    for name in ("old", "new"):
        work = folder / name
        work = folder / f"work-{name}"
        work.mkdir(exist_ok=True)
        for unit in range(units):
            (work / f"unit{unit}.cpp").write_text(source(unit, functions, name == "new" and unit % 12 == 5))
        calls = "".join(f"long unit{unit}(long);\n" for unit in range(units))
        body = " + ".join(f"unit{unit}(n)" for unit in range(units))
        (work / "main.cpp").write_text(f"{calls}int main(int n, char**) {{ return static_cast<int>({body}); }}\n")
        names = [f"unit{unit}" for unit in range(units)] + ["main"]
        (work / "Makefile").write_text("all: " + " ".join(f"{n}.o" for n in names) + f"\n\tg++ -o ../{name} $^\n%.o: %.cpp\n\tg++ -std=c++20 -O1 -c -o $@ $<\n")
        subprocess.run(["make", "-s", "-C", work, f"-j{os.cpu_count()}"], check=True)
        shutil.rmtree(work)
    about.write_text("two builds of a machine-made program")
    return Pair([folder / "old", folder / "new"], about.read_text())


def source(unit, functions, changed):
    """Functions over maps and strings with constants of their own: the compiler makes about 1.3 KB of code of each."""
    dice = random.Random(unit)
    lines = ["#include <map>", "#include <string>", "#include <vector>", "#include <algorithm>", "namespace {"]
    for i in range(functions):
        a, b, c, d = (dice.randrange(1, 1 << 30) for _ in range(4))
        extra = f" if (n % {d % 97 + 2} == 1) all[\"{a:x}\"] += {b};" if changed and i % 40 == 7 else ""
        lines.append(f"""long f{i}(long n) {{
  std::map<std::string, long> all{{{{"{a:x}-{i}", n ^ {b}}}, {{"{c:x}", n * {a}}}}};{extra}
  std::vector<long> some{{n, {a}, n - {d}, {c}}};
  std::sort(some.begin(), some.end());
  for (const auto& [key, value] : all) n = n * {dice.randrange(3, 99)} + value % {b % 9973 + 1} + static_cast<long>(key.size());
  return n + some[{dice.randrange(4)}] + all[std::to_string(n % {c % 1009 + 1})];
}}""")
    calls = "".join(f"  n = f{i}(n);\n" for i in range(functions))
    lines.append(f"}}\nlong unit{unit}(long n) {{\n{calls}  return n;\n}}\n")
    return "\n".join(lines)
