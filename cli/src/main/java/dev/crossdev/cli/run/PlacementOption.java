package dev.crossdev.cli.run;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The option that says how decoded pictures get into the GPU's buffers, for services that are started here. */
public final class PlacementOption {

    @Option(
            names = "--placement",
            paramLabel = "PLACEMENT",
            converter = Named.class,
            description = {
                "How decoded pictures get from video-service into gpu-service's buffers: ${COMPLETION-CANDIDATES}.",
                "auto maps the buffers where it can and sends pictures over gRPC where not. Default: auto"
            })
    private @Nullable Placement placement;

    /** As {@code crossdev.video.placement} has them. */
    enum Placement {
        AUTO("auto"),
        SHARED_MEMORY("shared-memory"),
        STREAM("stream");

        private final String text;

        Placement(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** The names and nothing else. */
    static final class Named implements ITypeConverter<Placement> {
        @Override
        public Placement convert(String text) {
            return Arrays.stream(Placement.values())
                    .filter(placement -> placement.text.equals(text))
                    .findFirst()
                    .orElseThrow(
                            () -> new TypeConversionException("'" + text + "' is none of auto, shared-memory, stream"));
        }
    }

    boolean isGiven() {
        return placement != null;
    }

    /** For video-service. */
    public List<String> settings() {
        return placement == null ? List.of() : List.of("crossdev.video.placement=" + placement);
    }
}
