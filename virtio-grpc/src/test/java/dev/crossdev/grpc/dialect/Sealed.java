package dev.crossdev.grpc.dialect;

import java.util.Arrays;
import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a sealed interface is made of, so that a test notices when it grows. */
final class Sealed {

    private Sealed() {}

    /** The names of all records that implement it. */
    static Set<String> recordsOf(Class<?> type) {
        return leaves(type).map(Class::getSimpleName).collect(Collectors.toSet());
    }

    static Set<String> kindsOf(Collection<?> records) {
        return records.stream().map(each -> each.getClass().getSimpleName()).collect(Collectors.toSet());
    }

    private static Stream<Class<?>> leaves(Class<?> type) {
        Class<?>[] permitted = type.getPermittedSubclasses();
        return permitted == null ? Stream.of(type) : Arrays.stream(permitted).flatMap(Sealed::leaves);
    }
}
