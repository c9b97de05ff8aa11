package dev.crossdev.grpc.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.tls.CertificateName;
import dev.crossdev.grpc.tls.ClientTls;
import dev.crossdev.grpc.tls.TlsFiles;
import dev.crossdev.proto.gpu.v1.DescribeRequest;
import dev.crossdev.proto.gpu.v1.DescribeResponse;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import dev.crossdev.testing.tls.TestCa;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Channels with mutual TLS against a server that tells its callers their names. */
class ChannelsTest {

    private static final Duration OFTEN = Duration.ofMillis(20);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path folder;

    private TestCa ca;
    private Server server;

    @BeforeEach
    void serve() throws IOException {
        ca = TestCa.in(folder.resolve("ca"));
        TestCa.Issued own = ca.issue("CN=server");
        server = NettyServerBuilder.forAddress(
                        new InetSocketAddress("0.0.0.0", 0),
                        TlsServerCredentials.newBuilder()
                                .keyManager(
                                        own.certificate().toFile(), own.key().toFile())
                                .trustManager(ca.caFile().toFile())
                                .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE)
                                .build())
                .addService(new NameTeller())
                .intercept(new NameTeller())
                .build()
                .start();
    }

    @AfterEach
    void end() {
        server.shutdownNow();
    }

    /** Says in the answer's version whom it was asked by. */
    private static final class NameTeller extends GpuDeviceGrpc.GpuDeviceImplBase implements ServerInterceptor {

        private static final Context.Key<String> NAME = Context.key("name");

        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            try {
                var session = Objects.requireNonNull(call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION));
                String name = CertificateName.of((X509Certificate) session.getPeerCertificates()[0])
                        .commonName();
                return Contexts.interceptCall(Context.current().withValue(NAME, name), call, headers, next);
            } catch (SSLPeerUnverifiedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void describe(DescribeRequest request, StreamObserver<DescribeResponse> responses) {
            DescribeResponse.Builder response = DescribeResponse.newBuilder();
            response.getServiceBuilder().setVersion(NAME.get());
            responses.onNext(response.build());
            responses.onCompleted();
        }
    }

    private static TlsFiles files(TestCa.Issued issued) {
        return new TlsFiles(issued.ca(), issued.certificate(), issued.key());
    }

    private String ask(ClientTls tls, String host) {
        return ask(Channels.with(tls).to(host, server.getPort()));
    }

    private static String ask(ManagedChannel channel) {
        try {
            return GpuDeviceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .describe(DescribeRequest.getDefaultInstance())
                    .getService()
                    .getVersion();
        } finally {
            channel.shutdownNow();
        }
    }

    @Test
    void theServerLearnsTheNameOfTheCertificate() {
        try (ClientTls tls = ClientTls.of(files(ca.issue("CN=alice")), OFTEN)) {
            assertThat(ask(tls, "127.0.0.1")).isEqualTo("alice");
            assertThat(ask(tls, "localhost")).isEqualTo("alice");
        }
    }

    @Test
    void aServerWhoseCertificateIsForAnotherNameIsNotSpokenTo() {
        try (ClientTls tls = ClientTls.of(files(ca.issue("CN=alice")), OFTEN)) {
            assertThatThrownBy(() -> ask(tls, "127.0.0.2")).isInstanceOf(StatusRuntimeException.class);
        }
    }

    @Test
    void oneOfSeveralServersBehindANameIsHeldToTheName() {
        try (ClientTls tls = ClientTls.of(files(ca.issue("CN=alice")), OFTEN)) {
            Channels channels = Channels.with(tls);
            assertThat(ask(channels.to("127.0.0.2", server.getPort(), "localhost")))
                    .isEqualTo("alice");
            assertThat(ask(channels.to("127.0.0.2", server.getPort(), "127.0.0.1")))
                    .isEqualTo("alice");
            assertThatThrownBy(() -> ask(channels.to("127.0.0.1", server.getPort(), "gpu-service")))
                    .isInstanceOf(StatusRuntimeException.class);
        }
    }

    @Test
    void aServerOfAnotherCaIsNotSpokenTo() {
        TestCa other = TestCa.in(folder.resolve("other"));
        TestCa.Issued alice = ca.issue("CN=alice");
        try (ClientTls tls = ClientTls.of(new TlsFiles(other.caFile(), alice.certificate(), alice.key()), OFTEN)) {
            assertThatThrownBy(() -> ask(tls, "127.0.0.1")).isInstanceOf(StatusRuntimeException.class);
        }
    }

    @Test
    void aNewConnectionShowsTheNewCertificate() {
        TestCa.Issued place = ca.issue("CN=alice");
        try (ClientTls tls = ClientTls.of(files(place), OFTEN)) {
            assertThat(ask(tls, "127.0.0.1")).isEqualTo("alice");
            ca.issue("CN=alice-2", place);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(ask(tls, "127.0.0.1")).isEqualTo("alice-2"));
        }
    }

    @Test
    void aFileThatCannotBeUsedIsNamed() throws IOException {
        TestCa.Issued alice = ca.issue("CN=alice");
        Path missing = folder.resolve("missing");
        Path rubbish = Files.writeString(folder.resolve("rubbish"), "rubbish");
        for (TlsFiles files : new TlsFiles[] {
            new TlsFiles(missing, alice.certificate(), alice.key()),
            new TlsFiles(alice.ca(), missing, alice.key()),
            new TlsFiles(alice.ca(), alice.certificate(), missing)
        }) {
            assertThatThrownBy(() -> ClientTls.of(files, OFTEN))
                    .isInstanceOf(ErrnoException.class)
                    .hasMessageContaining("there is no file " + missing);
        }
        assertThatThrownBy(() -> ClientTls.of(new TlsFiles(alice.ca(), alice.certificate(), rubbish), OFTEN))
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining(rubbish + " has no use");
    }
}
