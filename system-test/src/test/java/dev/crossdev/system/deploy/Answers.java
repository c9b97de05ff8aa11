package dev.crossdev.system.deploy;

import dev.crossdev.grpc.client.Channels;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.Probe;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;

/** What a running container answers to those who believe its manifest. */
final class Answers {

    private static final int PATIENCE_MILLIS = 5_000;
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private Answers() {}

    /**
     * Ports that nobody listens on and probes that are not answered with success, in words.
     *
     * @param published where a port of the container is to be found
     */
    static List<String> missing(Container container, String address, IntUnaryOperator published) {
        List<String> missing = new ArrayList<>();
        for (ContainerPort port : container.getPorts()) {
            int number = published.applyAsInt(port.getContainerPort());
            if (!listens(address, number)) {
                missing.add("nobody listens on port " + port.getContainerPort());
            } else if (port.getName().endsWith("-grpc") && !servesGrpc(address, number)) {
                missing.add("no gRPC health on port " + port.getContainerPort());
            }
        }
        for (Probe probe :
                List.of(container.getStartupProbe(), container.getReadinessProbe(), container.getLivenessProbe())) {
            HTTPGetAction get = probe.getHttpGet();
            int status = status(address, published.applyAsInt(get.getPort().getIntVal()), get.getPath());
            if (status < 200 || status >= 400) {
                missing.add("GET " + get.getPath() + " on port " + get.getPort().getIntVal() + " answers " + status);
            }
        }
        return missing;
    }

    private static boolean listens(String address, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), PATIENCE_MILLIS);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean servesGrpc(String address, int port) {
        ManagedChannel channel = Channels.plaintext(address, port);
        try {
            return HealthGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
                            .check(HealthCheckRequest.getDefaultInstance())
                            .getStatusValue()
                    == 1;
        } catch (StatusRuntimeException e) {
            return false;
        } finally {
            channel.shutdownNow();
        }
    }

    /** 0 when there is no answer at all. */
    private static int status(String address, int port, String path) {
        try {
            return CLIENT.send(
                            HttpRequest.newBuilder(URI.create("http://" + address + ":" + port + path))
                                    .timeout(Duration.ofMillis(PATIENCE_MILLIS))
                                    .build(),
                            HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        } catch (IOException e) {
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 0;
        }
    }
}
