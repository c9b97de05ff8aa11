package dev.crossdev.gpu.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.proto.admin.v1.DeleteDeviceRequest;
import dev.crossdev.proto.admin.v1.Fault;
import dev.crossdev.proto.admin.v1.InjectFaultRequest;
import dev.crossdev.proto.admin.v1.NeverAnswer;
import dev.crossdev.proto.admin.v1.ResetDeviceRequest;
import dev.crossdev.proto.admin.v1.WatchDevicesRequest;
import dev.crossdev.proto.admin.v1.WatchDevicesResponse;
import dev.crossdev.service.house.DeviceHouse;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.grpc.runtime.GrpcServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Iterator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What one who watches the devices is told. */
@QuarkusTest
@TestProfile(GpuServiceProfile.class)
class WatchDevicesTest {

    @Inject
    GrpcServer server;

    @Inject
    DeviceHouse<?, ?, ?> house;

    private Client client;
    private String guest;

    @BeforeEach
    void connect() {
        client = new Client(server.getPort());
        guest = Client.unique();
    }

    @AfterEach
    void disconnect() {
        client.close();
    }

    @Test
    void whatIsThereComesFirstThenAMarkerThenEachChange() {
        var stream = client.open(OpenStream.of(guest, "vm0").withLease(Duration.ofMinutes(1)));
        Iterator<WatchDevicesResponse> watch = watch();
        WatchDevicesResponse first = watch.next();
        assertThat(first.getCreated().getDevice()).isEqualTo("vm0");
        assertThat(first.getCreated().getType()).isEqualTo("gpu");
        assertThat(first.getCreated().getConnected()).isTrue();
        assertThat(watch.next().hasSynchronized()).isTrue();

        var _ = client.admin()
                .injectFault(InjectFaultRequest.newBuilder()
                        .setGuest(guest)
                        .setDevice("vm0")
                        .setFault(Fault.newBuilder().setNeverAnswer(NeverAnswer.getDefaultInstance()))
                        .build());
        assertThat(watch.next().getChanged().getFaultsCount()).isEqualTo(1);
        var _ = client.admin()
                .resetDevice(ResetDeviceRequest.newBuilder()
                        .setGuest(guest)
                        .setDevice("vm0")
                        .build());
        assertThat(watch.next().getChanged().getEpoch()).isEqualTo(1);
        Client.close(stream);
        WatchDevicesResponse alone = watch.next();
        while (alone.getChanged().getConnected() || !alone.getChanged().hasLeaseExpiresAt()) {
            alone = watch.next();
        }
        var _ = client.admin()
                .deleteDevice(DeleteDeviceRequest.newBuilder()
                        .setGuest(guest)
                        .setDevice("vm0")
                        .build());
        WatchDevicesResponse removed = watch.next();
        while (removed.hasChanged()) {
            // The end of its stream and the beginning of its lease may be told one by one.
            removed = watch.next();
        }
        assertThat(removed.getRemoved().getDevice()).isEqualTo("vm0");
        assertThat(removed.getRemoved().getReason()).contains("operator");
    }

    @Test
    void oneWhoDoesNotReadIsToldTheLatestAndNothingPilesUp() {
        int resets = 5_000;
        try (var stream = client.open(OpenStream.of(guest, "vm0"))) {
            Iterator<WatchDevicesResponse> watch = watch();
            assertThat(watch.next().hasCreated()).isTrue();
            assertThat(watch.next().hasSynchronized()).isTrue();
            for (int i = 0; i < resets; i++) {
                var _ = house.reset(new dev.crossdev.service.house.DeviceKey(guest, "vm0"));
            }
            int messages = 0;
            WatchDevicesResponse last;
            do {
                last = watch.next();
                messages++;
            } while (last.getChanged().getEpoch() < resets);
            assertThat(messages).isLessThanOrEqualTo(resets);
            assertThat(stream.opened()).isNotNull();
        }
    }

    @Test
    void aWatcherThatGoesIsForgotten() {
        int before = house.inventory().watchers();
        Context.CancellableContext call = Context.current().withCancellation();
        call.run(() -> assertThat(watch().next().hasSynchronized()).isTrue());
        assertThat(house.inventory().watchers()).isEqualTo(before + 1);
        call.cancel(null);
        await().atMost(Client.PATIENCE).until(() -> house.inventory().watchers() == before);
    }

    @Test
    void aGuestThatIsNoNameIsInvalid() {
        Iterator<WatchDevicesResponse> watch = client.admin()
                .watchDevices(
                        WatchDevicesRequest.newBuilder().setGuest("No Name").build());
        assertThatThrownBy(watch::next)
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT));
    }

    private Iterator<WatchDevicesResponse> watch() {
        return client.admin()
                .watchDevices(WatchDevicesRequest.newBuilder().setGuest(guest).build());
    }
}
