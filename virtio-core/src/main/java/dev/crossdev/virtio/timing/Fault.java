package dev.crossdev.virtio.timing;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A fault that waits for commands of one type.
 *
 * <p>In text {@code RESOURCE_ASSIGN_UUID=error:0x1200*3}, {@code RESOURCE_ASSIGN_UUID=late:50ms}, and likewise {@code
 * twice}, {@code other-uuid}, {@code never}, {@code disconnect}; without {@code *n} once.
 *
 * @param command name of the command's type, or {@link #ANY}
 * @param effect what happens to each
 * @param times how many commands it happens to, at least 1
 */
public record Fault(String command, FaultEffect effect, int times) {

    public static final String ANY = "*";

    private static final Pattern TEXT =
            Pattern.compile("([A-Za-z0-9_]+|\\*)=([a-z-]+)(?::([0-9a-zA-Zµ]+))?(?:\\*(\\d{1,9}))?");

    public Fault {
        command = command.toUpperCase(Locale.ROOT);
        if (command.isBlank() || times < 1) {
            throw new IllegalArgumentException("fault of '" + command + "', " + times + " times");
        }
    }

    public boolean concerns(String commandName) {
        return command.equals(ANY) || command.equals(commandName);
    }

    /** @throws IllegalArgumentException with a message for people, when the text is none of the forms above */
    public static Fault parse(String text) {
        Matcher matcher = TEXT.matcher(text.strip());
        if (!matcher.matches()) {
            throw unreadable(text);
        }
        String argument = matcher.group(3);
        FaultEffect effect = switch (matcher.group(2)) {
            case "error" -> new FaultEffect.Error(parseCode(text, argument));
            case "late" -> new FaultEffect.Late(LatencyText.parseTime(argument == null ? "" : argument));
            case "twice" -> new FaultEffect.Twice();
            case "other-uuid" -> new FaultEffect.OtherUuid();
            case "never" -> new FaultEffect.Never();
            case "disconnect" -> new FaultEffect.Disconnect();
            default -> throw unreadable(text);
        };
        boolean takesArgument = effect instanceof FaultEffect.Error || effect instanceof FaultEffect.Late;
        if (argument != null && !takesArgument) {
            throw unreadable(text);
        }
        String times = matcher.group(4);
        return new Fault(matcher.group(1), effect, times == null ? 1 : Integer.parseInt(times));
    }

    @Override
    public String toString() {
        return command + "=" + effect + (times == 1 ? "" : "*" + times);
    }

    private static int parseCode(String text, @Nullable String argument) {
        try {
            return Integer.decode(argument == null ? "" : argument);
        } catch (NumberFormatException notANumber) {
            throw unreadable(text);
        }
    }

    private static IllegalArgumentException unreadable(String text) {
        return new IllegalArgumentException("'" + text + "' is not a fault such as RESOURCE_ASSIGN_UUID=error:0x1200*3,"
                + " …=late:50ms, …=twice, …=other-uuid, …=never or …=disconnect");
    }
}
