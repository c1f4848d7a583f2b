#!/usr/bin/env bash
# Installs what the package links to and loads, where it is missing (Debian and Ubuntu).
set -euo pipefail

if ! command -v swift >/dev/null; then
  echo "swift is not on the PATH: install Swift 6.3 or later first (swift.org/install)" >&2
  exit 1
fi
known=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p || true)
if command -v pkg-config >/dev/null && pkg-config --exists libpng libjpeg zlib &&
  [[ $known == *libopenblas.so.0* ]]; then
  exit 0
fi
packages=(pkg-config libopenblas0 libpng-dev libjpeg-dev zlib1g-dev)
if ! command -v apt-get >/dev/null; then
  echo "missing libraries: install OpenBLAS, and libpng, libjpeg-turbo and zlib with their headers" >&2
  exit 1
fi
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
echo "installing ${packages[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${packages[@]}" >/dev/null
