package dev.crossdev.cli.wire;

import dev.crossdev.proto.admin.v1.TapAnswer;
import dev.crossdev.proto.admin.v1.TapDeviceResponse;
import dev.crossdev.proto.admin.v1.TapEvent;
import dev.crossdev.proto.admin.v1.TapHeader;
import dev.crossdev.proto.admin.v1.TapNotice;
import dev.crossdev.proto.admin.v1.TapRequest;
import dev.crossdev.proto.device.v1.MemoryWrite;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.capture.CaptureEntry;
import dev.crossdev.virtio.capture.CaptureHeader;
import dev.crossdev.virtio.capture.CaptureWriter;
import dev.crossdev.virtio.capture.DeviceKind;
import dev.crossdev.virtio.memory.MemoryRegion;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Writes down what a tap says: a line for each exchange when it is answered, and at the end one for each that never was.
 * For one thread.
 */
public final class TapRecorder implements Closeable {

    private final CaptureWriter out;
    private final Map<Long, TapRequest> pending = new LinkedHashMap<>();
    private final List<MemoryWrite> inputs = new ArrayList<>();
    private long exchanges;
    private long dropped;

    public TapRecorder(CaptureWriter out) {
        this.out = out;
    }

    public void record(TapDeviceResponse part) throws IOException {
        switch (part.getPartCase()) {
            case HEADER -> out.header(header(part.getHeader()));
            case REQUEST -> request(part.getRequest());
            case ANSWER -> answer(part.getAnswer());
            case EVENT -> event(part.getEvent());
            case NOTICE -> notice(part.getNotice());
            case MEMORY -> inputs.add(part.getMemory());
            case DROPPED -> {
                dropped += part.getDropped();
                out.write(new CaptureEntry.Dropped(part.getDropped()));
            }
            // The latter of a newer service.
            case WAITING, PART_NOT_SET -> {}
        }
    }

    /** Exchanges that have been written, events included. */
    public long exchanges() {
        return exchanges;
    }

    /** Exchanges that the service left out. */
    public long dropped() {
        return dropped;
    }

    private static CaptureHeader header(TapHeader header) {
        return new CaptureHeader(
                DeviceKind.of(header.getType()),
                Optional.of(header.getGuest()),
                Optional.of(header.getDevice()),
                Optional.of(new Features(header.getOfferedFeatures())),
                Optional.of(new Features(header.getFeatures())),
                Optional.of(Bytes.of(header.getConfig().toByteArray())),
                OptionalLong.of(header.getEpoch()),
                Optional.of(header.getMemoryList().stream()
                        .map(region -> new MemoryRegion(region.getGuestAddress(), region.getSize()))
                        .toList()),
                Optional.of(Bytes.of(header.getBootId().toByteArray()).toString()),
                List.of());
    }

    private void request(TapRequest request) throws IOException {
        for (MemoryWrite input : inputs) {
            out.write(new CaptureEntry.MemoryWrite(
                    input.getAddress(),
                    Bytes.of(input.getData().toByteArray()),
                    OptionalLong.of(request.getSubmittedNanos())));
        }
        inputs.clear();
        pending.put(request.getId(), request);
    }

    private void answer(TapAnswer answer) throws IOException {
        TapRequest request = pending.remove(answer.getId());
        if (request == null) {
            // A second answer, which an injected fault gives: the driver has no buffer for it.
            return;
        }
        write(
                request,
                Optional.of(Bytes.of(answer.getWritten().toByteArray())),
                OptionalLong.of(answer.getAnsweredNanos()));
    }

    private void write(TapRequest request, Optional<Bytes> written, OptionalLong answeredNanos) throws IOException {
        out.write(new CaptureEntry.Exchange(
                request.getQueue(),
                Bytes.of(request.getReadable().toByteArray()),
                written,
                Optional.of(new CaptureEntry.Detail(
                        OptionalLong.of(request.getSequence()),
                        request.hasWritableSize()
                                ? OptionalLong.of(Integer.toUnsignedLong(request.getWritableSize()))
                                : OptionalLong.empty(),
                        OptionalLong.of(request.getSubmittedNanos()),
                        answeredNanos))));
        exchanges++;
    }

    private void event(TapEvent event) throws IOException {
        out.write(new CaptureEntry.Exchange(
                event.getQueue(),
                Bytes.NONE,
                Optional.of(Bytes.of(event.getWritten().toByteArray())),
                Optional.of(new CaptureEntry.Detail(
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        OptionalLong.of(event.getNanos())))));
        exchanges++;
    }

    private void notice(TapNotice notice) throws IOException {
        OptionalLong nanos = OptionalLong.of(notice.getNanos());
        switch (notice.getEvent().getEventCase()) {
            case RESET -> {
                writePending();
                out.write(new CaptureEntry.Reset(notice.getEvent().getReset().getEpoch(), nanos));
            }
            case CONFIG_CHANGED ->
                out.write(new CaptureEntry.ConfigChanged(
                        Bytes.of(notice.getEvent().getConfigChanged().getData().toByteArray()), nanos));
            case UNPLUGGED -> {
                writePending();
                out.write(new CaptureEntry.Unplugged(
                        notice.getEvent().getUnplugged().getReason(), nanos));
            }
            case EVENT_NOT_SET -> {}
        }
    }

    private void writePending() throws IOException {
        for (TapRequest request : pending.values()) {
            write(request, Optional.empty(), OptionalLong.empty());
        }
        pending.clear();
    }

    /** Writes down what has had no answer until now. */
    @Override
    public void close() throws IOException {
        writePending();
        out.close();
    }
}
