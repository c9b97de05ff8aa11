package dev.crossdev.grpc.client;

import java.lang.System.Logger.Level;

/** Runs the code of others: what it throws must not keep the stream, or other code, from hearing its own. */
final class Callbacks {

    private static final System.Logger LOG = System.getLogger(Callbacks.class.getName());

    private Callbacks() {}

    static void run(Runnable callback) {
        try {
            callback.run();
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "a callback of a device stream failed", e);
        }
    }
}
