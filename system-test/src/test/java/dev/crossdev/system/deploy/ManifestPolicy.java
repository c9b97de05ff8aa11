package dev.crossdev.system.deploy;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.ArrayList;
import java.util.List;

/** All that manifests are held against without running them. */
final class ManifestPolicy {

    private ManifestPolicy() {}

    /** In words, empty when all is well. */
    static List<String> violations(Manifests manifests) {
        List<String> violations = new ArrayList<>();
        for (HasMetadata resource : manifests.resources()) {
            UnknownFields.of(resource)
                    .forEach(field -> violations.add("%s %s: nobody knows the field %s"
                            .formatted(
                                    resource.getKind(), resource.getMetadata().getName(), field)));
        }
        violations.addAll(SelectorPolicy.violations(manifests));
        violations.addAll(CallPolicy.violations(manifests));
        violations.addAll(DirectoryPolicy.violations(manifests));
        violations.addAll(EtcdPolicy.violations(manifests));
        violations.addAll(PodPolicy.violations(manifests, PomVersion.VERSION));
        return violations;
    }
}
