package dev.crossdev.system.deploy;

import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.system.deploy.Manifests.Workload;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** Whom a container is told to call is there, has that port, and may be called: by name, out of one pod and into the other. */
final class CallPolicy {

    private static final List<String> ADDRESS_ARGUMENTS = List.of("--gpu=", "--video=");
    private static final int DNS = 53;

    private final Manifests manifests;
    private final List<String> violations = new ArrayList<>();

    private CallPolicy(Manifests manifests) {
        this.manifests = manifests;
    }

    static List<String> violations(Manifests manifests) {
        CallPolicy policy = new CallPolicy(manifests);
        manifests
                .workloads()
                .forEach(caller -> caller.pod()
                        .getSpec()
                        .getContainers()
                        .forEach(container -> policy.addresses(container)
                                .forEach(address -> policy.call(caller, container, HostPort.parse(address)))));
        manifests.of(StatefulSet.class).forEach(policy::namesOfItsPods);
        return policy.violations;
    }

    private Stream<String> addresses(Container container) {
        return Stream.of(
                        ServiceDefaults.environment(container, "crossdev.video.gpu-service").stream(),
                        ServiceDefaults.environment(container, "crossdev.directory.endpoints").stream()
                                .flatMap(endpoints -> Stream.of(endpoints.split(","))),
                        EtcdPolicy.peers(container).values().stream(),
                        container.getName().equals("video-service") ? advertised() : Stream.<String>of(),
                        container.getArgs().stream()
                                .flatMap(argument -> ADDRESS_ARGUMENTS.stream()
                                        .filter(argument::startsWith)
                                        .map(option -> argument.substring(option.length()))))
                .flatMap(Function.identity());
    }

    /** Where importers are sent. */
    private Stream<String> advertised() {
        return manifests.workloads().stream()
                .flatMap(workload -> workload.pod().getSpec().getContainers().stream()
                        .flatMap(container -> workload.podNames().stream()
                                .flatMap(pod -> DirectoryPolicy.advertised(container, pod).stream())));
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            violations.add(otherwise);
        }
    }

    private void call(Workload caller, Container container, HostPort address) {
        String what = caller.name() + ", container " + container.getName() + " calls " + address;
        if (address.host().equals("127.0.0.1")) {
            require(
                    ports(caller).anyMatch(port -> port.getContainerPort() == address.port()),
                    what + ", which no container of its pod listens on");
            return;
        }
        List<Workload> pods = podsNamed(address.host());
        if (!pods.isEmpty()) {
            called(what, caller, pods, new IntOrString(address.port()));
            return;
        }
        Optional<Service> service = manifests.service(address.host());
        Optional<IntOrString> target = service.stream()
                .flatMap(each -> each.getSpec().getPorts().stream())
                .filter(port -> port.getPort() == address.port())
                .map(ServicePort::getTargetPort)
                .findFirst();
        if (service.isEmpty() || target.isEmpty()) {
            violations.add(what + ", and there is no such Service and port");
            return;
        }
        // The name of a headless one means the pods themselves, and nobody translates ports.
        boolean headless = "None".equals(service.get().getSpec().getClusterIP());
        called(
                what,
                caller,
                manifests.selectedBy(service.get().getSpec().getSelector()),
                headless ? new IntOrString(address.port()) : target.get());
    }

    private void called(String what, Workload caller, List<Workload> pods, IntOrString port) {
        require(mayAskForNames(caller), what + " and may not ask for names (port 53)");
        for (Workload called : pods) {
            require(
                    ports(called).anyMatch(each -> number(called, port).equals(Optional.of(each.getContainerPort()))),
                    what + ", which " + called.name() + " does not listen on");
            require(mayGoOut(caller, called, port), what + " and is not let out to " + called.name());
            require(mayComeIn(caller, called, port), what + " and is not let in by " + called.name());
        }
    }

    /** Whose pod has that name, such as {@code etcd-0.etcd}; none for any other name. */
    private List<Workload> podsNamed(String host) {
        return manifests.workloads().stream()
                .filter(workload -> workload.podNames().stream()
                        .anyMatch(pod -> workload.podDomain()
                                .filter(domain -> host.equals(pod + "." + domain))
                                .isPresent()))
                .toList();
    }

    private Stream<NetworkPolicy> policiesOf(Workload workload) {
        return manifests.of(NetworkPolicy.class).stream()
                .filter(policy -> selects(policy.getSpec().getPodSelector(), workload));
    }

    private Stream<NetworkPolicyEgressRule> egress(Workload workload) {
        return policiesOf(workload).flatMap(policy -> policy.getSpec().getEgress().stream());
    }

    private boolean mayGoOut(Workload caller, Workload called, IntOrString target) {
        return egress(caller)
                .anyMatch(rule -> rule.getTo().stream().anyMatch(peer -> is(peer, called))
                        && opens(rule.getPorts(), called, target));
    }

    private boolean mayComeIn(Workload caller, Workload called, IntOrString target) {
        return policiesOf(called)
                .flatMap(policy -> policy.getSpec().getIngress().stream())
                .anyMatch((NetworkPolicyIngressRule rule) ->
                        rule.getFrom().stream().anyMatch(peer -> is(peer, caller))
                                && opens(rule.getPorts(), called, target));
    }

    private boolean mayAskForNames(Workload caller) {
        return egress(caller)
                .flatMap(rule -> rule.getPorts().stream())
                .anyMatch(port -> "UDP".equals(port.getProtocol())
                        && Integer.valueOf(DNS).equals(port.getPort().getIntVal()));
    }

    private static boolean opens(List<NetworkPolicyPort> opened, Workload called, IntOrString target) {
        return opened.stream().anyMatch(port -> number(called, port.getPort()).equals(number(called, target)));
    }

    /** Empty for a name that no container's port has. */
    private static Optional<Integer> number(Workload workload, IntOrString port) {
        return port.getIntVal() != null
                ? Optional.of(port.getIntVal())
                : ports(workload)
                        .filter(each -> port.getStrVal().equals(each.getName()))
                        .map(ContainerPort::getContainerPort)
                        .findFirst();
    }

    private static Stream<ContainerPort> ports(Workload workload) {
        return workload.pod().getSpec().getContainers().stream().flatMap(container -> container.getPorts().stream());
    }

    private static boolean is(NetworkPolicyPeer peer, Workload workload) {
        return peer.getNamespaceSelector() == null
                && peer.getPodSelector() != null
                && selects(peer.getPodSelector(), workload);
    }

    private static boolean selects(LabelSelector selector, Workload workload) {
        return workload.labels()
                .entrySet()
                .containsAll(selector.getMatchLabels().entrySet());
    }

    /** Without its own headless Service a StatefulSet's pods have no names. */
    private void namesOfItsPods(StatefulSet set) {
        String name = set.getSpec().getServiceName();
        require(
                manifests.of(Service.class).stream()
                        .filter(service -> service.getMetadata().getName().equals(name))
                        .filter(service -> "None".equals(service.getSpec().getClusterIP()))
                        .anyMatch(service -> set.getSpec()
                                .getTemplate()
                                .getMetadata()
                                .getLabels()
                                .entrySet()
                                .containsAll(service.getSpec().getSelector().entrySet())),
                "StatefulSet " + set.getMetadata().getName() + " has no headless Service " + name + " for its pods");
    }
}
