package dev.crossdev.dmabuf.waiting;

/** A callback's place in a queue. Closing it takes the callback out, if it has not run; again is nothing. */
@FunctionalInterface
public interface Subscription extends AutoCloseable {
    @Override
    void close();
}
