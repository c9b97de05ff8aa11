package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.cli.launch.HostAndPort;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.media.Clip;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.ListBuffersRequest;
import dev.crossdev.proto.admin.v1.ListDevicesRequest;
import dev.crossdev.proto.objects.v1.ListRequest;
import dev.crossdev.proto.objects.v1.SharedObjectsGrpc;
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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both services are replaced, one after the other, under guests that work. */
class RollingUpdateTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String GOING_AWAY = "the service is going away";

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

    @Test
    void noFrameIsWrongEveryInterruptedGuestIsToldWhyAndNothingStaysBehind() throws Exception {
        Clip clip = Clip.open(Checkout.CLIP);
        List<byte[]> expected = SteadyGuest.framesOf(clip);
        int gpuPort = freePort();
        int videoPort = freePort();
        HostAndPort gpuAddress = new HostAndPort("127.0.0.1", gpuPort);
        HostAndPort videoAddress = new HostAndPort("127.0.0.1", videoPort);
        // A decode takes longer than this, so that some are interrupted.
        Map<String, String> gpuSettings = Map.of("crossdev.drain-grace", "0.05S");
        Map<String, String> videoSettings =
                Map.of("crossdev.drain-grace", "0.05S", "crossdev.video.gpu-service", gpuAddress.toString());
        PackagedService gpu = start("gpu-service", gpuPort, gpuSettings);
        PackagedService video = start("video-service", videoPort, videoSettings);
        try (SteadyGuest one = new SteadyGuest("one", gpuAddress, videoAddress, clip, expected);
                SteadyGuest two = new SteadyGuest("two", gpuAddress, videoAddress, clip, expected)) {
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
                assertThat(guest.interruptions()).as("told why").anyMatch(why -> why.contains(GOING_AWAY));
                assertThat(guest.interruptions())
                        .allMatch(why -> why.contains("gpu-service") || why.contains("video-service"));
            }
            nothingStaysBehind(gpu, video);
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

    private static void nothingStaysBehind(PackagedService gpu, PackagedService video) {
        ManagedChannel channel =
                Channels.plaintext(gpu.address().host(), gpu.address().port());
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
