package dev.crossdev.dmabuf.memory;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/** sendmsg and recvmsg with SCM_RIGHTS (unix(7), cmsg(3)); neither waits nor raises SIGPIPE. */
final class DescriptorMessages {
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int MSG_CTRUNC = 8;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;

    /** struct msghdr of 64-bit Linux. */
    private static final int HEADER_BYTES = 56;

    private static final int HEADER_IOV = 16;
    private static final int HEADER_IOV_COUNT = 24;
    private static final int HEADER_CONTROL = 32;
    private static final int HEADER_CONTROL_BYTES = 40;
    private static final int HEADER_FLAGS = 48;

    /** struct cmsghdr {size_t len; int level; int type}, then the descriptors. */
    private static final int CONTROL_DATA = 16;

    /** Room for twelve: more than any message has, so that a peer that sends more is caught; the kernel drops the rest. */
    private static final int CONTROL_BYTES = 64;

    private static final FunctionDescriptor TYPE = FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle SENDMSG = Libc.link("sendmsg", TYPE);
    private static final MethodHandle RECVMSG = Libc.link("recvmsg", TYPE);

    private DescriptorMessages() {}

    /**
     * What recvmsg gave.
     *
     * @param result bytes, 0 at the end of the stream, -errno
     * @param bytes what was read
     * @param descriptors the reader's from here on
     * @param truncated more descriptors came than anyone here sends
     */
    record Received(int result, byte[] bytes, List<Integer> descriptors, boolean truncated) {}

    /** Sends bytes, and with the first of them a descriptor unless it is negative. Bytes sent, or -errno. */
    static int send(int socket, byte[] bytes, int offset, int descriptor) {
        return send(socket, bytes, offset, descriptor < 0 ? new int[0] : new int[] {descriptor});
    }

    /** Sends bytes, and with the first of them descriptors, twelve at most. Bytes sent, or -errno. */
    static int send(int socket, byte[] bytes, int offset, int[] descriptors) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            int length = bytes.length - offset;
            MemorySegment data = arena.allocate(length);
            MemorySegment.copy(bytes, offset, data, ValueLayout.JAVA_BYTE, 0, length);
            MemorySegment header = header(arena, data);
            if (descriptors.length > 0) {
                long used = CONTROL_DATA + (long) Integer.BYTES * descriptors.length;
                MemorySegment control = arena.allocate(CONTROL_BYTES, Long.BYTES);
                control.set(JAVA_LONG, 0, used);
                control.set(JAVA_INT, 8, SOL_SOCKET);
                control.set(JAVA_INT, 12, SCM_RIGHTS);
                MemorySegment.copy(descriptors, 0, control, ValueLayout.JAVA_INT, CONTROL_DATA, descriptors.length);
                header.set(ADDRESS, HEADER_CONTROL, control);
                // CMSG_SPACE: whole words.
                header.set(JAVA_LONG, HEADER_CONTROL_BYTES, (used + Long.BYTES - 1) / Long.BYTES * Long.BYTES);
            }
            long result = (long) SENDMSG.invokeExact(errno, socket, header, MSG_DONTWAIT | MSG_NOSIGNAL);
            return (int) Libc.result(result, errno);
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    /** Reads at most so many bytes and the descriptors that came with them. */
    static Received receive(int socket, int most) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            MemorySegment data = arena.allocate(most);
            MemorySegment control = arena.allocate(CONTROL_BYTES, Long.BYTES);
            MemorySegment header = header(arena, data);
            header.set(ADDRESS, HEADER_CONTROL, control);
            header.set(JAVA_LONG, HEADER_CONTROL_BYTES, CONTROL_BYTES);
            long raw = (long) RECVMSG.invokeExact(errno, socket, header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
            int result = (int) Libc.result(raw, errno);
            if (result < 0) {
                return new Received(result, new byte[0], List.of(), false);
            }
            List<Integer> descriptors = descriptors(control.asSlice(0, header.get(JAVA_LONG, HEADER_CONTROL_BYTES)));
            boolean truncated = (header.get(JAVA_INT, HEADER_FLAGS) & MSG_CTRUNC) != 0;
            byte[] bytes = data.asSlice(0, result).toArray(ValueLayout.JAVA_BYTE);
            return new Received(result, bytes, descriptors, truncated);
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    private static MemorySegment header(Arena arena, MemorySegment data) {
        MemorySegment vector = arena.allocate(16, Long.BYTES);
        vector.set(ADDRESS, 0, data);
        vector.set(JAVA_LONG, 8, data.byteSize());
        MemorySegment header = arena.allocate(HEADER_BYTES, Long.BYTES);
        header.set(ADDRESS, HEADER_IOV, vector);
        header.set(JAVA_LONG, HEADER_IOV_COUNT, 1);
        return header;
    }

    private static List<Integer> descriptors(MemorySegment control) {
        List<Integer> found = new ArrayList<>(1);
        long at = 0;
        while (at + CONTROL_DATA <= control.byteSize()) {
            long length = control.get(JAVA_LONG, at);
            if (length < CONTROL_DATA || length > control.byteSize() - at) {
                break;
            }
            if (control.get(JAVA_INT, at + 8) == SOL_SOCKET && control.get(JAVA_INT, at + 12) == SCM_RIGHTS) {
                for (long d = at + CONTROL_DATA; d + Integer.BYTES <= at + length; d += Integer.BYTES) {
                    found.add(control.get(JAVA_INT, d));
                }
            }
            at += (length + Long.BYTES - 1) / Long.BYTES * Long.BYTES;
        }
        return found;
    }
}
