package dev.crossdev.grpc.dialect;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.util.regex.Pattern;

/**
 * Names of guests and devices: up to 63 lower-case letters, digits, dots and dashes, beginning and ending with a letter
 * or a digit.
 */
public final class Names {

    /** Whose a call without a guest is. */
    public static final String DEFAULT_GUEST = "default";

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?");
    private static final int SHOWN = 80;

    private Names() {}

    /**
     * A guest's name as a request says it; blank means {@link #DEFAULT_GUEST}.
     *
     * @throws ErrnoException EINVAL
     */
    public static String guest(String name) {
        return name.isBlank() ? DEFAULT_GUEST : checked("guest", name);
    }

    /** @throws ErrnoException EINVAL, for a blank one too */
    public static String device(String name) {
        return checked("device", name);
    }

    private static String checked(String what, String name) {
        if (NAME.matcher(name).matches()) {
            return name;
        }
        String shown = name.length() > SHOWN ? name.substring(0, SHOWN) + "…" : name;
        throw new ErrnoException(
                Errno.EINVAL, "a " + what + "'s name is 1 to 63 of a-z 0-9 - . and not '" + shown + "'");
    }
}
