package dev.crossdev.gpu.app;

import dev.crossdev.service.house.DeviceKey;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.CacheControl;
import jakarta.ws.rs.core.Response;

/** What a scanout shows, as a picture for a browser. */
@Path("/scanouts")
public class ScanoutResource {

    private final ScanoutPictures pictures;

    ScanoutResource(ScanoutPictures pictures) {
        this.pictures = pictures;
    }

    /** PNG, without alpha: a monitor has none. */
    @GET
    @Path("/{guest}/{device}/{scanout: \\d{1,2}}.png")
    @Produces("image/png")
    @RunOnVirtualThread
    public Response picture(String guest, String device, int scanout) {
        ScanoutPictures.Picture picture =
                pictures.latest(new DeviceKey(guest, device), scanout).orElseThrow(NotFoundException::new);
        CacheControl uncached = new CacheControl();
        uncached.setNoStore(true);
        return Response.ok(picture.png())
                .cacheControl(uncached)
                .header("X-Flush-Count", picture.flushCount())
                .build();
    }
}
