package dev.crossdev.gpu.app;

import dev.crossdev.virtio.gpu.GpuFeature;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Settings of this service's devices and exports, below {@code crossdev.gpu}. */
@ConfigMapping(prefix = "crossdev.gpu")
interface GpuConfig {

    /** Bytes of host memory for one device's resources. */
    @WithDefault("268435456")
    long maxBytes();

    /** Resources of one device. */
    @WithDefault("4096")
    int maxResources();

    /** Backing entries of one device's resources together. */
    @WithDefault("262144")
    int maxBackingEntries();

    /** Bytes for what one device's scanouts show. */
    @WithDefault("268435456")
    long maxScanoutBytes();

    /** The displays plugged into each device, such as {@code 640x480}; scanout 0 first. */
    @WithDefault("640x480")
    List<String> displays();

    /** How long a command waits for an importer that uses the object. */
    @WithDefault("2S")
    Duration fenceWait();

    /** How long a device may take over an object's pixels. */
    @WithDefault("2S")
    Duration fenceHold();

    /** How long importers may take to let go of guest memory that goes away; then they are cut off. */
    @WithDefault("2S")
    Duration revokeWait();

    Objects objects();

    /**
     * Sockets for QEMU's {@code x-pci-proxy-dev}, by the name of the device that is there as long as a QEMU is connected:
     * {@code crossdev.gpu.remote-pci.vm0.socket}. Experimental, as QEMU says of its end.
     */
    Map<String, Machine> remotePci();

    /**
     * Sockets for front ends of vhost-user, by the name of the device that is there as long as one is connected: {@code
     * crossdev.gpu.vhost-user.vm0.socket}.
     */
    Map<String, Machine> vhostUser();

    /** A virtual machine's socket, of either kind. */
    interface Machine {

        /** Where it listens; the folder must exist. */
        Path socket();

        /** The guest that it belongs to. */
        @WithDefault("linux")
        String guest();

        /** Features that are not offered, by their names, such as {@code RESOURCE_BLOB}. */
        Optional<List<GpuFeature>> without();
    }

    /** Bounds of what importers may ask. */
    interface Objects {

        /** Exported at a time, of all guests. */
        @WithDefault("16384")
        int max();

        /** Of all importers. */
        @WithDefault("65536")
        int maxAttachments();

        /** Bytes that remote writes may have under way. */
        @WithDefault("134217728")
        long maxWriteBytes();

        /** How long a remote transfer waits for a fence. */
        @WithDefault("2S")
        Duration fenceWait();

        /** How long a remote transfer may take. */
        @WithDefault("10S")
        Duration transferTime();
    }
}
