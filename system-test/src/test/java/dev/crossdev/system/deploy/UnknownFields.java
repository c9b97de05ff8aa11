package dev.crossdev.system.deploy;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds fields that Kubernetes does not know. The model does not refuse them when it parses: each bean keeps them among its
 * additional properties, which nobody would look at.
 */
final class UnknownFields {

    private static final String MODEL = "io.fabric8.";

    private final List<String> found = new ArrayList<>();

    private UnknownFields() {}

    /** Paths such as {@code spec.containers[0].readynessProbe}; for a kind that nobody knows, the kind. */
    static List<String> of(HasMetadata resource) {
        if (resource instanceof GenericKubernetesResource unknown) {
            return List.of(unknown.getApiVersion() + " " + unknown.getKind());
        }
        UnknownFields fields = new UnknownFields();
        fields.walk("", resource);
        return fields.found;
    }

    private void walk(String path, @Nullable Object value) {
        switch (value) {
            case null -> {}
            case List<?> list -> {
                for (int i = 0; i < list.size(); i++) {
                    walk(path + "[" + i + "]", list.get(i));
                }
            }
            case Map<?, ?> map -> map.forEach((key, each) -> walk(path + "." + key, each));
            case Enum<?> _ -> {}
            case Object bean when bean.getClass().getName().startsWith(MODEL) -> bean(path, bean);
            default -> {}
        }
    }

    private void bean(String path, Object bean) {
        String prefix = path.isEmpty() ? "" : path + ".";
        for (Method method : bean.getClass().getMethods()) {
            String name = method.getName();
            if (!name.startsWith("get") || method.getParameterCount() != 0 || name.equals("getClass")) {
                continue;
            }
            Object value = call(method, bean);
            if (name.equals("getAdditionalProperties")) {
                ((Map<?, ?>) value).keySet().forEach(key -> found.add(prefix + key));
            } else {
                walk(prefix + Character.toLowerCase(name.charAt(3)) + name.substring(4), value);
            }
        }
    }

    private static Object call(Method getter, Object bean) {
        try {
            return getter.invoke(bean);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new AssertionError(getter + " of the model", e);
        }
    }
}
