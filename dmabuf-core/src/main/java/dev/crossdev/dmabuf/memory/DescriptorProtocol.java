package dev.crossdev.dmabuf.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The messages that {@link DescriptorServer} describes. */
final class DescriptorProtocol {
    /** "XDF1" as the bytes lie. */
    static final int MAGIC = 0x31464458;

    static final int REQUEST_BYTES = 24;
    static final int REPLY_BYTES = 16;

    private static final int PUT = 1;
    private static final int GET = 2;

    private DescriptorProtocol() {}

    enum Operation {
        /** The descriptor comes with the request. */
        PUT,
        /** The descriptor comes with the reply. */
        GET
    }

    record Request(Operation operation, MemoryToken token) {}

    /**
     * @param error errno, 0 for OK
     * @param size bytes of the memory that comes along, else 0
     */
    record Reply(int error, long size) {}

    static byte[] encode(Request request) {
        int operation = switch (request.operation()) {
            case PUT -> PUT;
            case GET -> GET;
        };
        return little(REQUEST_BYTES)
                .putInt(MAGIC)
                .putInt(operation)
                .put(request.token().bytes())
                .array();
    }

    static byte[] encode(Reply reply) {
        return little(REPLY_BYTES)
                .putInt(MAGIC)
                .putInt(reply.error())
                .putLong(reply.size())
                .array();
    }

    /** @throws ErrnoException EPROTO for rubbish */
    static Request decodeRequest(byte[] bytes) {
        ByteBuffer buffer = start(bytes, REQUEST_BYTES);
        int operation = buffer.getInt();
        byte[] token = new byte[MemoryToken.BYTES];
        buffer.get(token);
        return new Request(
                switch (operation) {
                    case PUT -> Operation.PUT;
                    case GET -> Operation.GET;
                    default -> throw new ErrnoException(Errno.EPROTO, "unknown operation " + operation);
                },
                MemoryToken.ofBytes(token));
    }

    /** @throws ErrnoException EPROTO for rubbish */
    static Reply decodeReply(byte[] bytes) {
        ByteBuffer buffer = start(bytes, REPLY_BYTES);
        int error = buffer.getInt();
        if (error < 0) {
            throw new ErrnoException(Errno.EPROTO, "a reply's error is " + error);
        }
        return new Reply(error, buffer.getLong());
    }

    private static ByteBuffer start(byte[] bytes, int length) {
        if (bytes.length != length) {
            throw new ErrnoException(Errno.EPROTO, bytes.length + " bytes instead of " + length);
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (buffer.getInt() != MAGIC) {
            throw new ErrnoException(Errno.EPROTO, "not the descriptor protocol");
        }
        return buffer;
    }

    private static ByteBuffer little(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }
}
