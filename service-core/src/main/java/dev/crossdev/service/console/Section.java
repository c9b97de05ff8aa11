package dev.crossdev.service.console;

import java.util.Locale;

/** A part of the console that is told of as a whole whenever it has changed; an event of the same name in small letters. */
enum Section {
    /** Which service this is; does not change while it runs. */
    SERVICE,
    DEVICES,
    BUFFERS,
    SCANOUTS,
    STREAMS;

    String event() {
        return name().toLowerCase(Locale.ROOT);
    }
}
