package dev.crossdev.video.app;

import dev.crossdev.video.objects.Placement;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of this service's decoders and imports, below {@code crossdev.video}. */
@ConfigMapping(prefix = "crossdev.video")
interface VideoSettings {

    /** The service whose objects are imported, as host:port, unless {@code crossdev.directory.kind} knows better. */
    @WithDefault("127.0.0.1:8081")
    String gpuService();

    /** How decoded pictures get to where the object is: {@code auto}, {@code shared-memory} or {@code stream}. */
    @WithDefault("auto")
    Placement placement();

    /** How long an import may take whose caller has no earlier deadline. */
    @WithDefault("3S")
    Duration importTime();

    /** Streams of one device. */
    @WithDefault("16")
    int maxStreams();

    /** Resources of one stream's queue. */
    @WithDefault("64")
    int maxBuffers();

    /** Bytes of one input buffer. */
    @WithDefault("16777216")
    int maxInputBytes();

    /** Pixels. */
    @WithDefault("4096")
    int maxWidth();

    /** Pixels. */
    @WithDefault("2304")
    int maxHeight();

    /** How long an output waits for others who use its object. */
    @WithDefault("2S")
    Duration fenceWait();

    /** How long filling an output may take. */
    @WithDefault("2S")
    Duration fenceHold();

    /** How long a reset waits for decoders to stop. */
    @WithDefault("5S")
    Duration stopWait();
}
