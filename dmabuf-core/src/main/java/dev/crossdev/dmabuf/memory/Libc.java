package dev.crossdev.dmabuf.memory;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * Calls into the C library. A call gives what a Linux system call gives: the result, or the negated errno. Constants
 * are those of x86_64 and arm64, which agree on all that is used here.
 */
final class Libc {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup SYMBOLS = LINKER.defaultLookup();
    private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");
    private static final MemoryLayout CAPTURED = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle CLOSE = link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private Libc() {}

    /** A function's handle; its first argument is the segment that errno goes to. */
    static MethodHandle link(String name, FunctionDescriptor type, Linker.Option... options) {
        Linker.Option[] all = new Linker.Option[options.length + 1];
        all[0] = CAPTURE;
        System.arraycopy(options, 0, all, 1, options.length);
        MemorySegment symbol =
                SYMBOLS.find(name).orElseThrow(() -> new ErrnoException(Errno.ENOSYS, "the C library has no " + name));
        return LINKER.downcallHandle(symbol, type, all);
    }

    /** Room for one call's errno. */
    static MemorySegment errnoIn(Arena arena) {
        return arena.allocate(CAPTURED);
    }

    /** The result, or the negated errno when the result is -1. */
    static long result(long result, MemorySegment errno) {
        return result == -1 ? -(int) ERRNO.get(errno, 0L) : result;
    }

    /** The result, unless it is a negated errno. */
    static long check(long result, String what) {
        if (result < 0 && result > -4096) {
            throw failure(result, what);
        }
        return result;
    }

    static ErrnoException failure(long result, String what) {
        Errno errno = Errno.of((int) -result);
        return new ErrnoException(errno, what + ": " + errno + " (" + -result + ")");
    }

    /** What {@link MethodHandle#invokeExact} declares and a downcall never does. */
    static AssertionError impossible(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown instanceof RuntimeException exception) {
            throw exception;
        }
        return new AssertionError(thrown);
    }

    /** Closes a descriptor. Linux frees it whatever the result, so there is none. */
    static void close(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            int ignored = (int) CLOSE.invokeExact(errnoIn(arena), descriptor);
            assert ignored <= 0;
        } catch (Throwable e) {
            throw impossible(e);
        }
    }
}
