package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The console of a service with mutual TLS is for administrators. */
@ExtendWith(TlsServices.class)
class TlsConsoleTest {

    private static final int OK = 200;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;

    private final TlsServices.Running services;

    TlsConsoleTest(TlsServices.Running services) {
        this.services = services;
    }

    private HttpClient as(Optional<String> subject, HttpClient.Version version) {
        return HttpClient.newBuilder()
                .version(version)
                .sslContext(subject.map(each -> services.ca().issue(each).sslContext())
                        .orElseGet(services.ca()::sslContext))
                .build();
    }

    private int status(HttpClient client, HttpRequest.Builder request, String path)
            throws IOException, InterruptedException {
        return client.send(
                        request.uri(URI.create("https://" + services.gpu().address() + path))
                                .build(),
                        HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    private static HttpRequest.Builder knob(String type) {
        return HttpRequest.newBuilder()
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofString("{\"transit\":\"\",\"service\":\"\"}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP_1_1", "HTTP_2"})
    void nobodyAndGuestsSeeNoPageAndTurnNoKnob(HttpClient.Version version) throws Exception {
        try (HttpClient nobody = as(Optional.empty(), version);
                HttpClient guest = as(Optional.of("CN=alice"), version)) {
            for (String path :
                    List.of("/", "/console/main.js", "/console/events", "/scanouts/alice/vm0/0.png", "/no")) {
                assertThat(status(nobody, HttpRequest.newBuilder().GET(), path))
                        .as(path)
                        .isEqualTo(UNAUTHORIZED);
                assertThat(status(guest, HttpRequest.newBuilder().GET(), path))
                        .as(path)
                        .isEqualTo(FORBIDDEN);
            }
            for (String type : List.of("application/json", "application/grpc", "application/grpc+json")) {
                for (String path :
                        List.of("/console/timing", "/console/timing/", "//console/timing", "/a.b/../console/timing")) {
                    assertThat(status(nobody, knob(type), path)).as(path + type).isNotEqualTo(OK);
                    assertThat(status(guest, knob(type), path)).as(path + type).isNotEqualTo(OK);
                }
            }
            assertThat(status(guest, knob("application/json"), "/console/timing"))
                    .isEqualTo(FORBIDDEN);
        }
    }

    @Test
    void anAdministratorSeesThePageAndTurnsTheKnob() throws Exception {
        try (HttpClient admin = as(Optional.of("CN=root,OU=crossdev-admin"), HttpClient.Version.HTTP_2)) {
            assertThat(status(admin, HttpRequest.newBuilder().GET(), "/")).isEqualTo(OK);
            assertThat(status(admin, knob("application/json"), "/console/timing"))
                    .isEqualTo(OK);
        }
    }

    @Test
    void probesNeedNoCertificate() throws Exception {
        try (HttpClient probe = HttpClient.newHttpClient()) {
            assertThat(probe.send(
                                    HttpRequest.newBuilder(URI.create(
                                                    "http://" + services.gpu().management() + "/q/health/ready"))
                                            .build(),
                                    HttpResponse.BodyHandlers.discarding())
                            .statusCode())
                    .isEqualTo(OK);
        }
    }
}
