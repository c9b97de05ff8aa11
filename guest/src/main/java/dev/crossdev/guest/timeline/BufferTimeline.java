package dev.crossdev.guest.timeline;

import dev.crossdev.guest.timeline.BufferTimes.Wait;
import dev.crossdev.guest.timeline.Intervals.Interval;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes down what happens to one buffer, from whatever thread it happens on. The first time counts: a moment that is
 * noted again keeps its time.
 *
 * <p>It also is the driver's UUID field. Whether a reader came before or after the answer must be the same in the field
 * and in the times, or the number of buffers that were read too early could not be told from the timeline; so one monitor
 * guards both.
 */
public final class BufferTimeline {

    private static final UUID NOTHING_YET = new UUID(0, 0);

    private final int buffer;
    private final RunClock clock;
    private final RegistrationTrace trace;
    private final Map<Moment, Long> moments = new EnumMap<>(Moment.class);
    private final List<Wait> waits = new ArrayList<>();
    private boolean estimated;
    private int resourceId;
    private UUID field = NOTHING_YET;

    /** @param buffer the buffer's number within the run, from 0 */
    public BufferTimeline(int buffer, RunClock clock) {
        this(buffer, clock, RegistrationTrace.NONE);
    }

    /** As above, for a buffer whose registration is traced. */
    public BufferTimeline(int buffer, RunClock clock, RegistrationTrace trace) {
        this.buffer = buffer;
        this.clock = clock;
        this.trace = trace;
    }

    /** The buffer's number within the run. */
    public int buffer() {
        return buffer;
    }

    /** Notes which of the device's resources the buffer is, unsigned. */
    public synchronized void madeAs(int resource) {
        resourceId = resource;
    }

    /** Which of the device's resources the buffer is, unsigned; 0 before it was made. */
    public synchronized int resourceId() {
        return resourceId;
    }

    /** What the device answered; empty before it did, and after an error. */
    public synchronized Optional<UUID> uuid() {
        return field.equals(NOTHING_YET) ? Optional.empty() : Optional.of(field);
    }

    /** The clock of {@link #times()}. */
    public RunClock clock() {
        return clock;
    }

    /** For those who send the commands of its registration. */
    public RegistrationTrace trace() {
        return trace;
    }

    /** Notes that something happens now. */
    public synchronized void note(Moment moment) {
        moments.putIfAbsent(moment, clock.now());
    }

    /** Notes that something happened at a known time of the run's clock. */
    public synchronized void noteAt(Moment moment, long nanoTime) {
        moments.putIfAbsent(moment, nanoTime);
    }

    /**
     * Notes when the device took and answered RESOURCE_ASSIGN_UUID.
     *
     * @param receivedNanos on this machine's clock
     * @param answeredNanos on this machine's clock
     * @param estimated whether they were placed there because the device's clock is another one
     */
    public synchronized void noteDevice(long receivedNanos, long answeredNanos, boolean estimated) {
        moments.putIfAbsent(Moment.DEVICE_RECEIVED, receivedNanos);
        moments.putIfAbsent(Moment.DEVICE_ANSWERED, answeredNanos);
        this.estimated |= estimated;
    }

    /**
     * Notes that the answer is handled now.
     *
     * @param uuid what the field reads from now on; null leaves it as it is, after an error
     */
    public synchronized void noteAnswer(@Nullable UUID uuid) {
        if (uuid != null && field.equals(NOTHING_YET)) {
            field = uuid;
        }
        moments.putIfAbsent(Moment.ANSWER_HANDLED, clock.now());
    }

    /** Reads the field as it stands, sixteen zero bytes before the answer, and notes the reading. */
    public synchronized UUID readField() {
        long now = clock.now();
        moments.putIfAbsent(Moment.GET_UUID_CALLED, now);
        moments.putIfAbsent(Moment.GET_UUID_RETURNED, now);
        return field;
    }

    /** Runs something that waits for the answer, and notes how long, whether it returns or throws. */
    public <T> T waiting(WaitPlace where, Supplier<T> action) {
        long start = clock.now();
        try {
            return action.get();
        } finally {
            long end = clock.now();
            synchronized (this) {
                waits.add(new Wait(where, new Interval(start, end)));
            }
        }
    }

    /** What was noted until now, in times from the run's start. */
    public synchronized BufferTimes times() {
        Map<Moment, Long> relative = new EnumMap<>(Moment.class);
        moments.forEach((moment, nanos) -> relative.put(moment, clock.sinceStart(nanos)));
        List<Wait> relativeWaits = waits.stream()
                .map(wait -> new Wait(
                        wait.where(),
                        new Interval(
                                clock.sinceStart(wait.interval().startNanos()),
                                clock.sinceStart(wait.interval().endNanos()))))
                .toList();
        return new BufferTimes(buffer, relative, !field.equals(NOTHING_YET), estimated, relativeWaits);
    }
}
