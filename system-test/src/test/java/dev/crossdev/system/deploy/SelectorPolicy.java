package dev.crossdev.system.deploy;

import dev.crossdev.system.deploy.Manifests.Workload;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.openshift.api.model.monitoring.v1.PodMetricsEndpoint;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** Whatever points at pods and ports points at some that exist. */
final class SelectorPolicy {

    /** Where guests come from, and Prometheus: nobody can promise that they are there. */
    private static final String GUEST = "crossdev.dev/guest";

    private final Manifests manifests;
    private final List<String> violations = new ArrayList<>();

    private SelectorPolicy(Manifests manifests) {
        this.manifests = manifests;
    }

    static List<String> violations(Manifests manifests) {
        SelectorPolicy policy = new SelectorPolicy(manifests);
        manifests.workloads().forEach(policy::workload);
        manifests.of(Service.class).forEach(policy::service);
        manifests
                .of(PodDisruptionBudget.class)
                .forEach(budget -> policy.selects(
                        "PodDisruptionBudget " + budget.getMetadata().getName(),
                        budget.getSpec().getSelector()));
        manifests.of(NetworkPolicy.class).forEach(policy::networkPolicy);
        manifests.of(PodMonitor.class).forEach(policy::podMonitor);
        return policy.violations;
    }

    private void workload(Workload workload) {
        if (!workload.labels().entrySet().containsAll(workload.selector().entrySet())) {
            violations.add(workload.name() + " does not select its own pods: " + workload.selector());
        }
        for (TopologySpreadConstraint spread : workload.pod().getSpec().getTopologySpreadConstraints()) {
            if (!workload.labels()
                    .entrySet()
                    .containsAll(spread.getLabelSelector().getMatchLabels().entrySet())) {
                violations.add(workload.name() + " spreads other pods than its own: " + spread.getLabelSelector());
            }
        }
    }

    private void service(Service service) {
        String name = "Service " + service.getMetadata().getName();
        List<Workload> pods = selected(name, service.getSpec().getSelector());
        for (ServicePort port : service.getSpec().getPorts()) {
            requirePort(name, pods, port.getTargetPort());
            if (!carriesGrpc(port)) {
                continue;
            }
            String protocol = pods.stream().anyMatch(SelectorPolicy::speaksTls) ? "https" : "kubernetes.io/h2c";
            if (!protocol.equals(port.getAppProtocol())) {
                violations.add(name + " port " + port.getName() + " carries gRPC and does not say " + protocol);
            }
        }
    }

    private static boolean carriesGrpc(ServicePort port) {
        String target = port.getTargetPort().getStrVal();
        return target == null || target.endsWith("-grpc");
    }

    private static boolean speaksTls(Workload pods) {
        return pods.pod().getSpec().getContainers().stream()
                .anyMatch(container -> Stream.of("crossdev.tls.certificate", EtcdPolicy.CERTIFICATE)
                        .anyMatch(setting ->
                                ServiceDefaults.environment(container, setting).isPresent()));
    }

    private void networkPolicy(NetworkPolicy policy) {
        String name = "NetworkPolicy " + policy.getMetadata().getName();
        List<Workload> pods = selects(name, policy.getSpec().getPodSelector());
        for (NetworkPolicyIngressRule rule : policy.getSpec().getIngress()) {
            rule.getFrom().forEach(peer -> peer(name, peer));
            rule.getPorts().forEach(port -> requirePort(name, pods, port.getPort()));
        }
        for (NetworkPolicyEgressRule rule : policy.getSpec().getEgress()) {
            for (NetworkPolicyPeer to : rule.getTo()) {
                List<Workload> peers = peer(name, to);
                for (NetworkPolicyPort port : peers.isEmpty() ? List.<NetworkPolicyPort>of() : rule.getPorts()) {
                    requirePort(name, peers, port.getPort());
                }
            }
        }
    }

    private List<Workload> peer(String name, NetworkPolicyPeer peer) {
        boolean ours = peer.getNamespaceSelector() == null
                && peer.getPodSelector() != null
                && !peer.getPodSelector().getMatchLabels().containsKey(GUEST);
        return ours ? selects(name, peer.getPodSelector()) : List.of();
    }

    private void podMonitor(PodMonitor monitor) {
        String name = "PodMonitor " + monitor.getMetadata().getName();
        List<Workload> pods = selects(name, monitor.getSpec().getSelector());
        for (PodMetricsEndpoint endpoint : monitor.getSpec().getPodMetricsEndpoints()) {
            requirePort(name, pods, new IntOrString(endpoint.getPort()));
        }
    }

    private List<Workload> selects(String name, LabelSelector selector) {
        return selected(name, selector.getMatchLabels());
    }

    private List<Workload> selected(String name, Map<String, String> labels) {
        List<Workload> pods = manifests.selectedBy(labels);
        if (labels.isEmpty() || pods.isEmpty()) {
            violations.add(name + " selects no pod by " + labels);
        }
        return pods;
    }

    private void requirePort(String name, List<Workload> pods, IntOrString port) {
        boolean there = pods.stream().flatMap(SelectorPolicy::ports).anyMatch(each -> is(each, port));
        if (!there) {
            violations.add(name + " points at port " + port.getValue() + ", which no pod has that it selects");
        }
    }

    private static Stream<ContainerPort> ports(Workload workload) {
        return workload.pod().getSpec().getContainers().stream()
                .map(Container::getPorts)
                .flatMap(List::stream);
    }

    private static boolean is(ContainerPort port, IntOrString reference) {
        return reference.getStrVal() != null
                ? reference.getStrVal().equals(port.getName())
                : Objects.equals(reference.getIntVal(), port.getContainerPort());
    }
}
