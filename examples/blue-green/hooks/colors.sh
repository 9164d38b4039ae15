# Sourced by the hooks: proxy/live is a link to blue.conf or green.conf, the upstream that nginx has now; proxy/blue.address and
# proxy/green.address say where the two listen.
proxy=$SHARED/proxy
live=$(basename "$(readlink "$proxy/live")" .conf)
if [ "$live" = blue ]; then idle=green; else idle=blue; fi

# Ends what runs at a color and waits until it is gone; nothing there is fine.
clear_color() {
  [ -f "$proxy/$1.pid" ] || return 0
  pid=$(cat "$proxy/$1.pid")
  kill "$pid" 2>/dev/null || true
  # A zombie is gone too: not every init reaps at once.
  while grep -qs '^State:.[^ZX]' "/proc/$pid/status"; do sleep 0.05; done
  rm -f "$proxy/$1.pid"
}
