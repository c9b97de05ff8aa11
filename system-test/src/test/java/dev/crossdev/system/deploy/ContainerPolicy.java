package dev.crossdev.system.deploy;

import dev.crossdev.system.deploy.Manifests.Workload;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a container may and must do, as far as its manifest says; what it really listens on, OverlayContainers asks. */
final class ContainerPolicy {

    private final String name;
    private final Workload workload;
    private final Container container;
    private final List<String> violations = new ArrayList<>();

    private ContainerPolicy(Workload workload, Container container) {
        this.name = workload.name() + ", container " + container.getName();
        this.workload = workload;
        this.container = container;
    }

    static List<String> violations(Workload workload, Container container, String version) {
        ContainerPolicy policy = new ContainerPolicy(workload, container);
        policy.image(version);
        policy.security();
        policy.resources();
        policy.probe("startup", container.getStartupProbe());
        policy.probe("readiness", container.getReadinessProbe());
        policy.probe("liveness", container.getLivenessProbe());
        policy.environment();
        policy.mounts();
        policy.tlsFilesAreMounted();
        if (container.getName().endsWith("-service")) {
            policy.listensOutside("quarkus.http.host");
            policy.listensOutside("quarkus.management.host");
            policy.plainTextIsMeant();
        }
        return policy.violations;
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            violations.add(name + " " + otherwise);
        }
    }

    /** Whether it runs one of this project's images. */
    private boolean isOwn() {
        return !container.getName().equals(EtcdPolicy.CONTAINER);
    }

    private void image(String version) {
        if (!isOwn()) {
            return;
        }
        String expected = "crossdev/" + container.getName() + ":" + version;
        require(expected.equals(container.getImage()), "runs " + container.getImage() + ", not " + expected);
    }

    private void security() {
        SecurityContext context = container.getSecurityContext();
        require(
                context != null
                        && Boolean.FALSE.equals(context.getAllowPrivilegeEscalation())
                        && context.getCapabilities() != null
                        && context.getCapabilities().getDrop().contains("ALL")
                        && context.getCapabilities().getAdd().isEmpty()
                        && !Boolean.TRUE.equals(context.getPrivileged()),
                "is not restricted: allowPrivilegeEscalation false, all capabilities dropped");
        require(
                context != null && Boolean.TRUE.equals(context.getReadOnlyRootFilesystem()),
                "can write to its root file system");
    }

    private void resources() {
        ResourceRequirements resources =
                Objects.requireNonNullElseGet(container.getResources(), ResourceRequirements::new);
        for (String resource : List.of("cpu", "memory")) {
            require(amount(resources.getRequests(), resource).isPresent(), "requests no " + resource);
            require(amount(resources.getLimits(), resource).isPresent(), "has no limit of " + resource);
        }
    }

    private static Optional<Quantity> amount(@Nullable Map<String, Quantity> amounts, String resource) {
        return Optional.ofNullable(amounts).map(each -> each.get(resource));
    }

    private void probe(String kind, @Nullable Probe probe) {
        if (probe == null || probe.getHttpGet() == null) {
            violations.add(name + " has no " + kind + " probe by HTTP");
            return;
        }
        Integer port = probe.getHttpGet().getPort().getIntVal();
        require(port != null, "names the port of its " + kind + " probe instead of giving its number");
        require(
                port == null
                        || container.getPorts().stream()
                                .map(ContainerPort::getContainerPort)
                                .anyMatch(port::equals),
                "has its " + kind + " probe on port " + port + ", which it does not have");
    }

    /** Kubernetes resolves {@code $(NAME)} only when NAME comes before. */
    private void environment() {
        PodEnvironment.of(container, workload.podNames().getFirst())
                .forEach((variable, value) -> require(
                        !PodEnvironment.isUnresolved(value),
                        "has in " + variable + " what is not known there: " + value));
    }

    private void mounts() {
        List<String> volumes = Stream.concat(
                        workload.pod().getSpec().getVolumes().stream().map(Volume::getName),
                        workload.claims().stream()
                                .map(claim -> claim.getMetadata().getName()))
                .toList();
        container
                .getVolumeMounts()
                .forEach(mount -> require(
                        volumes.contains(mount.getName()), "mounts a volume that is not there: " + mount.getName()));
        require(
                !isOwn()
                        || container.getVolumeMounts().stream()
                                .anyMatch(mount -> mount.getMountPath().equals("/tmp")),
                "has no /tmp to write to");
    }

    /** All three or none, each in a Secret that is mounted as a folder: a single file would not follow a rotation. */
    private void tlsFilesAreMounted() {
        tlsFilesAreMounted("crossdev.tls.certificate", "crossdev.tls.key", "crossdev.tls.ca");
        tlsFilesAreMounted(
                "crossdev.directory.tls.certificate", "crossdev.directory.tls.key", "crossdev.directory.tls.ca");
        tlsFilesAreMounted(EtcdPolicy.CERTIFICATE, "etcd.key.file", "etcd.trusted.ca.file");
        tlsFilesAreMounted("etcd.peer.cert.file", "etcd.peer.key.file", "etcd.peer.trusted.ca.file");
    }

    private void tlsFilesAreMounted(String... settings) {
        List<String> files = Stream.of(settings)
                .flatMap(setting -> ServiceDefaults.environment(container, setting).stream())
                .toList();
        require(files.isEmpty() || files.size() == settings.length, "has some files of TLS and not all");
        for (String file : files) {
            require(
                    container.getVolumeMounts().stream()
                            .filter(mount -> mount.getSubPath() == null && file.startsWith(mount.getMountPath() + "/"))
                            .anyMatch(mount -> workload.pod().getSpec().getVolumes().stream()
                                    .anyMatch(volume ->
                                            volume.getName().equals(mount.getName()) && volume.getSecret() != null)),
                    "has its " + file + " in no Secret that is mounted as a folder");
        }
    }

    /** A service that is open to others says so, or speaks TLS; else it does not start. */
    private void plainTextIsMeant() {
        boolean tls = ServiceDefaults.environment(container, "crossdev.tls.certificate")
                .isPresent();
        boolean plain = ServiceDefaults.environment(container, "crossdev.allow-plain-text")
                .filter("true"::equals)
                .isPresent();
        require(tls != plain, tls ? "speaks TLS and allows plain text" : "speaks no TLS and does not allow plain text");
    }

    private void listensOutside(String property) {
        require(
                ServiceDefaults.environment(container, property)
                        .filter("0.0.0.0"::equals)
                        .isPresent(),
                "listens on loopback alone: " + property);
    }
}
