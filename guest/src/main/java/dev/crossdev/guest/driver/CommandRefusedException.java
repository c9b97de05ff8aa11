package dev.crossdev.guest.driver;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.io.Serial;

/** A device answered a command with an error code of its protocol. */
public final class CommandRefusedException extends ErrnoException {

    @Serial
    private static final long serialVersionUID = 1;

    /**
     * @param errno what a kernel driver would make of the code
     * @param service who refused
     * @param command the command's name
     * @param code the code's name
     */
    public CommandRefusedException(Errno errno, ServiceAddress service, String command, String code) {
        super(errno, service + " answered " + command + " with " + code);
    }
}
