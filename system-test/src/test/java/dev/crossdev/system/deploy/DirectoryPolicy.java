package dev.crossdev.system.deploy;

import dev.crossdev.system.deploy.Manifests.Workload;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Service;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Several gpu-services are told apart: by the directory, by importers and by guests. */
final class DirectoryPolicy {

    private static final String GPU = "gpu-service";
    private static final String KIND = "crossdev.directory.kind";

    private final Manifests manifests;
    private final List<String> violations = new ArrayList<>();

    private DirectoryPolicy(Manifests manifests) {
        this.manifests = manifests;
    }

    static List<String> violations(Manifests manifests) {
        DirectoryPolicy policy = new DirectoryPolicy(manifests);
        policy.allUseTheSame("crossdev.directory.kind", "local");
        policy.allUseTheSame("crossdev.directory.endpoints", "none");
        manifests
                .workloads()
                .forEach(workload -> workload.container(GPU).ifPresent(gpu -> {
                    policy.isFound(workload, gpu);
                    policy.isNotChosenAnew(workload, gpu);
                }));
        return policy.violations;
    }

    /** What a pod says of where it is. */
    static Optional<String> advertised(Container container, String pod) {
        return Optional.ofNullable(PodEnvironment.of(container, pod).get("CROSSDEV_DIRECTORY_ADVERTISE"));
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            violations.add(otherwise);
        }
    }

    private void allUseTheSame(String property, String otherwise) {
        Set<String> said = manifests.workloads().stream()
                .flatMap(workload -> workload.pod().getSpec().getContainers().stream())
                .filter(container -> container.getName().endsWith("-service"))
                .map(container ->
                        ServiceDefaults.environment(container, property).orElse(otherwise))
                .collect(Collectors.toSet());
        require(said.size() < 2, "the services differ in " + property + ": " + said);
    }

    private void isFound(Workload workload, Container gpu) {
        boolean etcd =
                ServiceDefaults.environment(gpu, KIND).filter("etcd"::equals).isPresent();
        require(
                etcd || workload.replicas() == 1,
                workload.name() + " has " + workload.replicas() + " pods and no directory that tells them apart");
        if (!etcd) {
            return;
        }
        int port = gpu.getPorts().getFirst().getContainerPort();
        String domain = workload.podDomain().orElse("");
        for (String pod : workload.podNames()) {
            String self = pod + "." + domain + ":" + port;
            require(
                    advertised(gpu, pod).filter(self::equals).isPresent(),
                    workload.name() + " says of " + pod + " that it is at "
                            + advertised(gpu, pod).orElse("no address of its own") + ", not at " + self);
        }
        require(
                manifests
                        .service(domain)
                        .filter(service -> Boolean.TRUE.equals(service.getSpec().getPublishNotReadyAddresses()))
                        .isPresent(),
                workload.name() + " is not found by name while it drains: Service " + domain
                        + " publishes no addresses that are not ready");
    }

    /** A device is at one of the pods, so no Service may choose one of them for each connection. */
    private void isNotChosenAnew(Workload workload, Container gpu) {
        if (workload.replicas() == 1) {
            return;
        }
        for (Service service : manifests.of(Service.class)) {
            boolean selects = workload.labels()
                    .entrySet()
                    .containsAll(service.getSpec().getSelector().entrySet());
            require(
                    !selects || "None".equals(service.getSpec().getClusterIP()),
                    "Service " + service.getMetadata().getName() + " chooses one of " + workload.replicas()
                            + " pods of container " + gpu.getName()
                            + " for each connection; devices are at one of them");
        }
    }
}
