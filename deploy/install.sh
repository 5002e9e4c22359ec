#!/usr/bin/env bash
# Does what docs/operator.md says, on Debian and its relatives: from /opt/meet, where this software is, to a service with a
# certificate. Can be run again: what is there already stays as it is.
set -euo pipefail

usage() {
  cat << END
Usage: /opt/meet/deploy/install.sh --domain NAME --email ADDRESS [--public-ip ADDRESS] [--dry-run]
       /opt/meet/deploy/install.sh --uninstall [--dry-run]

  --domain NAME        a DNS entry that leads to this machine, such as meet.example.org
  --email ADDRESS      where the certificate's authority writes to
  --public-ip ADDRESS  what others see this machine as, where it is behind a 1:1 NAT
  --dry-run            only say what would be done
  --uninstall          stop and remove the services; data, settings and the database stay
END
}

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

say() {
  printf '\n== %s\n' "$*"
}

# Say a command, and run it unless nothing is to be done.
run() {
  printf '+ %s\n' "$*"
  [ "$dry_run" = yes ] || "$@"
}

# Write standard input to a file that root alone can read.
write() {
  printf '+ write %s\n' "$1"
  if [ "$dry_run" = yes ]; then cat > /dev/null; else (umask 077; cat > "$1"); fi
}

there() {
  command -v "$1" > /dev/null
}

home=$(cd "$(dirname "$0")/.." && pwd)
settings=/etc/meet/meet.env
site=/etc/nginx/sites-available/meet
units=/etc/systemd/system
domain='' email='' public_ip='' dry_run=no uninstall=no

while [ $# -gt 0 ]; do
  case $1 in
    --domain | --email | --public-ip)
      [ $# -ge 2 ] || fail "$1 needs a value. See --help."
      case $1 in --domain) domain=$2 ;; --email) email=$2 ;; *) public_ip=$2 ;; esac
      shift 2
      ;;
    --dry-run) dry_run=yes; shift ;;
    --uninstall) uninstall=yes; shift ;;
    -h | --help) usage; exit ;;
    *) fail "$1 is not understood. See --help." ;;
  esac
done

check() {
  [[ $domain =~ ^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$ ]] ||
    fail "--domain must be a host name in lower case, such as meet.example.org."
  [[ $email =~ ^[^@[:space:]]+@[^@[:space:]]+$ ]] || fail "--email must be an address, such as ops@example.org."
  [[ $public_ip =~ ^[0-9a-fA-F.:]*$ ]] || fail "--public-ip must be an IP address, such as 203.0.113.7."
  there apt-get || fail "This is no Debian or Ubuntu (there is no apt-get). docs/operator.md has the steps for doing them by hand."
  getent ahosts "$domain" > /dev/null || fail "$domain has no DNS entry yet: make one that leads to this machine."
}

check_node() {
  local version
  version=$(node --version 2> /dev/null || echo v0)
  version=${version#v}
  [ "${version%%.*}" -ge 20 ] || fail "Node.js 20 or newer is needed, and this system has ${version}. Install it, and run this again."
}

can_compile() {
  there cc && [ -e "$(python3 -c 'import sysconfig; print(sysconfig.get_paths()["include"])' 2> /dev/null)/Python.h" ]
}

has() { # a role or a database of PostgreSQL
  [ "$(runuser -u postgres -- psql --no-psqlrc -tAc "SELECT 1 FROM $1 WHERE $2 = 'meet'" 2> /dev/null)" = 1 ]
}

install_all() {
  check
  say "Programs"
  run apt-get update
  run apt-get install -y git make python3-venv nodejs npm postgresql redis-server nginx certbot curl openssl

  say "This software"
  [ "$dry_run" = yes ] || check_node
  run make -C "$home" build
  if can_compile; then
    run make -C "$home" compile || echo "The packet path is not compiled: nodes run its sources, which costs them more."
  else
    echo "There is no C compiler, or there are no headers of Python (apt-get install gcc python3-dev): the packet path is not"
    echo "compiled, and costs nodes more. Install them and run this again, or leave it so."
  fi

  say "User and database"
  id meet > /dev/null 2>&1 || run useradd --system --home-dir /var/lib/meet --shell /usr/sbin/nologin meet
  has pg_roles rolname || run runuser -u postgres -- createuser meet
  has pg_database datname || run runuser -u postgres -- createdb --owner=meet --encoding=UTF8 --template=template0 meet

  say "Settings"
  if [ -e "$settings" ]; then
    echo "$settings is there and stays as it is."
    grep -q "^MEET_ALLOWED_HOSTS=.*$domain" "$settings" ||
      fail "$settings is for another name: set MEET_ALLOWED_HOSTS and MEET_NODE_URL to $domain there, and run this again."
  else
    run install -d -m 700 /etc/meet
    write "$settings" << END
MEET_ENV=production
MEET_SECRET_KEY=$(openssl rand -hex 32)
MEET_ALLOWED_HOSTS=$domain
MEET_NODE_URL=wss://$domain/ws/serv0/
MEET_BEHIND_PROXY=true
MEET_DATABASE_URL=postgresql:///meet?host=/run/postgresql
MEET_REDIS_URL=redis://127.0.0.1:6379/0
${public_ip:+MEET_PUBLIC_IP=$public_ip}
END
  fi

  say "Certificate and proxy"
  run certbot certonly --non-interactive --agree-tos --keep-until-expiring --email "$email" --domain "$domain" \
    --webroot --webroot-path /var/www/html --deploy-hook "systemctl reload nginx"
  if [ -e "$site" ]; then
    echo "$site is there and stays as it is."
  else
    sed "s/meet\.example\.org/$domain/g" "$home/deploy/nginx/meet.conf" | write "$site"
  fi
  run ln -sf ../sites-available/meet /etc/nginx/sites-enabled/meet
  run rm -f /etc/nginx/sites-enabled/default
  run nginx -t
  run systemctl reload nginx

  say "Services"
  run cp -r "$home/deploy/systemd/." "$units/"
  run install -m 755 "$home/deploy/meet-manage" /usr/local/sbin/meet-manage
  run systemctl daemon-reload
  run systemctl enable --now meet.target

  say "Ports"
  if there ufw; then
    run ufw allow 80,443/tcp
    run ufw allow 40000
  fi
  echo "Your provider's firewall must let in: 80/tcp, 443/tcp, 40000/udp, 40000/tcp."
  [ "$dry_run" = no ] || return 0

  say "Look"
  curl --fail --silent --show-error --retry 5 --retry-all-errors "https://$domain/readyz" || fail "$domain does not answer: journalctl -u 'meet-*'"
  echo
  meet-manage doctor || true
  echo
  echo "Open https://$domain/. The first administrator's name and password are in /var/lib/meet/first_administrator:"
  echo "delete that file when you have logged in at https://$domain/admin/."
  echo "After an upgrade: docs/upgrades.md."
}

uninstall_all() {
  local unit
  say "Services"
  run systemctl disable --now meet.target meet-serve.service || true
  for unit in "$home"/deploy/systemd/*; do
    case ${unit##*/} in
      *@.service) run systemctl stop "meet-${unit##*/meet-}" "$(basename "$unit" .service)*.service" || true ;;
      *.service) run systemctl stop "${unit##*/}" || true ;;
    esac
    run rm -rf "${units:?}/${unit##*/}"
  done
  run systemctl daemon-reload
  run rm -f /usr/local/sbin/meet-manage /etc/nginx/sites-enabled/meet "$site"
  if there nginx && systemctl --quiet is-active nginx; then run systemctl reload nginx; fi
  cat << END

These stay, because nobody gets them back:
  /var/lib/meet     recordings, logos              rm -r /var/lib/meet
  /etc/meet         settings and the secret key    rm -r /etc/meet
  the database      accounts, statistics           runuser -u postgres -- dropdb meet; runuser -u postgres -- dropuser meet
  the certificate                                  certbot delete
  the user, $home, and Debian's packages
END
}

[ "$(id -u)" -eq 0 ] || [ "$dry_run" = yes ] || fail "Run it as root, or with --dry-run."
[ "$home" = /opt/meet ] || [ "$dry_run" = yes ] || fail "This software must be in /opt/meet, where the units look for it, and not in $home."
[ -d /run/systemd/system ] || [ "$dry_run" = yes ] || fail "systemd does not run here: see docs/containers.md."
if [ "$uninstall" = yes ]; then uninstall_all; else install_all; fi
