package dev.crossdev.virtio.decode;

import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuCommandType;
import dev.crossdev.virtio.gpu.GpuHeader;
import dev.crossdev.virtio.gpu.GpuQueue;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuWire;
import dev.crossdev.virtio.wire.MalformedMessageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The messages of a gpu device. */
final class GpuMessages implements MessageDecoder {

    private static final int FIRST_3D = GpuCommandType.CTX_CREATE.number();
    private static final int FIRST_CURSOR = GpuCommandType.UPDATE_CURSOR.number();
    private static final List<String> HEADER_FLAGS = List.of("FENCE", "INFO_RING_IDX");

    @Override
    public String queueName(int queue) {
        return GpuQueue.of(queue)
                .map(each -> each.name().toLowerCase(Locale.ROOT))
                .orElseGet(() -> Integer.toUnsignedString(queue));
    }

    @Override
    public DecodedMessage request(int queue, Bytes request) {
        GpuQueue known = GpuQueue.of(queue).orElse(GpuQueue.CONTROL);
        return switch (GpuWire.decodeRequest(request.toArray(), known)) {
            case GpuWire.Decoded.Request(GpuRequest(GpuHeader header, GpuCommand command)) ->
                new DecodedMessage(
                        name(command),
                        fields(header, command instanceof GpuCommand.Unsupported ? null : (Record) command),
                        unsupported(command, queue, request)
                                .or(() -> WireNotes.of(
                                        request, Bytes.of(GpuWire.encodeRequest(new GpuRequest(header, command))))));
            case GpuWire.Decoded.Malformed(GpuHeader header, String reason) ->
                WireNotes.malformed(typeName(request), fields(header, null), request, reason);
        };
    }

    /** 3D and contexts have no words here, but their bytes are shown. */
    private static Optional<String> unsupported(GpuCommand command, int queue, Bytes request) {
        if (!(command instanceof GpuCommand.Unsupported(int number))) {
            return Optional.empty();
        }
        GpuCommandType type = GpuCommandType.of(number);
        boolean elsewhere = type != GpuCommandType.UNDEFINED && (number < FIRST_3D || number >= FIRST_CURSOR);
        String why = elsewhere
                ? "not a command of virtqueue " + Integer.toUnsignedString(queue)
                : "not a command of a 2D device";
        return Optional.of(
                request.size() > GpuWire.HEADER_BYTES
                        ? why + "; body " + request.part(GpuWire.HEADER_BYTES, request.size())
                        : why);
    }

    @Override
    public DecodedMessage answer(int queue, Bytes request, Bytes written) {
        try {
            GpuReply reply = GpuWire.decodeReply(written.toArray());
            Record body = reply.response() instanceof GpuResponse.Err ? null : (Record) reply.response();
            return new DecodedMessage(
                    reply.response().result().name(),
                    fields(reply.header(), body),
                    WireNotes.of(written, Bytes.of(GpuWire.encodeReply(reply))));
        } catch (MalformedMessageException e) {
            return WireNotes.malformed("answer", List.of(), written, String.valueOf(e.getMessage()));
        }
    }

    private static String name(GpuCommand command) {
        return command instanceof GpuCommand.Unsupported(int number) && command.type() == GpuCommandType.UNDEFINED
                ? "0x" + Integer.toHexString(number)
                : command.type().name();
    }

    private static String typeName(Bytes request) {
        return request.size() < Integer.BYTES ? "request" : name(new GpuCommand.Unsupported(request.u32(0)));
    }

    private static List<Field> fields(GpuHeader header, @Nullable Record body) {
        List<Field> fields = new ArrayList<>();
        if (header.flags() != 0) {
            fields.add(new Field(
                    "flags",
                    new Field.Value.Number(
                            Integer.toUnsignedLong(header.flags()),
                            Optional.of(RecordFields.flags(HEADER_FLAGS, header.flags())))));
        }
        number(fields, "fence_id", header.fenceId(), header.fenced());
        number(fields, "ctx_id", Integer.toUnsignedLong(header.contextId()), false);
        number(fields, "ring_idx", header.ringIndex(), (header.flags() & GpuHeader.INFO_RING_IDX) != 0);
        if (body != null) {
            fields.addAll(RecordFields.of(body));
        }
        return fields;
    }

    private static void number(List<Field> fields, String name, long number, boolean meaningful) {
        if (meaningful || number != 0) {
            fields.add(new Field(name, new Field.Value.Number(number, Optional.empty())));
        }
    }
}
