package dev.crossdev.service.house;

import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.memory.MemoryRegion;
import java.util.List;
import java.util.OptionalLong;

/**
 * Somebody who watches what travels between a driver and a device. Called under the locks that keep the device's order, on
 * the threads that serve it: it must hand the word on and return. All times are CLOCK_MONOTONIC, nanoseconds.
 */
public interface TapListener {

    /**
     * What is being watched.
     *
     * @param features accepted
     */
    record Subject(
            DeviceKey key, Features offered, Features features, Bytes config, long epoch, List<MemoryRegion> memory) {
        public Subject {
            memory = List.copyOf(memory);
        }
    }

    /** Guest memory that a command made the device read. */
    record Input(long address, Bytes data) {}

    /**
     * A command as bytes.
     *
     * @param id the tap's own number for it
     * @param writable empty for one that came as a message
     * @param inputs only when memory was asked for
     */
    record Submitted(
            long id, long sequence, int queue, Bytes readable, OptionalLong writable, long nanos, List<Input> inputs) {
        public Submitted {
            inputs = List.copyOf(inputs);
        }
    }

    /** First of all, when the device is not there yet. */
    void awaiting();

    /** First of all, or after {@link #awaiting}. */
    void attached(Subject subject);

    /** Whether to be told of the answer as well: false drops the exchange. */
    boolean submitted(Submitted command);

    void answered(long id, Bytes written, long nanos);

    void event(int queue, Bytes written, long nanos);

    void configChanged(Bytes config, long nanos);

    /** What was submitted before is not answered any more. */
    void reset(long epoch, long nanos);

    /** Nothing follows. */
    void unplugged(String reason, long nanos);
}
