package dev.crossdev.media;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * Repeats a piece of work and prints by how many bytes the C library's memory in use grew. It is a process of its own,
 * interpreted, because a just-in-time compiler takes and gives back more of that memory than a leak would.
 */
final class MemoryGrowthProgram {
    /** struct mallinfo2 of glibc: ten numbers, of which the fifth and eighth are bytes in use. */
    private static final int MAPPED = 4;

    private static final int USED = 7;
    private static final MemoryLayout MALLINFO2 =
            MemoryLayout.structLayout(MemoryLayout.sequenceLayout(10, ValueLayout.JAVA_LONG));
    private static final MethodHandle MALLINFO = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("mallinfo2"), FunctionDescriptor.of(MALLINFO2));

    private static final byte[] ANNEX_B = Samples.bytes(Samples.SMALL);
    private static final byte[] MP4 = Samples.bytes(Samples.SMALL_MP4);
    private static final byte[] CROPPED = Samples.bytes(Samples.CROPPED);

    private MemoryGrowthProgram() {}

    /** What is repeated. */
    enum Scenario {
        DECODED_CLIPS {
            @Override
            void run() throws MediaException {
                ReferenceDecode.forEachFrame(Clip.read(MP4), (_, _) -> {});
                ReferenceDecode.forEachFrame(Clip.read(CROPPED), (_, _) -> {});
            }
        },
        OPENED_CLIPS {
            @Override
            void run() throws MediaException {
                Clip.read(ANNEX_B);
                Clip.read(MP4);
            }
        },
        REFUSED_CLIPS {
            @Override
            void run() {
                refuse(Arrays.copyOf(ANNEX_B, 1200));
                refuse(Arrays.copyOf(MP4, 2000));
                byte[] hollow = MP4.clone();
                Arrays.fill(hollow, hollow.length - 900, hollow.length - 100, (byte) 0);
                refuse(hollow);
            }

            private static void refuse(byte[] file) {
                try {
                    Clip.read(file);
                } catch (MediaException e) {
                    return;
                }
                throw new AssertionError("the file should have been refused");
            }
        },
        FRAMES_LEFT_TO_THEIR_DECODER {
            @Override
            void run() throws MediaException {
                try (H264Decoder decoder = new H264Decoder()) {
                    for (AccessUnit unit : Clip.read(ANNEX_B).accessUnits()) {
                        decoder.send(unit.data(), 0);
                        if (decoder.receive().map(DecodedFrame::width).orElse(64) != 64) {
                            throw new AssertionError("wrong width");
                        }
                    }
                }
            }
        };

        abstract void run() throws MediaException;
    }

    public static void main(String[] arguments) throws MediaException {
        Scenario scenario = Scenario.valueOf(arguments[0]);
        int rounds = Integer.parseInt(arguments[1]);
        for (int round = 0; round < rounds / 5; round++) {
            scenario.run();
        }
        long before = bytesInUse();
        for (int round = 0; round < rounds; round++) {
            scenario.run();
        }
        System.out.println(bytesInUse() - before);
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
