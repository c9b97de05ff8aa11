package dev.crossdev.virtio.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Where each guest address lies in a backing that holds the regions one after another, in the order given. */
final class RegionTable {

    private record Placed(MemoryRegion region, long offset) {}

    private final List<Placed> placed;
    private final List<MemoryRegion> regions;
    private final long size;

    /** @throws ErrnoException EINVAL when regions overlap, there is none, or they are larger than any backing */
    RegionTable(List<MemoryRegion> inBackingOrder) {
        List<Placed> places = new ArrayList<>();
        long offset = 0;
        for (MemoryRegion region : inBackingOrder) {
            places.add(new Placed(region, offset));
            if (region.size() > Long.MAX_VALUE - offset) {
                throw new ErrnoException(Errno.EINVAL, "guest memory of more than 2^63 bytes");
            }
            offset += region.size();
        }
        if (places.isEmpty()) {
            throw new ErrnoException(Errno.EINVAL, "guest memory without a region");
        }
        places.sort(Comparator.comparing(each -> each.region().address(), Long::compareUnsigned));
        for (int i = 1; i < places.size(); i++) {
            MemoryRegion before = places.get(i - 1).region();
            MemoryRegion region = places.get(i).region();
            if (before.contains(region.address(), 1)) {
                throw new ErrnoException(
                        Errno.EINVAL, "guest memory regions " + before + " and " + region + " overlap");
            }
        }
        placed = List.copyOf(places);
        regions = placed.stream().map(Placed::region).toList();
        size = offset;
    }

    List<MemoryRegion> regions() {
        return regions;
    }

    /** Bytes of all regions. */
    long size() {
        return size;
    }

    /** Offset in the backing, or -1 when the bytes do not all lie in one region. */
    long find(long address, long length) {
        for (Placed place : placed) {
            if (place.region().contains(address, length)) {
                return place.offset() + (address - place.region().address());
            }
        }
        return -1;
    }
}
