package dev.crossdev.guest.strategy;

import dev.crossdev.guest.timeline.WaitPlace;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * When RESOURCE_ASSIGN_UUID is sent and who waits for its answer: the argument of the kernel thread "Support virtio
 * cross-device resources".
 */
public enum RegistrationStrategy {
    /** Registers at creation and waits in the allocation: nothing is hidden. */
    BLOCK_AT_ALLOCATION("block-at-allocation", WaitPlace.ALLOCATION) {
        @Override
        public void allocated(Registration registration) {
            registration.send();
            registration.awaitAnswer(WaitPlace.ALLOCATION);
        }
    },

    /**
     * Registers at creation and waits in export, the alternative of the thread: a round trip per buffer when each is
     * exported right after it was made, about one in all when all are made first.
     */
    BLOCK_AT_EXPORT("block-at-export", WaitPlace.EXPORT) {
        @Override
        public void allocated(Registration registration) {
            registration.send();
        }

        @Override
        public void exported(Registration registration) {
            registration.awaitAnswer(WaitPlace.EXPORT);
        }
    },

    /** Registers at export and waits in get_uuid: what Linux does since 5.9 (virtgpu_prime.c). */
    DEFERRED("deferred", WaitPlace.GET_UUID) {
        @Override
        public void exported(Registration registration) {
            registration.send();
        }
    },

    /** Registers at creation and waits in get_uuid: what Linux does for blobs with CROSS_DEVICE (virtgpu_ioctl.c). */
    EAGER_DEFERRED("eager-deferred", WaitPlace.GET_UUID) {
        @Override
        public void allocated(Registration registration) {
            registration.send();
        }
    },

    /** Registers at export and waits nowhere. Wrong on purpose: the importer may read sixteen zero bytes. */
    UNSYNCHRONISED("unsynchronised", null) {
        @Override
        public void exported(Registration registration) {
            registration.send();
        }

        @Override
        public UUID uuid(Registration registration) {
            return registration.fieldAsItStands();
        }
    };

    private final String text;
    private final @Nullable WaitPlace waitsIn;

    RegistrationStrategy(String text, @Nullable WaitPlace waitsIn) {
        this.text = text;
        this.waitsIn = waitsIn;
    }

    /** The strategy of that name, as {@link #toString()} gives it. */
    public static Optional<RegistrationStrategy> named(String text) {
        return Arrays.stream(values())
                .filter(strategy -> strategy.text.equals(text))
                .findFirst();
    }

    /** The buffer's creating commands are queued; the allocation returns when this does. */
    public void allocated(Registration registration) {}

    /** The buffer is being exported; the export returns when this does. */
    public void exported(Registration registration) {}

    /** What get_uuid gives to the importer. */
    public UUID uuid(Registration registration) {
        return registration.awaitUuid();
    }

    /** Whether an importer never sees a UUID before the device has answered. */
    public boolean safe() {
        return waitsIn != null;
    }

    /** Where its callers wait; empty when they wait nowhere. */
    public Optional<WaitPlace> waitsIn() {
        return Optional.ofNullable(waitsIn);
    }

    /** Whether it lets the round trip go on behind other work and waits only in the end. */
    public boolean hidesWaiting() {
        return waitsIn == WaitPlace.GET_UUID;
    }

    /** The name on the command line, in reports and in the tag {@code strategy}. */
    @Override
    public String toString() {
        return text;
    }
}
