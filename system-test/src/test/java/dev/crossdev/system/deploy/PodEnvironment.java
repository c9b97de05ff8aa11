package dev.crossdev.system.deploy;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A container's environment as its pod sees it: with the pod's name, and with what {@code $(NAME)} stands for. */
final class PodEnvironment {

    /** As Kubernetes: what is not known by then stays as it is. */
    private static final Pattern REFERENCE = Pattern.compile("\\$\\(([A-Za-z_][A-Za-z0-9_]*)\\)");

    private PodEnvironment() {}

    static Map<String, String> of(Container container, String pod) {
        Map<String, String> known = new LinkedHashMap<>();
        for (EnvVar each : container.getEnv()) {
            known.put(
                    each.getName(),
                    each.getValueFrom() == null ? resolved(each.getValue(), known) : fromPod(each, pod));
        }
        return known;
    }

    private static String fromPod(EnvVar variable, String pod) {
        if (variable.getValueFrom().getFieldRef() == null
                || !"metadata.name".equals(variable.getValueFrom().getFieldRef().getFieldPath())) {
            throw new IllegalArgumentException(variable.getName() + " comes from what no test knows");
        }
        return pod;
    }

    private static String resolved(String value, Map<String, String> known) {
        return REFERENCE
                .matcher(value)
                .replaceAll(reference ->
                        Matcher.quoteReplacement(known.getOrDefault(reference.group(1), reference.group())));
    }

    /** Whether a reference in it stands for nothing. */
    static boolean isUnresolved(String value) {
        return REFERENCE.matcher(value).find();
    }
}
