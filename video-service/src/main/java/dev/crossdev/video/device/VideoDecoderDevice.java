package dev.crossdev.video.device;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.virtio.Device;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.HeldBuffer;
import dev.crossdev.virtio.Inspectable;
import dev.crossdev.virtio.memory.GuestMemory;
import dev.crossdev.virtio.video.MemType;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoCommand.GetControl;
import dev.crossdev.virtio.video.VideoCommand.GetParams;
import dev.crossdev.virtio.video.VideoCommand.GetParamsExt;
import dev.crossdev.virtio.video.VideoCommand.QueryCapability;
import dev.crossdev.virtio.video.VideoCommand.QueryControl;
import dev.crossdev.virtio.video.VideoCommand.QueueClear;
import dev.crossdev.virtio.video.VideoCommand.ResourceCreate;
import dev.crossdev.virtio.video.VideoCommand.ResourceDestroyAll;
import dev.crossdev.virtio.video.VideoCommand.ResourceQueue;
import dev.crossdev.virtio.video.VideoCommand.SetControl;
import dev.crossdev.virtio.video.VideoCommand.SetParams;
import dev.crossdev.virtio.video.VideoCommand.SetParamsExt;
import dev.crossdev.virtio.video.VideoCommand.StreamCreate;
import dev.crossdev.virtio.video.VideoCommand.StreamDestroy;
import dev.crossdev.virtio.video.VideoCommand.StreamDrain;
import dev.crossdev.virtio.video.VideoCommand.Unsupported;
import dev.crossdev.virtio.video.VideoConfig;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoFeature;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResponse.OkGetParams;
import dev.crossdev.virtio.video.VideoResponse.OkGetParamsExt;
import dev.crossdev.virtio.video.VideoResponse.OkNodata;
import dev.crossdev.virtio.video.VideoResponse.OkQueryCapability;
import dev.crossdev.virtio.video.VideoResult;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A virtio-video H.264 decoder, v3 dialect. It decodes into objects that other devices exported (or guest pages), at the
 * size that the stream has: no scaling.
 *
 * <p>After {@link #reset} the driver starts from nothing; imported memory is let go of when the decoders have stopped.
 */
public final class VideoDecoderDevice implements Device<VideoCommand, VideoResponse>, Inspectable {
    private static final Logger LOG = System.getLogger(VideoDecoderDevice.class.getName());

    /** What the device can do. */
    public static final Features OFFERED = Features.of(VideoFeature.values());

    /** The lengths are crosvm's. */
    private static final VideoConfig CONFIG = new VideoConfig(0, 1024, 1024, "crossdev");

    private final String guest;
    private final String name;
    private final ObjectImporter importer;
    private final DecoderLimits limits;
    private final Consumer<VideoEvent> events;
    private final StreamCommands commands;

    private final ReentrantLock lock = new ReentrantLock();
    private final Outbox outbox = new Outbox();
    private final CommandOrder order = new CommandOrder(this::begin, outbox);
    private final Map<Integer, DecoderStream> streams = new LinkedHashMap<>();
    private long epoch;
    private boolean closed;

    /**
     * @param guest whose device this is: UUIDs resolve within it
     * @param name the device's name, for people
     * @param accepted features, of those {@link #OFFERED}
     * @param memory what addresses in commands point into; stays the caller's
     * @param events takes what the device says unasked, in order with the answers, with no lock held
     */
    public VideoDecoderDevice(
            String guest,
            String name,
            Features accepted,
            GuestMemory memory,
            ObjectImporter importer,
            DecoderLimits limits,
            Consumer<VideoEvent> events) {
        if (!OFFERED.containsAll(accepted.and(new Features(0xff_ffffL)))) {
            throw new ErrnoException(Errno.EINVAL, "features " + accepted + " are not all offered");
        }
        this.guest = guest;
        this.name = name;
        this.importer = importer;
        this.limits = limits;
        this.events = events;
        commands = new StreamCommands(accepted, memory, limits);
    }

    @Override
    public void submit(VideoCommand command, Consumer<? super VideoResponse> done) {
        ObjectImporter bound = command instanceof ResourceCreate ? importer.forCaller() : importer;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            order.submit(new Turn(command, bound, done));
        } finally {
            lock.unlock();
        }
        outbox.deliver();
    }

    @Override
    public byte[] config() {
        return CONFIG.toBytes();
    }

    @Override
    public void writeConfig(int offset, byte[] bytes) {
        // Every field is read-only.
    }

    @Override
    public void reset() {
        List<DecoderStream> old;
        lock.lock();
        try {
            epoch++;
            order.forget();
            outbox.forgetMessages();
            old = List.copyOf(streams.values());
            streams.clear();
            old.forEach(DecoderStream::abandon);
        } finally {
            lock.unlock();
        }
        outbox.deliver();
        join(old);
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
        reset();
    }

    /** Waits for what the old epoch still does. What takes too long lets go of its memory by itself when it ends. */
    private void join(List<DecoderStream> old) {
        long end = System.nanoTime() + limits.stopWait().toNanos();
        try {
            for (DecoderStream stream : old) {
                Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
                if (!stream.join(left)) {
                    LOG.log(Level.ERROR, "a decoder of {0}/{1} did not stop in {2}", guest, name, limits.stopWait());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        // What the decoders left to be let go of, so that nothing is held any more when the reset returns.
        outbox.deliver();
        if (!outbox.awaitQuiet(Duration.ofNanos(Math.max(1, end - System.nanoTime())))) {
            LOG.log(Level.ERROR, "an answer of {0}/{1} is still being received after a reset", guest, name);
        }
    }

    // Carrying out commands, with the lock held.

    private void begin(Turn turn) {
        switch (turn.command()) {
            case ResourceQueue command -> orAnswer(turn, stream -> stream.queue(command, turn.done()));
            case StreamDrain _ -> orAnswer(turn, stream -> stream.drain(turn.done()));
            case QueryCapability command -> {
                order.inOrder(turn);
                turn.settle(() -> new OkQueryCapability(Capabilities.of(command.queueType(), limits)));
            }
            case Unsupported _ -> {
                order.inOrder(turn);
                turn.settle(() -> DecoderStream.error(VideoResult.ERR_INVALID_OPERATION));
            }
            case StreamCreate command -> {
                order.inOrder(turn);
                VideoResponse response = create(command);
                turn.settle(() -> response);
            }
            default -> {
                order.inOrder(turn);
                DecoderStream stream = streams.get(turn.command().streamId());
                if (stream == null) {
                    turn.settle(() -> DecoderStream.error(VideoResult.ERR_INVALID_STREAM_ID));
                } else {
                    begin(turn, stream);
                }
            }
        }
    }

    private void begin(Turn turn, DecoderStream stream) {
        VideoResponse response = switch (turn.command()) {
            case GetParams command -> new OkGetParams(stream.params().get(command.queueType()));
            case GetParamsExt command ->
                new OkGetParamsExt(
                        stream.params().get(command.queueType()),
                        stream.params().memory(command.queueType()));
            case SetParams command -> okUnless(commands.setParams(stream, command.params(), Optional.empty()));
            case SetParamsExt command ->
                okUnless(commands.setParams(stream, command.params(), Optional.of(command.memType())));
            case QueryControl command -> Controls.query(command);
            case GetControl command -> Controls.get(command);
            case SetControl command -> Controls.set(command);
            case ResourceCreate command -> create(turn, stream, command);
            case QueueClear command -> {
                if (stream.isClearing()) {
                    yield DecoderStream.error(VideoResult.ERR_INVALID_OPERATION);
                }
                order.takingBegins(turn);
                stream.clear(command.queueType(), () -> order.takingEnds(turn, new OkNodata()));
                yield null;
            }
            case ResourceDestroyAll command -> {
                order.takingBegins(turn);
                stream.destroyAll(command.queueType(), () -> order.takingEnds(turn, new OkNodata()));
                yield null;
            }
            case StreamDestroy _ -> {
                order.takingBegins(turn);
                stream.destroy(() -> {
                    streams.remove(stream.id(), stream);
                    order.takingEnds(turn, new OkNodata());
                });
                yield null;
            }
            default -> throw new IllegalStateException("not about one stream: " + turn.command());
        };
        if (response != null) {
            turn.settle(() -> response);
        }
    }

    /** For commands that a stream answers when they are done, unless it refuses them. */
    private void orAnswer(Turn turn, Attempt attempt) {
        DecoderStream stream = streams.get(turn.command().streamId());
        VideoResponse refusal =
                stream == null ? DecoderStream.error(VideoResult.ERR_INVALID_STREAM_ID) : attempt.refusal(stream);
        if (refusal != null) {
            outbox.message(() -> turn.done().accept(refusal));
        }
    }

    private interface Attempt {
        @Nullable
        VideoResponse refusal(DecoderStream stream);
    }

    private VideoResponse create(StreamCreate command) {
        if (streams.containsKey(command.streamId())) {
            return DecoderStream.error(VideoResult.ERR_INVALID_STREAM_ID);
        }
        VideoResult refusal = commands.refuse(command);
        if (refusal == null && streams.size() >= limits.streams()) {
            refusal = VideoResult.ERR_OUT_OF_MEMORY;
        }
        if (refusal == null) {
            StreamParams params = new StreamParams(command.inMemType(), command.outMemType(), limits);
            streams.put(
                    command.streamId(), new DecoderStream(command.streamId(), params, lock, outbox, events, limits));
        }
        return okUnless(refusal);
    }

    /** The answer, or null when it comes with the import. */
    private @Nullable VideoResponse create(Turn turn, DecoderStream stream, ResourceCreate command) {
        stream.beginSession();
        VideoResult refusal = commands.refuse(stream, command);
        if (refusal != null) {
            return DecoderStream.error(refusal);
        }
        if (stream.params().memory(command.queueType()) == MemType.GUEST_PAGES) {
            return commands.createFromPages(stream, command);
        }
        stream.importBegins();
        order.importBegins();
        long begun = epoch;
        outbox.action(() -> {
            CompletionStage<?> handled = attach(turn, command)
                    .whenComplete((object, failure) -> imported(begun, turn, stream, command, object, failure));
            handled.exceptionally(_ -> null);
        });
        return null;
    }

    private CompletionStage<ImportedObject> attach(Turn turn, ResourceCreate command) {
        try {
            return turn.importer().attach(guest, StreamCommands.uuid(command), name);
        } catch (RuntimeException e) {
            // The command must be answered whatever the importer does.
            return CompletableFuture.failedFuture(e);
        }
    }

    private void imported(
            long begun,
            Turn turn,
            DecoderStream stream,
            ResourceCreate command,
            @Nullable ImportedObject object,
            @Nullable Throwable failure) {
        lock.lock();
        try {
            if (begun != epoch) {
                if (object != null) {
                    outbox.action(object::release);
                }
            } else {
                stream.importEnds();
                order.importEnds(turn, () -> answerImport(stream, command, object, failure));
            }
        } finally {
            lock.unlock();
        }
        outbox.deliver();
    }

    private VideoResponse answerImport(
            DecoderStream stream,
            ResourceCreate command,
            @Nullable ImportedObject object,
            @Nullable Throwable failure) {
        if (object == null) {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            LOG.log(
                    Level.WARNING,
                    "device {0}/{1}: the import of {2} failed: {3}",
                    guest,
                    name,
                    StreamCommands.uuid(command),
                    cause == null ? "" : cause.getMessage());
            return DecoderStream.error(VideoResult.ERR_INVALID_OPERATION);
        }
        VideoResult refusal = commands.createFromObject(stream, command, object);
        if (refusal != null) {
            outbox.action(object::release);
        }
        return okUnless(refusal);
    }

    private static VideoResponse okUnless(@Nullable VideoResult refusal) {
        return refusal == null ? new OkNodata() : DecoderStream.error(refusal);
    }

    // What an operator asks.

    @Override
    public Usage usage() {
        lock.lock();
        try {
            int resources = 0;
            long resourceBytes = 0;
            int imports = 0;
            long importBytes = 0;
            for (DecoderStream stream : streams.values()) {
                for (Buffer buffer : stream.buffers().toList()) {
                    resources++;
                    resourceBytes += buffer.bytes();
                    if (buffer instanceof OutputBuffer output && output.uuid().isPresent()) {
                        imports++;
                        importBytes += buffer.bytes();
                    }
                }
            }
            return new Usage(resources, resourceBytes, imports, importBytes);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<StreamView> openStreams() {
        lock.lock();
        try {
            return streams.values().stream().map(DecoderStream::asView).toList();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<HeldBuffer> buffers() {
        List<HeldBuffer> held = new ArrayList<>();
        lock.lock();
        try {
            for (DecoderStream stream : streams.values()) {
                stream.outputs()
                        .buffers()
                        .forEach(output -> output.asHeldBuffer().ifPresent(held::add));
            }
        } finally {
            lock.unlock();
        }
        held.sort(Comparator.comparing(HeldBuffer::createdAt));
        return held;
    }
}
