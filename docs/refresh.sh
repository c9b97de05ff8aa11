#!/bin/sh
# Makes the README's table, docs/timeline.png and docs/report.png again, from a run of ./crossdev demo on this machine.
#   docs/refresh.sh          needs chromium (Debian package chromium)
#   docs/refresh.sh panels   the panels of docs/observability.md, from the latest run of the system test DashboardsTest
#   docs/refresh.sh trace    the trace of docs/observability.md, from the latest run of the system test RegistrationTraceTest
#   docs/refresh.sh console  docs/console, from the latest run of the system test ConsoleTest
set -eu
cd "$(dirname "$0")/.."

if [ "${1-}" = panels ]; then
  panels=system-test/target/dashboards.md
  [ -f "$panels" ] || { echo "refresh.sh: no $panels: run the system test DashboardsTest first" >&2; exit 2; }
  mkdir -p target
  {
    sed '/<!-- panels -->/q' docs/observability.md
    cat "$panels"
    sed -n '/<!-- \/panels -->/,$p' docs/observability.md
  } >target/observability.md
  cat target/observability.md >docs/observability.md
  exit
fi

if [ "${1-}" = trace ]; then
  trace=system-test/target/trace.txt
  [ -f "$trace" ] || { echo "refresh.sh: no $trace: run the system test RegistrationTraceTest first" >&2; exit 2; }
  mkdir -p target
  {
    sed '/<!-- trace -->/q' docs/observability.md
    echo '```'
    cat "$trace"
    echo '```'
    sed -n '/<!-- \/trace -->/,$p' docs/observability.md
  } >target/observability.md
  cat target/observability.md >docs/observability.md
  exit
fi

if [ "${1-}" = console ]; then
  pictures=system-test/target/console
  [ -f "$pictures/gpu-desktop.png" ] || { echo "refresh.sh: no $pictures: run the system test ConsoleTest first" >&2; exit 2; }
  cp "$pictures"/gpu-desktop.png "$pictures"/gpu-phone.png "$pictures"/gpu-dark.png "$pictures"/gpu-raised.png docs/console/
  exit
fi

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
picture() {
  chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update \
    --disable-sync --hide-scrollbars --user-data-dir="$profile" --virtual-time-budget=4000 --window-size="$2" \
    --screenshot="$1" "file://$PWD/$out/report.html$3"
}
picture docs/timeline.png 1000,1235 '#only-timelines'
picture docs/report.png 1000,1920 ''
