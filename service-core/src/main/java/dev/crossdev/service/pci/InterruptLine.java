package dev.crossdev.service.pci;

import dev.crossdev.dmabuf.memory.EventDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * The function's INTx and the ISR status register behind it (virtio 1.4, ISR status capability). The VMM listens on an
 * eventfd; as the line is a level, it is raised again when the guest said that it has handled it and there is more. From any
 * thread.
 */
final class InterruptLine implements AutoCloseable {

    /** A queue has used buffers. */
    static final int QUEUE = 1;

    /** The configuration changed, or the device needs a reset. */
    static final int CONFIG = 2;

    private @Nullable EventDescriptor line;
    private int status;
    private boolean masked;

    synchronized void raise(int reason) {
        status |= reason;
        signal();
    }

    /** Reading the register clears it and lowers the line. */
    synchronized int take() {
        int taken = status;
        status = 0;
        return taken;
    }

    synchronized boolean isPending() {
        return status != 0;
    }

    /** The guest said that it has handled an interrupt. */
    synchronized void resample() {
        if (status != 0) {
            signal();
        }
    }

    synchronized void masked(boolean off) {
        boolean unmasked = masked && !off;
        masked = off;
        if (unmasked) {
            resample();
        }
    }

    /** Takes the VMM's descriptor, instead of the one before. */
    synchronized void connect(EventDescriptor descriptor) {
        close();
        line = descriptor;
        resample();
    }

    synchronized void reset() {
        status = 0;
        masked = false;
    }

    private void signal() {
        EventDescriptor connected = line;
        if (connected != null && !masked) {
            connected.signal();
        }
    }

    @Override
    public synchronized void close() {
        EventDescriptor connected = line;
        line = null;
        if (connected != null) {
            connected.close();
        }
    }
}
