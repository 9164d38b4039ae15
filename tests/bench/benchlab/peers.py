"""The programs that deployctl is measured beside, each used the way its users would at their best. All get the same tree, the
same base on the targets, the same ssh configuration, and switch by a rename of the link `current`."""
import os
import shutil
import subprocess

from . import lab as labs

SWITCH = "ln -sfn releases/{version} /srv/app/current.new && mv -T /srv/app/current.new /srv/app/current"


class Peer:
    name = ""

    def __init__(self, lab):
        self.lab, self.control = lab, lab.control
        self.work = self.control.path(labs.WORK)
        self.work.mkdir(parents=True, exist_ok=True)
        self.hosts = f"{labs.WORK}/hosts"
        (self.work / "hosts").write_text("".join(f"{target.address}\n" for target in lab.targets))

    def prepare(self, base):
        """Every target runs `base` (or nothing), put there by the harness."""
        for target in self.lab.targets:
            app = target.path("/srv/app")
            (app / "releases").mkdir(parents=True, exist_ok=True)
            if base:
                copy(f"/run/lab/inputs/{base}", app / "releases" / base)
                os.symlink(f"releases/{base}", app / "current")

    def forget(self, version):
        for host in [*self.lab.targets, *self.lab.relays]:
            host.wipe(f"/srv/app/releases/{version}", f"/srv/stage/{version}")
        end_masters()

    def wipe(self):
        for host in [*self.lab.targets, *self.lab.relays]:
            host.wipe("/srv/app", "/srv/stage")
        end_masters()

    def run(self, argv):
        self.control.run(argv, cwd=labs.WORK, log=self.lab.log, env=self.environment())

    def environment(self):
        return {}


class Ansible(Peer):
    """synchronize (rsync -az with the base for deltas) and a command; 50 forks, pipelining, connections kept."""
    name = "ansible"

    def prepare(self, base):
        super().prepare(base)
        self.base = base
        (self.work / "ansible.cfg").write_text(
            f"[defaults]\nforks = 50\ngathering = explicit\ninterpreter_python = /usr/bin/python3\ninventory = {self.hosts}\n"
            f"[ssh_connection]\npipelining = True\nssh_args = -o ControlMaster=auto -o ControlPersist=60s\ncontrol_path_dir = {labs.WORK}/cp\n")
        switch = f"    - ansible.builtin.shell: {SWITCH.format(version='{{ version }}')}\n"
        (self.work / "switch.yml").write_text(f"- hosts: all\n  gather_facts: false\n  tasks:\n{switch}")
        link = f"        link_dest: ['/srv/app/releases/{base}/']\n" if base else ""
        (self.work / "push.yml").write_text(
            "- hosts: all\n  gather_facts: false\n  tasks:\n    - ansible.posix.synchronize:\n"
            "        src: '/run/lab/inputs/{{ version }}/'\n        dest: '/srv/app/releases/{{ version }}/'\n"
            f"        archive: true\n        compress: true\n        use_ssh_args: true\n{link}{switch}")

    def push(self, version):
        self.run(["ansible-playbook", "push.yml", "-e", f"version={version}"])

    def switch(self, version):
        self.run(["ansible-playbook", "switch.yml", "-e", f"version={version}"])

    def environment(self):
        return {"ANSIBLE_CONFIG": f"{labs.WORK}/ansible.cfg"}


class ParallelRsync(Peer):
    """parallel-rsync -az with the base for deltas, then parallel-ssh; all targets at once."""
    name = "parallel-rsync"

    def prepare(self, base):
        super().prepare(base)
        self.base = base

    def push(self, version):
        link = ["-x", f"--link-dest=/srv/app/releases/{self.base}/"] if self.base else []
        self.run(["parallel-rsync", "-h", self.hosts, "-p", "64", "-t", "0", "-a", "-z", *link,
                  f"/run/lab/inputs/{version}/", f"/srv/app/releases/{version}/"])
        self.switch(version)

    def switch(self, version):
        self.run(["parallel-ssh", "-h", self.hosts, "-p", "64", "-t", "0", SWITCH.format(version=version)])


class Clush(Peer):
    """clush --copy over compressed ssh (it knows no deltas), then clush; fan-out 64."""
    name = "clush"

    def push(self, version):
        self.run(["clush", "-q", "-S", "-f", "64", "--hostfile", self.hosts, "-o", "-C", "--copy", f"/run/lab/inputs/{version}", "--dest", "/srv/app/releases/"])
        self.switch(version)

    def switch(self, version):
        self.run(["clush", "-q", "-S", "-f", "64", "--hostfile", self.hosts, SWITCH.format(version=version)])


class ExpertRelay(Peer):
    """tests/bench/expert-relay."""
    name = "expert's relay script"

    def prepare(self, base):
        super().prepare(base)
        self.base = base or "none"
        for region in self.lab.regions:
            stage = region.relay.path("/srv/stage")
            stage.mkdir(parents=True, exist_ok=True)
            if base:
                copy(f"/run/lab/inputs/{base}", stage / base)
            (stage / "hosts").write_text("".join(f"{target.address}\n" for target in region.targets))
        shutil.copy(os.path.join(os.path.dirname(os.path.dirname(__file__)), "expert-relay"), self.work / "expert-relay")

    def relays(self):
        return [relay.address for relay in self.lab.relays]

    def push(self, version):
        self.run([f"{labs.WORK}/expert-relay", "push", version, self.base, *self.relays()])

    def switch(self, version):
        self.run([f"{labs.WORK}/expert-relay", "switch", version, *self.relays()])


ALL = (ExpertRelay, ParallelRsync, Ansible, Clush)


def copy(source, destination):
    if not os.path.exists(destination):
        subprocess.run(["cp", "-a", str(source), str(destination)], check=True)


def end_masters():
    """Ends kept ssh connections, so that the next run logs in anew."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if file.read().startswith(b"ssh: "):
                    os.kill(int(pid), 15)
        except OSError:
            pass
    labs.kill_agents()
