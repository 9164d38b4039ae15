#!/bin/sh
# Ends the greeter of this target and waits until it is gone. Nothing to end is fine: hooks may run again.
pid_file=$SHARED/greeter.pid
[ -f "$pid_file" ] || exit 0
pid=$(cat "$pid_file")
kill "$pid" 2>/dev/null || true
n=0
# A zombie is gone too: not every init reaps at once.
while grep -qs '^State:.[^ZX]' "/proc/$pid/status"; do
  n=$((n + 1))
  if [ $n -gt 100 ]; then kill -9 "$pid" 2>/dev/null; fi
  sleep 0.05
done
rm -f "$pid_file"
