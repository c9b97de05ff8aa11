package dev.crossdev.system.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.testing.RequiresProgram;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each check bites: manifests that are broken in one place are refused for that. */
@RequiresProgram("kubectl")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BrokenManifestTest {

    private String local = "";
    private String spread = "";
    private String scaleOut = "";

    @BeforeAll
    void render() {
        local = Manifests.render("local", "load", "monitoring");
        spread = Manifests.render("spread", "load", "monitoring");
        assertThat(ManifestPolicy.violations(Manifests.parse(local))).isEmpty();
        scaleOut = Manifests.render("scale-out", "load", "monitoring");
        assertThat(ManifestPolicy.violations(Manifests.parse(spread))).isEmpty();
        assertThat(ManifestPolicy.violations(Manifests.parse(scaleOut))).isEmpty();
    }

    /** The first place that reads {@code before} reads {@code after}; \n is a new line. */
    private static String broken(String rendered, String before, String after) {
        String place = before.replace("\\n", "\n");
        assertThat(rendered).contains(place);
        int at = rendered.indexOf(place);
        return rendered.substring(0, at) + after.replace("\\n", "\n") + rendered.substring(at + place.length());
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            readinessProbe:                  | readynessProbe:                  | nobody knows the field spec.template.spec.containers[0].readynessProbe
            medium: Memory                   | medum: Memory                    | nobody knows the field spec.template.spec.volumes[2].emptyDir.medum
            kind: PodMonitor                 | kind: PodMonitors                | nobody knows the field monitoring.coreos.com/v1 PodMonitors
            interval: 15s                    | intervall: 15s                   | nobody knows the field spec.podMetricsEndpoints[0].intervall
            targetPort: gpu-grpc             | targetPort: grpc                 | Service gpu-service points at port grpc
            `selector:\\n    crossdev.dev/gpu-service: "true"` | `selector:\\n    crossdev.dev/gpu: "true"` | Service gpu-service selects no pod
            appProtocol: kubernetes.io/h2c   | appProtocol: http                | Service gpu-service port grpc carries gRPC
            - port: video-grpc               | - port: video-rpc                | points at port video-rpc
            - port: guest-mgmt               | - port: guest                    | points at port guest
            `podSelector:\\n    matchLabels:\\n      app.kubernetes.io/name: load` | `podSelector:\\n    matchLabels:\\n      app.kubernetes.io/name: lode` | NetworkPolicy load-to-services selects no pod
            `labelSelector:\\n          matchLabels:\\n            app.kubernetes.io/name: load` | `labelSelector:\\n          matchLabels:\\n            app.kubernetes.io/name: lode` | Deployment load spreads other pods
            `matchLabels:\\n      app.kubernetes.io/instance: local` | `matchLabels:\\n      app.kubernetes.io/instance: other` | Deployment crossdev does not select its own pods
            `name: default-deny\\n  namespace: crossdev\\nspec:\\n  podSelector:` | `name: default-deny\\n  namespace: crossdev\\nspec:\\n  ingress: [{}]\\n  podSelector:` | is under no default-deny NetworkPolicy
            kind: PodDisruptionBudget        | kind: Eviction                   | Deployment crossdev has no PodDisruptionBudget
            enforce: restricted              | enforce: baseline                | does not enforce restricted Pod Security
            runAsNonRoot: true               | runAsNonRoot: false              | is not restricted: runAsNonRoot
            type: RuntimeDefault             | type: Unconfined                 | is not restricted: runAsNonRoot
            fsGroup: 185                     | fsGroup: null                    | none that owns its volumes
            enableServiceLinks: false        | hostNetwork: true                | reaches into its node
            `emptyDir:\\n          medium: Memory\\n          sizeLimit: 1Mi` | `hostPath: {path: /run/crossdev}` | reaches into its node
            allowPrivilegeEscalation: false  | allowPrivilegeEscalation: true   | video-service is not restricted: allowPrivilegeEscalation
            - ALL                            | - NET_RAW                        | video-service is not restricted: allowPrivilegeEscalation
            readOnlyRootFilesystem: true     | readOnlyRootFilesystem: false    | can write to its root file system
            topologySpreadConstraints:       | topologySpreadConstraints: []\\n      tolerations: | has no topology spread
            terminationGracePeriodSeconds: 45 | terminationGracePeriodSeconds: 30 | Deployment crossdev is killed after PT30S, and video-service may drain for PT30S
            terminationGracePeriodSeconds: 20 | terminationGracePeriodSeconds: 5  | Deployment load is killed after PT5S
            `limits:\\n            cpu: "2"\\n            memory: 1Gi` | `limits:\\n            cpu: "2"` | has no limit of memory
            cpu: 250m                        | ephemeral-storage: 250M          | requests no cpu
            path: /q/health/live\\n            port: 9082 | path: /q/health/live\\n            port: video-mgmt | names the port of its liveness probe
            path: /q/health/live\\n            port: 9082 | path: /q/health/live\\n            port: 9081 | has its liveness probe on port 9081
            mountPath: /tmp                  | mountPath: /var/tmp              | has no /tmp to write to
            name: video-tmp\\n      - emptyDir | name: tmp\\n      - emptyDir    | mounts a volume that is not there: video-tmp
            value: 0.0.0.0                   | value: 127.0.0.1                 | listens on loopback alone: quarkus.http.host
            `CROSSDEV_ALLOW_PLAIN_TEXT\\n          value: "true"` | `CROSSDEV_ALLOW_PLAIN_TEXT\\n          value: "false"` | speaks no TLS and does not allow plain text
            name: QUARKUS_MANAGEMENT_HOST    | name: QUARKUS_MANAGEMENT_HOSTS   | listens on loopback alone: quarkus.management.host
            app.kubernetes.io/part-of: crossdev\\n        app.kubernetes.io/version | app.kubernetes.io/version | has pods without app.kubernetes.io/part-of
            """)
    void aBrokenManifestIsRefused(String before, String after, String expected) {
        List<String> violations = ManifestPolicy.violations(Manifests.parse(broken(local, before, after)));
        assertThat(violations).anySatisfy(violation -> assertThat(violation).contains(expected));
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            serviceName: gpu-service-pods    | serviceName: gpu-service         | StatefulSet gpu-service has no headless Service gpu-service
            clusterIP: None                  | clusterIP: 10.0.0.1              | StatefulSet gpu-service has no headless Service gpu-service-pods
            value: gpu-service:8081          | value: gpu-services:8081         | calls gpu-services:8081, and there is no such Service
            value: gpu-service:8081          | value: gpu-service:8082          | calls gpu-service:8082, and there is no such Service
            value: gpu-service:8081          | value: 127.0.0.1:8081            | calls 127.0.0.1:8081, which no container of its pod listens on
            --video=video-service:8082       | --video=video:8082               | Deployment load, container guest calls video:8082, and there is no such Service
            name: video-service-to-gpu-service\\n  namespace: crossdev\\nspec:\\n  egress:\\n  - ports:\\n    - port: gpu-grpc | name: video-service-to-gpu-service\\n  namespace: crossdev\\nspec:\\n  egress:\\n  - ports:\\n    - port: gpu-mgmt | Deployment video-service, container video-service calls gpu-service:8081 and is not let out to StatefulSet gpu-service
            name: gpu-service-from-video-service\\n  namespace: crossdev\\nspec:\\n  ingress:\\n  - from:\\n    - podSelector:\\n        matchLabels:\\n          crossdev.dev/video-service | name: gpu-service-from-video-service\\n  namespace: crossdev\\nspec:\\n  ingress:\\n  - from:\\n    - podSelector:\\n        matchLabels:\\n          crossdev.dev/guest | Deployment video-service, container video-service calls gpu-service:8081 and is not let in by StatefulSet gpu-service
            kind: PodDisruptionBudget        | kind: Eviction                   | StatefulSet gpu-service has no PodDisruptionBudget
            terminationGracePeriodSeconds: 45 | terminationGracePeriodSeconds: 30 | is killed after PT30S, and video-service may drain for PT30S
            """)
    void aBrokenManifestOfSeparatePodsIsRefused(String before, String after, String expected) {
        List<String> violations = ManifestPolicy.violations(Manifests.parse(broken(spread, before, after)));
        assertThat(violations).anySatisfy(violation -> assertThat(violation).contains(expected));
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            registry.k8s.io/etcd:3.5.21-0    | registry.k8s.io/etcd:latest      | StatefulSet etcd runs registry.k8s.io/etcd:latest
            registry.k8s.io/etcd:3.5.21-0    | registry.k8s.io/etcd:3.5.20-0    | StatefulSet etcd says another app.kubernetes.io/version than what it runs, 3.5.20
            `replicas: 3\\n  selector:\\n    matchLabels:\\n      app.kubernetes.io/instance: scale-out` | `replicas: 2\\n  selector:\\n    matchLabels:\\n      app.kubernetes.io/instance: scale-out` | StatefulSet etcd has 2 members
            value: /var/lib/etcd/data        | value: /tmp/data                 | StatefulSet etcd has its data in /tmp/data
            `volumeClaimTemplates:\\n  - metadata:\\n      name: data` | `volumeClaimTemplates:\\n  - metadata:\\n      labels: {app.kubernetes.io/version: 3.5.21}\\n      name: data` | labels its claims with a version
            `name: ETCD_NAME\\n          valueFrom:\\n            fieldRef:\\n              fieldPath: metadata.name` | `name: ETCD_NAME\\n          value: etcd-0` | StatefulSet etcd calls etcd-1 by another name
            name: ETCD_NAME                  | name: ETCD_MEMBER                | has in ETCD_ADVERTISE_CLIENT_URLS what is not known there
            etcd-2=http://etcd-2.etcd:2380   | etcd-3=http://etcd-2.etcd:2380   | StatefulSet etcd names the members
            etcd-2=http://etcd-2.etcd:2380   | etcd-2=http://etcd-2.etcds:2380  | calls etcd-2.etcds:2380, and there is no such Service and port
            value: http://$(ETCD_NAME).etcd:2380 | value: http://$(ETCD_NAME):2380 | says of etcd-0 that it is at http://etcd-0:2380
            etcd-0.etcd:2379,                | etcd-0.etcd:2378,                | calls etcd-0.etcd:2378, which StatefulSet etcd does not listen on
            etcd-0.etcd:2379,                | ``                               | the services differ in crossdev.directory.endpoints
            `CROSSDEV_DIRECTORY_KIND\\n          value: etcd` | `CROSSDEV_DIRECTORY_KIND\\n          value: local` | the services differ in crossdev.directory.kind
            $(POD_NAME).gpu-service-pods:8081 | gpu-service-pods:8081           | says of gpu-service-0 that it is at gpu-service-pods:8081, not at gpu-service-0.gpu-service-pods:8081
            $(POD_NAME).gpu-service-pods:8081 | $(POD_NAME).gpu-service-pods:9081 | is not let in by StatefulSet gpu-service
            name: POD_NAME                   | name: POD                        | has in CROSSDEV_DIRECTORY_ADVERTISE what is not known there
            clusterIP: None                  | clusterIP: 10.0.0.1              | StatefulSet etcd has no headless Service etcd
            `spec:\\n  clusterIP: None\\n  ports:\\n  - appProtocol: kubernetes.io/h2c\\n    name: grpc\\n    port: 8081\\n    targetPort: gpu-grpc\\n  selector` | `spec:\\n  ports:\\n  - appProtocol: kubernetes.io/h2c\\n    name: grpc\\n    port: 8081\\n    targetPort: gpu-grpc\\n  selector` | Service gpu-service chooses one of 3 pods
            `port: 8081\\n    targetPort: gpu-grpc\\n  selector` | `port: 80\\n    targetPort: gpu-grpc\\n  selector` | calls gpu-service:8081, and there is no such Service and port
            `publishNotReadyAddresses: true\\n  selector:\\n    crossdev.dev/gpu-service` | `selector:\\n    crossdev.dev/gpu-service` | StatefulSet gpu-service is not found by name while it drains
            `name: services-to-etcd\\n  namespace: crossdev\\nspec:\\n  egress:\\n  - ports:\\n    - port: etcd-grpc` | `name: services-to-etcd\\n  namespace: crossdev\\nspec:\\n  egress:\\n  - ports:\\n    - port: etcd-peer` | StatefulSet gpu-service, container gpu-service calls etcd-0.etcd:2379 and is not let out to StatefulSet etcd
            `matchLabels:\\n          crossdev.dev/directory: "true"\\n    ports:` | `matchLabels:\\n          crossdev.dev/guest: "true"\\n    ports:` | Deployment video-service, container video-service calls etcd-0.etcd:2379 and is not let in by StatefulSet etcd
            `name: etcd-to-etcd\\n  namespace: crossdev\\nspec:\\n  egress:\\n  - ports:\\n    - port: etcd-peer` | `name: etcd-to-etcd\\n  namespace: crossdev\\nspec:\\n  egress:\\n  - ports:\\n    - port: etcd-grpc` | StatefulSet etcd, container etcd calls etcd-0.etcd:2380 and is not let out to StatefulSet etcd
            name: video-service-to-gpu-service\\n  namespace: crossdev\\nspec:\\n  egress:\\n  - ports:\\n    - port: gpu-grpc | name: video-service-to-gpu-service\\n  namespace: crossdev\\nspec:\\n  egress:\\n  - ports:\\n    - port: gpu-mgmt | calls gpu-service-0.gpu-service-pods:8081 and is not let out to StatefulSet gpu-service
            kind: PodDisruptionBudget        | kind: Eviction                   | StatefulSet etcd has no PodDisruptionBudget
            value: http://0.0.0.0:2380       | value: https://0.0.0.0:2380      | has in ETCD_LISTEN_PEER_URLS what is not http:
            """)
    void aBrokenManifestOfSeveralInstancesIsRefused(String before, String after, String expected) {
        List<String> violations = ManifestPolicy.violations(Manifests.parse(broken(scaleOut, before, after)));
        assertThat(violations).anySatisfy(violation -> assertThat(violation).contains(expected));
    }

    @Test
    void severalPodsThatNothingTellsApartAreRefused() {
        assertThat(ManifestPolicy.violations(Manifests.parse(broken(
                        spread,
                        "podManagementPolicy: Parallel\\n  replicas: 1",
                        "podManagementPolicy: Parallel\\n  replicas: 3"))))
                .anySatisfy(violation -> assertThat(violation)
                        .contains("StatefulSet gpu-service has 3 pods and no directory that tells them apart"))
                .anySatisfy(violation -> assertThat(violation).contains("Service gpu-service chooses one of 3 pods"));
    }

    @Test
    void whoMayNotAskForNamesCallsNobody() {
        assertThat(ManifestPolicy.violations(Manifests.parse(spread.replace("port: 53", "port: 54"))))
                .anySatisfy(violation -> assertThat(violation)
                        .contains("video-service calls gpu-service:8081 and may not ask for names"));
    }

    @Test
    void imagesAreThoseOfThePomsVersion() {
        String version = PomVersion.VERSION;
        for (String tag : List.of(":latest", "", ":" + version + "1")) {
            assertThat(ManifestPolicy.violations(Manifests.parse(
                            broken(local, "crossdev/gpu-service:" + version, "crossdev/gpu-service" + tag))))
                    .anySatisfy(violation -> assertThat(violation).contains("runs crossdev/gpu-service" + tag));
        }
    }

    @Test
    void aValueOfTheWrongTypeIsRefused() {
        assertThatThrownBy(() -> Manifests.parse(broken(local, "replicas: 1", "replicas: one")))
                .hasMessageContaining("replicas");
    }
}
