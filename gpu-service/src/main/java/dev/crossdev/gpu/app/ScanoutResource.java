package dev.crossdev.gpu.app;

import dev.crossdev.service.house.DeviceKey;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.CacheControl;
import jakarta.ws.rs.core.Response;
import java.util.Optional;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** What a scanout shows, as a picture for a browser. */
@Path("/scanouts")
public class ScanoutResource {

    private final ScanoutPictures pictures;

    ScanoutResource(ScanoutPictures pictures) {
        this.pictures = pictures;
    }

    /**
     * PNG, without alpha: a monitor has none. Where nothing is shown, 404; but 204 for a page that was told of so many
     * flushes, when it has gone since: that is no mistake of the page's, and a browser would call it one.
     */
    @GET
    @Path("/{guest}/{device}/{scanout: \\d{1,2}}.png")
    @Produces("image/png")
    @RunOnVirtualThread
    public Response picture(String guest, String device, int scanout, @RestQuery @Nullable Long flushes) {
        Optional<ScanoutPictures.Picture> latest = pictures.latest(new DeviceKey(guest, device), scanout);
        if (latest.isEmpty() && flushes != null) {
            return Response.noContent().build();
        }
        ScanoutPictures.Picture picture = latest.orElseThrow(NotFoundException::new);
        CacheControl uncached = new CacheControl();
        uncached.setNoStore(true);
        return Response.ok(picture.png())
                .cacheControl(uncached)
                .header("X-Flush-Count", picture.flushCount())
                .build();
    }
}
