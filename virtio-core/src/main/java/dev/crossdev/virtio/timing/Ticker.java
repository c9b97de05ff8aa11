package dev.crossdev.virtio.timing;

/** Where an edge's time comes from, so that tests can be its master. */
interface Ticker {

    /** As {@link System#nanoTime()}: only differences mean anything. */
    long nanoTime();

    /** Something that runs {@code task} when asked to, one run at a time; several lie side by side without waiting. */
    Alarm alarm(String name, Runnable task);

    /** One alarm clock with one time set. */
    interface Alarm extends AutoCloseable {

        /** Runs the task once, at this time or as soon after as can be. Replaces a time set before. */
        void at(long nanos);

        /** No run begins after this; one that is under way ends by itself. */
        @Override
        void close();
    }
}
