package dev.crossdev.service.directory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.service.house.DeviceKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an importer may rely on, whatever directory there is. */
public abstract class DirectoryContract {

    protected static final HostPort FIRST = new HostPort("gpu-0.gpu", 8081);
    protected static final Duration PATIENCE = Duration.ofSeconds(60);

    protected final List<TestInstance> instances = new ArrayList<>();

    protected abstract Publisher publisherOf(HostPort instance);

    protected abstract Directory directory();

    @AfterEach
    final void closeInstances() {
        instances.forEach(instance -> instance.publisher.close());
    }

    /** A gpu-service, as far as a directory sees it. Like the real one it has the last word on its own objects. */
    protected final class TestInstance {
        final HostPort address;
        public final Publisher publisher;
        final Set<String> objects = ConcurrentHashMap.newKeySet();

        TestInstance(HostPort address) {
            this.address = address;
            this.publisher = publisherOf(address);
        }

        public CompletableFuture<Void> export(String guest, UUID uuid) {
            objects.add(guest + " " + uuid);
            return publisher.publish(guest, uuid);
        }

        public void unref(String guest, UUID uuid) {
            objects.remove(guest + " " + uuid);
            publisher.withdraw(guest, uuid);
        }
    }

    protected final TestInstance instance(HostPort address) {
        TestInstance instance = new TestInstance(address);
        instances.add(instance);
        return instance;
    }

    /** The instance where an importer gets that object; empty when it is told ENOENT by the directory or by the instance. */
    protected final Optional<HostPort> reached(String guest, UUID uuid) {
        try {
            HostPort found = done(directory().find(guest, uuid).toCompletableFuture());
            return instances.stream()
                    .filter(instance -> instance.address.equals(found))
                    .filter(instance -> instance.objects.contains(guest + " " + uuid))
                    .map(instance -> instance.address)
                    .findFirst();
        } catch (ErrnoException e) {
            assertThat(e.errno()).as(e.toString()).isEqualTo(Errno.ENOENT);
            return Optional.empty();
        }
    }

    /** What it completed with, or the errno that it failed with; that it ends at all is part of the contract. */
    protected static <T> T done(CompletableFuture<T> future) {
        try {
            return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw Statuses.toErrno(e);
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatWasPublishedIsReachedAtOnce() {
        TestInstance gpu = instance(FIRST);
        UUID uuid = UUID.randomUUID();

        done(gpu.export("alice", uuid));

        assertThat(reached("alice", uuid)).contains(FIRST);
    }

    @Test
    void aUuidThatNobodyPublishedReachesNothing() {
        instance(FIRST);

        assertThat(reached("alice", UUID.randomUUID())).isEmpty();
    }

    @Test
    void aUuidMeansNothingToAnotherGuest() {
        TestInstance gpu = instance(FIRST);
        UUID uuid = UUID.randomUUID();

        done(gpu.export("alice", uuid));

        assertThat(reached("bob", uuid)).isEmpty();
        // Names that a key could run into one another.
        assertThat(reached("ali", uuid)).isEmpty();
        assertThat(reached("alice/", uuid)).isEmpty();
        assertThat(reached("", uuid)).isEmpty();
    }

    @Test
    void aGuestMayHaveAnyName() {
        TestInstance gpu = instance(FIRST);
        UUID uuid = UUID.randomUUID();

        done(gpu.export("a/b c\u00e9%2F", uuid));

        assertThat(reached("a/b c\u00e9%2F", uuid)).contains(FIRST);
        assertThat(reached("a", uuid)).isEmpty();
    }

    @Test
    void whatWasWithdrawnIsReachedNoLonger() {
        TestInstance gpu = instance(FIRST);
        UUID uuid = UUID.randomUUID();
        done(gpu.export("alice", uuid));

        gpu.unref("alice", uuid);

        assertThat(reached("alice", uuid)).isEmpty();
    }

    @Test
    void whatWasWithdrawnCanBePublishedAgain() {
        TestInstance gpu = instance(FIRST);
        UUID uuid = UUID.randomUUID();
        for (int i = 0; i < 5; i++) {
            done(gpu.export("alice", uuid));
            gpu.unref("alice", uuid);
        }

        done(gpu.export("alice", uuid));

        assertThat(reached("alice", uuid)).contains(FIRST);
    }

    @Test
    void withdrawingWhatWasNeverPublishedIsNothing() {
        TestInstance gpu = instance(FIRST);

        gpu.unref("alice", UUID.randomUUID());

        assertThat(reached("alice", UUID.randomUUID())).isEmpty();
    }

    @Test
    void manyAtATimeAreAllReached() {
        TestInstance gpu = instance(FIRST);
        List<UUID> uuids =
                java.util.stream.Stream.generate(UUID::randomUUID).limit(250).toList();

        List<CompletableFuture<Void>> all =
                uuids.stream().map(uuid -> gpu.export("alice", uuid)).toList();

        all.forEach(DirectoryContract::done);
        assertThat(uuids).allSatisfy(uuid -> assertThat(reached("alice", uuid)).contains(FIRST));
    }

    @Test
    void aDeviceCanBeClaimedByItsHostAgainAndAfterItWasReleased() {
        TestInstance gpu = instance(FIRST);
        await().atMost(PATIENCE).until(gpu.publisher::holdsItsPlace);
        DeviceKey device = new DeviceKey("alice", "vm0");

        done(gpu.publisher.claim(device));
        done(gpu.publisher.claim(device));
        gpu.publisher.release(device);
        gpu.publisher.release(new DeviceKey("alice", "never"));
        done(gpu.publisher.claim(device));
    }

    @Test
    void anInstanceTakesItsPlaceAndAWatcherIsTold() {
        TestInstance gpu = instance(FIRST);
        await().atMost(PATIENCE).until(gpu.publisher::holdsItsPlace);
        Set<HostPort> there = ConcurrentHashMap.newKeySet();

        Runnable end = directory().watch(watching(there));

        await().atMost(PATIENCE).until(() -> there.contains(FIRST));
        end.run();
    }

    protected static Directory.InstanceListener watching(Set<HostPort> there) {
        return new Directory.InstanceListener() {
            @Override
            public void joined(HostPort instance) {
                there.add(instance);
            }

            @Override
            public void left(HostPort instance) {
                there.remove(instance);
            }
        };
    }
}
