package dev.crossdev.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.guest.driver.ServiceAddress;
import dev.crossdev.guest.fake.FakeGpu;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A guest and several instances of a service. */
class GuestTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final GuestTestBed bed = GuestTestBed.remote();

    @AfterEach
    void close() {
        bed.close();
    }

    @Test
    void aGuestFollowsItsDeviceToTheInstanceThatHostsIt() {
        try (FakeGpu host = new FakeGpu(Optional.empty())) {
            Guest guest = bed.guest(PATIENCE);
            bed.gpu.settings().setHostedAt("127.0.0.1:" + host.address().port());

            try (GuestDevices devices = guest.plug(RegistrationStrategy.DEFERRED)) {
                assertThat(devices.name()).isEqualTo("vm0");
                assertThat(guest.gpuLink().answers().service()).isEqualTo(host.address());
            }
        }
    }

    @Test
    void twoInstancesThatSendAGuestToEachOtherDoNotMakeItRunInCircles() {
        try (FakeGpu other = new FakeGpu(Optional.empty())) {
            Guest guest = bed.guest(PATIENCE);
            bed.gpu.settings().setHostedAt("127.0.0.1:" + other.address().port());
            other.settings().setHostedAt("127.0.0.1:" + bed.gpu.address().port());

            assertThatThrownBy(() -> guest.plug(RegistrationStrategy.DEFERRED))
                    .isInstanceOfSatisfying(
                            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBUSY));
        }
    }

    @Test
    void anInstanceThatIsNotThereIsPassedOver() {
        for (String hosts : new String[] {"127.0.0.1,127.9.9.9", "127.9.9.9,127.0.0.1"}) {
            try (Guest guest = connect(hosts, bed.gpu.address().port())) {
                assertThat(guest.gpuLink().answers().service()).isEqualTo(bed.gpu.address());
            }
        }
    }

    @Test
    void whenNoInstanceIsThereTheLastOneTriedIsNamed() {
        assertThatThrownBy(
                        () -> connect("127.9.9.8,127.9.9.9", bed.gpu.address().port()))
                .isInstanceOf(DeviceGoneException.class)
                .hasMessageContaining("gpu-service (127.9.9.");
    }

    private Guest connect(String gpuHosts, int port) {
        return Guest.connect(
                new GuestConfig(
                        "default",
                        new ServiceAddress("gpu-service", gpuHosts, port),
                        bed.video.address(),
                        16 << 20,
                        PATIENCE),
                Violations.ignored());
    }
}
