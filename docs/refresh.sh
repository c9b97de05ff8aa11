#!/bin/sh
# Makes the README's table and docs/timeline.png again, from a run of ./crossdev demo on this machine.
#
# Needs chromium (Debian package chromium).
set -eu
cd "$(dirname "$0")/.."
command -v chromium >/dev/null || { echo "refresh.sh needs the program 'chromium' (Debian package chromium)" >&2; exit 2; }

out=target/refresh
./crossdev demo --out "$out" | tee "$out.log"
{
  sed '/<!-- demo:table -->/q' README.md
  echo '```'
  sed -n '/^transit gpu/,/^times in ms/p' "$out.log"
  echo
  sed -n '/^With .* buffers, waiting/p' "$out.log"
  echo '```'
  sed -n '/<!-- \/demo:table -->/,$p' README.md
} >"$out.md"
cat "$out.md" >README.md
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update \
  --disable-sync --hide-scrollbars --user-data-dir="$profile" --virtual-time-budget=4000 --window-size=1000,1235 \
  --screenshot=docs/timeline.png "file://$PWD/$out/report.html#only-timelines"
