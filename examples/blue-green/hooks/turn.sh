#!/bin/sh -e
# Turns nginx to what was started last, and waits until its workers of before have served what they had to the end: the place that
# is idle from now on may then be cleared at any time.
. ./hooks/colors.sh
started=$(cat "$proxy/started")
[ "$started" != "$live" ] || exit 0
before=$(pgrep -P "$(cat "$proxy/nginx.pid")")
ln -s "$started.conf" "$proxy/live.new"
mv -T "$proxy/live.new" "$proxy/live"
PATH=$PATH:/usr/sbin nginx -p "$proxy" -c nginx.conf -e error.log -s reload
for worker in $before; do
  while kill -0 "$worker" 2>/dev/null; do sleep 0.05; done
done
