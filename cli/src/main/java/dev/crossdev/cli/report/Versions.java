package dev.crossdev.cli.report;

/**
 * What took part.
 *
 * @param crossdev of the command
 * @param java of the command's virtual machine
 * @param gpuService as it says of itself
 * @param videoService as it says of itself
 */
public record Versions(String crossdev, String java, String gpuService, String videoService) {

    /** With this virtual machine's own version. */
    public static Versions here(String crossdev, String gpuService, String videoService) {
        return new Versions(crossdev, Runtime.version().toString(), gpuService, videoService);
    }
}
