#!/bin/sh -e
# Makes room for a release: whatever the idle place still runs, the last but one or one that failed.
. ./hooks/colors.sh
clear_color "$idle"
