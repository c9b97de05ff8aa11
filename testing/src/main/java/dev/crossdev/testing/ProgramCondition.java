package dev.crossdev.testing;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/** Decides {@link RequiresProgram}. */
final class ProgramCondition implements ExecutionCondition {
    private final Programs programs;
    private final SkipList skips;

    ProgramCondition() {
        // Surefire runs each module's tests in the module's folder.
        this(Programs.ofThisMachine(), new SkipList(Path.of("target"), System.out));
    }

    ProgramCondition(Programs programs, SkipList skips) {
        this.programs = programs;
        this.skips = skips;
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return evaluate(
                nameOf(context),
                AnnotationSupport.findRepeatableAnnotations(context.getElement(), RequiresProgram.class));
    }

    ConditionEvaluationResult evaluate(String test, List<RequiresProgram> requirements) {
        List<RequiresProgram> missing = requirements.stream()
                .filter(requirement -> programs.find(requirement.value()).isEmpty())
                .toList();
        if (missing.isEmpty()) {
            return ConditionEvaluationResult.enabled("every program needed is on PATH");
        }
        RequiresProgram first = missing.getFirst();
        String reason = test + " needs the program '" + first.value() + "' (Debian package " + packageOf(first) + ")";
        if (missing.stream().anyMatch(requirement -> programs.isPromised(requirement.value()))) {
            // A condition cannot fail a test by its result; JUnit reports what it throws as the test's failure.
            throw new IllegalStateException("CROSSDEV_REQUIRE="
                    + String.join(
                            ",", missing.stream().map(RequiresProgram::value).toList()) + ", but " + reason);
        }
        skips.add(reason);
        return ConditionEvaluationResult.disabled(reason);
    }

    private static String packageOf(RequiresProgram requirement) {
        return requirement.debianPackage().isEmpty() ? requirement.value() : requirement.debianPackage();
    }

    private static String nameOf(ExtensionContext context) {
        return context.getTestMethod()
                .map(method -> method.getDeclaringClass().getSimpleName() + "." + method.getName())
                .or(() -> context.getTestClass().map(Class::getSimpleName))
                .orElseGet(context::getDisplayName);
    }
}
