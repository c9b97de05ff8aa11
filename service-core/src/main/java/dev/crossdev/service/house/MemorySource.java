package dev.crossdev.service.house;

/** Finds or makes a device's guest memory, when it is known that a device will be made. */
@FunctionalInterface
public interface MemorySource {

    /**
     * May wait a little.
     *
     * @throws dev.crossdev.dmabuf.error.ErrnoException EINVAL for regions that cannot be, ENOENT for a token that nobody
     *     handed over, ENOMEM above a limit
     */
    GrantedMemory open();
}
