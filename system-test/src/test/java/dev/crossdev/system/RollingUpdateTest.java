package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.grpc.tls.ClientTls;
import dev.crossdev.grpc.tls.TlsFiles;
import dev.crossdev.guest.Guest;
import dev.crossdev.guest.GuestConfig;
import dev.crossdev.guest.GuestDevices;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.media.Clip;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.ListBuffersRequest;
import dev.crossdev.proto.admin.v1.ListDevicesRequest;
import dev.crossdev.proto.objects.v1.ListRequest;
import dev.crossdev.proto.objects.v1.SharedObjectsGrpc;
import dev.crossdev.testing.tls.TestCa;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both services are replaced, one after the other, under guests that work. */
class RollingUpdateTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Path SMALL = Checkout.HOME.resolve("media/src/test/resources/sample-64x48.mp4");

    @TempDir
    Path folder;

    private int starts;

    private PackagedService start(String service, int port, Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(more);
        settings.put("quarkus.http.port", Integer.toString(port));
        // Process.destroy closes the pipe as well, and it is SIGTERM alone that Kubernetes sends.
        settings.put("crossdev.exit-on-stdin-close", "false");
        return PackagedService.start(service, folder.resolve(service + "-" + starts++), settings)
                .awaitReady();
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGTERM, and its end; then the next one, at the same address. */
    private PackagedService roll(PackagedService old, String service, int port, Map<String, String> more)
            throws InterruptedException {
        old.process().destroy();
        assertThat(old.awaitEnd()).as(old::log).isEqualTo(143);
        assertThat(leftIn(old.runFolders())).as("run folders of " + service).isEmpty();
        return start(service, port, more);
    }

    private static List<Path> leftIn(Path runFolders) {
        try (Stream<Path> left = Files.list(runFolders)) {
            return left.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * How guests and services know each other.
     *
     * @param settings by service
     * @param clients by the name in their certificate
     */
    private record Trust(Map<String, Map<String, String>> settings, Map<String, ClientTls> clients)
            implements AutoCloseable {

        static final Trust NONE = new Trust(Map.of(), Map.of());

        static Trust mutualTls(Path folder) throws IOException {
            TestCa ca = TestCa.in(folder.resolve("ca"));
            Map<String, ClientTls> clients = new HashMap<>();
            Map.of("one", "", "two", "", "keeper", "", "root", ",OU=crossdev-admin")
                    .forEach((name, role) -> {
                        TestCa.Issued files = ca.issue("CN=" + name + role);
                        clients.put(
                                name,
                                ClientTls.of(
                                        new TlsFiles(files.ca(), files.certificate(), files.key()),
                                        Duration.ofDays(1)));
                    });
            return new Trust(
                    Map.of(
                            "gpu-service", TlsServices.settings(ca.issue("CN=gpu-service")),
                            "video-service", TlsServices.settings(ca.issue("CN=video-service,OU=crossdev-importer"))),
                    clients);
        }

        Channels channels(String client) {
            ClientTls tls = clients.get(client);
            return tls == null ? Channels.PLAIN : Channels.with(tls);
        }

        Map<String, String> of(String service, Map<String, String> more) {
            Map<String, String> all = new HashMap<>(settings.getOrDefault(service, Map.of()));
            all.putAll(more);
            return all;
        }

        @Override
        public void close() {
            clients.values().forEach(ClientTls::close);
        }
    }

    /** A decode takes longer than the grace period, so that some are interrupted. */
    @Test
    void noFrameIsWrongEveryInterruptedGuestIsToldWhyAndNothingStaysBehind() throws Exception {
        rollBoth(Trust.NONE, "0.05S", Checkout.CLIP);
    }

    /** Every decode ends within the grace period; one guest keeps its devices all the same. */
    @Test
    void soItIsWithMutualTlsAndALongGracePeriod() throws Exception {
        try (Trust certificates = Trust.mutualTls(folder)) {
            rollBoth(certificates, "3S", SMALL);
        }
    }

    private void rollBoth(Trust trust, String grace, Path file) throws Exception {
        Clip clip = Clip.open(file);
        List<byte[]> expected = SteadyGuest.framesOf(clip);
        int gpuPort = freePort();
        int videoPort = freePort();
        HostPort gpuAddress = new HostPort("127.0.0.1", gpuPort);
        HostPort videoAddress = new HostPort("127.0.0.1", videoPort);
        Map<String, String> gpuSettings = trust.of("gpu-service", Map.of("crossdev.drain-grace", grace));
        Map<String, String> videoSettings = trust.of(
                "video-service",
                Map.of("crossdev.drain-grace", grace, "crossdev.video.gpu-service", gpuAddress.toString()));
        PackagedService gpu = start("gpu-service", gpuPort, gpuSettings);
        PackagedService video = start("video-service", videoPort, videoSettings);
        try (SteadyGuest one = new SteadyGuest("one", trust.channels("one"), gpuAddress, videoAddress, clip, expected);
                SteadyGuest two =
                        new SteadyGuest("two", trust.channels("two"), gpuAddress, videoAddress, clip, expected)) {
            List<SteadyGuest> guests = List.of(one, two);
            haveWorked(guests);
            try (Guest keeper = Guest.connect(
                            GuestConfig.of("127.0.0.1", gpuPort, "127.0.0.1", videoPort, 4096)
                                    .named("keeper")
                                    .over(trust.channels("keeper")),
                            Violations.ignored());
                    GuestDevices kept = keeper.plug(RegistrationStrategy.DEFERRED)) {
                CompletableFuture<ErrnoException> videoGone = kept.openVideo().gone();
                CompletableFuture<ErrnoException> gpuGone = kept.gpu().gone();
                video = roll(video, "video-service", videoPort, videoSettings);
                assertThat(videoGone).succeedsWithin(PATIENCE).satisfies(RollingUpdateTest::saysWhy);
                assertThat(gpuGone).isNotDone();
                haveWorked(guests);
                gpu = roll(gpu, "gpu-service", gpuPort, gpuSettings);
                assertThat(gpuGone).succeedsWithin(PATIENCE).satisfies(RollingUpdateTest::saysWhy);
                haveWorked(guests);
            }

            one.close();
            two.close();
            for (SteadyGuest guest : guests) {
                assertThat(guest.wrong()).isEmpty();
                assertThat(guest.interruptions())
                        .isNotEmpty()
                        .allMatch(why -> why.contains("gpu-service") || why.contains("video-service"));
            }
            nothingStaysBehind(trust.channels("root"), gpu, video);
        } finally {
            video.close();
            gpu.close();
        }
    }

    private static void saysWhy(ErrnoException gone) {
        assertThat(gone).hasMessageContaining("the service is going away");
    }

    /** Each has decoded the whole clip twice more: the first time may have begun before. */
    private static void haveWorked(List<SteadyGuest> guests) {
        for (SteadyGuest guest : guests) {
            int before = guest.runs();
            await().atMost(PATIENCE)
                    .until(() -> guest.runs() >= before + 2 || !guest.wrong().isEmpty());
            assertThat(guest.wrong()).isEmpty();
        }
    }

    private static void nothingStaysBehind(Channels channels, PackagedService gpu, PackagedService video) {
        ManagedChannel channel = channels.to(gpu.address().host(), gpu.address().port());
        try {
            await().atMost(PATIENCE).untilAsserted(() -> {
                var admin = DeviceAdminGrpc.newBlockingStub(channel).withDeadlineAfter(10, TimeUnit.SECONDS);
                assertThat(admin.listDevices(ListDevicesRequest.getDefaultInstance())
                                .getDevicesList())
                        .isEmpty();
                assertThat(admin.listBuffers(ListBuffersRequest.getDefaultInstance())
                                .getTotalBuffers())
                        .isZero();
                for (String guest : List.of("one", "two")) {
                    assertThat(SharedObjectsGrpc.newBlockingStub(channel)
                                    .withDeadlineAfter(10, TimeUnit.SECONDS)
                                    .list(ListRequest.newBuilder()
                                            .setGuest(guest)
                                            .build())
                                    .getObjectsList())
                            .isEmpty();
                }
                assertThat(Scrape.of(video.management()).sum("virtio_mapped_memories"))
                        .isZero();
            });
        } finally {
            channel.shutdownNow();
        }
    }
}
