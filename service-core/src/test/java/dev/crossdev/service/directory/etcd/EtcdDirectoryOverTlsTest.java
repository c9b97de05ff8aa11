package dev.crossdev.service.directory.etcd;

import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.tls.ClientTls;
import dev.crossdev.grpc.tls.TlsFiles;
import dev.crossdev.testing.RequiresProgram;
import dev.crossdev.testing.etcd.EtcdServer;
import dev.crossdev.testing.tls.TestCa;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** All of it with an etcd that wants certificates. */
@RequiresProgram(value = "etcd", debianPackage = "etcd-server")
class EtcdDirectoryOverTlsTest extends EtcdDirectoryTest {

    private @Nullable ClientTls tls;

    @Override
    EtcdServer server(Path folder) {
        TestCa ca = TestCa.in(folder.resolve("ca"));
        TestCa.Issued client = ca.issue("CN=gpu-service");
        tls = ClientTls.of(new TlsFiles(client.ca(), client.certificate(), client.key()), Duration.ofDays(1));
        return EtcdServer.start(folder, ca.issue("CN=etcd"));
    }

    @Override
    Channels channels() {
        return Channels.with(Objects.requireNonNull(tls));
    }

    @AfterEach
    void closeTls() {
        Objects.requireNonNull(tls).close();
    }
}
