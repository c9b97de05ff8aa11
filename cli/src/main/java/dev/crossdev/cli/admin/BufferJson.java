package dev.crossdev.cli.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.crossdev.cli.admin.Listing.Held;
import dev.crossdev.dmabuf.bufinfo.AttachmentInfo;
import dev.crossdev.dmabuf.bufinfo.BufferInfo;
import dev.crossdev.dmabuf.bufinfo.HolderInfo;
import dev.crossdev.dmabuf.bufinfo.RegistrationInfo;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.fence.FenceInfo;
import dev.crossdev.proto.admin.v1.Buffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** Buffers and their holders for programs. Times are seconds. */
final class BufferJson {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private BufferJson() {}

    static ObjectNode of(Held held, Instant now) {
        Buffer buffer = held.buffer();
        BufferInfo info = BufinfoOf.buffer(held, now);
        ObjectNode node = NODES.objectNode()
                .put("guest", buffer.getGuest())
                .put("device", buffer.getDevice())
                .put("type", buffer.getType())
                .put("resource", info.id())
                .put("name", info.name().orElse(null))
                .put("size", info.size())
                .put("uuid", buffer.hasUuid() ? buffer.getUuid().getText() : null)
                .put("state", buffer.getState())
                .put("references", info.references())
                .put("ageSeconds", seconds(held.age()))
                .put("path", buffer.getPath())
                .put("description", buffer.getDescription())
                .put("waiters", info.waiters());
        ArrayNode attachments = node.putArray("attachments");
        buffer.getAttachmentsList().forEach(attachments::add);
        ArrayNode holders = node.putArray("holders");
        info.attachments().forEach(attachment -> holders.add(attachment(attachment, now)));
        ArrayNode fences = node.putArray("fences");
        info.fences().forEach(fence -> fences.add(fence(fence)));
        node.set(
                "registration",
                info.registration().map(BufferJson::registration).orElse(null));
        return node;
    }

    static ObjectNode holder(HolderInfo holder, Instant now) {
        return NODES.objectNode()
                .put("holder", holder.holder())
                .put("buffers", holder.buffers())
                .put("bytes", holder.bytes())
                .put("attachments", holder.attachments())
                .put("mappings", holder.mappings())
                .put("pins", holder.pins())
                .put("oldestSeconds", seconds(Duration.between(holder.oldest(), now)));
    }

    private static ObjectNode attachment(AttachmentInfo attachment, Instant now) {
        return NODES.objectNode()
                .put("importer", attachment.importer())
                .put("sinceSeconds", seconds(Duration.between(attachment.since(), now)))
                .put("dynamic", attachment.dynamic())
                .put("mapped", attachment.mapped())
                .put("pinned", attachment.pinned());
    }

    private static ObjectNode fence(FenceInfo fence) {
        return NODES.objectNode()
                .put("usage", fence.usage().name().toLowerCase(Locale.ROOT))
                .put("owner", fence.owner())
                .put("sequence", fence.sequence())
                .put("leftSeconds", seconds(fence.left()))
                .put("error", fence.error().map(Errno::name).orElse(null));
    }

    private static ObjectNode registration(RegistrationInfo registration) {
        return NODES.objectNode()
                .put("state", registration.state().name())
                .put("error", registration.errno().map(Errno::name).orElse(null))
                .put("cause", registration.cause().orElse(null))
                .put("asked", registration.asked());
    }

    private static double seconds(Duration duration) {
        return Math.max(0, duration.toMillis()) / 1e3;
    }
}
