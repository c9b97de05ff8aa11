package dev.crossdev.virtio.timing;

/** What faults look like in a device type's own words. */
public interface FaultyResponses<C, R> {

    /** The name of the command's type by which a {@link Fault} finds it, for example {@code RESOURCE_UNREF}. */
    String nameOf(C command);

    /**
     * An error answer to this command.
     *
     * @param code on the wire; one that the device type does not know becomes its most general error
     */
    R error(C command, int code);

    /** The most general error: the answer to a command on which the device itself broke. */
    R failed(C command);

    /** This answer with another, random UUID in it; the answer as it is when it has none. */
    R withOtherUuid(R response);
}
