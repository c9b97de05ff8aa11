package dev.crossdev.cli.linux;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A device of gpu-service that waits for a QEMU.
 *
 * @param device its name, within {@link #GUEST}
 * @param socket where it waits
 * @param without features that it does not offer, by their names
 */
public record GuestPlace(String device, Path socket, List<String> without) {

    /** The guest that all of them belong to. */
    public static final String GUEST = "linux";

    /** In a folder that exists. */
    public static GuestPlace in(Path folder, String device, String... without) {
        return new GuestPlace(device, folder.resolve(device + ".sock"), List.of(without));
    }

    /** What gpu-service is started with. */
    public List<String> settings() {
        String prefix = "crossdev.gpu.remote-pci." + device + ".";
        List<String> settings = new ArrayList<>();
        settings.add(prefix + "socket=" + socket);
        settings.add(prefix + "guest=" + GUEST);
        if (!without.isEmpty()) {
            settings.add(prefix + "without=" + String.join(",", without));
        }
        return settings;
    }
}
