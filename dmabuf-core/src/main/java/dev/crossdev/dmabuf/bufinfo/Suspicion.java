package dev.crossdev.dmabuf.bufinfo;

import dev.crossdev.dmabuf.bufinfo.RegistrationInfo.State;
import java.util.Optional;
import java.util.function.Predicate;

/** What a person who hunts a leak or a hang filters a listing by. */
public enum Suspicion implements Predicate<BufferInfo> {
    /** Its registration failed: nobody will ever get a UUID. */
    FAILED {
        @Override
        public boolean test(BufferInfo buffer) {
            return in(buffer, State.FAILED);
        }
    },
    /** Somebody waits for its UUID. */
    WAITED_FOR {
        @Override
        public boolean test(BufferInfo buffer) {
            return buffer.waiters() > 0;
        }
    },
    /** Registered, or on the way to be, and nobody ever asked. */
    NEVER_ASKED {
        @Override
        public boolean test(BufferInfo buffer) {
            return buffer.registration().filter(r -> r.asked() == 0).isPresent();
        }
    },
    /** Somebody holds a reference and no device is attached. */
    UNATTACHED {
        @Override
        public boolean test(BufferInfo buffer) {
            return buffer.attachments().isEmpty();
        }
    },
    /** One device is on it more than once: perhaps a detach is missing. */
    ATTACHED_TWICE {
        @Override
        public boolean test(BufferInfo buffer) {
            return buffer.attachments().stream()
                            .map(AttachmentInfo::importer)
                            .distinct()
                            .count()
                    < buffer.attachments().size();
        }
    },
    /** A fence has not signalled. */
    BUSY {
        @Override
        public boolean test(BufferInfo buffer) {
            return !buffer.fences().isEmpty();
        }
    };

    private static boolean in(BufferInfo buffer, State state) {
        return buffer.registration().map(RegistrationInfo::state).equals(Optional.of(state));
    }
}
