package dev.crossdev.service.vhostuser;

import dev.crossdev.dmabuf.memory.EventDescriptor;
import dev.crossdev.service.vhostuser.VhostUserRequest.SetAddresses;
import org.jspecify.annotations.Nullable;

/** What a front end has said of one ring so far. */
final class Vring implements AutoCloseable {

    int size;
    int base;
    /** Whether the front end said it since the ring was started last. */
    boolean baseSaid;

    boolean enabled;

    @Nullable
    SetAddresses addresses;

    private @Nullable EventDescriptor kick;
    private volatile @Nullable EventDescriptor call;
    private volatile @Nullable EventDescriptor error;

    /** Whether it has a kick: from then on it is started (QEMU's vhost-user.rst, and libvhost-user). */
    boolean started() {
        return kick != null;
    }

    @Nullable
    EventDescriptor kick() {
        return kick;
    }

    void kick(@Nullable EventDescriptor next) {
        close(kick);
        kick = next;
    }

    void call(@Nullable EventDescriptor next) {
        EventDescriptor before = call;
        call = next;
        close(before);
    }

    void error(@Nullable EventDescriptor next) {
        EventDescriptor before = error;
        error = next;
        close(before);
    }

    /** Tells the driver of used buffers; from any thread. */
    void signalCall() {
        signal(call);
    }

    /** Tells the front end that the ring is broken; from any thread. */
    void signalError() {
        signal(error);
    }

    private static void signal(@Nullable EventDescriptor event) {
        if (event != null) {
            event.signal();
        }
    }

    private static void close(@Nullable EventDescriptor event) {
        if (event != null) {
            event.close();
        }
    }

    @Override
    public void close() {
        kick(null);
        call(null);
        error(null);
    }
}
