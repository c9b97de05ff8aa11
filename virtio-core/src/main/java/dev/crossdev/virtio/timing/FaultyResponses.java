package dev.crossdev.virtio.timing;

/** What faults look like in a device type's own words. */
public interface FaultyResponses<C, R> {

    /** The name of the command's type by which a {@link Fault} finds it, for example {@code RESOURCE_UNREF}. */
    String nameOf(C command);

    /** An error answer to this command. */
    R error(C command, int code);

    /** This answer with another, random UUID in it; the answer as it is when it has none. */
    R withOtherUuid(R response);
}
