package dev.crossdev.dmabuf.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.DescriptorProtocol.Operation;
import dev.crossdev.dmabuf.memory.DescriptorProtocol.Reply;
import dev.crossdev.dmabuf.memory.DescriptorProtocol.Request;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DescriptorProtocolTest {
    private static final MemoryToken TOKEN = MemoryToken.parse("000102030405060708090a0b0c0d0e0f");

    @Test
    void requestsLieAsDocumented() {
        assertThat(hex(DescriptorProtocol.encode(new Request(Operation.PUT, TOKEN))))
                .isEqualTo("58444631" + "01000000" + TOKEN);
        assertThat(hex(DescriptorProtocol.encode(new Request(Operation.GET, TOKEN))))
                .isEqualTo("58444631" + "02000000" + TOKEN);
    }

    @Test
    void repliesLieAsDocumented() {
        assertThat(hex(DescriptorProtocol.encode(new Reply(2, 0))))
                .isEqualTo("58444631" + "02000000" + "0000000000000000");
        assertThat(hex(DescriptorProtocol.encode(new Reply(0, 0x123456789aL))))
                .isEqualTo("58444631" + "00000000" + "9a78563412000000");
    }

    @Test
    void whatIsEncodedIsDecoded() {
        for (Operation operation : Operation.values()) {
            Request request = new Request(operation, MemoryToken.random());
            assertThat(DescriptorProtocol.decodeRequest(DescriptorProtocol.encode(request)))
                    .isEqualTo(request);
        }
        Reply reply = new Reply(110, Long.MAX_VALUE);
        assertThat(DescriptorProtocol.decodeReply(DescriptorProtocol.encode(reply)))
                .isEqualTo(reply);
    }

    @Test
    void truncationAtEveryByteIsEproto() {
        byte[] request = DescriptorProtocol.encode(new Request(Operation.PUT, TOKEN));
        for (int length = 0; length < request.length; length++) {
            byte[] part = Arrays.copyOf(request, length);
            SharedMemoryTest.assertErrno(Errno.EPROTO, () -> DescriptorProtocol.decodeRequest(part));
        }
        byte[] reply = DescriptorProtocol.encode(new Reply(0, 1));
        for (int length = 0; length < reply.length; length++) {
            byte[] part = Arrays.copyOf(reply, length);
            SharedMemoryTest.assertErrno(Errno.EPROTO, () -> DescriptorProtocol.decodeReply(part));
        }
    }

    @Test
    void anotherMagicOperationOrANegativeErrorIsEproto() {
        byte[] request = DescriptorProtocol.encode(new Request(Operation.PUT, TOKEN));
        for (int index = 0; index < 8; index++) {
            byte[] wrong = request.clone();
            wrong[index] ^= (byte) 0x40;
            SharedMemoryTest.assertErrno(Errno.EPROTO, () -> DescriptorProtocol.decodeRequest(wrong));
        }
        byte[] reply = DescriptorProtocol.encode(new Reply(-1, 0));
        SharedMemoryTest.assertErrno(Errno.EPROTO, () -> DescriptorProtocol.decodeReply(reply));
    }

    @Test
    void randomBytesAreEprotoAndNothingElse() {
        Random random = new Random(7);
        for (int i = 0; i < 10_000; i++) {
            byte[] bytes = new byte[random.nextInt(40)];
            random.nextBytes(bytes);
            int failures = 0;
            try {
                DescriptorProtocol.decodeRequest(bytes);
            } catch (ErrnoException e) {
                assertThat(e.errno()).isEqualTo(Errno.EPROTO);
                failures++;
            }
            assertThat(failures).isOne();
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
