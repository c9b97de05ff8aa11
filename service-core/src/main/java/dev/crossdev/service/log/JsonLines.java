package dev.crossdev.service.log;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.Handler;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jboss.logmanager.ExtFormatter;
import org.jboss.logmanager.ExtHandler;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.LogContext;
import org.jboss.logmanager.handlers.ConsoleHandler;

/**
 * One JSON object a line; the fields of a device's line, and of a trace, beside those of every line.
 *
 * <p>The log manager's own JSON formatter is of no use here: it lies in the parent class loader, and the JSON library that it
 * needs does not.
 */
final class JsonLines extends ExtFormatter {

    private static final JsonMapper JSON = new JsonMapper();

    /** Gives the console this form where {@code crossdev.log.json} asks for it. */
    static void whereWanted() {
        if (ConfigProvider.getConfig()
                .getOptionalValue("crossdev.log.json", Boolean.class)
                .orElse(false)) {
            give(LogContext.getLogContext().getLogger("").getHandlers());
        }
    }

    /** Quarkus has its handlers inside of one that waits for the configuration. */
    private static void give(Handler[] handlers) {
        for (Handler handler : handlers) {
            if (handler instanceof ConsoleHandler console) {
                console.setFormatter(new JsonLines());
            } else if (handler instanceof ExtHandler outer) {
                give(outer.getHandlers());
            }
        }
    }

    @Override
    public String format(ExtLogRecord line) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("timestamp", line.getInstant().toString());
        fields.put("level", line.getLevel().getName());
        fields.put("logger", String.valueOf(line.getLoggerName()));
        fields.put("thread", String.valueOf(line.getThreadName()));
        fields.put("message", String.valueOf(formatMessage(line)));
        fields.putAll(line.getMdcCopy());
        Throwable thrown = line.getThrown();
        if (thrown != null) {
            StringWriter trace = new StringWriter();
            thrown.printStackTrace(new PrintWriter(trace));
            fields.put("stack_trace", trace.toString());
        }
        try {
            return JSON.writeValueAsString(fields) + System.lineSeparator();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("strings that are no JSON", e);
        }
    }
}
