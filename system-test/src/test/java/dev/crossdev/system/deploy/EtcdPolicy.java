package dev.crossdev.system.deploy;

import dev.crossdev.system.deploy.Manifests.Workload;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An etcd that comes with the manifests: its members know each other, keep what they know, and speak as the services do. */
final class EtcdPolicy {

    static final String CONTAINER = "etcd";
    /** As a property, of which its variable is made. */
    static final String CERTIFICATE = "etcd.cert.file";

    /** Kubernetes' own, of which the last number counts how often that version was packed. */
    private static final Pattern IMAGE = Pattern.compile("registry\\.k8s\\.io/etcd:(3\\.\\d+\\.\\d+)-\\d+");

    /** Three may lose one. */
    private static final int MEMBERS = 3;

    private final Workload workload;
    private final Container etcd;
    private final List<String> violations = new ArrayList<>();

    private EtcdPolicy(Workload workload, Container etcd) {
        this.workload = workload;
        this.etcd = etcd;
    }

    static List<String> violations(Manifests manifests) {
        List<String> violations = new ArrayList<>();
        for (Workload workload : manifests.workloads()) {
            workload.container(CONTAINER).ifPresent(container -> {
                EtcdPolicy policy = new EtcdPolicy(workload, container);
                policy.image();
                policy.keepsItsData();
                policy.membersKnowEachOther();
                policy.speaksAsTheServicesDo(manifests);
                violations.addAll(policy.violations);
            });
        }
        return violations;
    }

    /** The version of etcd that its image's name tells, when it runs etcd. */
    static Optional<String> versionIn(Workload workload) {
        return workload.container(CONTAINER)
                .map(container -> IMAGE.matcher(container.getImage()))
                .filter(Matcher::matches)
                .map(image -> image.group(1));
    }

    /** host:port of each member's peers' port, by the member's name; empty for what is no etcd. */
    static Map<String, String> peers(Container container) {
        Map<String, String> peers = new LinkedHashMap<>();
        ServiceDefaults.environment(container, "etcd.initial.cluster").ifPresent(cluster -> {
            for (String member : cluster.split(",")) {
                String[] parts = member.split("=", 2);
                peers.put(parts[0], URI.create(parts[1]).getAuthority());
            }
        });
        return peers;
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            violations.add(workload.name() + " " + otherwise);
        }
    }

    private static Map<String, String> environment(Container etcd, String pod) {
        return PodEnvironment.of(etcd, pod);
    }

    private void image() {
        require(
                IMAGE.matcher(etcd.getImage()).matches(),
                "runs " + etcd.getImage() + ", of which nobody knows the version");
    }

    /** A member that comes back without what it promised is not taken back. */
    private void keepsItsData() {
        String data = environment(etcd, "any").getOrDefault("ETCD_DATA_DIR", "");
        List<String> claims = workload.claims().stream()
                .map(claim -> claim.getMetadata().getName())
                .toList();
        require(
                etcd.getVolumeMounts().stream()
                        .filter(mount -> data.startsWith(mount.getMountPath() + "/"))
                        .map(VolumeMount::getName)
                        .anyMatch(claims::contains),
                "has its data in " + data + ", in no volume that outlives its pod");
        require(
                workload.claims().stream()
                        .noneMatch(claim -> claim.getMetadata().getLabels() != null
                                && claim.getMetadata().getLabels().containsKey("app.kubernetes.io/version")),
                "labels its claims with a version: they could not be changed with it");
    }

    private void membersKnowEachOther() {
        require(
                workload.replicas() == MEMBERS,
                "has " + workload.replicas() + " members: " + MEMBERS + " may lose one");
        Map<String, String> peers = peers(etcd);
        require(
                peers.keySet().equals(java.util.Set.copyOf(workload.podNames())),
                "names the members " + peers.keySet() + " and has " + workload.podNames());
        for (String pod : workload.podNames()) {
            Map<String, String> environment = environment(etcd, pod);
            require(pod.equals(environment.get("ETCD_NAME")), "calls " + pod + " by another name");
            // etcd compares the text.
            String own = environment.getOrDefault("ETCD_INITIAL_ADVERTISE_PEER_URLS", "");
            require(
                    environment.getOrDefault("ETCD_INITIAL_CLUSTER", "").contains(pod + "=" + own),
                    "says of " + pod + " that it is at " + own + ", and its peers are told otherwise");
        }
    }

    private void speaksAsTheServicesDo(Manifests manifests) {
        boolean tls = ServiceDefaults.environment(etcd, CERTIFICATE).isPresent();
        boolean services = manifests.workloads().stream()
                .flatMap(each -> each.pod().getSpec().getContainers().stream())
                .anyMatch(each -> ServiceDefaults.environment(each, "crossdev.tls.certificate")
                                .isPresent()
                        && each.getName().endsWith("-service"));
        require(tls == services, tls ? "speaks TLS and the services do not" : "speaks no TLS and the services do");
        String scheme = tls ? "https:" : "http:";
        environment(etcd, "any").forEach((name, value) -> {
            if (name.endsWith("_URLS") && !name.equals("ETCD_LISTEN_METRICS_URLS")) {
                require(value.startsWith(scheme), "has in " + name + " what is not " + scheme);
            }
        });
        for (String verification : List.of("etcd.client.cert.auth", "etcd.peer.client.cert.auth")) {
            require(
                    !tls
                            || ServiceDefaults.environment(etcd, verification)
                                    .filter("true"::equals)
                                    .isPresent(),
                    "asks nobody for a certificate: " + verification);
        }
        require(
                !tls
                        || ServiceDefaults.environment(etcd, "etcd.client.cert.allowed.hostname")
                                .isPresent(),
                "lets every guest's certificate in");
    }
}
