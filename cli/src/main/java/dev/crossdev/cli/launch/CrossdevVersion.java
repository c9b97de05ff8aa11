package dev.crossdev.cli.launch;

import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** The version in the jar's manifest. */
public final class CrossdevVersion implements IVersionProvider {

    /** The version, or {@code development} outside of a jar. */
    public static String text() {
        return Optional.ofNullable(CrossdevVersion.class.getPackage().getImplementationVersion())
                .orElse("development");
    }

    @Override
    public String[] getVersion() {
        return new String[] {"crossdev " + text()};
    }
}
