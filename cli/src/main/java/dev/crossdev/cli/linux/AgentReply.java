package dev.crossdev.cli.linux;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One line that the guest's agent said: {@code crossdev: <command> key=value ...}.
 *
 * @param line the whole of it
 * @param command that it answers
 * @param values by key
 */
public record AgentReply(String line, String command, Map<String, String> values) {

    private static final String PREFIX = "crossdev: ";
    private static final Pattern VALUE = Pattern.compile("(\\w+)=(?:\"([^\"]*)\"|(\\S+))");

    /** Empty for what is no line of the agent's. */
    public static Optional<AgentReply> parse(String line) {
        if (!line.startsWith(PREFIX)) {
            return Optional.empty();
        }
        String rest = line.substring(PREFIX.length());
        String command = rest.split(" ", 2)[0];
        Map<String, String> values = new LinkedHashMap<>();
        Matcher matcher = VALUE.matcher(rest);
        while (matcher.find()) {
            values.put(matcher.group(1), matcher.group(2) != null ? matcher.group(2) : matcher.group(3));
        }
        return Optional.of(new AgentReply(line, command, values));
    }

    /** The errno of a command that failed. */
    public Optional<Integer> failure() {
        return Optional.ofNullable(values.get("failed")).map(Integer::valueOf);
    }

    /** @throws IllegalStateException when the guest did not say it */
    public String value(String key) {
        String value = values.get(key);
        if (value == null) {
            throw new IllegalStateException("no " + key + " in what the guest said: " + line);
        }
        return value;
    }

    public long number(String key) {
        return Long.parseLong(value(key));
    }

    public UUID uuid() {
        return UUID.fromString(value("uuid"));
    }
}
