"""deployctl in the lab: its plan and fleet, its commands, and how to make a round begin like the first."""
import glob
import hashlib
import json
import os
import subprocess

from . import lab as labs

PLAN = """\
service: app
environment: bench
fleet: fleet.yaml
build:
  repo: repo
  steps: ['cp -a "/run/lab/inputs/$(cat version)/tree" tree']
  artifact: [{{from: tree}}]
release:
  version: "{{tag}}"
  deploy_to: /srv/app
rollout:
  waves: [{{name: all, regions: all, max_parallel_regions: {regions}}}]
  max_parallel: 100%
  max_unreachable: {unreachable}
"""


class Deployctl:
    name = "deployctl"

    def __init__(self, lab, versions=("v1", "v2"), program=None):
        self.lab, self.control = lab, lab.control
        self.program = program or lab.tools["deployctl"]
        self.last = None
        self._write(versions)

    def _write(self, versions):
        work = self.control.path(labs.WORK)
        repo = work / "repo"
        repo.mkdir(parents=True, exist_ok=True)
        git = ["git", "-C", str(repo), "-c", "user.name=bench", "-c", "user.email=bench@localhost"]
        subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
        for version in versions:
            (repo / "version").write_text(version)
            subprocess.run([*git, "add", "."], check=True)
            subprocess.run([*git, "commit", "-qm", version], check=True)
            subprocess.run([*git, "tag", version], check=True)
        (work / "deploy.yaml").write_text(PLAN.format(regions=max(1, len(self.lab.regions)), unreachable="10%"))
        (work / "fleet.yaml").write_text(self.fleet())

    def fleet(self):
        lines = ["known_hosts: /run/lab/known_hosts", "relay_ssh: {user: root, identity_file: /root/.ssh/id_ed25519}",
                 "target_ssh: {user: root, identity_file: /root/.ssh/id_ed25519}", "regions:"]
        for region in self.lab.regions:
            lines.append(f"  {region.name}:")
            if region.relay:
                lines.append(f"    relays: [{{host: {region.relay.address}}}]")
            lines.append("    targets:")
            lines += [f"      - {{host: {target.address}}}" for target in region.targets]
        return "\n".join(lines) + "\n"

    def environment(self):
        return {"DEPLOYCTL_STATE": "/root/state", "DEPLOYCTL_AGENT": self.lab.tools["deploy-agent"]}

    def argv(self, *words):
        return [self.program, *words, "--output", "json"]

    def run(self, *words, check=True):
        done = self.control.run(self.argv(*words), cwd=labs.WORK, env=self.environment(), check=check, log=self.lab.log)
        self.last = last_event(done.stdout)
        return done

    def build(self, ref):
        self.run("build", "deploy.yaml", "--ref", ref)

    def deploy(self, ref):
        self.run("deploy", "deploy.yaml", "--ref", ref, "--yes")

    def rollback(self):
        self.run("rollback", "deploy.yaml")

    def forget(self, version):
        """As if the release had never come to relays and targets. What the control host has coded stays."""
        for relay in self.lab.relays:
            relay.wipe("/root/.cache/deployctl/chunks")
        for target in self.lab.targets:
            self._forget_manifests(target, version)
            for path in glob.glob(f"{target.path('/srv/app')}/releases/{version}-*") + glob.glob(f"{target.path('/srv/app')}/.deployctl/releases/{version}-*"):
                target.wipe("/" + os.path.relpath(path, target.dir))
        labs.kill_agents()

    def _forget_manifests(self, target, version):
        state = target.path("/srv/app/.deployctl")
        for path in glob.glob(f"{state}/releases/{version}-*/release.json"):
            artifact = json.loads(open(path).read())["artifact"].removeprefix("sha256:")
            target.wipe(f"/srv/app/.deployctl/manifests/{artifact}.json")

    def forget_payloads(self):
        for path in glob.glob(f"{self.control.path('/root/state')}/store/payloads/*"):
            if os.path.isfile(path):
                os.unlink(path)

    def payload_bytes(self):
        return {os.path.basename(path): os.path.getsize(path) for path in glob.glob(f"{self.control.path('/root/state')}/store/payloads/*.v*")
                if path.rsplit(".v", 1)[1].isdigit()}

    def wipe(self):
        """Nothing of deployctl is left on any host; the control host forgets too."""
        labs.kill_agents()
        for host in [*self.lab.relays, *self.lab.targets]:
            host.wipe("/srv/app", "/root/.cache")
        self.control.wipe("/root/state")


def last_event(text):
    for line in reversed(text.splitlines()):
        try:
            return json.loads(line)
        except ValueError:
            continue
    return None


def tree_digest(folder):
    """One digest over names, contents and links of a folder."""
    total = hashlib.sha256()
    for base, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(base, name)
            total.update(os.path.relpath(path, folder).encode() + b"\0")
            with open(path, "rb") as file:
                total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def assert_current(lab, wanted):
    """Every target's `current` holds exactly this tree."""
    digest = tree_digest(wanted)
    for target in lab.targets:
        if tree_digest(os.path.join(target.current(), "tree")) != digest:
            raise RuntimeError(f"{target.name}: current is not what was deployed")
