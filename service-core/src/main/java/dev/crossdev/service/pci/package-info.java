/**
 * A device as a whole virtio-pci function of a QEMU that was started with {@code -device x-pci-proxy-dev}: QEMU sends this
 * process the guest's accesses to configuration space and BAR, and its RAM, over a Unix socket. Experimental, because QEMU
 * says so of it ({@code x-}); its protocol has no specification but QEMU's source (hw/remote/mpqemu-link.c, hw/remote/proxy.c,
 * 5.2 and later).
 *
 * <p>{@link dev.crossdev.service.pci.RemotePciServer} listens, {@link dev.crossdev.service.pci.RemotePciConnection} speaks the
 * protocol, {@link dev.crossdev.service.pci.VirtioPciFunction} is the function: registers (virtio 1.4, Virtio Over PCI Bus)
 * before a {@link dev.crossdev.service.virtqueue.GuestDevice}, which does all else.
 */
@NullMarked
package dev.crossdev.service.pci;

import org.jspecify.annotations.NullMarked;
