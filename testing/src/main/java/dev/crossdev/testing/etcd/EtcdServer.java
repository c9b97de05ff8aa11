package dev.crossdev.testing.etcd;

import dev.crossdev.testing.tls.TestCa;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.HttpsURLConnection;
import org.jspecify.annotations.Nullable;

/**
 * An etcd of one member on free ports of the loopback address, in plain text or with mutual TLS. Its data lasts as long as the
 * folder that it was given.
 */
public final class EtcdServer implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int HTTP_OK = 200;

    private final Path folder;
    private final TestCa.@Nullable Issued tls;
    private final int port;
    private final int peerPort;
    private final int healthPort;
    private @Nullable Process process;
    private int incarnation;

    private EtcdServer(Path folder, TestCa.@Nullable Issued tls) {
        this.folder = folder;
        this.tls = tls;
        List<Integer> ports = freePorts();
        this.port = ports.get(0);
        this.peerPort = ports.get(1);
        this.healthPort = ports.get(2);
    }

    /**
     * Starts one and waits until it serves.
     *
     * @param folder for its data and its log
     */
    public static EtcdServer start(Path folder) {
        EtcdServer server = new EtcdServer(folder, null);
        server.start();
        return server;
    }

    /**
     * As above, with mutual TLS.
     *
     * @param tls what it shows, and the CA whose clients it serves
     */
    public static EtcdServer start(Path folder, TestCa.Issued tls) {
        EtcdServer server = new EtcdServer(folder, tls);
        server.start();
        return server;
    }

    /** Of clients. */
    public int port() {
        return port;
    }

    /** Starts it again, where it was and with what it had. */
    public void start() {
        try {
            Path data = folder.resolve("data-" + incarnation);
            List<String> command = new ArrayList<>(List.of(
                    "etcd",
                    "--data-dir=" + data,
                    "--listen-client-urls=" + url(),
                    "--advertise-client-urls=" + url(),
                    "--listen-peer-urls=http://127.0.0.1:" + peerPort,
                    "--initial-advertise-peer-urls=http://127.0.0.1:" + peerPort,
                    "--initial-cluster=default=http://127.0.0.1:" + peerPort,
                    "--listen-metrics-urls=http://127.0.0.1:" + healthPort));
            if (tls != null) {
                command.addAll(List.of(
                        "--cert-file=" + tls.certificate(),
                        "--key-file=" + tls.key(),
                        "--trusted-ca-file=" + tls.ca(),
                        "--client-cert-auth"));
            }
            ProcessBuilder builder = new ProcessBuilder(command);
            // Debian's etcd says of arm64 that it is not supported, unless it is told so.
            builder.environment().put("ETCD_UNSUPPORTED_ARCH", "arm64");
            Path log = Files.createTempFile(folder, "etcd", ".log");
            process = builder.redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            awaitHealth(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code kill -9}. */
    public void kill() {
        Process running = process;
        if (running == null) {
            return;
        }
        process = null;
        running.destroyForcibly();
        try {
            if (!running.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException("etcd does not die");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Its next start is with nothing. */
    public void forgetEverything() {
        incarnation++;
    }

    /** Forgets all history up to now. */
    public void compact() {
        String answer = post("/v3/kv/range", "{\"key\":\"AA==\"}");
        String revision = answer.replaceAll(".*\"revision\":\"(\\d+)\".*", "$1");
        String done = post("/v3/kv/compaction", "{\"revision\":\"" + revision + "\",\"physical\":true}");
        if (!done.contains("\"header\"")) {
            throw new IllegalStateException("no compaction to " + revision + ": " + done);
        }
    }

    @Override
    public void close() {
        kill();
    }

    private void awaitHealth(Path log) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isHealthy()) {
            Process running = process;
            if (running == null || !running.isAlive() || System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("etcd does not serve: " + Files.readString(log));
            }
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }

    private boolean isHealthy() {
        try {
            HttpURLConnection connection = connection("http://127.0.0.1:" + healthPort + "/health");
            return connection.getResponseCode() == HTTP_OK;
        } catch (IOException notYet) {
            return false;
        }
    }

    /** The JSON form of its API. */
    private String post(String path, String json) {
        try {
            HttpURLConnection connection = connection(url() + path);
            if (connection instanceof HttpsURLConnection secure && tls != null) {
                secure.setSSLSocketFactory(tls.sslContext().getSocketFactory());
            }
            connection.setDoOutput(true);
            try (var body = connection.getOutputStream()) {
                body.write(json.getBytes(StandardCharsets.UTF_8));
            }
            try (var answer = connection.getInputStream()) {
                return new String(answer.readAllBytes(), StandardCharsets.UTF_8);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String url() {
        return (tls == null ? "http" : "https") + "://127.0.0.1:" + port;
    }

    private static HttpURLConnection connection(String url) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(url).toURL().openConnection();
        connection.setConnectTimeout(1_000);
        connection.setReadTimeout(10_000);
        return connection;
    }

    private static List<Integer> freePorts() {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            List<Integer> ports = held.stream().map(ServerSocket::getLocalPort).toList();
            for (ServerSocket socket : held) {
                socket.close();
            }
            return ports;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
