package dev.crossdev.cli.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.capture.CaptureEntry;
import dev.crossdev.virtio.capture.CaptureEntry.Detail;
import dev.crossdev.virtio.capture.CaptureEntry.Exchange;
import dev.crossdev.virtio.capture.CaptureHeader;
import dev.crossdev.virtio.decode.DecodedMessage;
import dev.crossdev.virtio.decode.Field;
import dev.crossdev.virtio.decode.MessageDecoder;
import java.math.BigInteger;
import java.util.List;
import java.util.OptionalLong;

/** A capture's lines as JSON objects, for programs. */
final class CaptureJson {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final MessageDecoder decoder;

    CaptureJson(MessageDecoder decoder) {
        this.decoder = decoder;
    }

    String header(CaptureHeader header) {
        ObjectNode node = NODES.objectNode();
        header.kind().ifPresent(kind -> node.put("type", kind.typeName()));
        header.guest().ifPresent(guest -> node.put("guest", guest));
        header.device().ifPresent(device -> node.put("device", device));
        header.offered().ifPresent(offered -> node.set("offered_features", unsigned(offered.bits())));
        header.accepted().ifPresent(accepted -> node.set("accepted_features", unsigned(accepted.bits())));
        header.config().ifPresent(config -> node.put("config", config.toString()));
        header.epoch().ifPresent(epoch -> node.set("epoch", unsigned(epoch)));
        header.clock().ifPresent(clock -> node.put("clock", clock));
        ArrayNode remarks = node.putArray("remarks");
        header.remarks().forEach(remarks::add);
        return text(NODES.objectNode().set("header", node));
    }

    String line(long number, CaptureEntry entry) {
        ObjectNode node = NODES.objectNode().put("line", number);
        switch (entry) {
            case Exchange exchange -> exchange(node, exchange);
            case CaptureEntry.MemoryWrite(long address, Bytes data, OptionalLong nanos) ->
                at(node.putObject("memory_write").set("address", unsigned(address)), "data", data.toString(), nanos);
            case CaptureEntry.Reset(long epoch, OptionalLong nanos) ->
                nanos(node.putObject("reset").set("epoch", unsigned(epoch)), "at_nanos", nanos);
            case CaptureEntry.ConfigChanged(Bytes config, OptionalLong nanos) ->
                at(node.putObject("config_changed"), "config", config.toString(), nanos);
            case CaptureEntry.Dropped(long exchanges) -> node.set("dropped", unsigned(exchanges));
            case CaptureEntry.Unplugged(String reason, OptionalLong nanos) ->
                at(node.putObject("unplugged"), "reason", reason, nanos);
        }
        return text(node);
    }

    private static void at(ObjectNode node, String name, String value, OptionalLong nanos) {
        nanos(node.put(name, value), "at_nanos", nanos);
    }

    private static void nanos(ObjectNode node, String name, OptionalLong nanos) {
        nanos.ifPresent(value -> node.put(name, value));
    }

    private void exchange(ObjectNode node, Exchange exchange) {
        node.set("queue", NODES.numberNode(Integer.toUnsignedLong(exchange.queue())));
        node.put("queue_name", decoder.queueName(exchange.queue()));
        exchange.detail().ifPresent(detail -> detail(node, detail));
        if (!exchange.request().isEmpty() || !exchange.isEvent()) {
            node.set("request", message(decoder.request(exchange.queue(), exchange.request()), exchange.request()));
        }
        if (exchange.written().isEmpty()) {
            node.put("unanswered", true);
            return;
        }
        Bytes written = exchange.written().get();
        node.put("used_length", written.size());
        if (!written.isEmpty()) {
            node.set(
                    exchange.isEvent() ? "event" : "response",
                    message(decoder.answer(exchange.queue(), exchange.request(), written), written));
        }
    }

    private static void detail(ObjectNode node, Detail detail) {
        detail.sequence().ifPresent(sequence -> node.set("sequence", unsigned(sequence)));
        detail.writable().ifPresent(writable -> node.put("writable_size", writable));
        nanos(node, "submitted_nanos", detail.submittedNanos());
        nanos(node, "answered_nanos", detail.answeredNanos());
    }

    private static JsonNode message(DecodedMessage message, Bytes bytes) {
        ObjectNode node = NODES.objectNode().put("name", message.name());
        node.set("fields", struct(message.fields()));
        message.note().ifPresent(note -> node.put("note", note));
        return node.put("bytes", bytes.toString());
    }

    private static ObjectNode struct(List<Field> fields) {
        ObjectNode node = NODES.objectNode();
        for (Field field : fields) {
            node.set(field.name(), value(field.value()));
            if (field.value() instanceof Field.Value.Number(long _, var meaning) && meaning.isPresent()) {
                node.put(field.name() + "_name", meaning.get());
            }
        }
        return node;
    }

    private static JsonNode value(Field.Value value) {
        return switch (value) {
            case Field.Value.Number(long number, var _) -> unsigned(number);
            case Field.Value.Address(long address) -> unsigned(address);
            case Field.Value.Text(String text) -> NODES.textNode(text);
            case Field.Value.Id(String uuid) -> NODES.textNode(uuid);
            case Field.Value.Flag(boolean set) -> NODES.booleanNode(set);
            case Field.Value.Raw(Bytes bytes) -> NODES.textNode(bytes.toString());
            case Field.Value.Struct(List<Field> fields) -> struct(fields);
            case Field.Value.Items(List<Field.Value> items) -> {
                ArrayNode array = NODES.arrayNode();
                items.forEach(item -> array.add(value(item)));
                yield array;
            }
        };
    }

    private static JsonNode unsigned(long number) {
        return number >= 0 ? NODES.numberNode(number) : NODES.numberNode(new BigInteger(Long.toUnsignedString(number)));
    }

    private static String text(JsonNode node) {
        try {
            return JSON.writeValueAsString(node);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
