package dev.crossdev.service.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.DescriptorServer;
import dev.crossdev.dmabuf.memory.MemoryToken;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.grpc.dialect.StreamMemory;
import dev.crossdev.service.ServiceSettings;
import dev.crossdev.service.house.GrantedMemory;
import dev.crossdev.service.house.MemorySource;
import dev.crossdev.virtio.memory.MemoryRegion;
import dev.crossdev.virtio.memory.SharedGuestMemory;
import dev.crossdev.virtio.memory.WindowGuestMemory;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;

/** Finds or makes the guest memory that an opener speaks of. */
@Singleton
public final class GuestMemories {

    /** What the contract gives a device that a single command makes. */
    private static final long EXECUTE_WINDOW = 64L << 20;

    private static final int MAX_REGIONS = 1024;

    private final DescriptorServer descriptors;
    private final ServiceSettings.Memory limits;
    private final WindowBudget windows;

    GuestMemories(DescriptorServer descriptors, ServiceSettings settings) {
        this.descriptors = descriptors;
        this.limits = settings.memory();
        this.windows = new WindowBudget(limits.maxWindows());
    }

    /** Empty when the opener brings no memory. Nothing is taken before the source is opened. */
    public Optional<MemorySource> source(StreamMemory memory) {
        return switch (memory) {
            case StreamMemory.None() -> Optional.empty();
            case StreamMemory.Descriptor(var token, var regions) ->
                Optional.of(() -> shared(MemoryToken.ofBytes(token.toByteArray()), regions));
            case StreamMemory.Window(var regions) -> Optional.of(() -> window(regions));
        };
    }

    /** The window of a device that a single command makes: 64 MiB at address 0. */
    public MemorySource executeWindow() {
        return () -> window(List.of(new MemoryRegion(0, EXECUTE_WINDOW)));
    }

    private GrantedMemory shared(MemoryToken token, List<MemoryRegion> regions) {
        check(regions, limits.maxShared());
        SharedMemory memory = descriptors
                .take(token)
                .orElseThrow(() -> new ErrnoException(Errno.ENOENT, "no memory was handed over under that token"));
        return new GrantedMemory(new SharedGuestMemory(memory, regions), () -> {});
    }

    private GrantedMemory window(List<MemoryRegion> regions) {
        long bytes = check(regions, limits.maxWindow());
        windows.take(bytes);
        try {
            return new GrantedMemory(WindowGuestMemory.create("window", regions), () -> windows.giveBack(bytes));
        } catch (RuntimeException e) {
            windows.giveBack(bytes);
            throw e;
        }
    }

    /** Bytes of all regions together. */
    private static long check(List<MemoryRegion> regions, long limit) {
        if (regions.isEmpty() || regions.size() > MAX_REGIONS) {
            throw new ErrnoException(
                    Errno.EINVAL, "guest memory has 1 to " + MAX_REGIONS + " regions, not " + regions.size());
        }
        long sum = 0;
        for (MemoryRegion region : regions) {
            if (region.size() > limit - sum) {
                throw new ErrnoException(Errno.ENOMEM, "guest memory may have " + limit + " bytes");
            }
            sum += region.size();
        }
        return sum;
    }
}
