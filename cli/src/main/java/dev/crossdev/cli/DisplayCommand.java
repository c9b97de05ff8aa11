package dev.crossdev.cli;

import dev.crossdev.cli.admin.AdminClient;
import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.cli.run.RunningServiceOptions;
import dev.crossdev.cli.wire.DeviceAddress;
import dev.crossdev.proto.admin.v1.Display;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows and changes what is plugged into a gpu device's scanouts. */
@Command(
        name = "display",
        description = {
            "Show the displays of a running gpu device, or change one: its driver is told, as when a monitor is plugged in.",
            "What a scanout shows stays until the driver changes it."
        },
        footer = {
            "",
            "Example: ./crossdev display vm0 0 1280x720",
            "         ./crossdev display vm0 0 off",
            "         ./crossdev display vm0"
        })
final class DisplayCommand implements Callable<Integer> {

    private static final Pattern SIZE = Pattern.compile("([1-9]\\d{0,4})x([1-9]\\d{0,4})");

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "DEVICE", description = "[GUEST/]NAME; the guest is default if not said.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private DeviceAddress device;

    @Parameters(index = "1", arity = "0..1", paramLabel = "SCANOUT", description = "Which display, from 0 on.")
    private @Nullable Integer scanout;

    @Parameters(
            index = "2",
            arity = "0..1",
            paramLabel = "SIZE",
            description = "What it is to be: a size in pixels such as 1280x720, off, or on with the size that it had.")
    private @Nullable String wanted;

    @Mixin
    private final RunningServiceOptions services = new RunningServiceOptions();

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try (AdminClient gpu = new AdminClient(services.gpu(), services.channels())) {
            displays(gpu).forEach(display -> out.println(line(display)));
        }
        out.flush();
        return ExitCode.OK.number();
    }

    private List<Display> displays(AdminClient gpu) {
        if (scanout == null) {
            return gpu.displays(device);
        }
        if (wanted == null) {
            throw mistake("what is display " + scanout + " to be?");
        }
        Matcher size = SIZE.matcher(wanted);
        if (size.matches()) {
            return gpu.setDisplay(
                    device, scanout, true, Integer.parseInt(size.group(1)), Integer.parseInt(size.group(2)));
        }
        return switch (wanted.toLowerCase(Locale.ROOT)) {
            case "on" -> gpu.setDisplay(device, scanout, true, 0, 0);
            case "off" -> gpu.setDisplay(device, scanout, false, 0, 0);
            default -> throw mistake("'" + wanted + "' is none of these.");
        };
    }

    private static CommandFailure mistake(String what) {
        return new CommandFailure(ExitCode.USAGE, what + " Say a size such as 1280x720, on or off");
    }

    private static String line(Display display) {
        String size =
                Integer.toUnsignedString(display.getWidth()) + "x" + Integer.toUnsignedString(display.getHeight());
        return display.getScanoutId() + "  "
                + (display.getEnabled()
                        ? size + " at " + display.getX() + "," + display.getY()
                        : "off (" + size + " when it is on)");
    }
}
