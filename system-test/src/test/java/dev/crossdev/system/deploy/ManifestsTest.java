package dev.crossdev.system.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.testing.RequiresProgram;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code kubectl apply -k} without a cluster: what it would send is read strictly and held against policy. */
@RequiresProgram("kubectl")
class ManifestsTest {

    static List<String> overlays() throws IOException {
        return folders("overlays");
    }

    private static List<String> folders(String kind) throws IOException {
        try (Stream<Path> folders = Files.list(Manifests.DEPLOY.resolve(kind))) {
            return folders.map(folder -> folder.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void anOverlayIsWhatKubernetesKnowsAndThePolicyAllows(String overlay) {
        assertThat(ManifestPolicy.violations(Manifests.parse(Manifests.render(overlay))))
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void anOverlayTakesAllComponents(String overlay) throws IOException {
        Manifests manifests =
                Manifests.parse(Manifests.render(overlay, folders("components").toArray(String[]::new)));
        assertThat(ManifestPolicy.violations(manifests)).isEmpty();
        assertThat(manifests.resources())
                .allSatisfy(resource -> assertThat(
                                resource instanceof Namespace
                                        ? resource.getMetadata().getName()
                                        : resource.getMetadata().getNamespace())
                        .isEqualTo("crossdev"));
    }

    @Test
    void theOperatorsRulesAreThoseThatPromtoolHasTested() throws IOException {
        String rules = Files.readString(Manifests.DEPLOY.resolve("alerts/crossdev.rules.yml"));
        String indented = rules.substring(rules.indexOf("groups:"))
                .lines()
                .map(line -> line.isEmpty() ? line : "  " + line)
                .reduce("", (all, line) -> all + line + "\n");

        assertThat(Files.readString(Manifests.DEPLOY.resolve("alerts/prometheus-rule.yaml")))
                .as("deploy/alerts/refresh.sh makes it again")
                .endsWith("spec:\n" + indented);
        assertThat(Manifests.parse(Manifests.render("local", "monitoring")).of(PrometheusRule.class))
                .singleElement()
                .satisfies(rule -> assertThat(rule.getSpec().getGroups()).isNotEmpty());
    }

    @Test
    void everyDashboardIsInAConfigMap() throws IOException {
        String rendered = Manifests.render("local", "monitoring");
        try (Stream<Path> files = Files.list(Manifests.DEPLOY.resolve("dashboards"))) {
            assertThat(files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".json")))
                    .isNotEmpty()
                    .allSatisfy(name -> assertThat(rendered).contains("\n  " + name + ": |"));
        }
    }
}
