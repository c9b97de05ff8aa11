package dev.crossdev.virtio.timing;

import java.time.Duration;

/** What goes wrong with one command. {@link #toString()} gives the text that {@link Fault#parse} takes. */
public sealed interface FaultEffect {

    /**
     * The device never sees the command and an error is answered in its place.
     *
     * @param code on the wire, of the device type
     */
    record Error(int code) implements FaultEffect {
        @Override
        public String toString() {
            return "error:0x" + Integer.toHexString(code);
        }
    }

    /** The device works, and its answer is held back this much longer; later answers overtake it. */
    record Late(Duration by) implements FaultEffect {
        public Late {
            LatencyText.requireSane(by);
        }

        @Override
        public String toString() {
            return "late:" + LatencyText.print(by);
        }
    }

    /** The answer comes twice. */
    record Twice() implements FaultEffect {
        @Override
        public String toString() {
            return "twice";
        }
    }

    /** The answer carries a UUID that the device has not given out; without effect on answers without a UUID. */
    record OtherUuid() implements FaultEffect {
        @Override
        public String toString() {
            return "other-uuid";
        }
    }

    /** The command is swallowed: the device never sees it and nothing is answered. */
    record Never() implements FaultEffect {
        @Override
        public String toString() {
            return "never";
        }
    }

    /** The device never sees the command: the connection that brought it is dropped. */
    record Disconnect() implements FaultEffect {
        @Override
        public String toString() {
            return "disconnect";
        }
    }
}
