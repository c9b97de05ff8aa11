package dev.crossdev.video.objects;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.service.directory.Directory;
import dev.crossdev.video.device.ImportedObject;
import dev.crossdev.video.device.ObjectImporter;
import dev.crossdev.video.objects.ImportListener.Outcome;
import io.grpc.Context;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Imports objects of whatever instance has them: the directory is asked once for each import, and each instance has one
 * link, made when first needed and closed when the instance has left and nothing of it is held here any more. An instance
 * that lost its place in the directory for a while may live all the same, and so do our holds there.
 */
public final class DirectoryImporter implements ObjectImporter, AutoCloseable {

    private static final UUID ZERO = new UUID(0, 0);

    private final Directory directory;
    private final Function<HostPort, ? extends ExporterLink> links;
    private final ImportListener listener;
    private final CallersTrace trace;
    private final Map<HostPort, Instance> instances = new HashMap<>();
    private final Runnable endOfWatch;

    private static final class Instance {
        final ExporterLink link;
        int underWay;
        boolean left;

        Instance(ExporterLink link) {
            this.link = link;
        }

        boolean isOver() {
            return left && underWay == 0 && link.importer().isIdle();
        }
    }

    /** Keeps what is done after the look-up in the trace of the thread that asked for the import. */
    @FunctionalInterface
    public interface CallersTrace {
        <T, R> Function<T, R> kept(Function<T, R> next);
    }

    /**
     * @param directory stays the caller's
     * @param links make one
     * @param listener told of each import, the look-up included
     * @param trace asked on the importing thread
     */
    public DirectoryImporter(
            Directory directory,
            Function<HostPort, ? extends ExporterLink> links,
            ImportListener listener,
            CallersTrace trace) {
        this.trace = trace;
        this.directory = directory;
        this.links = links;
        this.listener = listener;
        endOfWatch = directory.watch(new Directory.InstanceListener() {
            @Override
            public void joined(HostPort address) {
                setLeft(address, false);
            }

            @Override
            public void left(HostPort address) {
                setLeft(address, true);
            }
        });
    }

    /** How many memories of exporting services are mapped here. */
    public int mappedMemories() {
        synchronized (instances) {
            return instances.values().stream()
                    .mapToInt(instance -> instance.link.importer().mappedMemories())
                    .sum();
        }
    }

    /** How many exporting services there is a connection to, or was until it broke. */
    int links() {
        synchronized (instances) {
            return instances.size();
        }
    }

    /** With the earlier deadline of the gRPC call that the calling thread serves, if it serves one. */
    @Override
    public ObjectImporter forCaller() {
        Deadline callers = Context.current().getDeadline();
        return callers == null ? this : (guest, uuid, device) -> attach(guest, uuid, device, callers);
    }

    @Override
    public CompletionStage<ImportedObject> attach(String guest, UUID uuid, String device) {
        return attach(guest, uuid, device, null);
    }

    private CompletionStage<ImportedObject> attach(String guest, UUID uuid, String device, @Nullable Deadline callers) {
        long begun = System.nanoTime();
        return find(guest, uuid, callers)
                .thenCompose(trace.<HostPort, CompletionStage<ImportedObject>>kept(
                        address -> attachAt(address, guest, uuid, device, callers)))
                .whenComplete((object, failure) -> listener.imported(
                        failure == null ? Outcome.OK : outcome(uuid, failure),
                        object == null ? "none" : object.path(),
                        Duration.ofNanos(System.nanoTime() - begun)));
    }

    private CompletionStage<HostPort> find(String guest, UUID uuid, @Nullable Deadline callers) {
        if (uuid.equals(ZERO)) {
            return CompletableFuture.failedStage(
                    new ErrnoException(Errno.EINVAL, "sixteen zero bytes are no UUID yet"));
        }
        CompletionStage<HostPort> found = directory.find(guest, uuid);
        return callers == null
                ? found
                : found.toCompletableFuture()
                        .copy()
                        .orTimeout(Math.max(0, callers.timeRemaining(TimeUnit.NANOSECONDS)), TimeUnit.NANOSECONDS);
    }

    private CompletionStage<ImportedObject> attachAt(
            HostPort address, String guest, UUID uuid, String device, @Nullable Deadline callers) {
        Instance instance;
        synchronized (instances) {
            instance = instances.computeIfAbsent(address, each -> new Instance(links.apply(each)));
            instance.underWay++;
        }
        closeWhatIsOver();
        return instance.link.importer().attach(guest, uuid, device, callers).whenComplete((_, _) -> {
            synchronized (instances) {
                instance.underWay--;
            }
        });
    }

    static Outcome outcome(UUID uuid, Throwable failure) {
        ErrnoException error = Statuses.toErrno(failure);
        if (error instanceof DeviceGoneException) {
            return Outcome.EXPORTER_GONE;
        }
        return switch (error.errno()) {
            case EINVAL -> uuid.equals(ZERO) ? Outcome.ZERO_UUID : Outcome.FAILED;
            case ENOENT -> Outcome.UNKNOWN_UUID;
            case ETIMEDOUT -> Outcome.TIMEOUT;
            case EIO -> Outcome.UNREACHABLE;
            default -> Outcome.FAILED;
        };
    }

    private void setLeft(HostPort address, boolean left) {
        synchronized (instances) {
            Instance instance = instances.get(address);
            if (instance != null) {
                instance.left = left;
            }
        }
        closeWhatIsOver();
    }

    /** Done whenever something changes; releases are not heard of, and an idle link costs little until then. */
    private void closeWhatIsOver() {
        List<Instance> over = new ArrayList<>();
        synchronized (instances) {
            instances.values().removeIf(instance -> {
                boolean remove = instance.isOver();
                if (remove) {
                    over.add(instance);
                }
                return remove;
            });
        }
        over.forEach(instance -> instance.link.close());
    }

    @Override
    public void close() {
        endOfWatch.run();
        List<Instance> all;
        synchronized (instances) {
            all = List.copyOf(instances.values());
            instances.clear();
        }
        all.forEach(instance -> instance.link.close());
    }
}
