package dev.crossdev.grpc.dialect;

import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.video.FormatDesc;
import dev.crossdev.virtio.video.MemType;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.ResourceEntry;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoEventType;
import dev.crossdev.virtio.video.VideoParams;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResult;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Video commands and answers with every field drawn from its whole range. */
final class RandomVideo {

    private final Random random;

    RandomVideo(long seed) {
        random = new Random(seed);
    }

    /** One of each kind that the typed contract has words for. */
    List<VideoCommand> commands() {
        return List.of(
                new VideoCommand.QueryCapability(queue()),
                new VideoCommand.StreamCreate(u32(), memType(), memType(), u32(), "a tag ü " + random.nextInt()),
                new VideoCommand.StreamDestroy(u32()),
                new VideoCommand.StreamDrain(u32()),
                resourceCreate(),
                new VideoCommand.ResourceQueue(u32(), queue(), u32(), random.nextLong(), list(8, this::u32)),
                new VideoCommand.ResourceDestroyAll(u32(), queue()),
                new VideoCommand.QueueClear(u32(), queue()),
                new VideoCommand.GetParams(u32(), queue()),
                new VideoCommand.SetParams(u32(), params()),
                new VideoCommand.QueryControl(u32(), u32(), u32()),
                new VideoCommand.GetControl(u32(), u32()),
                new VideoCommand.SetControl(u32(), u32(), u32()));
    }

    List<VideoResponse> responses() {
        return List.of(
                new VideoResponse.OkNodata(),
                new VideoResponse.OkQueryCapability(list(64, this::format)),
                new VideoResponse.OkResourceQueue(random.nextLong(), u32(), u32()),
                new VideoResponse.OkGetParams(params()),
                new VideoResponse.OkQueryControl(list(30, this::u32)),
                new VideoResponse.OkGetControl(u32()),
                new VideoResponse.Err(VideoResult.values()[6 + random.nextInt(6)]));
    }

    VideoEvent event() {
        return new VideoEvent(
                random.nextBoolean() ? VideoEventType.ERROR : VideoEventType.DECODER_RESOLUTION_CHANGED, u32());
    }

    Times times() {
        return new Times(random.nextLong(), random.nextLong(), BootId.local());
    }

    long sequence() {
        return random.nextLong();
    }

    private VideoCommand resourceCreate() {
        int planes = random.nextInt(9);
        boolean objects = random.nextBoolean();
        return new VideoCommand.ResourceCreate(
                u32(),
                queue(),
                u32(),
                u32(),
                Stream.generate(this::u32).limit(planes).toList(),
                Stream.generate(() -> list(5, () -> objects ? object() : pages()))
                        .limit(planes)
                        .toList());
    }

    private ResourceEntry object() {
        return ResourceEntry.of(new UUID(random.nextLong(), random.nextLong()));
    }

    private ResourceEntry pages() {
        return ResourceEntry.of(new MemEntry(random.nextLong(), u32()));
    }

    private FormatDesc format() {
        return new FormatDesc(
                random.nextLong(),
                u32(),
                u32(),
                u32(),
                list(3, () -> new FormatDesc.FormatFrame(range(), range(), list(3, this::range))));
    }

    private FormatDesc.FormatRange range() {
        return new FormatDesc.FormatRange(u32(), u32(), u32());
    }

    private VideoParams params() {
        return new VideoParams(
                queue(),
                u32(),
                u32(),
                u32(),
                u32(),
                u32(),
                new VideoParams.Crop(u32(), u32(), u32(), u32()),
                u32(),
                list(8, () -> new VideoParams.PlaneFormat(u32(), u32())));
    }

    private QueueType queue() {
        return random.nextBoolean() ? QueueType.INPUT : QueueType.OUTPUT;
    }

    private MemType memType() {
        return random.nextBoolean() ? MemType.GUEST_PAGES : MemType.VIRTIO_OBJECT;
    }

    private int u32() {
        return random.nextInt();
    }

    private <T> List<T> list(int most, Supplier<T> element) {
        return IntStream.range(0, random.nextInt(most + 1))
                .mapToObj(_ -> element.get())
                .toList();
    }
}
