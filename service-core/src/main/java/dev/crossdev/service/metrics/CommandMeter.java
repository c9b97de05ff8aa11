package dev.crossdev.service.metrics;

import dev.crossdev.service.house.CommandListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;

/**
 * {@code virtio.command}: from the door's reading a command to its completion written, injected transit not included; and
 * {@code virtio.frames}.
 *
 * <p>Recording allocates nothing once a pair of command and response was seen: the names are constants and lead to the
 * timer by two look-ups. The module {@code benchmarks} says what it costs.
 */
public final class CommandMeter implements CommandListener {

    private final MeterRegistry registry;
    private final String device;
    private final Counter frames;
    private final ConcurrentMap<String, ConcurrentMap<String, Timer>> timers = new ConcurrentHashMap<>();

    /**
     * @param device the device type's name
     */
    public CommandMeter(MeterRegistry registry, String device) {
        this.registry = registry;
        this.device = device;
        frames = Counter.builder("virtio.frames")
                .description("Pictures that went through: decoded into an output buffer, flushed to the displays")
                .tag("device", device)
                .register(registry);
    }

    @Override
    public void answered(String command, String response, long nanos) {
        ConcurrentMap<String, Timer> ofCommand = timers.get(command);
        if (ofCommand == null) {
            ofCommand = timers.computeIfAbsent(command, unused -> new ConcurrentHashMap<>());
        }
        Timer timer = ofCommand.get(response);
        if (timer == null) {
            timer = ofCommand.computeIfAbsent(response, unused -> timer(command, response));
        }
        timer.record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void framePassed() {
        frames.increment();
    }

    private Timer timer(String command, String response) {
        return Timer.builder("virtio.command")
                .description("Received at the door until the completion is written, injected transit not included")
                .tag("device", device)
                .tag("command", command)
                .tag("response", response)
                .register(registry);
    }
}
