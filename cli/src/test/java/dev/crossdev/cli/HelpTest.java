package dev.crossdev.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class HelpTest {

    static Stream<String> commands() {
        return Crossdev.commandLine().getSubcommands().keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void eachCommandHasHelp(String command) {
        StringWriter out = new StringWriter();
        CommandLine crossdev = Crossdev.commandLine().setOut(new PrintWriter(out));

        assertThat(crossdev.execute(command, "--help")).isZero();
        assertThat(out.toString()).contains("crossdev " + command);
    }
}
