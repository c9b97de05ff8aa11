package dev.crossdev.guest.driver;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.grpc.client.StreamListener;

/**
 * Passes on what a device did against the protocol, and hears nothing else.
 *
 * @param <E> event of the device's protocol
 */
public class ViolationListener<E> implements StreamListener<E> {

    private final Violations violations;

    /** @param violations hears of them */
    public ViolationListener(Violations violations) {
        this.violations = violations;
    }

    @Override
    public void violation(Violations.Kind kind, String detail) {
        violations.report(kind, detail);
    }
}
