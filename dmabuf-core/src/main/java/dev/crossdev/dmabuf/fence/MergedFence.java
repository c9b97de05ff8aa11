package dev.crossdev.dmabuf.fence;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.waiting.Deadline;
import dev.crossdev.dmabuf.waiting.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** All of several fences (Linux, struct dma_fence_array). None at all has signalled. */
final class MergedFence implements Fence {
    static final MergedFence NOTHING = new MergedFence(List.of());

    private final List<Fence> parts;

    private MergedFence(List<Fence> parts) {
        this.parts = parts;
    }

    static Fence of(List<? extends Fence> fences) {
        List<Fence> parts = new ArrayList<>();
        for (Fence fence : fences) {
            parts.addAll(fence.parts());
        }
        return switch (parts.size()) {
            case 0 -> NOTHING;
            case 1 -> parts.getFirst();
            default -> new MergedFence(List.copyOf(parts));
        };
    }

    @Override
    public boolean signalled() {
        return parts.stream().allMatch(Fence::signalled);
    }

    @Override
    public Optional<Errno> error() {
        return signalled()
                ? parts.stream().flatMap(part -> part.error().stream()).findFirst()
                : Optional.empty();
    }

    @Override
    public Deadline deadline() {
        Deadline latest = Deadline.after(Duration.ZERO);
        for (Fence part : parts) {
            // The monotonic clock may wrap: differences are right, comparisons are not.
            latest = part.deadline().nanos() - latest.nanos() > 0 ? part.deadline() : latest;
        }
        return latest;
    }

    @Override
    public String owner() {
        return parts.isEmpty() ? "stub" : parts.stream().map(Fence::owner).collect(Collectors.joining("+"));
    }

    @Override
    public long sequence() {
        return 0;
    }

    @Override
    public List<Fence> parts() {
        return parts;
    }

    @Override
    public void await(Duration wait) {
        Deadline patience = Deadline.after(wait);
        parts.forEach(part -> part.await(Duration.ofNanos(patience.remainingNanos())));
    }

    @Override
    public Subscription onSignalled(Consumer<Optional<Errno>> action) {
        if (parts.isEmpty()) {
            action.accept(Optional.empty());
            return () -> {};
        }
        AtomicInteger left = new AtomicInteger(parts.size());
        List<Subscription> all = parts.stream()
                .map(part -> part.onSignalled(_ -> {
                    if (left.decrementAndGet() == 0) {
                        action.accept(error());
                    }
                }))
                .toList();
        return () -> all.forEach(Subscription::close);
    }

    @Override
    public String toString() {
        return parts.isEmpty() ? "stub fence" : parts.toString();
    }
}
