package dev.crossdev.video.door;

import dev.crossdev.virtio.capture.WireForm.InputFollower;
import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.memory.MemoryRegion;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.ResourceEntry;
import dev.crossdev.virtio.video.VideoCommand;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Where the bitstream lies that a decoder reads: in the input resources, as far as they are filled when they are queued. */
final class BitstreamFollower implements InputFollower<VideoCommand> {

    /** A driver may name more than any device takes. */
    private static final int MAX_RESOURCES = 1 << 12;

    private final Map<Input, List<MemEntry>> inputs = new HashMap<>();

    private record Input(int streamId, int resourceId) {}

    @Override
    public List<MemoryRegion> reads(VideoCommand command) {
        switch (command) {
            case VideoCommand.ResourceCreate create
            when create.queueType() == QueueType.INPUT -> {
                if (inputs.size() < MAX_RESOURCES) {
                    inputs.put(
                            new Input(create.streamId(), create.resourceId()),
                            create.planes().stream()
                                    .flatMap(List::stream)
                                    .map(ResourceEntry::asMemEntry)
                                    .toList());
                }
            }
            case VideoCommand.ResourceDestroyAll destroy
            when destroy.queueType() == QueueType.INPUT ->
                inputs.keySet().removeIf(input -> input.streamId() == destroy.streamId());
            case VideoCommand.StreamDestroy(int streamId) ->
                inputs.keySet().removeIf(input -> input.streamId() == streamId);
            case VideoCommand.ResourceQueue queue
            when queue.queueType() == QueueType.INPUT -> {
                return filled(
                        inputs.getOrDefault(new Input(queue.streamId(), queue.resourceId()), List.of()),
                        queue.dataSizes().stream()
                                .mapToLong(Integer::toUnsignedLong)
                                .sum());
            }
            default -> {}
        }
        return List.of();
    }

    private static List<MemoryRegion> filled(List<MemEntry> entries, long bytes) {
        List<MemoryRegion> regions = new ArrayList<>();
        long left = bytes;
        for (MemEntry entry : entries) {
            long length = Math.min(left, Integer.toUnsignedLong(entry.length()));
            if (length > 0 && Long.compareUnsigned(entry.address() + (length - 1), entry.address()) >= 0) {
                regions.add(new MemoryRegion(entry.address(), length));
                left -= length;
            }
        }
        return regions;
    }
}
