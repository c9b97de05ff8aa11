package dev.crossdev.service.house;

import dev.crossdev.virtio.FeatureBit;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.capture.WireForm;
import dev.crossdev.virtio.timing.FaultyResponses;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * What a service hosts. All that the house has to know of a device type.
 *
 * @param <C> command with its header
 * @param <R> answer with its header
 * @param <E> event of the device's own protocol; {@link Void} when it has none
 */
public interface DeviceType<C, R, E> {

    /** {@code gpu} or {@code video}; the tag {@code device} of the meters. */
    String name();

    /** The feature bits that devices of this type offer. */
    Features offered();

    /** The device type's names for its bits. */
    Collection<? extends FeatureBit> featureNames();

    /**
     * Makes a device. May wait a little, for memory.
     *
     * @throws dev.crossdev.dmabuf.error.ErrnoException when it cannot be made
     */
    HostedDevice<C, R> create(DeviceContext<E> context);

    /** The result's name in the specification, without prefix; a constant, since it is asked for each answer. */
    String responseName(R response);

    /** The result's number on the wire. */
    int responseNumber(R response);

    /** A result for people: its name, and its number as it lies on the wire. */
    default String inWords(R response) {
        return responseName(response) + " (0x" + Integer.toHexString(responseNumber(response)) + ")";
    }

    /** Whether this answer says that the command was refused. */
    boolean isError(R response);

    /** Whether this answer says that a picture went through the device: decoded, or flushed to its displays. */
    boolean isFrame(C command, R response);

    /** Whether devices of this type register UUIDs: whether {@link #registrationIn} ever says something. */
    default boolean registersUuids() {
        return false;
    }

    /** What this answer says about the registration of a UUID; null when it says nothing, as most do. */
    default @Nullable RegistrationAnswer registrationIn(C command, R response) {
        return null;
    }

    /**
     * The names of commands, which must be constants, since they are asked for each command, and how injected faults look
     * in this protocol.
     */
    FaultyResponses<C, R> faultyResponses();

    /** How this protocol lies in virtqueues, for those who watch a device. */
    WireForm<C, R, E> wireForm();
}
