package dev.crossdev.media;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Native memory has owners: what was allocated is freed, on good and on bad paths, without the garbage collector. */
final class NativeMemoryTest {
    /** What the median of the batches may grow by; a leaked picture or decoder per round is far more. */
    private static final long TOLERATED_BYTES = 1 << 20;

    private static final int BATCHES = 5;

    /** struct mallinfo2 of glibc: ten numbers, of which the fifth and eighth are bytes in use. */
    private static final int MAPPED = 4;

    private static final int USED = 7;
    private static final MemoryLayout MALLINFO2 =
            MemoryLayout.structLayout(MemoryLayout.sequenceLayout(10, ValueLayout.JAVA_LONG));
    private static final MethodHandle MALLINFO = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("mallinfo2"), FunctionDescriptor.of(MALLINFO2));

    @FunctionalInterface
    private interface Work {
        void run() throws MediaException;
    }

    @Test
    void decodingAClipManyTimesLeavesNothingBehind() throws Exception {
        byte[] file = Samples.bytes(Samples.DEMO);

        assertThat(growth(10, () -> ReferenceDecode.forEachFrame(Clip.read(file), (_, _) -> {})))
                .isLessThan(TOLERATED_BYTES);
    }

    @Test
    void openingClipsLeavesNothingBehind() throws Exception {
        byte[] annexB = Samples.bytes(Samples.SMALL);
        byte[] mp4 = Samples.bytes(Samples.SMALL_MP4);

        assertThat(growth(200, () -> {
                    Clip.read(annexB);
                    Clip.read(mp4);
                }))
                .isLessThan(TOLERATED_BYTES);
    }

    @Test
    void refusedClipsLeaveNothingBehind() throws Exception {
        byte[] mp4 = Samples.bytes(Samples.SMALL_MP4);
        byte[] cutStream = Arrays.copyOf(Samples.bytes(Samples.SMALL), 1200);
        byte[] hollow = mp4.clone();
        Arrays.fill(hollow, hollow.length - 900, hollow.length - 100, (byte) 0);

        assertThat(growth(200, () -> {
                    refuse(cutStream);
                    refuse(hollow);
                    refuse(Arrays.copyOf(mp4, 2000));
                }))
                .isLessThan(TOLERATED_BYTES);
    }

    @Test
    void framesThatNobodyClosedGoWithTheirDecoder() throws Exception {
        Clip clip = Clip.open(Samples.SMALL);

        assertThat(growth(200, () -> {
                    try (H264Decoder decoder = new H264Decoder()) {
                        for (AccessUnit unit : clip.accessUnits()) {
                            decoder.send(unit.data(), 0);
                            assertThat(decoder.receive()
                                            .map(DecodedFrame::width)
                                            .orElse(64))
                                    .isEqualTo(64);
                        }
                    }
                }))
                .isLessThan(TOLERATED_BYTES);
    }

    private static void refuse(byte[] file) {
        try {
            Clip.read(file);
        } catch (MediaException e) {
            return;
        }
        throw new AssertionError("the file should have been refused");
    }

    /**
     * By how many bytes a batch of rounds makes the memory grow, as the median of five batches behind one of warm-up:
     * the virtual machine's compilers take and give back megabytes in the meantime, but not in most batches.
     */
    private static long growth(int roundsPerBatch, Work work) throws MediaException {
        long[] growths = new long[BATCHES];
        for (int batch = -1; batch < BATCHES; batch++) {
            long before = bytesInUse();
            for (int round = 0; round < roundsPerBatch; round++) {
                work.run();
            }
            if (batch >= 0) {
                growths[batch] = bytesInUse() - before;
            }
        }
        Arrays.sort(growths);
        return growths[BATCHES / 2];
    }

    private static long bytesInUse() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = (MemorySegment) MALLINFO.invokeExact((SegmentAllocator) arena);
            return info.getAtIndex(ValueLayout.JAVA_LONG, MAPPED) + info.getAtIndex(ValueLayout.JAVA_LONG, USED);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
