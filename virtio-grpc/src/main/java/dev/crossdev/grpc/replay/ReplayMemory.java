package dev.crossdev.grpc.replay;

import dev.crossdev.virtio.capture.Capture;
import dev.crossdev.virtio.capture.CaptureEntry;
import dev.crossdev.virtio.capture.DeviceKind;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuQueue;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuWire;
import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.memory.MemoryRegion;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.ResourceEntry;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoWire;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The guest memory that a capture needs: what its header says, or else the pages that its commands name. The latter makes
 * every address a good one, the bad ones too, which only a header can tell apart.
 */
final class ReplayMemory {

    private static final long PAGE = 4096;

    /** What a service gives to one window by default, bytes. */
    private static final long MAX_BYTES = 256L << 20;

    private ReplayMemory() {}

    static List<MemoryRegion> of(Capture capture, DeviceKind kind) {
        List<MemoryRegion> said = capture.header().memory().orElse(List.of());
        if (!said.isEmpty() && bytes(said) <= MAX_BYTES) {
            return said;
        }
        List<MemoryRegion> named = merged(capture.exchanges().stream()
                .flatMap(exchange -> entries(exchange, kind))
                .filter(entry -> entry.length() != 0)
                .map(ReplayMemory::pages)
                .flatMap(List::stream)
                .toList());
        return said.isEmpty() ? named : within(named, said);
    }

    private static long bytes(List<MemoryRegion> regions) {
        long sum = 0;
        for (MemoryRegion region : regions) {
            sum += Math.min(region.size(), MAX_BYTES + 1);
        }
        return sum;
    }

    private static Stream<MemEntry> entries(CaptureEntry.Exchange exchange, DeviceKind kind) {
        byte[] request = exchange.request().toArray();
        return switch (kind) {
            case GPU ->
                GpuWire.decodeRequest(request, GpuQueue.of(exchange.queue()).orElse(GpuQueue.CONTROL))
                                instanceof GpuWire.Decoded.Request(GpuRequest decoded)
                        ? switch (decoded.command()) {
                            case GpuCommand.ResourceAttachBacking attach -> attach.entries().stream();
                            case GpuCommand.ResourceCreateBlob blob -> blob.entries().stream();
                            default -> Stream.empty();
                        }
                        : Stream.empty();
            case VIDEO ->
                VideoWire.decodeCommand(request)
                                        instanceof VideoWire.Decoded.Command(VideoCommand.ResourceCreate create)
                                && create.queueType() == QueueType.INPUT
                        ? create.planes().stream().flatMap(List::stream).map(ResourceEntry::asMemEntry)
                        : Stream.empty();
        };
    }

    /** None for one that wraps: no memory can be there. */
    private static List<MemoryRegion> pages(MemEntry entry) {
        long length = Integer.toUnsignedLong(entry.length());
        long from = entry.address() & -PAGE;
        long size = entry.address() - from + length + PAGE - 1 & -PAGE;
        return Long.compareUnsigned(from + (size - 1), from) < 0 ? List.of() : List.of(new MemoryRegion(from, size));
    }

    private static List<MemoryRegion> merged(List<MemoryRegion> regions) {
        List<MemoryRegion> ascending = regions.stream()
                .sorted(Comparator.comparing(MemoryRegion::address, Long::compareUnsigned))
                .toList();
        List<MemoryRegion> merged = new ArrayList<>();
        for (MemoryRegion next : ascending) {
            MemoryRegion last = merged.isEmpty() ? null : merged.getLast();
            if (last != null && Long.compareUnsigned(next.address() - last.address(), last.size()) <= 0) {
                long end = Math.max(last.size(), next.address() - last.address() + next.size());
                merged.set(merged.size() - 1, new MemoryRegion(last.address(), end));
            } else {
                merged.add(next);
            }
        }
        return merged;
    }

    /** The parts of the first that lie in the second. */
    private static List<MemoryRegion> within(List<MemoryRegion> named, List<MemoryRegion> said) {
        List<MemoryRegion> parts = new ArrayList<>();
        for (MemoryRegion region : said) {
            for (MemoryRegion need : named) {
                long from =
                        Long.compareUnsigned(need.address(), region.address()) > 0 ? need.address() : region.address();
                long needLast = need.address() + (need.size() - 1);
                long regionLast = region.address() + (region.size() - 1);
                long last = Long.compareUnsigned(needLast, regionLast) < 0 ? needLast : regionLast;
                if (Long.compareUnsigned(from, last) <= 0) {
                    parts.add(new MemoryRegion(from, last - from + 1));
                }
            }
        }
        return parts;
    }
}
