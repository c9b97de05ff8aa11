package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.testing.RequiresProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

@RequiresProgram(value = "promtool", debianPackage = "prometheus")
class AlertRulesTest {

    @Test
    void theRulesAreRules() throws Exception {
        assertThat(promtool("check", "rules", "crossdev.rules.yml")).contains("SUCCESS");
    }

    @Test
    void theRulesFireInTroubleAndAreSilentInHealth() throws Exception {
        assertThat(promtool("test", "rules", "crossdev.test.yml")).contains("SUCCESS");
    }

    private static String promtool(String... arguments) throws IOException, InterruptedException {
        String[] command = new String[arguments.length + 1];
        command[0] = "promtool";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        Process process = new ProcessBuilder(command)
                .directory(Checkout.HOME.resolve("deploy/alerts").toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
