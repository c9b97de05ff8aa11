package dev.crossdev.system.deploy;

import dev.crossdev.system.Checkout;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What {@code kubectl apply -k} would send to a cluster, typed. */
record Manifests(List<HasMetadata> resources) {

    private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    static final Path DEPLOY = Checkout.HOME.resolve("deploy");

    /** The pods that a workload makes. */
    record Workload(
            HasMetadata resource,
            int replicas,
            Map<String, String> selector,
            PodTemplateSpec pod,
            List<PersistentVolumeClaim> claims) {

        String name() {
            return resource.getKind() + " " + resource.getMetadata().getName();
        }

        Map<String, String> labels() {
            return pod.getMetadata().getLabels();
        }

        /** The names of its pods, as far as they can be known: a Deployment's have none that lasts, and are all alike. */
        List<String> podNames() {
            String name = resource.getMetadata().getName();
            return resource instanceof StatefulSet
                    ? IntStream.range(0, replicas).mapToObj(i -> name + "-" + i).toList()
                    : List.of(name);
        }

        /** The domain of its pods' names. */
        Optional<String> podDomain() {
            return resource instanceof StatefulSet set
                    ? Optional.of(set.getSpec().getServiceName())
                    : Optional.empty();
        }

        Optional<Container> container(String name) {
            return pod.getSpec().getContainers().stream()
                    .filter(each -> each.getName().equals(name))
                    .findFirst();
        }
    }

    /** Renders the overlay of that name, with components by theirs. */
    static String render(String overlay, String... components) {
        try {
            // Kustomize takes no absolute paths, and nothing below its own folder that is not there.
            Path folder = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "kustomize-");
            Path up = folder.relativize(DEPLOY);
            StringBuilder kustomization = new StringBuilder("""
                    apiVersion: kustomize.config.k8s.io/v1beta1
                    kind: Kustomization
                    namespace: crossdev
                    resources: [%s/overlays/%s]
                    components:
                    """.formatted(up, overlay));
            Arrays.stream(components)
                    .forEach(component -> kustomization
                            .append("  - ")
                            .append(up.resolve("components").resolve(component))
                            .append('\n'));
            Path file = Files.writeString(folder.resolve("kustomization.yaml"), kustomization);
            try {
                return kustomize(
                        components.length == 0 ? DEPLOY.resolve("overlays").resolve(overlay) : folder);
            } finally {
                Files.delete(file);
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String kustomize(Path folder) throws IOException {
        try {
            return Command.run(PATIENCE, Map.of(), List.of("kubectl", "kustomize", folder.toString()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** @throws IllegalArgumentException when a value has the wrong type */
    static Manifests parse(String yaml) {
        List<HasMetadata> resources = new ArrayList<>();
        for (String document : yaml.split("(?m)^---$")) {
            resources.add(SERIALIZATION.unmarshal(document, HasMetadata.class));
        }
        return new Manifests(List.copyOf(resources));
    }

    static String yaml(HasMetadata resource) {
        return SERIALIZATION.asYaml(resource);
    }

    <T extends HasMetadata> List<T> of(Class<T> type) {
        return resources.stream().filter(type::isInstance).map(type::cast).toList();
    }

    List<Workload> workloads() {
        return Stream.concat(
                        of(Deployment.class).stream()
                                .map(each -> new Workload(
                                        each,
                                        each.getSpec().getReplicas(),
                                        each.getSpec().getSelector().getMatchLabels(),
                                        each.getSpec().getTemplate(),
                                        List.of())),
                        of(StatefulSet.class).stream()
                                .map(each -> new Workload(
                                        each,
                                        each.getSpec().getReplicas(),
                                        each.getSpec().getSelector().getMatchLabels(),
                                        each.getSpec().getTemplate(),
                                        each.getSpec().getVolumeClaimTemplates())))
                .toList();
    }

    Optional<Service> service(String name) {
        return of(Service.class).stream()
                .filter(each -> each.getMetadata().getName().equals(name))
                .findFirst();
    }

    /** The workloads whose pods have all these labels; none is all. */
    List<Workload> selectedBy(Map<String, String> labels) {
        return workloads().stream()
                .filter(workload -> workload.labels().entrySet().containsAll(labels.entrySet()))
                .toList();
    }
}
