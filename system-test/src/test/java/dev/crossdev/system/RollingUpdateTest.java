package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.grpc.tls.ClientTls;
import dev.crossdev.grpc.tls.TlsFiles;
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
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both services are replaced, one after the other, under guests that work. */
class RollingUpdateTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    /** To whom has a device, and to whom was about to have one. */
    private static final Pattern WHY = Pattern.compile("the service is (going away|being drained)");

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
     */
    private record Trust(
            Map<String, Map<String, String>> settings, Channels one, Channels two, Channels admin, Runnable over)
            implements AutoCloseable {

        static Trust none() {
            return new Trust(Map.of(), Channels.PLAIN, Channels.PLAIN, Channels.PLAIN, () -> {});
        }

        static Trust mutualTls(Path folder) throws IOException {
            TestCa ca = TestCa.in(folder.resolve("ca"));
            List<ClientTls> clients = Stream.of("CN=one", "CN=two", "CN=root,OU=crossdev-admin")
                    .map(ca::issue)
                    .map(files -> ClientTls.of(
                            new TlsFiles(files.ca(), files.certificate(), files.key()), Duration.ofDays(1)))
                    .toList();
            return new Trust(
                    Map.of(
                            "gpu-service", TlsServices.settings(ca.issue("CN=gpu-service")),
                            "video-service", TlsServices.settings(ca.issue("CN=video-service,OU=crossdev-importer"))),
                    Channels.with(clients.get(0)),
                    Channels.with(clients.get(1)),
                    Channels.with(clients.get(2)),
                    () -> clients.forEach(ClientTls::close));
        }

        Map<String, String> of(String service, Map<String, String> more) {
            Map<String, String> all = new HashMap<>(settings.getOrDefault(service, Map.of()));
            all.putAll(more);
            return all;
        }

        @Override
        public void close() {
            over.run();
        }
    }

    /** A decode takes longer than the grace period, so that some are interrupted. */
    @Test
    void noFrameIsWrongEveryInterruptedGuestIsToldWhyAndNothingStaysBehind() throws Exception {
        try (Trust nobodysName = Trust.none()) {
            rollBoth(nobodysName, "0.05S", Checkout.CLIP);
        }
    }

    /** Guests keep their devices from one decode to the next, so that even a long period ends with some interrupted. */
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
        try (SteadyGuest one = new SteadyGuest("one", trust.one(), gpuAddress, videoAddress, clip, expected);
                SteadyGuest two = new SteadyGuest("two", trust.two(), gpuAddress, videoAddress, clip, expected)) {
            List<SteadyGuest> guests = List.of(one, two);
            haveWorked(guests);
            video = roll(video, "video-service", videoPort, videoSettings);
            haveWorked(guests);
            gpu = roll(gpu, "gpu-service", gpuPort, gpuSettings);
            haveWorked(guests);

            one.close();
            two.close();
            for (SteadyGuest guest : guests) {
                assertThat(guest.wrong()).isEmpty();
                assertThat(guest.interruptions())
                        .as("told why")
                        .anyMatch(why -> WHY.matcher(why).find());
                assertThat(guest.interruptions())
                        .allMatch(why -> why.contains("gpu-service") || why.contains("video-service"));
            }
            nothingStaysBehind(trust.admin(), gpu, video);
        } finally {
            video.close();
            gpu.close();
        }
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
