package dev.crossdev.service.trust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import dev.crossdev.proto.objects.v1.SharedObjectsGrpc;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each method of each contract has a rule: a new one without makes this fail. */
class AccessTest {

    private static final String STUBS = "Grpc.class";

    /** Called here, and served by nobody here. */
    private static final String ETCD = "dev.crossdev.proto.etcd.";

    @Test
    void theContractsAreFound() throws Exception {
        assertThat(methods().map(MethodDescriptor::getServiceName))
                .contains(
                        "virtio.gpu.v1.GpuDevice",
                        "virtio.video.v1.VideoDevice",
                        "virtio.objects.v1.SharedObjects",
                        "virtio.admin.v1.DeviceAdmin");
    }

    @ParameterizedTest
    @MethodSource("methods")
    void eachMethodHasARule(MethodDescriptor<?, ?> method) {
        assertThat(Access.to(method)).isPresent();
    }

    @ParameterizedTest
    @MethodSource("methods")
    void aMethodThatGuestsMayCallSaysWhoseCallItIs(MethodDescriptor<?, ?> method) {
        // Looked at for all, since it also fails for guests that nobody could check.
        GuestFields fields = GuestFields.of(method);
        Access access = Access.to(method).orElseThrow();
        if (access.isForGuests()) {
            assertThat(fields.isEmpty()).as(method.getFullMethodName()).isFalse();
        }
        if (access == Access.ANY_PEER || access == Access.EVERYBODY) {
            assertThat(fields.isEmpty())
                    .as(method.getFullMethodName() + " is nobody's own")
                    .isTrue();
        }
    }

    @Test
    void oneWhoMayCallOnlyAsAGuestSpeaksOfItself() {
        MethodDescriptor<?, ?> get = SharedObjectsGrpc.getGetMethod();
        Access access = Access.to(get).orElseThrow();
        assertThat(access.bindsGuest(Set.of(Role.GUEST))).isTrue();
        assertThat(access.bindsGuest(Set.of(Role.GUEST, Role.ADMIN))).isFalse();
        assertThat(access.bindsGuest(Set.of(Role.IMPORTER))).isFalse();
        Access execute = Access.to(GpuDeviceGrpc.getExecuteMethod()).orElseThrow();
        assertThat(execute.allows(Set.of(Role.ADMIN, Role.IMPORTER))).isFalse();
        assertThat(execute.bindsGuest(Set.of(Role.GUEST, Role.ADMIN, Role.IMPORTER)))
                .isTrue();
    }

    /** Of all services whose stubs lie where those of GpuDevice do. */
    static Stream<MethodDescriptor<?, ?>> methods() throws Exception {
        URI where = GpuDeviceGrpc.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI();
        Path place = Path.of(where);
        if (Files.isDirectory(place)) {
            return methods(place);
        }
        try (FileSystem jar = FileSystems.newFileSystem(place, Map.of())) {
            return methods(jar.getPath("/"));
        }
    }

    private static Stream<MethodDescriptor<?, ?>> methods(Path root) throws IOException, ReflectiveOperationException {
        List<String> names;
        try (Stream<Path> files = Files.walk(root)) {
            names = files.map(file -> root.relativize(file).toString())
                    .filter(file -> file.endsWith(STUBS))
                    .map(file ->
                            file.substring(0, file.length() - ".class".length()).replace('/', '.'))
                    .filter(name -> !name.startsWith(ETCD))
                    .sorted()
                    .toList();
        }
        Stream<MethodDescriptor<?, ?>> all = Stream.empty();
        for (String name : names) {
            ServiceDescriptor service = (ServiceDescriptor)
                    Class.forName(name).getMethod("getServiceDescriptor").invoke(null);
            all = Stream.concat(all, service.getMethods().stream());
        }
        return all;
    }
}
