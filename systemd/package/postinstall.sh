#!/bin/sh
# After installing and upgrading, of .deb and .rpm.
set -e
if command -v systemd-sysusers >/dev/null; then
	systemd-sysusers dialcamp.conf
elif ! getent passwd dialcamp >/dev/null; then
	useradd --system --user-group --home-dir /var/lib/dialcamp --no-create-home --shell /usr/sbin/nologin --comment "dialcamp dialer" dialcamp
fi
# Whoever brings lists joins the group.
install -d -m 750 -o dialcamp -g dialcamp /var/lib/dialcamp
install -d -m 2770 -o dialcamp -g dialcamp /var/lib/dialcamp/lists /var/lib/dialcamp/reports
[ -e /etc/dialcamp/ami.secret ] || install -m 640 -o root -g dialcamp /dev/null /etc/dialcamp/ami.secret
# Whoever gets it from root may operate; nobody else has this one.
if ! [ -e /etc/dialcamp/control.tokens ]; then
	install -m 640 -o root -g dialcamp /dev/null /etc/dialcamp/control.tokens
	dialcamp token operator operate >/etc/dialcamp/control.tokens
fi
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	# What runs goes on with the new program; live calls end first, as with any stop.
	systemctl try-restart dialcamp.service
fi
# The first installation, of .deb and .rpm.
if [ "$1" = configure ] && [ -z "$2" ] || [ "$1" = 1 ]; then
	cat <<-'TEXT'
	dialcamp is installed, and neither enabled nor started:
	  1. put the manager's secret into /etc/dialcamp/ami.secret
	  2. edit the four lines of /etc/dialcamp/config.yaml that are marked
	  3. put a list into /var/lib/dialcamp/lists
	  4. dialcamp check --connect && systemctl enable --now dialcamp
	The web page is then at http://127.0.0.1:9750/; the token for it is the last word in /etc/dialcamp/control.tokens
	TEXT
fi
