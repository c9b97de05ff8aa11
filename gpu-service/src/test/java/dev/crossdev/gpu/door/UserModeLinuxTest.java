package dev.crossdev.gpu.door;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.testing.RequiresProgram;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.gpu.GpuFeature;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A front end of vhost-user that is not ours, with a stock virtio-gpu driver behind it. */
@Timeout(180)
@RequiresProgram(value = UserModeLinux.PROGRAM, debianPackage = "none: linux-guest/uml/build.sh makes it")
class UserModeLinuxTest {

    private static final String ENODEV = "19";

    @TempDir
    private Path folder;

    @Test
    void itsDriverSeesTheUuidsThatAreRegisteredHereAndPowerOffLeavesNothing() throws Exception {
        try (VhostUserHost host = new VhostUserHost(folder.resolve("gpu.sock"), Features.of(GpuFeature.RESOURCE_BLOB));
                UserModeLinux guest = UserModeLinux.boot(host.server.path())) {
            Set<UUID> seen = new HashSet<>();
            for (int i = 0; i < 20; i++) {
                String buffer = guest.ask("dumb 64 64").get("bo");
                UUID uuid = UUID.fromString(guest.ask("register " + buffer).get("uuid"));
                assertThat(host.gpu.objects.find("linux", uuid)).isPresent();
                assertThat(seen.add(uuid)).isTrue();
            }
            guest.ask("unexport 0");
            guest.ask("drop 0");
            await().untilAsserted(() -> assertThat(
                            host.gpu.house.inventory().get(GpuHouse.KEY).usage().resources())
                    .isEqualTo(seen.size() - 1));

            assertThat(guest.powerOff()).isZero();
            await().untilAsserted(
                            () -> assertThat(host.gpu.house.inventory().count()).isZero());
            assertThat(seen)
                    .allSatisfy(uuid ->
                            assertThat(host.gpu.objects.find("linux", uuid)).isEmpty());
        }
        assertThat(SharedMemory.live()).isZero();
    }

    /** Its RAM is a file that it could shrink under whoever imports the blob. */
    @Test
    void aBlobOfItsRamGetsNoUuidAndTheGuestGoesOn() throws Exception {
        try (VhostUserHost host = new VhostUserHost(folder.resolve("gpu.sock"), Features.NONE);
                UserModeLinux guest = UserModeLinux.boot(host.server.path())) {
            Map<String, String> blob = guest.ask("blob 64 64 4");
            assertThat(blob).containsKey("bo");
            assertThat(guest.ask("register " + blob.get("bo"))).containsEntry("failed", ENODEV);

            assertThat(guest.powerOff()).isZero();
        }
    }
}
