package dev.crossdev.virtio.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class WireTest {

    private static final UUID RECORDED = UUID.fromString("063f8a6c-95a3-468e-9ff2-3d03f772cdf0");

    private static final byte[] MESSAGE = new WireWriter(0)
            .u32(0x0403_0201)
            .u64(0x0c0b_0a09_0807_0605L)
            .u8(0x1ff)
            .zeros(3)
            .uuid(RECORDED)
            .bytes(new byte[] {9, 8})
            .toBytes();

    @Test
    void writesLowBytesFirstAndUuidsAsTheyAre() {
        assertThat(HexFormat.of().formatHex(MESSAGE))
                .isEqualTo("0102030405060708090a0b0c" + "ff000000" + "063f8a6c95a3468e9ff23d03f772cdf0" + "0908");
    }

    @Test
    void readsWhatWasWritten() throws Exception {
        for (WireReader in : new WireReader[] {new WireReader(MESSAGE), new WireReader(offHeap(MESSAGE))}) {
            assertThat(in.u32()).isEqualTo(0x0403_0201);
            assertThat(in.u64()).isEqualTo(0x0c0b_0a09_0807_0605L);
            assertThat(in.u8()).isEqualTo(0xff);
            assertThat(in.skip(3).uuid()).isEqualTo(RECORDED);
            assertThat(in.remaining()).isEqualTo(2);
            assertThat(in.position()).isEqualTo(MESSAGE.length - 2);
            assertThat(in.bytes(2)).containsExactly(9, 8);
            assertThat(in.remaining()).isZero();
        }
    }

    @Test
    void neverReadsPastTheEnd() {
        assertThatThrownBy(() -> new WireReader(new byte[3]).u32()).isInstanceOf(MalformedMessageException.class);
        assertThatThrownBy(() -> new WireReader(new byte[7]).u64()).isInstanceOf(MalformedMessageException.class);
        assertThatThrownBy(() -> new WireReader(new byte[15]).uuid()).isInstanceOf(MalformedMessageException.class);
        assertThatThrownBy(() -> new WireReader(new byte[0]).u8()).isInstanceOf(MalformedMessageException.class);
        assertThatThrownBy(() -> new WireReader(new byte[5]).skip(6)).isInstanceOf(MalformedMessageException.class);
        assertThatThrownBy(() -> new WireReader(new byte[5]).bytes(-1)).isInstanceOf(MalformedMessageException.class);
    }

    @Test
    void staysWhereItWasAfterAReadThatFailed() throws Exception {
        WireReader in = new WireReader(new byte[] {1, 0, 0});

        assertThatThrownBy(in::u32).isInstanceOf(MalformedMessageException.class);

        assertThat(in.bytes(3)).containsExactly(1, 0, 0);
    }

    @Test
    void writerGrowsAndGivesOutCopies() {
        WireWriter out = new WireWriter(0);
        for (int i = 0; i < 1000; i++) {
            out.u32(i);
        }
        byte[] first = out.toBytes();
        Arrays.fill(first, (byte) 1);

        assertThat(out.size()).isEqualTo(4000);
        assertThat(out.toBytes()).startsWith(0, 0, 0, 0, 1, 0, 0, 0).endsWith(0xe7, 3, 0, 0);
    }

    private static MemorySegment offHeap(byte[] bytes) {
        // One byte in, so that every field is misaligned.
        MemorySegment segment = Arena.ofAuto().allocate(bytes.length + 1L);
        segment.asSlice(1).copyFrom(MemorySegment.ofArray(bytes));
        return segment.asSlice(1);
    }
}
