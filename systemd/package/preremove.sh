#!/bin/sh
# Before removing; an upgrade keeps the daemon running. "remove" is dpkg's word, 0 rpm's.
set -e
if [ "$1" = remove ] || [ "$1" = 0 ]; then
	[ ! -d /run/systemd/system ] || systemctl disable --now dialcamp.service
fi
