#!/bin/sh -e
# Health of the release that was started last: at the idle place until nginx is turned, at the live one ever after.
. ./hooks/colors.sh
./bin/greeter --ask "$(cat "$proxy/$(cat "$proxy/started").address")" /healthz
