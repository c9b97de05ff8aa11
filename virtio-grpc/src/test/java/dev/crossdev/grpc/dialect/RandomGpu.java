package dev.crossdev.grpc.dialect;

import dev.crossdev.virtio.gpu.CursorPosition;
import dev.crossdev.virtio.gpu.Display;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuHeader;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.Rect;
import dev.crossdev.virtio.memory.MemEntry;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;

/** GPU commands and answers with every field drawn from its whole range. */
final class RandomGpu {

    private final Random random;

    RandomGpu(long seed) {
        random = new Random(seed);
    }

    /** One of each kind that the typed contract has words for. */
    List<GpuCommand> commands() {
        return List.of(
                new GpuCommand.GetDisplayInfo(),
                new GpuCommand.GetEdid(u32()),
                new GpuCommand.ResourceCreate2d(u32(), u32(), u32(), u32()),
                new GpuCommand.ResourceUnref(u32()),
                new GpuCommand.SetScanout(rect(), u32(), u32()),
                new GpuCommand.ResourceFlush(rect(), u32()),
                new GpuCommand.TransferToHost2d(rect(), random.nextLong(), u32()),
                new GpuCommand.ResourceAttachBacking(u32(), entries()),
                new GpuCommand.ResourceDetachBacking(u32()),
                new GpuCommand.GetCapsetInfo(u32()),
                new GpuCommand.GetCapset(u32(), u32()),
                new GpuCommand.ResourceAssignUuid(u32()),
                new GpuCommand.ResourceCreateBlob(u32(), u32(), u32(), random.nextLong(), random.nextLong(), entries()),
                new GpuCommand.SetScanoutBlob(rect(), u32(), u32(), u32(), u32(), u32(), four(), four()),
                new GpuCommand.UpdateCursor(position(), u32(), u32(), u32()),
                // The contract leaves a pointer's tip out of a move, which does not change it.
                new GpuCommand.MoveCursor(position(), u32(), 0, 0));
    }

    List<GpuResponse> responses() {
        return List.of(
                new GpuResponse.OkNodata(),
                new GpuResponse.OkDisplayInfo(IntStream.range(0, random.nextInt(17))
                        .mapToObj(_ -> new Display(rect(), random.nextBoolean(), u32()))
                        .toList()),
                new GpuResponse.OkCapsetInfo(u32(), u32(), u32()),
                new GpuResponse.OkCapset(bytes(random.nextInt(100))),
                new GpuResponse.OkEdid(bytes(128 * random.nextInt(9))),
                new GpuResponse.OkResourceUuid(new UUID(random.nextLong(), random.nextLong())),
                new GpuResponse.Err(GpuResult.values()[7 + random.nextInt(6)]));
    }

    GpuRequest request(GpuCommand command) {
        GpuHeader header = switch (random.nextInt(4)) {
            case 0 -> GpuHeader.NONE;
            case 1 -> new GpuHeader(0, 0, u32(), 0);
            case 2 -> new GpuHeader(GpuHeader.FENCE, random.nextLong(), u32(), 0);
            default ->
                new GpuHeader(GpuHeader.FENCE | GpuHeader.INFO_RING_IDX, random.nextLong(), u32(), random.nextInt(256));
        };
        return new GpuRequest(header, command);
    }

    GpuHeader answerHeader() {
        return random.nextBoolean() ? GpuHeader.NONE : GpuHeader.fence(random.nextLong());
    }

    Times times() {
        return new Times(random.nextLong(), random.nextLong(), BootId.local());
    }

    long sequence() {
        return random.nextLong();
    }

    private int u32() {
        return random.nextInt();
    }

    private Rect rect() {
        return new Rect(u32(), u32(), u32(), u32());
    }

    private CursorPosition position() {
        return new CursorPosition(u32(), u32(), u32());
    }

    private List<Integer> four() {
        return List.of(u32(), u32(), u32(), u32());
    }

    private List<MemEntry> entries() {
        return IntStream.range(0, random.nextInt(20))
                .mapToObj(_ -> new MemEntry(random.nextLong(), u32()))
                .toList();
    }

    private byte[] bytes(int size) {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        return bytes;
    }
}
