package dev.crossdev.service.log;

/** The names of the fields that a line about a device may have. */
final class LogFields {

    static final String EVENT = "event";
    static final String DEVICE = "device";
    static final String SEQUENCE = "seq";
    static final String COMMAND = "command";
    static final String RESULT = "result";

    private LogFields() {}
}
