package dev.crossdev.system.deploy;

import dev.crossdev.system.Checkout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The version that is being built. */
final class PomVersion {

    static final String VERSION = read();

    private PomVersion() {}

    private static String read() {
        try {
            Matcher version = Pattern.compile("<artifactId>crossdev</artifactId>\\s*<version>([^<]+)</version>")
                    .matcher(Files.readString(Checkout.HOME.resolve("pom.xml")));
            if (!version.find()) {
                throw new AssertionError("the pom has no version");
            }
            return version.group(1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
