package dev.crossdev.cli.launch;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a service writes when it is ready, read instead of its log.
 *
 * @param pid the process
 * @param grpcPort gRPC and console
 * @param managementPort health and metrics
 * @param descriptorSocket Unix socket that passes memory descriptors; empty when there is none
 * @param version the service's version
 * @param startedMillis from the start of its JVM to being ready, milliseconds
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ReadyFile(
        long pid, int grpcPort, int managementPort, String descriptorSocket, String version, long startedMillis) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Empty while the service is not ready. The file appears whole, by a rename. */
    static Optional<ReadyFile> read(Path file) throws IOException {
        return Files.exists(file)
                ? Optional.of(JSON.readValue(Files.readAllBytes(file), ReadyFile.class))
                : Optional.empty();
    }
}
