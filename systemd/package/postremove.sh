#!/bin/sh
# After removing. /var/lib/dialcamp stays, also when the package is purged: laws want call records kept for years.
set -e
[ ! -d /run/systemd/system ] || systemctl daemon-reload
if [ "$1" = purge ]; then
	rm -f /etc/dialcamp/ami.secret /etc/dialcamp/control.tokens
	rmdir --ignore-fail-on-non-empty /etc/dialcamp 2>/dev/null || :
fi
