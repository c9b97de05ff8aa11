package dev.crossdev.virtio.decode;

import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.capture.CaptureEntry.Exchange;
import dev.crossdev.virtio.capture.DeviceKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Compares what a device wrote with what a capture says, but for what is the device's {@linkplain OwnChoice own choice}. */
public final class AnswerComparison {

    private final DeviceKind kind;
    private final MessageDecoder decoder;

    public AnswerComparison(DeviceKind kind) {
        this.kind = kind;
        this.decoder = MessageDecoder.of(kind);
    }

    /**
     * What differs, a line each; none when nothing does.
     *
     * @param expected the exchange of the capture
     * @param actual what the device wrote; empty when it did not answer
     */
    public List<String> differences(Exchange expected, Optional<Bytes> actual) {
        Optional<Bytes> wanted = expected.written();
        if (wanted.isEmpty() || actual.isEmpty()) {
            return wanted.isPresent() == actual.isPresent()
                    ? List.of()
                    : List.of("expected " + text(expected, wanted) + ", got " + text(expected, actual));
        }
        if (isSame(wanted.get(), actual.get())) {
            return List.of();
        }
        List<String> differences = fieldDifferences(expected, wanted.get(), actual.get());
        return differences.isEmpty() ? List.of(byteDifference(wanted.get(), actual.get())) : differences;
    }

    private boolean isSame(Bytes expected, Bytes actual) {
        if (expected.equals(actual)) {
            return true;
        }
        if (expected.size() < Integer.BYTES || actual.size() < Integer.BYTES || expected.u32(0) != actual.u32(0)) {
            return false;
        }
        int code = expected.u32(0);
        if (expected.size() != actual.size() && !OwnChoice.isLength(kind, code)) {
            return false;
        }
        for (int i = 0; i < Math.min(expected.size(), actual.size()); i++) {
            if (expected.at(i) != actual.at(i) && !OwnChoice.isAt(kind, code, i)) {
                return false;
            }
        }
        return true;
    }

    private List<String> fieldDifferences(Exchange exchange, Bytes expected, Bytes actual) {
        if (expected.isEmpty() || actual.isEmpty()) {
            return List.of("expected " + text(exchange, Optional.of(expected)) + ", got "
                    + text(exchange, Optional.of(actual)));
        }
        DecodedMessage wanted = decoder.answer(exchange.queue(), exchange.request(), expected);
        DecodedMessage got = decoder.answer(exchange.queue(), exchange.request(), actual);
        if (!wanted.name().equals(got.name())) {
            return List.of("expected " + wanted + ", got " + got);
        }
        List<String> differences = new ArrayList<>();
        if (expected.size() != actual.size()) {
            differences.add("expected " + expected.size() + " bytes, got " + actual.size());
        }
        for (int i = 0; i < Math.min(wanted.fields().size(), got.fields().size()); i++) {
            Field one = wanted.fields().get(i);
            Field other = got.fields().get(i);
            if (!one.equals(other)) {
                differences.add("expected " + one + ", got " + other);
            }
        }
        return differences;
    }

    private static String byteDifference(Bytes expected, Bytes actual) {
        int at = 0;
        while (at < Math.min(expected.size(), actual.size()) && expected.at(at) == actual.at(at)) {
            at++;
        }
        return "the bytes differ from offset " + at + " on: expected " + expected + ", got " + actual;
    }

    private String text(Exchange exchange, Optional<Bytes> written) {
        return written.map(bytes -> bytes.isEmpty()
                        ? "a buffer given back without bytes"
                        : decoder.answer(exchange.queue(), exchange.request(), bytes)
                                .toString())
                .orElse("no answer");
    }
}
