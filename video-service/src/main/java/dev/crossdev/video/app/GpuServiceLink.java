package dev.crossdev.video.app;

import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.video.objects.ExporterLink;
import dev.crossdev.video.objects.Placement;
import dev.crossdev.video.objects.SharedObjectsImporter;
import dev.crossdev.video.objects.WriteListener;
import io.grpc.ManagedChannel;
import java.time.Duration;

/** The connection to one gpu-service, made at the first import. */
final class GpuServiceLink implements ExporterLink {

    private final ManagedChannel channel;
    private final SharedObjectsImporter importer;

    GpuServiceLink(
            Channels channels,
            HostPort address,
            Placement placement,
            Duration importTime,
            WriteListener listener,
            ImportSpans spans) {
        channel = channels.to(address.host(), address.port());
        importer = new SharedObjectsImporter(channel, placement, importTime, listener, spans::inCallersTrace);
    }

    @Override
    public SharedObjectsImporter importer() {
        return importer;
    }

    @Override
    public void close() {
        importer.close();
        channel.shutdownNow();
    }
}
