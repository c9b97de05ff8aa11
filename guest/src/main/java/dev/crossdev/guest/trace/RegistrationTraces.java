package dev.crossdev.guest.trace;

import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.guest.timeline.RegistrationTrace;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Tracer;

/** Makes one trace of each registration. */
@FunctionalInterface
public interface RegistrationTraces {

    /** Traces nothing, and costs nothing. */
    RegistrationTraces OFF = (guest, device, strategy, buffer) -> RegistrationTrace.NONE;

    /**
     * Traces everything.
     *
     * @param telemetry where the spans go; stays the caller's
     */
    static RegistrationTraces to(OpenTelemetry telemetry) {
        Tracer tracer = telemetry.getTracer("dev.crossdev");
        return (guest, device, strategy, buffer) -> new SpannedRegistration(
                tracer,
                tracer.spanBuilder("registration")
                        .setNoParent()
                        .setAttribute("virtio.guest", guest)
                        .setAttribute("virtio.device", device)
                        .setAttribute("crossdev.strategy", strategy.toString())
                        .setAttribute("crossdev.buffer", buffer));
    }

    /**
     * The trace of a buffer that is about to be allocated.
     *
     * @param guest the tenant's name
     * @param device the gpu device's name
     * @param buffer the buffer's number within the run, from 0
     */
    RegistrationTrace begin(String guest, String device, RegistrationStrategy strategy, int buffer);
}
