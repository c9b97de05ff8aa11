package dev.crossdev.media;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hostile and broken bytes end in a {@link MediaException} or in a picture: never in a crash, never in a wait. */
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class DamagedInputTest {
    private static final int ROUNDS = 700;

    @ParameterizedTest
    @ValueSource(strings = {"sample-64x48.h264", "sample-64x48.mp4", "sample-90x58.h264"})
    void aMutatedFileIsReadOrRefused(String name) {
        byte[] original = Samples.bytes(Path.of("src", "test", "resources", name));
        Random random = new Random(name.hashCode());
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] mutated = mutate(original, random);
            try {
                Clip clip = Clip.read(mutated);
                assertThat(clip.accessUnits()).hasSize(clip.info().frameCount());
                ReferenceDecode.digest(clip);
            } catch (MediaException e) {
                assertThat(e.getMessage()).isNotBlank().doesNotContain("\n");
                refused++;
            }
        }
        assertThat(refused).isBetween(1, ROUNDS - 1);
    }

    @Test
    void mutatedUnitsNeverHarmTheDecoderForLater() throws Exception {
        Clip clip = Clip.open(Samples.SMALL);
        String right = ReferenceDecode.digest(clip).hex();
        Random random = new Random(4);
        int refused = 0;
        try (H264Decoder decoder = new H264Decoder(1, 1 << 20);
                Arena arena = Arena.ofConfined()) {
            for (int round = 0; round < ROUNDS; round++) {
                for (AccessUnit unit : clip.accessUnits()) {
                    byte[] bytes = unit.data().toArray(ValueLayout.JAVA_BYTE);
                    byte[] sent = random.nextInt(3) == 0 ? mutate(bytes, random) : bytes;
                    try {
                        decoder.send(MemorySegment.ofArray(sent), unit.timestampMicros());
                    } catch (MediaException e) {
                        refused++;
                    }
                    convertAll(decoder);
                }
                decoder.flush();
            }
            assertThat(refused).isPositive();

            FrameDigest digest = new FrameDigest();
            MemorySegment packed = arena.allocate(64 * 48 * 4);
            for (AccessUnit unit : clip.accessUnits()) {
                decoder.send(unit.data(), 0);
                digestAll(decoder, packed, digest);
            }
            decoder.drain();
            digestAll(decoder, packed, digest);
            assertThat(digest.hex()).isEqualTo(right);
        }
    }

    @Test
    void unitsInAnyOrderAreDecodedOrRefused() throws Exception {
        Clip small = Clip.open(Samples.SMALL);
        Clip cropped = Clip.open(Samples.CROPPED);
        Random random = new Random(5);
        int pictures = 0;
        try (H264Decoder decoder = new H264Decoder()) {
            for (int round = 0; round < 3000; round++) {
                List<AccessUnit> units = (random.nextInt(20) == 0 ? cropped : small).accessUnits();
                try {
                    decoder.send(units.get(random.nextInt(units.size())).data(), round);
                } catch (MediaException e) {
                    assertThat(e.reason()).isEqualTo(MediaException.Reason.CORRUPT);
                }
                pictures += convertAll(decoder);
            }
        }
        assertThat(pictures).isPositive();
    }

    @Test
    void randomBytesAreNoClip() {
        Random random = new Random(6);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = new byte[random.nextInt(4096)];
            random.nextBytes(bytes);
            try {
                assertThat(Clip.read(bytes).accessUnits()).isNotEmpty();
            } catch (MediaException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        }
    }

    @Test
    void aDecoderFedWithRandomBytesBehindAStartCodeRefusesThem() throws Exception {
        Random random = new Random(7);
        int refused = 0;
        try (H264Decoder decoder = new H264Decoder(1, 1 << 20)) {
            for (int round = 0; round < 3000; round++) {
                byte[] bytes = new byte[5 + random.nextInt(300)];
                random.nextBytes(bytes);
                bytes[0] = 0;
                bytes[1] = 0;
                bytes[2] = 1;
                try {
                    decoder.send(MemorySegment.ofArray(bytes), round);
                } catch (MediaException e) {
                    refused++;
                }
                convertAll(decoder);
            }
        }
        assertThat(refused).isPositive();
    }

    private static int convertAll(H264Decoder decoder) throws MediaException {
        int count = 0;
        while (true) {
            Optional<DecodedFrame> next;
            try {
                next = decoder.receive();
            } catch (MediaException e) {
                assertThat(e.reason()).isEqualTo(MediaException.Reason.CORRUPT);
                continue;
            }
            if (next.isEmpty()) {
                return count;
            }
            count++;
            try (DecodedFrame frame = next.get();
                    GuardedMemory memory = new GuardedMemory(frame.packedSize())) {
                frame.convertTo(memory.atEnd(frame.packedSize()), RgbLayout.BGRA);
            }
        }
    }

    private static void digestAll(H264Decoder decoder, MemorySegment packed, FrameDigest digest) throws MediaException {
        for (Optional<DecodedFrame> next = decoder.receive(); next.isPresent(); next = decoder.receive()) {
            try (DecodedFrame frame = next.get()) {
                frame.convertTo(packed, RgbLayout.BGRA);
                digest.update(packed);
            }
        }
    }

    private static byte[] mutate(byte[] original, Random random) {
        byte[] bytes = original.clone();
        switch (random.nextInt(5)) {
            case 0 -> {
                for (int flips = 1 + random.nextInt(8); flips > 0; flips--) {
                    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                }
            }
            case 1 -> {
                for (int writes = 1 + random.nextInt(8); writes > 0; writes--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                }
            }
            case 2 -> bytes = Arrays.copyOf(bytes, 1 + random.nextInt(bytes.length));
            case 3 -> {
                int from = random.nextInt(bytes.length);
                int length = random.nextInt(bytes.length - from);
                System.arraycopy(bytes, from, bytes, random.nextInt(bytes.length - length), length);
            }
            default -> {
                int from = random.nextInt(bytes.length);
                Arrays.fill(bytes, from, Math.min(bytes.length, from + 64), (byte) (random.nextBoolean() ? 0xff : 0));
            }
        }
        return bytes;
    }
}
