package dev.crossdev.service.trace;

import dev.crossdev.service.house.CommandTrace;
import dev.crossdev.service.house.RegistrationAnswer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import org.jspecify.annotations.Nullable;

/**
 * The span of the call that brought a command, carried to wherever the command is worked on.
 *
 * @param context with the span in it
 */
record CallersSpan(Context context) implements CommandTrace {

    @Override
    public void atDevice(long receivedNanos, Runnable take) {
        try (Scope _ = context.makeCurrent()) {
            take.run();
        }
    }

    @Override
    public void answered(
            String result, @Nullable RegistrationAnswer registration, long answeredNanos, Runnable recording) {
        try (Scope _ = context.makeCurrent()) {
            recording.run();
        }
    }
}
