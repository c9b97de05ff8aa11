package dev.crossdev.virtio.timing;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * Asks Linux not to round this thread's wake-ups up by its usual 50 microseconds (prctl(2), PR_SET_TIMERSLACK). Where it
 * cannot be had, times are that much less exact and nothing else changes.
 */
final class TimerSlack {

    private static final int PR_SET_TIMERSLACK = 29;
    private static final @Nullable MethodHandle PRCTL = prctl();

    private TimerSlack() {}

    /** For the calling thread, which must be a platform thread. */
    static void none() {
        if (PRCTL == null) {
            return;
        }
        try {
            int result = (int) PRCTL.invokeExact(PR_SET_TIMERSLACK, 1L);
            if (result != 0) {
                System.getLogger(TimerSlack.class.getName())
                        .log(System.Logger.Level.DEBUG, "timer slack stays as it is");
            }
        } catch (Throwable impossible) {
            throw new LinkageError("prctl", impossible);
        }
    }

    private static @Nullable MethodHandle prctl() {
        Linker linker = Linker.nativeLinker();
        try {
            return linker.defaultLookup()
                    .find("prctl")
                    .map(address -> linker.downcallHandle(
                            address,
                            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG),
                            Linker.Option.firstVariadicArg(1)))
                    .orElse(null);
        } catch (IllegalCallerException nativeAccessDenied) {
            return null;
        }
    }
}
