package dev.crossdev.video.app;

import dev.crossdev.video.objects.ImportListener;
import dev.crossdev.video.objects.WriteListener;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * {@code virtio.object.import}: from the UUID's arrival to its memory within reach; and {@code virtio.object.write}: a picture
 * into that memory.
 */
final class ImportMeter implements ImportListener, WriteListener {

    private final MeterRegistry registry;
    private final Map<Key, Timer> timers = new ConcurrentHashMap<>();

    private record Key(String meter, String description, String outcome, String path) {
        static Key imported(ImportListener.Outcome outcome, String path) {
            return new Key(
                    "virtio.object.import",
                    "From a UUID's arrival to its memory within reach",
                    outcome.name().toLowerCase(Locale.ROOT),
                    path);
        }

        static Key written(WriteListener.Outcome outcome, String path) {
            return new Key(
                    "virtio.object.write",
                    "A picture into an imported object: conversion and, by stream, its way there and the answer",
                    outcome.name().toLowerCase(Locale.ROOT),
                    path);
        }
    }

    ImportMeter(MeterRegistry registry) {
        this.registry = registry;
        // There from the start, so that a difference can be taken before the first import.
        var _ = timer(Key.imported(ImportListener.Outcome.OK, "shm"));
    }

    @Override
    public void imported(ImportListener.Outcome outcome, String path, Duration took) {
        timer(Key.imported(outcome, path)).record(took);
    }

    @Override
    public void written(WriteListener.Outcome outcome, String path, Duration took) {
        timer(Key.written(outcome, path)).record(took);
    }

    private Timer timer(Key key) {
        return timers.computeIfAbsent(
                key,
                each -> Timer.builder(each.meter())
                        .description(each.description())
                        .tag("outcome", each.outcome())
                        .tag("path", each.path())
                        .register(registry));
    }
}
