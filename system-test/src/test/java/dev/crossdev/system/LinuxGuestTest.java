package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.crossdev.cli.admin.AdminClient;
import dev.crossdev.cli.launch.Services;
import dev.crossdev.cli.linux.AgentReply;
import dev.crossdev.cli.linux.GpuView;
import dev.crossdev.cli.linux.GuestImage;
import dev.crossdev.cli.linux.GuestPlace;
import dev.crossdev.cli.linux.RoundTrip;
import dev.crossdev.cli.linux.VirtualMachine;
import dev.crossdev.cli.wire.DeviceAddress;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.testing.RequiresProgram;
import dev.crossdev.virtio.timing.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Debian's kernel, as it is, with gpu-service as its virtio-gpu. */
@Timeout(300)
@RequiresProgram(value = "qemu-system-x86_64", debianPackage = "qemu-system-x86")
@RequiresProgram(value = "busybox", debianPackage = "busybox-static")
@RequiresProgram("gcc")
@RequiresProgram("make")
@RequiresProgram("cpio")
@RequiresProgram(value = "xz", debianPackage = "xz-utils")
class LinuxGuestTest {

    private static final int ENODEV = 19;
    private static final long LATE_MICROS = 1_500_000;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    static Path sockets;

    private static GuestImage image;
    private static Services services;
    private static GuestPlace plain;
    private static GuestPlace blobs;
    private static GuestPlace withoutUuids;
    private static GpuView view;
    private static AdminClient admin;

    @TempDir
    Path logs;

    @BeforeAll
    static void start() {
        image = GuestImage.prepare(Checkout.HOME, GuestImage.defaultCache());
        plain = GuestPlace.in(sockets, "plain", "RESOURCE_BLOB");
        blobs = GuestPlace.in(sockets, "blobs");
        withoutUuids = GuestPlace.in(sockets, "no-uuids", "RESOURCE_UUID", "RESOURCE_BLOB");
        List<String> settings = new ArrayList<>();
        List.of(plain, blobs, withoutUuids).forEach(place -> settings.addAll(place.settings()));
        services = Services.start(Checkout.HOME, Services.Ports.FREE, settings, List.of());
        view = new GpuView(services.gpu().address(), GuestPlace.GUEST);
        admin = new AdminClient(services.gpu().address(), Channels.PLAIN);
    }

    @AfterAll
    static void stop() {
        if (services != null) {
            view.close();
            admin.close();
            services.close();
        }
    }

    @BeforeEach
    @AfterEach
    void nothingIsThere() {
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(admin.devices(Optional.empty())).isEmpty();
            assertThat(view.objects()).isEmpty();
        });
    }

    @Test
    void aDumbBufferIsRegisteredAtItsExportAndItsUuidLivesAsLongAsTheBuffer() {
        try (VirtualMachine guest = boot(plain)) {
            assertThat(admin.devices(Optional.of(GuestPlace.GUEST)))
                    .extracting(Device::getDevice, Device::getConnected)
                    .containsExactly(tuple("plain", true));
            guest.demand("trace on");
            guest.demand("dumb 64 64");
            assertThat(view.objects()).isEmpty();

            UUID uuid = guest.demand("register 0").uuid();

            assertThat(view.uuids()).containsExactly(uuid);
            assertThat(uuid.version()).isEqualTo(4);
            assertThat(guest.demand("register 0").uuid()).isEqualTo(uuid);
            // The dma-buf keeps the resource when its handle is gone.
            guest.demand("drop 0");
            assertThat(guest.demand("uuid 0").uuid()).isEqualTo(uuid);
            assertThat(view.uuids()).containsExactly(uuid);
            guest.demand("unexport 0");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(view.objects()).isEmpty());
            guest.demand("trace off");
            assertThat(RoundTrip.of(guest.askAll("trace print").stream()
                            .map(AgentReply::line)
                            .toList()))
                    .extracting(RoundTrip::command)
                    .containsExactly(
                            "RESOURCE_CREATE_2D", "RESOURCE_ATTACH_BACKING", "RESOURCE_ASSIGN_UUID", "RESOURCE_UNREF");
            assertThat(guest.powerOff()).isZero();
        }
    }

    @Test
    void anAnswerThatIsLateHoldsUpGetUuidAndNotTheExport() {
        try (VirtualMachine guest = boot(plain)) {
            guest.demand("dumb 64 64");
            inject(plain, "RESOURCE_ASSIGN_UUID=late:" + LATE_MICROS / 1000 + "ms");

            AgentReply export = guest.demand("export 0");
            assertThat(view.objects())
                    .as("not answered, not registered for anybody")
                    .hasSizeLessThanOrEqualTo(1);
            AgentReply uuid = guest.demand("uuid 0");

            // Together they take as long as the answer, and it is not the export that waits.
            assertThat(export.number("us") + uuid.number("us")).isGreaterThan(LATE_MICROS / 2);
            assertThat(export.number("us")).isLessThan(uuid.number("us"));
            assertThat(view.uuids()).containsExactly(uuid.uuid());
            guest.demand("unexport 0");
            guest.demand("drop 0");
        }
    }

    @Test
    void anAnswerThatIsAnErrorIsNoDeviceToWhoeverAsksForTheUuidAndNoHindranceToTheExport() {
        try (VirtualMachine guest = boot(plain)) {
            guest.demand("dumb 64 64");
            guest.demand("dumb 64 64");
            inject(plain, "RESOURCE_ASSIGN_UUID=error:0x1200*1");

            guest.demand("export 0");
            assertThat(guest.ask("uuid 0").failure()).contains(ENODEV);
            // The next one is as good as ever.
            UUID next = guest.demand("register 1").uuid();
            assertThat(view.uuids()).containsExactly(next);
        }
    }

    @Test
    void withoutTheFeatureTheDriverAsksForNothingAndThereIsNoUuid() {
        try (VirtualMachine guest = boot(withoutUuids)) {
            assertThat(guest.demand("features").value("cross_device")).isEqualTo("0");
            guest.demand("dumb 64 64");
            guest.demand("export 0");

            assertThat(guest.ask("uuid 0").failure()).contains(ENODEV);
            assertThat(admin.devices(Optional.of(GuestPlace.GUEST)).getFirst().getCommandsMap())
                    .doesNotContainKey("RESOURCE_ASSIGN_UUID");
        }
    }

    @Test
    void aResourceIdThatIsUsedAgainHasANewUuid() {
        try (VirtualMachine guest = boot(plain, "virtio_gpu.virglhack=0")) {
            guest.demand("dumb 64 64");
            UUID first = guest.demand("register 0").uuid();
            int id = view.objects().getFirst().getResourceId();
            guest.demand("unexport 0");
            guest.demand("drop 0");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(view.objects()).isEmpty());

            guest.demand("dumb 64 64");
            UUID second = guest.demand("register 1").uuid();

            assertThat(view.objects().getFirst().getResourceId()).isEqualTo(id);
            assertThat(second).isNotEqualTo(first);
        }
    }

    @Test
    void aCrossDeviceBlobIsRegisteredWhenItIsMadeAndIsTheGuestsOwnPages() {
        try (VirtualMachine guest = boot(blobs)) {
            assertThat(guest.demand("features").value("blob")).isEqualTo("1");
            guest.demand("blob 64 64 7");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(view.objects()).hasSize(1));

            UUID uuid = guest.demand("register 0").uuid();
            assertThat(view.uuids()).containsExactly(uuid);
            guest.demand("fill 0 90");
            assertThat(view.read(uuid)).hasSize(64 * 64 * 4).containsOnly(90);
            // A dumb buffer is a blob here too, but none that is shared with another device.
            guest.demand("dumb 64 64");
            guest.demand("export 1");
            assertThat(guest.ask("uuid 1").failure()).contains(ENODEV);
        }
    }

    @Test
    void aMachineThatIsKilledLeavesNothing() {
        VirtualMachine guest = boot(blobs);
        guest.demand("blob 64 64 7");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(view.objects()).hasSize(1));
        guest.close();
        // The rest is what holds after every test.
    }

    @Test
    void theWholeChainHoldsInOneCommand() throws IOException {
        Path out = logs.resolve("out");
        Files.createDirectories(out);
        Checkout.Ended ended = Checkout.crossdev("linux", "--out", out.toString(), "--buffers", "10")
                .await(Duration.ofSeconds(240));

        assertThat(ended.output()).contains("Everything held").contains("RESOURCE_ASSIGN_UUID");
        assertThat(ended.exitCode()).isZero();
        assertThat(out.resolve("scanout.png")).isNotEmptyFile();
    }

    private VirtualMachine boot(GuestPlace place, String... parameters) {
        return VirtualMachine.boot(image, place.socket(), logs, List.of(parameters), _ -> {});
    }

    private static void inject(GuestPlace place, String fault) {
        admin.inject(Optional.of(DeviceAddress.parse(GuestPlace.GUEST + "/" + place.device())), Fault.parse(fault));
    }
}
