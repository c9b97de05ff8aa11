package dev.crossdev.cli.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.Timestamp;
import dev.crossdev.cli.admin.Listing.Held;
import dev.crossdev.dmabuf.bufinfo.BufinfoText;
import dev.crossdev.grpc.admin.Timings;
import dev.crossdev.proto.admin.v1.Buffer;
import dev.crossdev.proto.admin.v1.BufferFence;
import dev.crossdev.proto.admin.v1.BufferHolder;
import dev.crossdev.proto.admin.v1.BufferRegistration;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.proto.device.v1.Uuid;
import dev.crossdev.virtio.timing.DeviceTiming;
import dev.crossdev.virtio.timing.Fault;
import dev.crossdev.virtio.timing.Latency;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ListingTest {

    private static final Instant NOW = Instant.ofEpochSecond(10_000);
    private static final String UUID = "01234567-89ab-4def-8123-456789abcdef";

    private final Device gpu = Device.newBuilder()
            .setGuest("default")
            .setDevice("vm0")
            .setType("gpu")
            .setConnected(true)
            .setResources(2)
            .setResourceBytes(8192)
            .putCommands("RESOURCE_CREATE_2D", 2)
            .putCommands("RESOURCE_ASSIGN_UUID", 1)
            .setTiming(Timings.toProto(new DeviceTiming(Latency.fixed(Duration.ofMillis(2)), Latency.ZERO)))
            .addFaults(Timings.toProto(Fault.parse("RESOURCE_ASSIGN_UUID=never*3")).toBuilder()
                    .setHits(4))
            .build();
    private final Held exported = held(1, "OK", 90, "video-service/vm0");
    private final Held lonely = held(2, "none", 4000);
    private final Listing listing = new Listing(List.of(gpu), List.of(exported, lonely), NOW);

    @Test
    void theTableSaysWhoHoldsWhatAndWhatMakesTheDeviceSlow() {
        List<String> lines = ListingTable.of(listing);

        assertThat(lines.get(1))
                .startsWith("default/vm0")
                .contains("stream")
                .contains("transit=2ms, RESOURCE_ASSIGN_UUID=never*3 (hit 4)");
        assertThat(lines)
                .anyMatch(line -> line.startsWith("default/vm0/1")
                        && line.contains(UUID)
                        && line.contains("1m30s")
                        && line.contains("video-service/vm0"))
                .anyMatch(line -> line.startsWith("default/vm0/2") && line.contains("1h06m"));
        assertThat(lines.getLast())
                .isEqualTo("Total 1 devices, 2 buffers, 8192 bytes, 1 attached, 0 waiters, 0 fences");
        assertThat(lines).noneMatch(line -> line.endsWith(" "));
    }

    @Test
    void theJsonHasTheSame() throws Exception {
        JsonNode root = new ObjectMapper().readTree(ListingJson.of(listing));

        JsonNode device = root.get("devices").get(0);
        assertThat(device.get("commands").get("RESOURCE_CREATE_2D").asInt()).isEqualTo(2);
        assertThat(device.get("faults").get(0).get("hits").asInt()).isEqualTo(4);
        assertThat(device.get("transit").asText()).isEqualTo("2ms");
        JsonNode buffer = root.get("buffers").get(0);
        assertThat(buffer.get("uuid").asText()).isEqualTo(UUID);
        assertThat(buffer.get("ageSeconds").asDouble()).isEqualTo(90);
        assertThat(root.get("buffers").get(1).get("uuid").isNull()).isTrue();
    }

    @Test
    void holdersAreListedWithWhatTheyHoldTogether() {
        assertThat(ListingTable.byHolder(listing))
                .anyMatch(line -> line.matches("video-service/vm0 +1 +4096 +1 +1 +0 +1m30s"));
    }

    @Test
    void theTextAndTheSpreadsheetAreTheLibrarysOwn() {
        assertThat(BufinfoText.of(listing.bufinfo())).contains(UUID).contains("video-service/vm0");
        assertThat(BufinfoText.csv(listing.bufinfo()).lines().toList())
                .hasSizeGreaterThanOrEqualTo(3)
                .anyMatch(line -> line.contains(UUID) && line.contains("video-service/vm0"));
    }

    @Test
    void aFenceSaysWhoIsAtWork() {
        Held busy = new Held(
                exported.buffer().toBuilder()
                        .addFences(BufferFence.newBuilder().setUsage("write").setOwner("video-service/vm0"))
                        .build(),
                NOW);
        assertThat(ListingTable.of(new Listing(List.of(), List.of(busy), NOW)))
                .anyMatch(line -> line.contains("write by video-service/vm0"));
    }

    private static Held held(int resource, String state, long age, String... holders) {
        Buffer.Builder buffer = Buffer.newBuilder()
                .setGuest("default")
                .setDevice("vm0")
                .setResourceId(resource)
                .setSize(4096)
                .setState(state)
                .setReferences(1 + holders.length)
                .addAllAttachments(List.of(holders))
                .setCreatedAt(Timestamp.newBuilder().setSeconds(NOW.getEpochSecond() - age))
                .setDescription("B8G8R8A8_UNORM 32x32");
        for (String holder : holders) {
            buffer.addHolders(BufferHolder.newBuilder()
                    .setImporter(holder)
                    .setSince(Timestamp.newBuilder().setSeconds(NOW.getEpochSecond() - age))
                    .setMapped(1));
        }
        if (holders.length > 0) {
            buffer.setRegistration(
                    BufferRegistration.newBuilder().setState(state).setSince(buffer.getCreatedAt()));
            buffer.setUuid(Uuid.newBuilder().setText(UUID));
        }
        return new Held(buffer.build(), NOW);
    }
}
