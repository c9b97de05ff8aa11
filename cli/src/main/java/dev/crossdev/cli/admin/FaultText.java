package dev.crossdev.cli.admin;

import dev.crossdev.virtio.capture.DeviceKind;
import dev.crossdev.virtio.gpu.GpuCommandType;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.timing.Fault;
import dev.crossdev.virtio.video.VideoCommandType;
import dev.crossdev.virtio.video.VideoResult;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Faults as a person types them: as {@link Fault#parse} has it, and error codes by name besides. */
public final class FaultText {

    private static final Pattern NAMED_ERROR = Pattern.compile("(.*=error:)([A-Za-z][A-Za-z0-9_]*)(\\*\\d+)?");

    private FaultText() {}

    /** @throws IllegalArgumentException with a message for people */
    public static Fault parse(String text) {
        Matcher named = NAMED_ERROR.matcher(text.strip());
        if (!named.matches()) {
            return Fault.parse(text);
        }
        String name = named.group(2).toUpperCase(Locale.ROOT);
        int code = code(name)
                .orElseThrow(() -> new IllegalArgumentException("'" + named.group(2)
                        + "' is no result of a gpu or a video device, such as ERR_UNSPEC or ERR_INVALID_OPERATION"));
        String times = named.group(3);
        return Fault.parse(named.group(1) + "0x" + Integer.toHexString(code) + (times == null ? "" : times));
    }

    /** Whose commands a fault is about: both, for one of any command or of a name that nobody knows. */
    public static List<DeviceKind> kinds(Fault fault) {
        List<DeviceKind> named = Stream.of(DeviceKind.values())
                .filter(kind -> commands(kind).anyMatch(fault.command()::equals))
                .toList();
        return named.isEmpty() ? List.of(DeviceKind.values()) : named;
    }

    private static Stream<String> commands(DeviceKind kind) {
        return switch (kind) {
            case GPU -> Arrays.stream(GpuCommandType.values()).map(Enum::name);
            case VIDEO -> Arrays.stream(VideoCommandType.values()).map(Enum::name);
        };
    }

    /** A few names mean something to both kinds of device; the gpu's is taken, and a number says the other. */
    private static OptionalInt code(String name) {
        Optional<GpuResult> gpu = Arrays.stream(GpuResult.values())
                .filter(result -> isNamed(result.name(), result.wireName(), name))
                .findFirst();
        if (gpu.isPresent()) {
            return OptionalInt.of(gpu.get().number());
        }
        return Arrays.stream(VideoResult.values())
                .filter(result -> isNamed(result.name(), result.wireName(), name))
                .flatMapToInt(result -> IntStream.of(result.number()))
                .findFirst();
    }

    private static boolean isNamed(String constant, String wireName, String name) {
        return constant.equals(name) || wireName.equals(name) || constant.equals("ERR_" + name);
    }
}
