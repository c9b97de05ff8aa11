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
    /** The virtual machine's own allocations come and go; a leaked decoder or picture per round is far more. */
    private static final long NOISE_BYTES = 4L << 20;

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

        assertThat(growth(3, 50, () -> ReferenceDecode.digest(Clip.read(file)))).isLessThan(NOISE_BYTES);
    }

    @Test
    void openingClipsLeavesNothingBehind() throws Exception {
        byte[] annexB = Samples.bytes(Samples.SMALL);
        byte[] mp4 = Samples.bytes(Samples.SMALL_MP4);

        assertThat(growth(100, 1000, () -> {
                    Clip.read(annexB);
                    Clip.read(mp4);
                }))
                .isLessThan(NOISE_BYTES);
    }

    @Test
    void refusedClipsLeaveNothingBehind() throws Exception {
        byte[] mp4 = Samples.bytes(Samples.SMALL_MP4);
        byte[] cutStream = Arrays.copyOf(Samples.bytes(Samples.SMALL), 1200);
        byte[] hollow = mp4.clone();
        Arrays.fill(hollow, hollow.length - 900, hollow.length - 100, (byte) 0);

        assertThat(growth(100, 1000, () -> {
                    refuse(cutStream);
                    refuse(hollow);
                    refuse(Arrays.copyOf(mp4, 2000));
                }))
                .isLessThan(NOISE_BYTES);
    }

    @Test
    void framesThatNobodyClosedGoWithTheirDecoder() throws Exception {
        Clip clip = Clip.open(Samples.SMALL);

        assertThat(growth(100, 1000, () -> {
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
                .isLessThan(NOISE_BYTES);
    }

    private static void refuse(byte[] file) {
        try {
            Clip.read(file);
        } catch (MediaException e) {
            return;
        }
        throw new AssertionError("the file should have been refused");
    }

    private static long growth(int warmUp, int rounds, Work work) throws MediaException {
        for (int round = 0; round < warmUp; round++) {
            work.run();
        }
        long before = bytesInUse();
        for (int round = 0; round < rounds; round++) {
            work.run();
        }
        return bytesInUse() - before;
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
