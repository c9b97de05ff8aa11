package dev.crossdev.service.house;

import dev.crossdev.virtio.Device;
import dev.crossdev.virtio.FeatureBit;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.HeldBuffer;
import dev.crossdev.virtio.Inspectable;
import dev.crossdev.virtio.capture.WireForm;
import dev.crossdev.virtio.timing.FaultyResponses;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A device type that says back what it is told, at once or, when the command begins with {@code later}, when the test
 * says so.
 */
final class ParrotType implements DeviceType<String, String, String> {

    static final Features OFFERED = new Features(0b1011);

    final Queue<Parrot> made = new ConcurrentLinkedQueue<>();

    /** How often a message was put into wire form. */
    final AtomicInteger encoded = new AtomicInteger();

    /** Whether a device was ever begun. */
    final CountDownLatch begun = new CountDownLatch(1);

    /** What each new device waits for. */
    volatile CountDownLatch mayBeMade = new CountDownLatch(0);

    /** What each reset waits for. */
    volatile CountDownLatch mayReset = new CountDownLatch(0);

    final class Parrot implements Device<String, String>, Inspectable {
        final DeviceContext<String> context;
        final Queue<Runnable> pending = new ConcurrentLinkedQueue<>();
        volatile boolean closed;
        volatile int resets;

        Parrot(DeviceContext<String> context) {
            this.context = context;
        }

        @Override
        public void submit(String command, Consumer<? super String> done) {
            if (command.startsWith("later")) {
                pending.add(() -> done.accept(command));
            } else {
                done.accept(command);
            }
        }

        void answerAll() {
            for (Runnable each = pending.poll(); each != null; each = pending.poll()) {
                each.run();
            }
        }

        @Override
        public byte[] config() {
            return new byte[] {1, 2, 3, 4};
        }

        @Override
        public void writeConfig(int offset, byte[] bytes) {}

        @Override
        public void reset() {
            uninterruptibly(mayReset);
            resets++;
        }

        @Override
        public void close() {
            closed = true;
        }

        @Override
        public Usage usage() {
            return new Usage(1, 10, 1, 10);
        }

        @Override
        public List<HeldBuffer> buffers() {
            return List.of();
        }
    }

    @Override
    public String name() {
        return "parrot";
    }

    @Override
    public Features offered() {
        return OFFERED;
    }

    @Override
    public Collection<? extends FeatureBit> featureNames() {
        return List.of();
    }

    @Override
    public HostedDevice<String, String> create(DeviceContext<String> context) {
        begun.countDown();
        uninterruptibly(mayBeMade);
        Parrot parrot = new Parrot(context);
        made.add(parrot);
        return HostedDevice.of(parrot);
    }

    @Override
    public String responseName(String response) {
        return "OK";
    }

    @Override
    public int responseNumber(String response) {
        return 0;
    }

    @Override
    public boolean isError(String response) {
        return response.startsWith("no");
    }

    @Override
    public boolean isFrame(String command, String response) {
        return command.startsWith("draw");
    }

    @Override
    public FaultyResponses<String, String> faultyResponses() {
        return new FaultyResponses<>() {
            @Override
            public String nameOf(String command) {
                return command.toUpperCase(Locale.ROOT);
            }

            @Override
            public String error(String command, int code) {
                return "error " + code;
            }

            @Override
            public String failed(String command) {
                return "failed";
            }

            @Override
            public String withOtherUuid(String response) {
                return response + "?";
            }
        };
    }

    @Override
    public WireForm<String, String, String> wireForm() {
        return new WireForm<>() {
            @Override
            public int queueOf(String command) {
                return 0;
            }

            @Override
            public byte[] encodeCommand(String command) {
                encoded.incrementAndGet();
                return command.getBytes(StandardCharsets.UTF_8);
            }

            @Override
            public byte[] encodeAnswer(String answer, long writable) {
                return encodeCommand(answer);
            }

            @Override
            public int eventQueue() {
                return 1;
            }

            @Override
            public byte[] encodeEvent(String event) {
                return encodeCommand(event);
            }

            @Override
            public InputFollower<String> inputs() {
                return InputFollower.none();
            }
        };
    }

    static void uninterruptibly(CountDownLatch latch) {
        try {
            if (!latch.await(20, TimeUnit.SECONDS)) {
                throw new AssertionError("the test never let it");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
