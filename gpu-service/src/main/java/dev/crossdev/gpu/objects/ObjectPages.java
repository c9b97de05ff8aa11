package dev.crossdev.gpu.objects;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.proto.objects.v1.ListRequest;
import dev.crossdev.proto.objects.v1.ListResponse;
import java.util.List;
import java.util.UUID;

/**
 * A listing in pages (AIP-158). A page's token is the last UUID of the page before, so objects that come and go between two
 * pages neither repeat nor hide others.
 */
final class ObjectPages {
    private static final int DEFAULT_SIZE = 100;
    private static final int LARGEST_SIZE = 1000;

    private ObjectPages() {}

    /**
     * @param objects by UUID, in text order
     * @throws ErrnoException EINVAL for a negative size; ENOENT for a token that no page gave
     */
    static ListResponse page(List<ExportedObject> objects, ListRequest request) {
        if (request.getPageSize() < 0) {
            throw new ErrnoException(Errno.EINVAL, "page size " + request.getPageSize() + " is negative");
        }
        int size = request.getPageSize() == 0 ? DEFAULT_SIZE : Math.min(request.getPageSize(), LARGEST_SIZE);
        String after = position(request.getPageToken());
        List<ExportedObject> rest = objects.stream()
                .filter(object -> object.uuid().toString().compareTo(after) > 0)
                .toList();
        List<ExportedObject> page = rest.subList(0, Math.min(size, rest.size()));
        ListResponse.Builder response = ListResponse.newBuilder();
        page.forEach(object -> response.addObjects(ObjectMessages.object(object)));
        if (page.size() < rest.size()) {
            response.setNextPageToken(page.getLast().uuid().toString());
        }
        return response.build();
    }

    private static String position(String token) {
        if (token.isEmpty()) {
            return "";
        }
        try {
            if (UUID.fromString(token).toString().equals(token)) {
                return token;
            }
        } catch (IllegalArgumentException e) {
            throw new ErrnoException(Errno.ENOENT, "unknown page token", e);
        }
        throw new ErrnoException(Errno.ENOENT, "unknown page token");
    }
}
