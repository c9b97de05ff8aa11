package dev.crossdev.gpu.app;

import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.capture.Capture;
import dev.crossdev.virtio.capture.CaptureEntry.Exchange;
import dev.crossdev.virtio.capture.CaptureFormatException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** What drivers of Linux 6.1 sent to other gpu devices, and what those answered. */
final class CapturedGuests {

    static final List<String> ALL = List.of(
            "qemu-proxy-basic",
            "qemu-proxy-no-uuid-feature",
            "qemu-proxy-uuid-delay500ms",
            "qemu-proxy-uuid-error",
            "qemu-proxy-blob",
            "uml-basic");

    private CapturedGuests() {}

    static Capture read(String name) {
        try (var reader = new InputStreamReader(
                Objects.requireNonNull(CapturedGuests.class.getResourceAsStream("/captures/" + name + ".txt")),
                StandardCharsets.UTF_8)) {
            return Capture.read(reader);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (CaptureFormatException e) {
            throw new AssertionError(name, e);
        }
    }

    /** Every different request of all captures. */
    static Set<Bytes> requests() {
        Set<Bytes> requests = new LinkedHashSet<>();
        ALL.forEach(
                name -> read(name).exchanges().stream().map(Exchange::request).forEach(requests::add));
        return requests;
    }
}
