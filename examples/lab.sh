# What the examples share: regions of real sshd servers on loopback addresses, gone again at the end, also after Ctrl-C. Sourced;
# needs no root (but sudo, where packages are missing). BUILD names the build folder (default: build).
#
#   begin NAME                    builds deployctl, makes the folder $lab and goes there
#   start_fleet REGION:TARGETS...  a relay and so many targets each; calls `target_is NAME ADDRESS HOME` for each target
#   expect CODE WORDS...          shows and runs deployctl WORDS, which must exit so
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${BUILD:-$root/build}
lab=

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }

# What is shown is what runs.
show() { printf '$ deployctl %s\n' "$*"; "$build/bin/deployctl" "$@"; }
expect() {
  local wanted=$1 code=0
  shift
  show "$@" || code=$?
  [ "$code" = "$wanted" ] || { echo "expected exit code $wanted, got $code" >&2; exit 1; }
  [ "$code" = 0 ] || echo "(exit code $code, as it should be)"
}

# Whatever has ended by itself and what vanishes meanwhile is no failure of the example: its own status is kept.
clean_up() {
  local status=$?
  trap '' INT TERM EXIT
  set +e
  if [ -n "$lab" ]; then
    end_all "$lab"/*/home/srv/*/shared/*.pid "$lab"/*/home/srv/*/shared/*/*.pid "$lab"/*/sshd.pid
    chmod -R u+w "$lab" 2>/dev/null
    rm -rf "$lab"
  fi
  exit "$status"
}

# Ends the processes of these pid files and waits until they are gone, for they may write yet: 5 s, then without mercy; 10 s at most,
# for a number may be another's by now, whom we can't end.
end_all() {
  local pids pid n
  pids=$(cat "$@" 2>/dev/null)
  kill $pids 2>/dev/null
  for pid in $pids; do
    n=0
    # A zombie is gone too: not every init reaps at once.
    while [ "$n" -lt 200 ] && grep -qs '^State:.[^ZX]' "/proc/$pid/status"; do
      n=$((n + 1))
      [ "$n" -le 100 ] || kill -9 "$pid" 2>/dev/null
      sleep 0.05
    done
  done
}

begin() {
  "$root/tests/setup"
  say "Building deployctl and deploy-agent"
  [ -f "$build/build.ninja" ] || cmake -S "$root" -B "$build" -G Ninja ${CMAKE_FLAGS:-} >/dev/null
  cmake --build "$build" --target deployctl deploy-agent
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  lab=$(mktemp -d "${TMPDIR:-/tmp}/deployctl-$1.XXXXXX")
  export DEPLOYCTL_STATE=$lab/state
  cd "$lab"
}

# One sshd: its own address, host key and home.
start_sshd() {
  local name=$1 address=$2 dir=$lab/$1
  mkdir -p "$dir/home"
  ssh-keygen -q -t ed25519 -N '' -C '' -f "$dir/host_key"
  cat >"$dir/sshd_config" <<TXT
ListenAddress $address
Port $port
HostKey $dir/host_key
AuthorizedKeysFile $lab/key.pub
PidFile $dir/sshd.pid
UsePAM no
StrictModes no
PasswordAuthentication no
SetEnv HOME=$dir/home
TXT
  "$sshd" -f "$dir/sshd_config" -E "$dir/sshd.log" || { cat "$dir/sshd.log" >&2; return 1; }
  echo "[$address]:$port $(cut -d' ' -f1,2 "$dir/host_key.pub")" >>"$lab/known_hosts"
}

# A port that is free on this machine now, and some above it; all servers share its number, each has an address of its own.
free_port() {
  while :; do
    port=$((20000 + RANDOM % 20000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || return 0
  done
}

start_fleet() {
  say "Starting the fleet: for each region a relay and its targets, each an sshd of its own"
  sshd=$(PATH=$PATH:/usr/sbin command -v sshd)
  [ "$(id -u)" = 0 ] && mkdir -p /run/sshd
  net=$((RANDOM % 100 + 100))
  free_port
  ssh-keygen -q -t ed25519 -N '' -C '' -f "$lab/key"
  {
    echo "known_hosts: known_hosts"
    echo "relay_ssh:  {port: $port, identity_file: key}"
    echo "target_ssh: {port: $port, identity_file: $lab/key}"
    echo "regions:"
  } >"$lab/fleet.yaml"
  local n=0 one region targets t
  for one in "$@"; do
    n=$((n + 1)) region=${one%%:*} targets=${one##*:}
    start_sshd "$region-relay" "127.$net.$n.1"
    for t in $(seq 11 $((10 + targets))); do
      start_sshd "$region-$t" "127.$net.$n.$t"
      target_is "$region-$t" "127.$net.$n.$t" "$lab/$region-$t/home"
    done
    printf '  %s:\n    relays: [{host: 127.%d.%d.1}]\n    targets: [{host: "127.%d.%d.[11-%d]"}]\n' \
      "$region" $net $n $net $n $((10 + targets)) >>"$lab/fleet.yaml"
  done
}

# The service's source under version control: commit MESSAGE TAG
commit() { git -c user.name=example -c user.email=example@localhost commit -qam "$1" && git tag "$2"; }
begin_repository() {
  git init -q -b main "$1"
  cp "$root"/examples/greeter/* "$1/"
  cd "$1"
  git add .
}

# What a service answers at ADDRESS:PORT.
ask() {
  exec 3<>"/dev/tcp/${1/:/\/}"
  printf 'GET %s HTTP/1.1\r\nHost: example\r\nConnection: close\r\n\r\n' "${2:-/}" >&3
  tail -n 1 <&3
  exec 3>&-
}
