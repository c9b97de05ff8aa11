package dev.crossdev.virtio;

/**
 * Where a command belongs in a distributed trace. Opaque here: it is carried from the sender's span to the device's.
 *
 * @param traceparent the W3C header's value; empty when the command belongs to no trace
 * @param tracestate the W3C header's value; empty when there is none
 */
public record TraceContext(String traceparent, String tracestate) {

    /** Of no trace. */
    public static final TraceContext NONE = new TraceContext("", "");

    /** Whether the command belongs to a trace. */
    public boolean isPresent() {
        return !traceparent.isEmpty();
    }
}
