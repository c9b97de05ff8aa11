package dev.crossdev.grpc.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.proto.device.v1.ConfigRead;
import dev.crossdev.proto.device.v1.ConfigWrite;
import dev.crossdev.proto.device.v1.DeviceEvent;
import dev.crossdev.proto.device.v1.GuestMemory;
import dev.crossdev.proto.device.v1.MemoryRegion;
import dev.crossdev.proto.device.v1.MemoryWindow;
import dev.crossdev.proto.device.v1.Open;
import dev.crossdev.proto.gpu.v1.CommandStreamRequest;
import dev.crossdev.proto.gpu.v1.CommandStreamResponse;
import dev.crossdev.proto.video.v1.ControlQueueRequest;
import dev.crossdev.virtio.Features;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DeviceMessagesTest {

    private static final List<dev.crossdev.virtio.memory.MemoryRegion> REGIONS = List.of(
            new dev.crossdev.virtio.memory.MemoryRegion(0, 4096),
            new dev.crossdev.virtio.memory.MemoryRegion(-4096, 4096));

    private final GpuDialect gpu = new GpuDialect();

    @Test
    void everyWayToOpenComesBackAsItself() {
        ByteString token = ByteString.copyFrom(new byte[16]);
        for (OpenStream open : List.of(
                OpenStream.of("default", "vm0"),
                OpenStream.of("a.b-c", "x").withFeatures(Features.NONE),
                OpenStream.of("g", "d").withFeatures(new Features(-1)),
                OpenStream.of("g", "d").withMemory(new StreamMemory.Descriptor(token, REGIONS)),
                OpenStream.of("g", "d").withMemory(new StreamMemory.Window(REGIONS)),
                OpenStream.of("g", "d").withLease(java.time.Duration.ofMillis(1500)))) {
            assertThat(gpu.decode(gpu.encodeOpen(open))).isEqualTo(new Inbound.Open<>(open));
            RawVideoDialect raw = new RawVideoDialect();
            assertThat(raw.decode(new RawVideoClientDialect().encodeOpen(open))).isEqualTo(new Inbound.Open<>(open));
        }
    }

    @Test
    void aGuestThatSaysNoNameIsTheDefaultOne() {
        assertThat(gpu.decode(open(Open.newBuilder().setDevice("vm0"))))
                .isEqualTo(new Inbound.Open<>(OpenStream.of("default", "vm0")));
    }

    @Test
    void anOpenThatCannotBeIsRefused() {
        for (Open.Builder bad : List.of(
                Open.newBuilder(),
                Open.newBuilder().setDevice("VM0"),
                Open.newBuilder().setDevice("vm0").setGuest("a/b"),
                Open.newBuilder().setDevice("vm0").setMemory(GuestMemory.getDefaultInstance()),
                Open.newBuilder()
                        .setDevice("vm0")
                        .setMemory(GuestMemory.newBuilder().setDescriptorToken(ByteString.copyFrom(new byte[15]))),
                Open.newBuilder()
                        .setDevice("vm0")
                        .setMemory(GuestMemory.newBuilder()
                                .setWindow(MemoryWindow.getDefaultInstance())
                                .addRegions(MemoryRegion.getDefaultInstance())),
                Open.newBuilder()
                        .setDevice("vm0")
                        .setMemory(GuestMemory.newBuilder()
                                .setWindow(MemoryWindow.getDefaultInstance())
                                .addRegions(MemoryRegion.newBuilder()
                                        .setGuestAddress(-1)
                                        .setSize(2))),
                Open.newBuilder()
                        .setDevice("vm0")
                        .setLease(Duration.newBuilder().setSeconds(-1)),
                Open.newBuilder()
                        .setDevice("vm0")
                        .setLease(Duration.newBuilder().setSeconds(Long.MAX_VALUE)),
                Open.newBuilder()
                        .setDevice("vm0")
                        .setLease(
                                Duration.newBuilder().setSeconds(Long.MAX_VALUE).setNanos(Integer.MAX_VALUE)))) {
            assertThat(gpu.decode(open(bad)))
                    .as(bad.toString())
                    .isInstanceOfSatisfying(
                            Inbound.Refused.class,
                            refused -> assertThat(refused.error().errno()).isEqualTo(Errno.EINVAL));
        }
    }

    @Test
    void whatADeviceSaysWhenOpenedComesBackAsItself() {
        StreamOpened opened =
                new StreamOpened(new Features(0x1_0000_0004L), ByteString.fromHex("0102"), 7, BootId.local());

        assertThat(gpu.decodeResponse(gpu.opened(opened))).isEqualTo(new Outbound.Opened<>(opened));
    }

    @Test
    void everyNoticeComesBackAsItself() {
        for (DeviceNotice notice : List.of(
                new DeviceNotice.Reset(9),
                new DeviceNotice.ConfigChanged(4, ByteString.fromHex("0a")),
                new DeviceNotice.Unplugged("deleted"))) {
            assertThat(gpu.decodeResponse(gpu.notice(notice))).isEqualTo(new Outbound.Notice<>(notice));
            RawVideoClientDialect raw = new RawVideoClientDialect();
            assertThat(raw.decodeResponse(new RawVideoDialect().notice(notice)))
                    .isEqualTo(new Outbound.Notice<>(notice));
        }
        assertThat(gpu.decodeResponse(CommandStreamResponse.newBuilder()
                        .setEvent(DeviceEvent.getDefaultInstance())
                        .build()))
                .isInstanceOf(Outbound.Unknown.class);
    }

    @Test
    void memoryAndConfigurationComeBackAsTheyWere() {
        ByteString data = ByteString.copyFromUtf8("data");

        assertThat(gpu.decode(gpu.encodeMemoryWrite(-16, data))).isEqualTo(new Inbound.MemoryWrite<>(-16, data));
        assertThat(gpu.decodeResponse(gpu.memoryWrite(-16, data))).isEqualTo(new Outbound.MemoryWrite<>(-16, data));
        assertThat(gpu.decode(gpu.encodeConfigRead(4, 8))).isEqualTo(new Inbound.ConfigRead<>(4, 8));
        assertThat(gpu.decode(gpu.encodeConfigWrite(4, data))).isEqualTo(new Inbound.ConfigWrite<>(4, data));
        assertThat(gpu.decodeResponse(gpu.config(4, data))).isEqualTo(new Outbound.Config<>(4, data));
    }

    @Test
    void offsetsBeyondAnyConfigurationSpaceAreRefused() {
        assertThat(gpu.decode(CommandStreamRequest.newBuilder()
                        .setConfigRead(ConfigRead.newBuilder().setOffset(-1))
                        .build()))
                .isInstanceOf(Inbound.Refused.class);
        assertThat(gpu.decode(CommandStreamRequest.newBuilder()
                        .setConfigRead(ConfigRead.newBuilder().setLength(-1))
                        .build()))
                .isInstanceOf(Inbound.Refused.class);
        assertThat(new RawVideoDialect()
                        .decode(ControlQueueRequest.newBuilder()
                                .setConfigWrite(ConfigWrite.newBuilder().setOffset(-1))
                                .build()))
                .isInstanceOf(Inbound.Refused.class);
    }

    @Test
    void aServiceDescriptionComesBackAsItself() {
        ServiceInfo info = new ServiceInfo(
                "0.1",
                Optional.of(java.nio.file.Path.of("/run/x.sock")),
                BootId.local(),
                new Features(6),
                List.of("A", "B"),
                "i1");

        assertThat(ServiceInfo.fromProto(info.toProto())).isEqualTo(info);
        assertThat(info.isSameMachine()).isTrue();
        ServiceInfo elsewhere =
                new ServiceInfo("0.1", Optional.empty(), BootId.UNKNOWN, Features.NONE, List.of(), "i2");
        assertThat(ServiceInfo.fromProto(elsewhere.toProto())).isEqualTo(elsewhere);
        assertThat(elsewhere.isSameMachine()).isFalse();
    }

    private static CommandStreamRequest open(Open.Builder open) {
        return CommandStreamRequest.newBuilder().setOpen(open).build();
    }
}
