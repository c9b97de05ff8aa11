package dev.crossdev.service.house;

import java.util.Optional;
import java.util.UUID;

/**
 * A device's answer to a request for a resource's UUID.
 *
 * @param resourceId unsigned
 * @param uuid empty when there is none
 * @param result the result's name
 */
public record RegistrationAnswer(int resourceId, Optional<UUID> uuid, String result) {}
