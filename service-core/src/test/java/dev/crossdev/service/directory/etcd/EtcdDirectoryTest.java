package dev.crossdev.service.directory.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.grpc.status.HostedElsewhereException;
import dev.crossdev.service.directory.Directory;
import dev.crossdev.service.directory.DirectoryContract;
import dev.crossdev.service.directory.Publisher;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.testing.RequiresProgram;
import dev.crossdev.testing.etcd.EtcdServer;
import dev.crossdev.testing.etcd.Wire;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RequiresProgram(value = "etcd", debianPackage = "etcd-server")
class EtcdDirectoryTest extends DirectoryContract {

    private static final HostPort SECOND = new HostPort("gpu-1.gpu", 8081);

    /** What cuts the instances off, and what cuts the importer off. */
    private Wire instancesWire;

    private Wire importersWire;
    private EtcdServer etcd;
    private Directory directory;
    private final List<AutoCloseable> opened = new ArrayList<>();

    @BeforeEach
    void start(@TempDir Path folder) {
        etcd = server(folder);
        instancesWire = Wire.to(etcd.port());
        importersWire = Wire.to(etcd.port());
        directory = new EtcdDirectory(channels(), settings(importersWire.port()));
    }

    /** A real etcd. */
    EtcdServer server(Path folder) {
        return EtcdServer.start(folder);
    }

    /** How it is reached. */
    Channels channels() {
        return Channels.PLAIN;
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
        directory.close();
        instancesWire.close();
        importersWire.close();
        etcd.close();
    }

    @Override
    protected Publisher publisherOf(HostPort instance) {
        return new EtcdPublisher(channels(), settings(instancesWire.port()), () -> instance);
    }

    @Override
    protected Directory directory() {
        return directory;
    }

    static EtcdSettings settings(int... ports) {
        return new EtcdSettings(
                java.util.Arrays.stream(ports)
                        .mapToObj(port -> new HostPort("127.0.0.1", port))
                        .toList(),
                "/crossdev",
                Duration.ofSeconds(2),
                Duration.ofSeconds(2));
    }

    private Set<HostPort> watched() {
        Set<HostPort> there = ConcurrentHashMap.newKeySet();
        opened.add(directory.watch(watching(there))::run);
        return there;
    }

    @Test
    void eachInstanceIsFoundByItsOwnObjects() {
        TestInstance one = instance(FIRST);
        TestInstance two = instance(SECOND);
        UUID ones = UUID.randomUUID();
        UUID twos = UUID.randomUUID();

        done(one.export("alice", ones));
        done(two.export("alice", twos));

        assertThat(reached("alice", ones)).contains(FIRST);
        assertThat(reached("alice", twos)).contains(SECOND);
    }

    @Test
    void aDeviceHasOneHostAndTheOthersKnowWhich() {
        TestInstance one = instance(FIRST);
        TestInstance two = instance(SECOND);
        await().atMost(PATIENCE).until(() -> one.publisher.holdsItsPlace() && two.publisher.holdsItsPlace());
        DeviceKey device = new DeviceKey("alice", "vm/0");
        done(one.publisher.claim(device));
        done(two.publisher.claim(new DeviceKey("bob", "vm/0")));

        assertThatThrownBy(() -> done(two.publisher.claim(device)))
                .isInstanceOfSatisfying(
                        HostedElsewhereException.class,
                        e -> assertThat(e.instance()).isEqualTo(FIRST.toString()));

        one.publisher.release(device);
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> done(two.publisher.claim(device).thenApply(_ -> true)));
        assertThatThrownBy(() -> done(one.publisher.claim(device))).isInstanceOf(HostedElsewhereException.class);
    }

    @Test
    void aDeadInstancesDevicesAreFreeWhenItsLeaseIsOver() {
        TestInstance dead = instance(FIRST);
        EtcdPublisher other = new EtcdPublisher(channels(), settings(etcd.port()), () -> SECOND);
        opened.add(other);
        await().atMost(PATIENCE).until(() -> dead.publisher.holdsItsPlace() && other.holdsItsPlace());
        DeviceKey device = new DeviceKey("alice", "vm0");
        done(dead.publisher.claim(device));

        instancesWire.cut();

        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> done(other.claim(device).thenApply(_ -> true)));
    }

    @Test
    void anInstanceThatEndsTakesItsEntriesAlong() {
        TestInstance one = instance(FIRST);
        UUID uuid = UUID.randomUUID();
        done(one.export("alice", uuid));
        Set<HostPort> there = watched();
        await().atMost(PATIENCE).until(() -> there.contains(FIRST));

        one.publisher.close();

        assertThatThrownBy(() -> done(directory.find("alice", uuid).toCompletableFuture()))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
        await().atMost(PATIENCE).until(there::isEmpty);
    }

    @Test
    void theEntriesOfAnInstanceThatIsHeardOfNoMoreVanishWithItsLeaseAndComeBackWithIt() {
        TestInstance lost = instance(FIRST);
        Publisher other = new EtcdPublisher(channels(), settings(etcd.port()), () -> SECOND);
        opened.add(other);
        UUID lostOne = UUID.randomUUID();
        UUID goneMeanwhile = UUID.randomUUID();
        UUID others = UUID.randomUUID();
        done(lost.export("alice", lostOne));
        done(lost.export("alice", goneMeanwhile));
        done(other.publish("alice", others));
        Set<HostPort> there = watched();
        await().atMost(PATIENCE).until(() -> there.equals(Set.of(FIRST, SECOND)));

        instancesWire.cut();

        await().atMost(PATIENCE).until(() -> reached("alice", lostOne).isEmpty());
        await().atMost(PATIENCE).until(() -> there.equals(Set.of(SECOND)));
        await().atMost(PATIENCE).until(() -> !lost.publisher.holdsItsPlace());
        assertThat(done(directory.find("alice", others).toCompletableFuture())).isEqualTo(SECOND);

        lost.unref("alice", goneMeanwhile);
        instancesWire.mend();

        await().atMost(PATIENCE).until(() -> reached("alice", lostOne).isPresent());
        await().atMost(PATIENCE).until(() -> there.equals(Set.of(FIRST, SECOND)));
        await().atMost(PATIENCE).until(lost.publisher::holdsItsPlace);
        assertThatThrownBy(() -> done(directory.find("alice", goneMeanwhile).toCompletableFuture()))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
    }

    @Test
    void withoutEtcdRegistrationsAndLookupsFailInsteadOfHanging() {
        TestInstance gpu = instance(FIRST);
        await().atMost(PATIENCE).until(gpu.publisher::holdsItsPlace);
        UUID uuid = UUID.randomUUID();

        etcd.kill();
        CompletableFuture<Void> publishing = gpu.export("alice", uuid);
        CompletableFuture<HostPort> finding = directory.find("alice", uuid).toCompletableFuture();

        assertThatThrownBy(() -> done(publishing))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT));
        assertThatThrownBy(() -> done(finding)).isInstanceOf(DeviceGoneException.class);
        await().atMost(PATIENCE).until(() -> !gpu.publisher.holdsItsPlace());

        etcd.start();

        await().atMost(PATIENCE).until(gpu.publisher::holdsItsPlace);
        // It failed, so it must not turn up later.
        assertThatThrownBy(() -> done(directory.find("alice", uuid).toCompletableFuture()))
                .isInstanceOf(ErrnoException.class);
        done(gpu.export("alice", uuid));
        assertThat(reached("alice", uuid)).contains(FIRST);
    }

    @Test
    void whatWasPublishedIsDurable() {
        TestInstance gpu = instance(FIRST);
        UUID uuid = UUID.randomUUID();

        done(gpu.export("alice", uuid));
        etcd.kill();
        etcd.start();

        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> reached("alice", uuid).isPresent());
    }

    @Test
    void aWatchGoesOnWhereItWasWhenEtcdRestarts() {
        Set<HostPort> there = watched();
        TestInstance one = instance(FIRST);
        await().atMost(PATIENCE).until(() -> there.equals(Set.of(FIRST)));

        etcd.kill();
        etcd.start();
        instance(SECOND);

        await().atMost(PATIENCE).until(() -> there.contains(SECOND));
        one.publisher.close();
        await().atMost(PATIENCE).until(() -> there.equals(Set.of(SECOND)));
    }

    @Test
    void aWatchThatMissedWhatIsNowCompactedLearnsOfItAllTheSame() {
        Set<HostPort> there = watched();
        TestInstance one = instance(FIRST);
        await().atMost(PATIENCE).until(() -> there.equals(Set.of(FIRST)));

        importersWire.cut();
        one.publisher.close();
        TestInstance two = instance(SECOND);
        done(two.export("alice", UUID.randomUUID()));
        etcd.compact();
        importersWire.mend();

        await().atMost(PATIENCE).until(() -> there.equals(Set.of(SECOND)));
        instance(FIRST);
        await().atMost(PATIENCE).until(() -> there.equals(Set.of(FIRST, SECOND)));
    }

    @Test
    void anEtcdThatLostEverythingIsFilledAgain() {
        Set<HostPort> there = watched();
        TestInstance one = instance(FIRST);
        UUID uuid = UUID.randomUUID();
        done(one.export("alice", uuid));
        instance(SECOND);
        await().atMost(PATIENCE).until(() -> there.equals(Set.of(FIRST, SECOND)));
        instances.getLast().publisher.close();
        await().atMost(PATIENCE).until(() -> there.equals(Set.of(FIRST)));

        etcd.kill();
        etcd.forgetEverything();
        etcd.start();

        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> reached("alice", uuid).isPresent());
        instance(SECOND);
        await().atMost(PATIENCE).until(() -> there.equals(Set.of(FIRST, SECOND)));
    }

    @Test
    void aMemberThatIsNotThereIsPassedOver() {
        try (Wire nowhere = Wire.to(etcd.port())) {
            nowhere.cut();
            EtcdSettings both = settings(nowhere.port(), etcd.port());
            UUID uuid = UUID.randomUUID();
            try (EtcdPublisher publisher = new EtcdPublisher(channels(), both, () -> FIRST);
                    EtcdDirectory finder = new EtcdDirectory(channels(), both)) {
                done(publisher.publish("alice", uuid));

                assertThat(done(finder.find("alice", uuid).toCompletableFuture()))
                        .isEqualTo(FIRST);
            }
        }
    }
}
