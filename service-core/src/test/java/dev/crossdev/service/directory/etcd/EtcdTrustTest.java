package dev.crossdev.service.directory.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.grpc.tls.ClientTls;
import dev.crossdev.grpc.tls.TlsFiles;
import dev.crossdev.testing.RequiresProgram;
import dev.crossdev.testing.etcd.EtcdServer;
import dev.crossdev.testing.tls.TestCa;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is believed between a service and etcd. */
@RequiresProgram(value = "etcd", debianPackage = "etcd-server")
class EtcdTrustTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final HostPort SELF = new HostPort("gpu-0.gpu", 8081);

    @TempDir
    Path folder;

    private TestCa ca;
    private final List<AutoCloseable> opened = new ArrayList<>();

    @BeforeEach
    void makeCa() {
        ca = TestCa.in(folder.resolve("ca"));
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    private <T extends AutoCloseable> T opened(T each) {
        opened.add(each);
        return each;
    }

    private EtcdServer etcdWith(TestCa.Issued files) {
        return opened(EtcdServer.start(folder, files));
    }

    private Channels showing(TestCa.Issued files) {
        return Channels.with(opened(
                ClientTls.of(new TlsFiles(files.ca(), files.certificate(), files.key()), Duration.ofMillis(100))));
    }

    private static EtcdSettings at(EtcdServer etcd) {
        return EtcdDirectoryTest.settings(etcd.port());
    }

    private void assertNothingIsSaid(Channels channels, EtcdServer etcd) {
        EtcdPublisher publisher = opened(new EtcdPublisher(channels, at(etcd), () -> SELF));
        EtcdDirectory directory = opened(new EtcdDirectory(channels, at(etcd)));

        assertThatThrownBy(() -> done(publisher.publish("alice", UUID.randomUUID())))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT));
        assertThat(publisher.holdsItsPlace()).isFalse();
        assertThatThrownBy(() -> done(directory.find("alice", UUID.randomUUID()).toCompletableFuture()))
                .isInstanceOf(DeviceGoneException.class);
    }

    private static <T> T done(CompletableFuture<T> future) {
        try {
            return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw Statuses.toErrno(e);
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void anEtcdThatWantsCertificatesSaysNothingToWhoHasNone() {
        EtcdServer etcd = etcdWith(ca.issue("CN=etcd"));

        assertNothingIsSaid(Channels.PLAIN, etcd);
    }

    @Test
    void norToWhoHasAnotherCasCertificate() {
        EtcdServer etcd = etcdWith(ca.issue("CN=etcd"));
        TestCa.Issued stranger = TestCa.in(folder.resolve("strange")).issue("CN=gpu-service");

        assertNothingIsSaid(showing(new TestCa.Issued(ca.caFile(), stranger.certificate(), stranger.key())), etcd);
    }

    @Test
    void anEtcdOfAnotherCaIsToldNothing() {
        EtcdServer etcd = etcdWith(TestCa.in(folder.resolve("strange")).issue("CN=etcd"));

        assertNothingIsSaid(showing(ca.issue("CN=gpu-service")), etcd);
    }

    @Test
    void anEtcdWhoseCertificateIsForAnotherAddressIsToldNothing() {
        TestCa elsewhere = TestCa.in(folder.resolve("elsewhere"), "127.0.0.9");
        EtcdServer etcd = etcdWith(elsewhere.issue("CN=etcd"));

        assertNothingIsSaid(showing(elsewhere.issue("CN=gpu-service")), etcd);
    }

    @Test
    void anEtcdInPlainTextIsToldNothingByWhoHasCertificates() {
        EtcdServer etcd = opened(EtcdServer.start(folder));

        assertNothingIsSaid(showing(ca.issue("CN=gpu-service")), etcd);
    }

    @Test
    void certificatesOfBothAndTheirCaAreReplacedWithoutARestartOfTheService() throws Exception {
        TestCa.Issued clients = ca.issue("CN=gpu-service");
        TestCa.Issued etcds = ca.issue("CN=etcd");
        EtcdServer etcd = etcdWith(etcds);
        EtcdPublisher publisher = opened(new EtcdPublisher(showing(clients), at(etcd), () -> SELF));
        done(publisher.publish("alice", UUID.randomUUID()));

        TestCa next = TestCa.in(folder.resolve("next"));
        etcd.kill();
        next.issue("CN=gpu-service", clients);
        next.issue("CN=etcd", etcds);
        Files.copy(next.caFile(), ca.caFile(), StandardCopyOption.REPLACE_EXISTING);
        etcd.start();

        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> done(publisher.publish("alice", UUID.randomUUID()).thenApply(_ -> true)));
    }
}
