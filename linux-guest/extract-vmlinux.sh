#!/bin/sh
# The ELF kernel inside an xz-compressed bzImage, as the kernel's own scripts/extract-vmlinux finds it: at the magic number.
#
#   extract-vmlinux.sh VMLINUZ VMLINUX
set -eu
command -v xz >/dev/null || exit 1
at=$(LC_ALL=C grep -abo "$(printf '\3757zXZ')" "$1" | head -n 1 | cut -d: -f1)
[ -n "$at" ] || exit 1
# What follows the stream is not xz's and is complained of; the kernel is whole all the same.
tail -c "+$((at + 1))" "$1" | xz -dcq >"$2" 2>/dev/null || true
[ "$(head -c 4 "$2" | od -An -tx1 | tr -d ' ')" = 7f454c46 ]
