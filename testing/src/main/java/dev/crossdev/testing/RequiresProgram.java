package dev.crossdev.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The test or test class needs a program of the machine on {@code PATH}.
 *
 * <p>Without it the test is skipped with one line on standard output, {@code SKIPPED: <test> needs the program 'x'
 * (Debian package y)}, and the line is added to {@code target/skips.txt} of the module. When the environment variable
 * {@code CROSSDEV_REQUIRE} (names separated by commas) lists the program, its absence fails the test instead: a machine
 * that promises a program must not skip silently.
 */
@Documented
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Repeatable(RequiresProgram.All.class)
@ExtendWith(ProgramCondition.class)
public @interface RequiresProgram {
    /** The program's file name, as looked up on {@code PATH}. */
    String value();

    /** The Debian package that brings it; empty when it is named like the program. */
    String debianPackage() default "";

    /** The container that makes the annotation repeatable. */
    @Documented
    @Target({ElementType.TYPE, ElementType.METHOD})
    @Retention(RetentionPolicy.RUNTIME)
    @ExtendWith(ProgramCondition.class)
    @interface All {
        /** The single requirements. */
        RequiresProgram[] value();
    }
}
