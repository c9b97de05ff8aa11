package dev.crossdev.service.vhostuser;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.ReceivedMemories;
import dev.crossdev.dmabuf.memory.ReceivedMemory;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.service.vhostuser.VhostUserRequest.Region;
import dev.crossdev.service.virtqueue.UnsealedRamNotice;
import dev.crossdev.virtio.memory.MemoryRegion;
import dev.crossdev.virtio.memory.RamGuestMemory;
import java.util.ArrayList;
import java.util.List;

/** A virtual machine's RAM as its front end tells of it, and the front end's own addresses for it. */
final class MachineMemory implements AutoCloseable {

    /** As GET_MAX_MEM_SLOTS says; libvhost-user's number. */
    static final int MAX_REGIONS = 32;

    private record Placed(Region region, ReceivedMemory memory) {}

    private final RamGuestMemory ram = new RamGuestMemory();
    private final UnsealedRamNotice notice;
    private final ReceivedMemories memories;
    private List<Placed> table = List.of();

    /**
     * @param key of the machine's device, for the log
     * @param mostBytes of one piece of RAM
     */
    MachineMemory(DeviceKey key, long mostBytes) {
        notice = new UnsealedRamNotice(key);
        memories = new ReceivedMemories(mostBytes);
    }

    RamGuestMemory ram() {
        return ram;
    }

    /**
     * @param descriptors one for each region; those that were taken are taken out
     * @throws ErrnoException EINVAL for regions that cannot be, EPERM for RAM that can neither be sealed nor copied,
     *     ENOMEM; then nothing changes
     */
    void replace(List<Region> regions, List<Integer> descriptors) {
        List<Placed> next = new ArrayList<>();
        try {
            for (Region region : regions) {
                next.add(new Placed(region, adopt(descriptors)));
            }
            set(next);
        } finally {
            forgetUnused();
        }
    }

    /** As {@link #replace}. */
    void add(Region region, List<Integer> descriptors) {
        if (table.size() >= MAX_REGIONS) {
            throw new ErrnoException(Errno.ENOMEM, "more than " + MAX_REGIONS + " regions");
        }
        List<Placed> next = new ArrayList<>(table);
        try {
            next.add(new Placed(region, adopt(descriptors)));
            set(next);
        } finally {
            forgetUnused();
        }
    }

    /** @throws ErrnoException ENOENT when there is none at these addresses */
    void remove(Region region) {
        List<Placed> next = table.stream()
                .filter(placed -> !(placed.region().address() == region.address()
                        && placed.region().size() == region.size()
                        && placed.region().userAddress() == region.userAddress()))
                .toList();
        if (next.size() == table.size()) {
            throw new ErrnoException(Errno.ENOENT, "no region at 0x" + Long.toHexString(region.address()));
        }
        set(next);
        forgetUnused();
    }

    /**
     * The guest's address of what the front end knows under its own.
     *
     * @throws ErrnoException EFAULT
     */
    long guestAddress(long userAddress) {
        for (Placed placed : table) {
            long offset = userAddress - placed.region().userAddress();
            if (offset >= 0 && offset < placed.region().size()) {
                return placed.region().address() + offset;
            }
        }
        throw new ErrnoException(
                Errno.EFAULT, "the front end's address 0x" + Long.toHexString(userAddress) + " is in no region");
    }

    private ReceivedMemory adopt(List<Integer> descriptors) {
        ReceivedMemory received = memories.adopt(descriptors.removeFirst());
        notice.look(received);
        return received;
    }

    private void set(List<Placed> next) {
        ram.replace(next.stream().map(MachineMemory::slot).toList());
        table = List.copyOf(next);
    }

    private static RamGuestMemory.Slot slot(Placed placed) {
        Region region = placed.region();
        try {
            return new RamGuestMemory.Slot(
                    new MemoryRegion(region.address(), region.size()), placed.memory(), region.offset());
        } catch (IllegalArgumentException e) {
            throw new ErrnoException(Errno.EINVAL, "a memory table: " + e.getMessage(), e);
        }
    }

    private void forgetUnused() {
        memories.retain(table.stream().map(Placed::memory).toList());
    }

    @Override
    public void close() {
        table = List.of();
        ram.close();
        memories.close();
    }
}
