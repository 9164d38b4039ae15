#!/bin/sh -e
. ./hooks/colors.sh
clear_color "$idle"
./bin/greeter "$(cat "$proxy/$idle.address")" --pid-file "$proxy/$idle.pid"
echo "$idle" > "$proxy/started"
