package dev.crossdev.system.deploy;

import dev.crossdev.system.deploy.Manifests.Workload;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What a pod may and must do: restricted Pod Security, a budget, no traffic but what is allowed, time to say goodbye. */
final class PodPolicy {

    private static final String RESTRICTED = "restricted";
    private static final String GUEST = "guest";
    /** The guest's own goodbye takes up to 12 s. */
    private static final Duration GUEST_GOODBYE = Duration.ofSeconds(12);

    private final Manifests manifests;
    private final String version;
    private final List<String> violations = new ArrayList<>();

    private PodPolicy(Manifests manifests, String version) {
        this.manifests = manifests;
        this.version = version;
    }

    /** @param version of the pom */
    static List<String> violations(Manifests manifests, String version) {
        PodPolicy policy = new PodPolicy(manifests, version);
        for (Namespace namespace : manifests.of(Namespace.class)) {
            policy.require(
                    RESTRICTED.equals(namespace.getMetadata().getLabels().get("pod-security.kubernetes.io/enforce")),
                    "Namespace " + namespace.getMetadata().getName() + " does not enforce restricted Pod Security");
        }
        policy.require(!manifests.workloads().isEmpty(), "nothing runs");
        manifests.workloads().forEach(policy::workload);
        return policy.violations;
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            violations.add(otherwise);
        }
    }

    private void workload(Workload workload) {
        String name = workload.name();
        for (String label : List.of("name", "part-of", "managed-by", "version")) {
            require(
                    workload.labels().containsKey("app.kubernetes.io/" + label),
                    name + " has pods without app.kubernetes.io/" + label);
        }
        String expected = EtcdPolicy.versionIn(workload).orElse(version);
        require(
                expected.equals(workload.labels().get("app.kubernetes.io/version")),
                name + " says another app.kubernetes.io/version than what it runs, " + expected);
        PodSpec pod = workload.pod().getSpec();
        security(name, pod);
        require(!pod.getTopologySpreadConstraints().isEmpty(), name + " has no topology spread");
        require(
                manifests.of(NetworkPolicy.class).stream()
                        .map(NetworkPolicy::getSpec)
                        .anyMatch(policy -> deniesAll(policy)
                                && selects(policy.getPodSelector().getMatchLabels(), workload)),
                name + " is under no default-deny NetworkPolicy");
        boolean service = false;
        for (Container container : pod.getContainers()) {
            service |= !container.getName().equals(GUEST);
            violations.addAll(ContainerPolicy.violations(workload, container, version));
            grace(name, container, pod.getTerminationGracePeriodSeconds());
        }
        require(
                !service
                        || manifests.of(PodDisruptionBudget.class).stream()
                                .anyMatch(budget ->
                                        selects(budget.getSpec().getSelector().getMatchLabels(), workload)),
                name + " has no PodDisruptionBudget");
    }

    private void security(String name, PodSpec pod) {
        PodSecurityContext context = pod.getSecurityContext();
        require(
                context != null
                        && Boolean.TRUE.equals(context.getRunAsNonRoot())
                        && context.getSeccompProfile() != null
                        && "RuntimeDefault".equals(context.getSeccompProfile().getType()),
                name + " is not restricted: runAsNonRoot, seccompProfile RuntimeDefault");
        require(
                context != null && context.getFsGroup() != null && context.getRunAsUser() != null,
                name + " says no user, or none that owns its volumes");
        require(
                !Boolean.TRUE.equals(pod.getHostNetwork())
                        && !Boolean.TRUE.equals(pod.getHostPID())
                        && !Boolean.TRUE.equals(pod.getHostIPC())
                        && pod.getVolumes().stream().allMatch(volume -> volume.getHostPath() == null),
                name + " reaches into its node");
        require(
                Boolean.FALSE.equals(pod.getAutomountServiceAccountToken()),
                name + " gets a token for the API server, which it does not need");
    }

    private static boolean deniesAll(NetworkPolicySpec policy) {
        return policy.getPolicyTypes().containsAll(List.of("Ingress", "Egress"))
                && policy.getIngress().isEmpty()
                && policy.getEgress().isEmpty();
    }

    private static boolean selects(Map<String, String> labels, Workload workload) {
        return workload.labels().entrySet().containsAll(labels.entrySet());
    }

    private void grace(String name, Container container, Long seconds) {
        Duration grace = Duration.ofSeconds(Objects.requireNonNullElse(seconds, 30L));
        Duration goodbye = switch (container.getName()) {
            case GUEST -> GUEST_GOODBYE;
            // It hands its leadership over, which takes it up to 7 s (etcdserver, ReqTimeout).
            case EtcdPolicy.CONTAINER -> Duration.ofSeconds(7);
            default -> ServiceDefaults.longestGoodbye(container);
        };
        require(
                grace.compareTo(goodbye) > 0,
                name + " is killed after " + grace + ", and " + container.getName() + " may drain for " + goodbye);
    }
}
