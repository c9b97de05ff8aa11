#!/bin/bash
# Builds User Mode Linux from Debian's kernel source, with virtio-gpu and virtio_uml as they are, and an initramfs for it.
# Takes some eight minutes of CPU and 2 GB, once; nothing is installed. Leaves the program crossdev-uml in the folder.
#
#   build.sh FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
guest=$(dirname "$here")
folder=$(mkdir -p "$1" && cd "$1" && pwd)
say() { echo "crossdev uml: $*" >&2; }

for program in gcc make flex bison bc xz cpio busybox; do
  command -v "$program" >/dev/null || {
    say "no $program; fix: apt-get install --no-install-recommends gcc make flex bison bc xz-utils cpio busybox-static libc6-dev"
    exit 2
  }
done

if [ ! -d "$folder/source" ]; then
  package=$(apt-cache depends linux-source 2>/dev/null | sed -n 's/^ *Depends: \(linux-source-[0-9].*\)$/\1/p' | head -n 1)
  [ -n "$package" ] || { say "apt knows no kernel source; fix: apt-get update (Debian's lists)"; exit 2; }
  say "fetching $package"
  rm -rf "$folder/partial"
  mkdir -p "$folder/partial/source"
  (cd "$folder/partial" && apt-get download -qq "$package" 2>&1 | grep -v 'unsandboxed as root' >&2) || true
  dpkg -x "$folder/partial"/*.deb "$folder/partial"
  tar -xf "$folder/partial/usr/src/$package.tar.xz" -C "$folder/partial/source" --strip-components=1
  mv "$folder/partial/source" "$folder/source"
  rm -rf "$folder/partial"
fi

log=$folder/build.log
run() {
  "$@" >>"$log" 2>&1 || { tail -n 20 "$log" >&2; say "this did not build; all of its log is in $log"; exit 2; }
}
say "building the kernel; its log is $log"
: >"$log"
mkdir -p "$folder/build" "$folder/importer"
run make -C "$folder/source" ARCH=um O="$folder/build" KCONFIG_ALLCONFIG="$here/config" allnoconfig
# What allnoconfig could not give would be missed much later.
while read -r line; do
  case $line in
    CONFIG_*=n | '#'*) ;;
    *) grep -qxF "$line" "$folder/build/.config" || { say "this kernel has no $line"; exit 2; } ;;
  esac
done <"$here/config"
run nice -n 19 make -C "$folder/source" ARCH=um O="$folder/build" -j"$(nproc)" linux modules
cp "$guest"/importer/* "$folder/importer"
run make -C "$folder/build" ARCH=um M="$folder/importer" modules
cp "$folder/build/linux" "$folder/linux"

root=$folder/root
rm -rf "$root"
mkdir -p "$root"/{bin,dev,proc,sys,modules}
gcc -std=gnu11 -O2 -Wall -static -D__user= -isystem "$folder/source/include/uapi/drm" -o "$root/agent" "$guest/agent.c"
cp "$folder/importer/crossdev_importer.ko" "$root/modules"
echo crossdev_importer >"$root/modules/order"
cp "$(command -v busybox)" "$root/bin/busybox"
install -m 755 "$guest/init" "$root/init"
(cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet | gzip -1) >"$folder/initrd.gz"
gcc -shared -fPIC -O2 -Wall -o "$folder/no-xstate.so" "$here/no-xstate.c" -ldl
install -m 755 "$here/crossdev-uml" "$folder/crossdev-uml"
echo "$folder/crossdev-uml"
