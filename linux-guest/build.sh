#!/bin/bash
# Fetches Debian's kernel and its headers, unpacks them (nothing is installed), builds the agent, the importing module and
# the initramfs, and prints three words: the kernel, the initramfs, the kernel's release. What is there already stays.
#
#   build.sh CACHE
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=$(mkdir -p "$1" && cd "$1" && pwd)
say() { echo "crossdev linux: $*" >&2; }

exec 9>"$cache/lock"
flock 9

# The ABI number moves with Debian's security updates, so the metapackage is asked which it is. A machine whose lists have
# moved on keeps using what it has, unless CROSSDEV_KERNEL_REFRESH is set.
release=$(ls -t "$cache" | sed -n 's/^linux-\(.*\)$/\1/p' | head -n 1)
if [ -z "$release" ] || [ -n "${CROSSDEV_KERNEL_REFRESH-}" ]; then
  release=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: linux-image-\([0-9].*-amd64\)$/\1/p' | head -n 1)
  if [ -z "$release" ]; then
    say "apt knows no kernel; fix: apt-get update (Debian's lists, amd64)"
    exit 2
  fi
fi
kernel=$cache/linux-$release

if [ ! -f "$kernel/unpacked" ]; then
  say "fetching Debian's kernel $release and its headers, some 80 MB, once"
  partial=$cache/partial-$release
  rm -rf "$partial"
  mkdir -p "$partial/packages" "$partial/root"
  common=linux-headers-${release%-amd64}-common
  kbuild=$(apt-cache depends "linux-headers-$release" | sed -n 's/^ *Depends: \(linux-kbuild-[0-9].*\)$/\1/p' | head -n 1)
  (cd "$partial/packages" && apt-get download -qq "linux-image-$release" "linux-headers-$release" "$common" "$kbuild" 2>&1 |
    grep -v 'unsandboxed as root' >&2) || true
  for package in "$partial/packages"/*.deb; do
    [ -f "$package" ] || { say "the kernel could not be fetched; fix: apt-get update"; exit 2; }
    dpkg -x "$package" "$partial/root"
  done
  for part in "boot/vmlinuz-$release" "usr/src/linux-headers-$release" "usr/src/$common"; do
    [ -e "$partial/root/$part" ] || { say "no $part in what was fetched; fix: apt-get update"; exit 2; }
  done
  rm -rf "$partial/packages"
  # Debian's Makefile names the folder that an installation would have.
  sed -i "s#^include .*/\($common/Makefile\)#include $kernel/root/usr/src/\1#" "$partial/root/usr/src/linux-headers-$release/Makefile"
  rm -rf "$kernel"
  touch "$partial/unpacked"
  mv "$partial" "$kernel"
fi

# Without its own decompression, which takes seconds under TCG, where xz is there; QEMU then boots by PVH.
if [ ! -f "$kernel/vmlinux" ]; then
  "$here/extract-vmlinux.sh" "$kernel/root/boot/vmlinuz-$release" "$kernel/vmlinux.new" &&
    mv "$kernel/vmlinux.new" "$kernel/vmlinux" || rm -f "$kernel/vmlinux.new"
fi
image=$kernel/vmlinux
[ -f "$image" ] || image=$kernel/root/boot/vmlinuz-$release

initrd=$kernel/initrd.gz
if [ ! -f "$initrd" ] || [ -n "$(find "$here" -newer "$initrd" -type f | head -n 1)" ]; then
  build=$kernel/build
  root=$build/root
  modules=$kernel/root/lib/modules/$release/kernel
  headers=$kernel/root/usr/src
  rm -rf "$build"
  mkdir -p "$root"/{bin,dev,proc,sys,modules} "$build/importer"

  # The kernel's headers as they lie in its source, where pointers of user space are marked.
  "${CC:-gcc}" -std=gnu11 -O2 -Wall -static -D__user= -isystem "$headers/linux-headers-${release%-amd64}-common/include/uapi/drm" \
    -o "$root/agent" "$here/agent.c"

  cp "$here"/importer/* "$build/importer"
  make -s -C "$headers/linux-headers-$release" M="$build/importer" modules >"$build/importer.log" 2>&1 || {
    cat "$build/importer.log" >&2
    say "the importing module did not build"
    exit 2
  }

  # In the order in which they need one another.
  : >"$root/modules/order"
  for module in virtio/virtio_ring virtio/virtio virtio/virtio_pci_modern_dev virtio/virtio_pci_legacy_dev virtio/virtio_pci \
    gpu/drm/drm gpu/drm/drm_kms_helper gpu/drm/drm_shmem_helper virtio/virtio_dma_buf gpu/drm/virtio/virtio-gpu; do
    name=${module##*/}
    file=$(find "$modules/drivers/${module%/*}" -maxdepth 1 -name "$name.ko*" | head -n 1)
    # A newer kernel has some of them built in.
    [ -n "$file" ] || continue
    case $file in
      *.xz) xz -dc "$file" >"$root/modules/$name.ko" ;;
      *) cp "$file" "$root/modules/$name.ko" ;;
    esac
    echo "$name" >>"$root/modules/order"
  done
  cp "$build/importer/crossdev_importer.ko" "$root/modules"
  echo crossdev_importer >>"$root/modules/order"

  cp "$(command -v busybox)" "$root/bin/busybox"
  install -m 755 "$here/init" "$root/init"
  (cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet | gzip -1) >"$initrd.new"
  mv "$initrd.new" "$initrd"
fi

echo "$image $initrd $release"
