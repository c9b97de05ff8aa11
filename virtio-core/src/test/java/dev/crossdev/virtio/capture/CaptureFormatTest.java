package dev.crossdev.virtio.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.capture.CaptureEntry.Detail;
import dev.crossdev.virtio.capture.CaptureEntry.Exchange;
import dev.crossdev.virtio.memory.MemoryRegion;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CaptureFormatTest {

    private static final String OLD = """
            # QEMU 7.2.22, device features 0x110000006 (EDID,RESOURCE_UUID,INDIRECT_DESC,VERSION_1), fbdev off
            # lines: <virtqueue index> <request bytes hex> <response bytes hex>   (0=controlq 1=cursorq; '-' = no response bytes)
            0 000100000000000000000000000000000000000000000000 001200000000000000000000000000000000000000000000
            1 0103 -
            """;

    @Test
    void aCaptureOfBeforeTheDirectivesIsRead() throws Exception {
        Capture capture = read(OLD);

        assertThat(capture.header().offered()).contains(new Features(0x110000006L));
        assertThat(capture.header().remarks()).singleElement().asString().startsWith("QEMU 7.2.22");
        assertThat(capture.kind()).contains(DeviceKind.GPU);
        assertThat(capture.lines()).extracting(Capture.Line::number).containsExactly(3L, 4L);
        Exchange second = capture.exchanges().get(1);
        assertThat(second.queue()).isEqualTo(1);
        assertThat(second.request()).isEqualTo(Bytes.ofHex("0103"));
        assertThat(second.written()).as("given back without bytes").contains(Bytes.NONE);
        assertThat(second.detail()).isEmpty();
    }

    @Test
    void whatIsWrittenIsReadBackTheSame() throws Exception {
        for (long seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            CaptureHeader header = header(random);
            List<CaptureEntry> entries = new ArrayList<>();
            for (int i = random.nextInt(20); i > 0; i--) {
                entries.add(entry(random));
            }

            Capture again = read(write(header, entries));

            assertThat(again.header()).as("seed %d", seed).isEqualTo(header);
            assertThat(again.entries()).as("seed %d", seed).isEqualTo(entries);
        }
    }

    @Test
    void aToolThatKnowsOnlyExchangesReadsThemToo() throws Exception {
        Random random = new Random(1);
        String text = write(header(random), List.of(exchange(random), new CaptureEntry.Reset(1, OptionalLong.of(5))));

        assertThat(text.lines().filter(line -> !line.startsWith("#")))
                .singleElement()
                .satisfies(line -> assertThat(line.split(" ")).hasSizeGreaterThanOrEqualTo(3));
    }

    @Test
    void whatComesFromElsewhereCannotBeginALine() throws Exception {
        Capture again = read(write(
                new CaptureHeader(
                        Optional.empty(),
                        Optional.of("a\n0 00 00"),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        OptionalLong.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        List.of("x\r\n0 00 00")),
                List.of(new CaptureEntry.Unplugged("gone\n0 00 00", OptionalLong.empty()))));

        assertThat(again.exchanges()).isEmpty();
        assertThat(again.entries()).hasSize(1);
    }

    @Test
    void aFileThatIsCutOffAnywhereIsReadUpToThereOrRefusedWithItsLine() throws Exception {
        Random random = new Random(7);
        List<CaptureEntry> entries = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            entries.add(entry(random));
        }
        String text = write(header(random), entries);
        for (int length = 0; length < text.length(); length++) {
            String cut = text.substring(0, length);
            try {
                assertThat(read(cut).entries().size()).isLessThanOrEqualTo(entries.size());
            } catch (CaptureFormatException e) {
                assertThat(e.line()).isEqualTo(cut.lines().count());
            }
        }
    }

    @Test
    void anythingElseIsRefusedAndNothingWorse() throws Exception {
        String alphabet = "0123456789abcdefx-+#:=. \t\r\nAtype writeresetroomusedseqconfig\u00e9\u0000";
        Random random = new Random(11);
        String seed = write(header(random), List.of(entry(random), entry(random), entry(random)));
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder(i % 2 == 0 ? seed : "");
            for (int j = random.nextInt(40); j > 0; j--) {
                char letter = alphabet.charAt(random.nextInt(alphabet.length()));
                text.insert(random.nextInt(text.length() + 1), letter);
            }
            try {
                read(text.toString());
            } catch (CaptureFormatException e) {
                assertThat(e.line()).isPositive();
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    0 00                      | line 3: expected <virtqueue index> <request bytes hex> <response bytes hex>, found 2 columns
                    x 00 00                   | line 3: 'x' is no virtqueue's index
                    0 0 00                    | line 3: bytes are pairs of hexadecimal digits, or '-' for none; found 1 characters
                    0 zz 00                   | line 3: 'zz' is not hexadecimal
                    0 00 00 @ at=soon       | line 3: 'soon' is no value of at
                    0 00 00 @ unanswered    | line 3: unanswered, and yet an answer
                    @: type toaster         | line 3: 'toaster' is no type of device: gpu or video
                    @: write 12 00          | line 3: '12' is no address: it begins with 0x
                    """)
    void aBadLineIsNamed(String line, String message) {
        assertThatThrownBy(() -> read("# one\n\n" + line.replace('@', '#') + "\n"))
                .isInstanceOf(CaptureFormatException.class)
                .hasMessage(message);
    }

    private static Capture read(String text) throws IOException, CaptureFormatException {
        return Capture.read(new StringReader(text));
    }

    private static String write(CaptureHeader header, List<CaptureEntry> entries) throws IOException {
        StringWriter text = new StringWriter();
        try (CaptureWriter writer = new CaptureWriter(text)) {
            writer.header(header);
            for (CaptureEntry entry : entries) {
                writer.write(entry);
            }
        }
        return text.toString();
    }

    private static CaptureHeader header(Random random) {
        return new CaptureHeader(
                maybe(random, DeviceKind.values()[random.nextInt(2)]),
                maybe(random, "guest"),
                maybe(random, "vm0"),
                maybe(random, new Features(random.nextLong())),
                maybe(random, new Features(random.nextLong())),
                maybe(random, bytes(random)),
                number(random),
                maybe(
                        random,
                        random.nextBoolean()
                                ? List.of()
                                : List.of(
                                        new MemoryRegion(random.nextLong() >>> 1, 1 + random.nextInt(1 << 20)),
                                        new MemoryRegion(0x8000_0000_0000_0000L, 4096))),
                maybe(random, "00112233"),
                random.nextBoolean() ? List.of() : List.of("a remark", "another, with 0x12 in it"));
    }

    private static CaptureEntry entry(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> new CaptureEntry.MemoryWrite(random.nextLong(), bytes(random), number(random));
            case 1 -> new CaptureEntry.Reset(random.nextLong(), number(random));
            case 2 -> new CaptureEntry.ConfigChanged(bytes(random), number(random));
            case 3 -> new CaptureEntry.Dropped(random.nextLong());
            case 4 -> new CaptureEntry.Unplugged("its stream ended", number(random));
            default -> exchange(random);
        };
    }

    private static Exchange exchange(Random random) {
        Optional<Detail> detail = maybe(
                random,
                new Detail(
                        OptionalLong.of(random.nextLong()),
                        random.nextBoolean()
                                ? OptionalLong.empty()
                                : OptionalLong.of(Integer.toUnsignedLong(random.nextInt())),
                        number(random),
                        number(random)));
        return new Exchange(random.nextInt(), bytes(random), maybe(random, bytes(random)), detail);
    }

    private static OptionalLong number(Random random) {
        return random.nextBoolean() ? OptionalLong.empty() : OptionalLong.of(random.nextLong() >>> 2);
    }

    private static Bytes bytes(Random random) {
        byte[] bytes = new byte[random.nextInt(60)];
        random.nextBytes(bytes);
        return Bytes.of(bytes);
    }

    private static <T> Optional<T> maybe(Random random, T value) {
        return random.nextBoolean() ? Optional.of(value) : Optional.empty();
    }
}
