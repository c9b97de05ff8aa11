package dev.crossdev.service.life;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Says that the service is ready and where it is to be found, so that nobody has to read its log. Whoever sees the file
 * sees all of it.
 */
final class ReadyFile {

    private final Path path;
    private final ObjectMapper json;

    ReadyFile(Path path, ObjectMapper json) {
        this.path = path.toAbsolutePath();
        this.json = json;
    }

    /**
     * What the file says.
     *
     * @param service the service's name
     * @param pid of its process
     * @param host its ports listen on
     * @param grpcPort where gRPC and the console answer
     * @param managementPort where health and metrics answer
     * @param descriptorSocket path of the socket that takes and gives memory descriptors
     * @param version of the service
     * @param instance a random name for this run
     * @param startedMillis from the start of the process until it was ready
     */
    record Content(
            String service,
            long pid,
            String host,
            int grpcPort,
            int managementPort,
            String descriptorSocket,
            String version,
            String instance,
            long startedMillis) {}

    void write(Content content) {
        try {
            // In the same folder, since only a rename within a file system is atomic.
            Path draft = Files.createTempFile(path.getParent(), ".ready", null);
            Files.write(draft, json.writeValueAsBytes(content));
            Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException("no ready file at " + path, e);
        }
    }

    void remove() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
