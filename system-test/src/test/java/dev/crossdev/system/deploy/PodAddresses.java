package dev.crossdev.system.deploy;

import dev.crossdev.system.deploy.Manifests.Workload;
import io.fabric8.kubernetes.api.model.Service;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * Where pods are when they are processes: each at a loopback address of its own, and what their names and the Services' mean.
 *
 * @param names of pods and Services; that of a Service means all its pods, parted by commas
 */
record PodAddresses(Map<String, String> pods, Map<String, String> names) {

    static PodAddresses of(Manifests manifests) {
        Map<String, String> pods = new HashMap<>();
        Map<String, String> names = new HashMap<>();
        for (Workload workload : manifests.workloads()) {
            for (String pod : workload.podNames()) {
                String address = Loopback.own();
                pods.put(pod, address);
                workload.podDomain().ifPresent(domain -> names.put(pod + "." + domain, address));
            }
        }
        for (Service service : manifests.of(Service.class)) {
            names.put(
                    service.getMetadata().getName(),
                    manifests.selectedBy(service.getSpec().getSelector()).stream()
                            .flatMap(workload -> workload.podNames().stream())
                            .map(pods::get)
                            .collect(Collectors.joining(",")));
        }
        return new PodAddresses(pods, names);
    }

    String of(String pod) {
        return Objects.requireNonNull(pods.get(pod));
    }
}
