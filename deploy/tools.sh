#!/usr/bin/env bash
# Install what the tests use beside Python, where it is missing: Debian packages, as root.
set -euo pipefail

packages=()
need() { command -v "$1" >/dev/null || packages+=("$2"); }
need promtool prometheus
need amtool prometheus-alertmanager
need kcat kcat
need java openjdk-17-jre-headless
need mvn maven

if [ ${#packages[@]} -eq 0 ]; then
  exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "Missing: ${packages[*]} (their tests are skipped; as root on Debian this installs them)"
  exit 0
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
