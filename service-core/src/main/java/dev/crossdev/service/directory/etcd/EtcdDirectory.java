package dev.crossdev.service.directory.etcd;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.proto.etcd.RangeRequest;
import dev.crossdev.proto.etcd.RangeResponse;
import dev.crossdev.service.directory.Directory;
import java.util.UUID;
import java.util.concurrent.CompletionStage;

/** Asks etcd, each time: a linearizable read sees whatever was published before it began. */
public final class EtcdDirectory implements Directory {

    private final EtcdClient etcd;
    private final Keys keys;

    /** @param channels how etcd is reached: in plain text, or with TLS */
    public EtcdDirectory(Channels channels, EtcdSettings settings) {
        etcd = new EtcdClient(channels, settings);
        keys = new Keys(settings.prefix());
    }

    @Override
    public CompletionStage<HostPort> find(String guest, UUID uuid) {
        return etcd.range(RangeRequest.newBuilder()
                        .setKey(keys.object(guest, uuid))
                        .build())
                .handle((found, failure) -> {
                    if (failure != null) {
                        throw new DeviceGoneException("the directory does not answer", failure);
                    }
                    return instanceIn(found, uuid);
                });
    }

    @Override
    public Runnable watch(InstanceListener listener) {
        InstanceWatch watch = new InstanceWatch(etcd, keys.instances(), listener);
        watch.start();
        return watch::close;
    }

    @Override
    public void close() {
        etcd.close();
    }

    private static HostPort instanceIn(RangeResponse found, UUID uuid) {
        if (found.getKvsCount() == 0) {
            throw new ErrnoException(Errno.ENOENT, "no object " + uuid);
        }
        return address(found.getKvs(0).getValue());
    }

    /** @throws ErrnoException EIO for an entry that is not ours */
    static HostPort address(ByteString value) {
        try {
            return HostPort.parse(value.toStringUtf8());
        } catch (IllegalArgumentException e) {
            throw new ErrnoException(Errno.EIO, "the directory has an entry that is no address", e);
        }
    }
}
