package dev.crossdev.dmabuf;

import java.util.concurrent.atomic.AtomicLongArray;

/** Counts violations by kind. */
public final class ViolationCounter implements Violations {
    private final AtomicLongArray counts = new AtomicLongArray(Kind.values().length);

    @Override
    public void report(Kind kind, String detail) {
        counts.incrementAndGet(kind.ordinal());
    }

    public long count(Kind kind) {
        return counts.get(kind.ordinal());
    }

    public long total() {
        long total = 0;
        for (Kind kind : Kind.values()) {
            total += count(kind);
        }
        return total;
    }
}
