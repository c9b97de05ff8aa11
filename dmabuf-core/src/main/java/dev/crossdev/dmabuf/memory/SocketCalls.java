package dev.crossdev.dmabuf.memory;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The system calls of Unix stream sockets, none of which waits: all sockets here are non-blocking, and poll is given its
 * time. Results are a Linux system call's: negative is -errno.
 */
final class SocketCalls {
    static final short POLLIN = 1;

    private static final short POLLOUT = 4;
    private static final int F_SETFL = 4;
    private static final int O_RDWR = 2;
    private static final int O_NONBLOCK = 0x800;

    /** unix(7): sun_path has 108 bytes, the last a zero. */
    static final int LONGEST_PATH = 107;

    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int NONBLOCK_CLOEXEC = 0x800 | 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_PEERCRED = 17;
    private static final int SUN_PATH = 2;
    private static final int ADDRESS_BYTES = SUN_PATH + LONGEST_PATH + 1;

    private static final MethodHandle SOCKET =
            Libc.link("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle BIND =
            Libc.link("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle LISTEN = Libc.link("listen", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle ACCEPT4 =
            Libc.link("accept4", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
    private static final MethodHandle CONNECT =
            Libc.link("connect", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle GETSOCKOPT =
            Libc.link("getsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle POLL =
            Libc.link("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle EVENTFD =
            Libc.link("eventfd", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle WRITE =
            Libc.link("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle READ =
            Libc.link("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle FCNTL = Libc.link(
            "fcntl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle GETEUID = Libc.link("geteuid", FunctionDescriptor.of(JAVA_INT));

    private SocketCalls() {}

    /** A non-blocking Unix stream socket. */
    static int socket() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            int result = (int) SOCKET.invokeExact(errno, AF_UNIX, SOCK_STREAM | NONBLOCK_CLOEXEC, 0);
            return (int) Libc.check(Libc.result(result, errno), "socket");
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    static int bind(int socket, Path path) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            int result = (int) BIND.invokeExact(errno, socket, address(arena, path), ADDRESS_BYTES);
            return (int) Libc.result(result, errno);
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    static int connect(int socket, Path path) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            int result = (int) CONNECT.invokeExact(errno, socket, address(arena, path), ADDRESS_BYTES);
            return (int) Libc.result(result, errno);
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    static int listen(int socket, int backlog) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            int result = (int) LISTEN.invokeExact(errno, socket, backlog);
            return (int) Libc.result(result, errno);
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    /** The next connection, non-blocking as well. */
    static int accept(int socket) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            int result =
                    (int) ACCEPT4.invokeExact(errno, socket, MemorySegment.NULL, MemorySegment.NULL, NONBLOCK_CLOEXEC);
            return (int) Libc.result(result, errno);
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    /** The user id of the peer when it connected, or -errno. */
    static long peerUid(int socket) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            // struct ucred {pid, uid, gid}
            MemorySegment credentials = arena.allocate(12, 4);
            MemorySegment length = arena.allocateFrom(JAVA_INT, 12);
            int result = (int) GETSOCKOPT.invokeExact(errno, socket, SOL_SOCKET, SO_PEERCRED, credentials, length);
            long failure = Libc.result(result, errno);
            return failure < 0 ? failure : Integer.toUnsignedLong(credentials.get(JAVA_INT, 4));
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    static long ownUid() {
        try (Arena arena = Arena.ofConfined()) {
            int uid = (int) GETEUID.invokeExact(Libc.errnoIn(arena));
            return Integer.toUnsignedLong(uid);
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    /**
     * Waits until one of the descriptors can be read or has hung up.
     *
     * @param millis -1 for ever: then one of them must be a wake-up
     * @return for each descriptor whether it is ready; none of them after an interrupted call
     */
    static boolean[] poll(int[] descriptors, int millis) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            // struct pollfd {int fd; short events; short revents}
            MemorySegment entries = arena.allocate(8L * descriptors.length, 4);
            for (int i = 0; i < descriptors.length; i++) {
                entries.set(JAVA_INT, 8L * i, descriptors[i]);
                entries.set(JAVA_SHORT, 8L * i + 4, POLLIN);
            }
            int result = (int) POLL.invokeExact(errno, entries, (long) descriptors.length, millis);
            long count = Libc.result(result, errno);
            boolean[] ready = new boolean[descriptors.length];
            if (count == -Errno.EINTR.number()) {
                return ready;
            }
            Libc.check(count, "poll");
            for (int i = 0; i < descriptors.length; i++) {
                ready[i] = entries.get(JAVA_SHORT, 8L * i + 6) != 0;
            }
            return ready;
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    /** Waits until a descriptor can be written, or has hung up, or the time is over. */
    static void pollWritable(int descriptor, int millis) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            MemorySegment entry = arena.allocate(8, 4);
            entry.set(JAVA_INT, 0, descriptor);
            entry.set(JAVA_SHORT, 4, POLLOUT);
            int result = (int) POLL.invokeExact(errno, entry, 1L, millis);
            assert result <= 1;
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    /** Reads and writes of this file, whoever has it, give EAGAIN where they would wait. */
    static void neverWait(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            int result = (int) FCNTL.invokeExact(Libc.errnoIn(arena), descriptor, F_SETFL, O_RDWR | O_NONBLOCK);
            assert result <= 0;
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    /** A descriptor that becomes readable by {@link #wake} until {@link #slumber}. */
    static int wakeUp() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            int result = (int) EVENTFD.invokeExact(errno, 0, NONBLOCK_CLOEXEC);
            return (int) Libc.check(Libc.result(result, errno), "eventfd");
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    static void wake(int wakeUp) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            long result = (long) WRITE.invokeExact(errno, wakeUp, arena.allocateFrom(JAVA_LONG, 1L), 8L);
            assert result == 8;
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    /** As {@link #wake}, of a descriptor that may be anything. */
    static void tryWake(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            long ignored = (long) WRITE.invokeExact(errno, descriptor, arena.allocateFrom(JAVA_LONG, 1L), 8L);
            assert ignored <= 8;
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    /** False when there will never be anything to read again. */
    static boolean slumber(int wakeUp) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            long read = (long) READ.invokeExact(errno, wakeUp, arena.allocate(JAVA_LONG), 8L);
            long result = Libc.result(read, errno);
            return result > 0 || result == -Errno.EAGAIN.number() || result == -Errno.EINTR.number();
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    /**
     * Whether the path can be a socket's.
     *
     * @throws ErrnoException EINVAL
     */
    static void requireFits(Path path) {
        int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length == 0 || length > LONGEST_PATH) {
            throw new ErrnoException(
                    Errno.EINVAL,
                    "a Unix socket's path has 1 to " + LONGEST_PATH + " bytes, this one " + length + ": " + path);
        }
    }

    /** struct sockaddr_un {sa_family_t, char[108]} */
    private static MemorySegment address(Arena arena, Path path) {
        requireFits(path);
        MemorySegment address = arena.allocate(ADDRESS_BYTES, 2);
        address.set(JAVA_SHORT, 0, (short) AF_UNIX);
        address.setString(SUN_PATH, path.toString(), StandardCharsets.UTF_8);
        return address;
    }
}
