package dev.crossdev.service.console;

import dev.crossdev.dmabuf.bufinfo.RegistrationInfo;
import dev.crossdev.dmabuf.bufinfo.Suspicion;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.service.house.DeviceView;
import dev.crossdev.virtio.HeldBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A buffer, for the page.
 *
 * @param resource unsigned
 * @param since milliseconds of the epoch
 * @param error the errno's name when its registration failed
 * @param suspicions what a person who hunts a leak or a hang may think of it
 */
record BufferRow(
        String guest,
        String device,
        long resource,
        String uuid,
        String state,
        String error,
        String what,
        String path,
        long size,
        int references,
        long since,
        List<Holder> holders,
        int waiters,
        int asked,
        List<String> fences,
        List<String> suspicions) {

    /** @param since milliseconds of the epoch */
    record Holder(String importer, long since, int mapped, int pinned) {}

    static BufferRow of(DeviceView.Held held) {
        HeldBuffer buffer = held.buffer();
        Optional<RegistrationInfo> registration = buffer.info().registration();
        return new BufferRow(
                held.key().guest(),
                held.key().device(),
                Integer.toUnsignedLong(buffer.resourceId()),
                buffer.uuid().map(Object::toString).orElse(""),
                buffer.state(),
                registration.flatMap(RegistrationInfo::errno).map(Errno::name).orElse(""),
                buffer.info().name().map(name -> name + ": ").orElse("") + buffer.description(),
                buffer.path(),
                buffer.size(),
                buffer.info().references(),
                buffer.createdAt().toEpochMilli(),
                buffer.info().attachments().stream()
                        .map(each ->
                                new Holder(each.importer(), each.since().toEpochMilli(), each.mapped(), each.pinned()))
                        .toList(),
                buffer.info().waiters(),
                registration.map(RegistrationInfo::asked).orElse(0),
                buffer.info().fences().stream()
                        .map(fence -> fence.usage().name().toLowerCase(Locale.ROOT) + " by " + fence.owner()
                                + fence.error().map(error -> " " + error.name()).orElse(""))
                        .toList(),
                Arrays.stream(Suspicion.values())
                        .filter(each -> each.test(buffer.info()))
                        .map(each -> each.name().toLowerCase(Locale.ROOT))
                        .toList());
    }
}
