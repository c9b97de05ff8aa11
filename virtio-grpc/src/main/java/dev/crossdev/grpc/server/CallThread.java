package dev.crossdev.grpc.server;

/**
 * The one thread on which a server handles a call's connection (the event loop that reads a client's cancel). A server
 * that runs callbacks of a call on several threads has none: {@link #NONE}.
 */
public interface CallThread {

    /** Writes happen on whatever thread asks for them. */
    CallThread NONE = new CallThread() {
        @Override
        public boolean isCurrent() {
            return true;
        }

        @Override
        public void execute(Runnable task) {
            task.run();
        }
    };

    /** Whether the caller is on that thread. */
    boolean isCurrent();

    /** Runs a task on that thread, later, after those handed in before. */
    void execute(Runnable task);
}
