package dev.crossdev.benchmarks;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.crossdev.dmabuf.memory.EventDescriptor;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Waits for one event as a virtual machine's monitor does: in poll(2). For one thread. */
final class EventWait {

    private static final short POLLIN = 1;
    private static final int PATIENCE_MILLIS = 20_000;

    private static final MethodHandle POLL = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("poll"),
                    FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

    private final EventDescriptor event;
    /** struct pollfd {int fd; short events; short revents}. */
    private final MemorySegment pollfd = Arena.ofAuto().allocate(8, 4);

    EventWait(EventDescriptor event) {
        this.event = event;
        pollfd.set(JAVA_INT, 0, event.descriptor());
        pollfd.set(JAVA_SHORT, 4, POLLIN);
    }

    /** Returns when it was signalled, and forgets that it was. */
    void await() {
        try {
            if ((int) POLL.invokeExact(pollfd, 1L, PATIENCE_MILLIS) == 0) {
                throw new AssertionError("nobody signalled");
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        boolean unused = event.clear();
    }
}
