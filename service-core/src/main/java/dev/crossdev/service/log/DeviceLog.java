package dev.crossdev.service.log;

import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Level;
import org.jboss.logmanager.Logger;

/**
 * One line for each thing worth knowing of a device. As text a line says all of it; its parts are the line's fields too, by
 * which {@link JsonLines} writes them and {@link RepeatFilter} tells repetitions.
 */
public final class DeviceLog {

    private final Logger logger;

    private DeviceLog(Logger logger) {
        this.logger = logger;
    }

    /** The log of a class. */
    public static DeviceLog of(Class<?> type) {
        return new DeviceLog(Logger.getLogger(type.getName()));
    }

    /** What happens in every device's life. */
    public void info(String event, Object device, String text) {
        log(Level.INFO, event, device, text);
    }

    /**
     * What should not have happened, or was done to the device on purpose.
     *
     * @param event what, in a few words: always the same for the same thing
     * @param device its name
     * @param text what there is to say
     */
    public void warn(String event, Object device, String text) {
        log(Level.WARN, event, device, text);
    }

    private void log(Level level, String event, Object device, String text) {
        if (logger.isLoggable(level)) {
            logger.log(line(level, event, device, text));
        }
    }

    /**
     * A command was answered with an error.
     *
     * @param sequence the sender's number for it, unsigned
     * @param command its name; empty for what was none
     * @param result name and number
     * @param why more than the result says; may be empty
     */
    public void refused(Object device, long sequence, String command, String result, String why) {
        if (!logger.isLoggable(Level.WARN)) {
            return;
        }
        String number = Long.toUnsignedString(sequence);
        ExtLogRecord line = line(
                Level.WARN,
                "command refused",
                device,
                "command " + number + (command.isEmpty() ? "" : " " + command) + " is refused with " + result
                        + (why.isEmpty() ? "" : ": " + why));
        line.putMdc(LogFields.SEQUENCE, number);
        line.putMdc(LogFields.COMMAND, command);
        line.putMdc(LogFields.RESULT, result);
        logger.log(line);
    }

    private ExtLogRecord line(Level level, String event, Object device, String text) {
        ExtLogRecord line = new ExtLogRecord(
                level,
                oneLine("device " + device + ": " + text),
                ExtLogRecord.FormatStyle.NO_FORMAT,
                DeviceLog.class.getName());
        line.setLoggerName(logger.getName());
        line.putMdc(LogFields.EVENT, event);
        line.putMdc(LogFields.DEVICE, device.toString());
        return line;
    }

    /** A guest's words must not look like another line. */
    private static String oneLine(String text) {
        return text.codePoints()
                .map(each -> Character.isISOControl(each) ? ' ' : each)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
