"""One host of the lab: an address in a network namespace, and a mount namespace in which /root, /srv and /tmp are its own and
empty. Its files lie beneath /run/lab/hosts/NAME, where the harness sees them."""
import os
import shutil
import socket
import subprocess
import time

from . import lab

SSHD_CONFIG = """\
ListenAddress {address}
Port 22
HostKey /run/lab/host_key
AuthorizedKeysFile /run/lab/key.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
PermitRootLogin yes
PrintMotd no
LogLevel ERROR
Subsystem sftp internal-sftp
"""

# For everybody who runs ssh: the fastest cipher that OpenSSH has on this kind of machine, and no questions.
SSH_CONFIG = """\
Host *
  User root
  IdentityFile /root/.ssh/id_ed25519
  UserKnownHostsFile /run/lab/known_hosts
  StrictHostKeyChecking yes
  Ciphers aes128-gcm@openssh.com
  LogLevel ERROR
"""

ENVIRONMENT = {"HOME": "/root", "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8",
               "LC_ALL": "C.UTF-8", "USER": "root", "LOGNAME": "root"}


class Failed(Exception):
    pass


class Host:
    def __init__(self, name, netns, address):
        self.name, self.netns, self.address = name, netns, address
        self.dir = lab.ROOT / "hosts" / name
        self.process = None

    def path(self, absolute):
        """Where the harness finds this host's file."""
        top = absolute.split("/", 2)[1]
        return self.dir / absolute.lstrip("/") if top in ("root", "srv", "tmp") else absolute

    def start(self, command="exec sleep infinity"):
        for folder in ("root", "srv", "tmp"):
            (self.dir / folder).mkdir(parents=True, exist_ok=True)
        mounts = " && ".join(f"mount --bind {self.dir}/{f} /{f}" for f in ("root", "srv", "tmp"))
        self.process = subprocess.Popen(
            ["nsenter", f"--net={lab.NETNS}/{self.netns}", "unshare", "--mount", "--propagation", "private",
             "sh", "-ec", f"{mounts} && {command}"],
            env=ENVIRONMENT, cwd="/", stdin=subprocess.DEVNULL)
        # The control host's mounts must be there before somebody enters.
        (self.dir / "root/.ssh").mkdir(exist_ok=True)

    def start_sshd(self):
        self.dir.mkdir(parents=True, exist_ok=True)
        (self.dir / "sshd_config").write_text(SSHD_CONFIG.format(address=self.address))
        self.start(f"exec /usr/sbin/sshd -D -f {self.dir}/sshd_config -E {self.dir}/sshd.log")

    def give_keys(self):
        home = self.dir / "root/.ssh"
        shutil.copy(lab.ROOT / "key", home / "id_ed25519")
        (home / "id_ed25519").chmod(0o600)
        (home / "config").write_text(SSH_CONFIG)

    def wait_until_ready(self):
        """Until the server says its name, tried from within its own namespace."""
        with open(lab.NETNS / self.netns) as own, open("/proc/self/ns/net") as ours:
            setns(own)
            try:
                lab.wait_for(self._answers, 30, f"{self.name}: sshd's answer")
            finally:
                setns(ours)

    def _answers(self):
        try:
            with socket.create_connection((self.address, 22), 1) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            time.sleep(0.02)
            return False

    def command(self, argv, cwd="/", env=None):
        variables = [f"{key}={value}" for key, value in {**ENVIRONMENT, **(env or {})}.items()]
        return ["nsenter", "-t", str(self.process.pid), "-m", "-n", "--", "env", "-i", "-C", cwd, *variables, *map(str, argv)]

    def run(self, argv, cwd="/", env=None, check=True, timeout=1200, log=None):
        """Runs to its end; its words are shown if it failed. Returns a CompletedProcess."""
        done = subprocess.run(self.command(argv, cwd, env), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", timeout=timeout)
        if log:
            with open(log, "a") as file:
                file.write(f"$ {' '.join(map(str, argv))}\n{done.stdout}{done.stderr}(exit {done.returncode})\n")
        if check and done.returncode != 0:
            raise Failed(f"{self.name}: {' '.join(map(str, argv))[:200]}: exit {done.returncode}\n"
                         f"{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done

    def start_command(self, argv, cwd="/", env=None, **kwargs):
        return subprocess.Popen(self.command(argv, cwd, env), stdin=subprocess.DEVNULL, **kwargs)

    def wipe(self, *absolute):
        for one in absolute:
            path = self.path(one)
            if os.path.islink(path) or os.path.isfile(path):
                os.unlink(path)
            elif os.path.isdir(path):
                shutil.rmtree(path)

    def current(self, app="/srv/app"):
        """The folder of the release that runs."""
        link = os.readlink(self.path(f"{app}/current"))
        return self.path(link if link.startswith("/") else f"{app}/{link}")

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


def setns(file):
    import ctypes
    if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")
