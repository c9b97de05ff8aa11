package dev.crossdev.service.directory.etcd;

import com.google.protobuf.ByteString;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.service.house.DeviceKey;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** The directory's keys, readable with {@code etcdctl get --prefix}. */
final class Keys {

    private final String prefix;

    /** @param prefix with or without a slash at its end */
    Keys(String prefix) {
        this.prefix = prefix.endsWith("/") ? prefix : prefix + "/";
    }

    ByteString instances() {
        return ByteString.copyFromUtf8(prefix + "instances/");
    }

    ByteString instance(HostPort address) {
        return instances().concat(ByteString.copyFromUtf8(address.toString()));
    }

    /** A guest's name may hold anything, a slash too. */
    ByteString object(String guest, UUID uuid) {
        return ByteString.copyFromUtf8(
                prefix + "objects/" + URLEncoder.encode(guest, StandardCharsets.UTF_8) + "/" + uuid);
    }

    ByteString device(DeviceKey device) {
        return ByteString.copyFromUtf8(prefix + "devices/" + URLEncoder.encode(device.guest(), StandardCharsets.UTF_8)
                + "/" + URLEncoder.encode(device.device(), StandardCharsets.UTF_8));
    }

    /** The end of the range of all keys that begin so: exclusive, and no key of ours ends in 0xff. */
    static ByteString endOf(ByteString start) {
        int last = start.size() - 1;
        return start.substring(0, last).concat(ByteString.copyFrom(new byte[] {(byte) (start.byteAt(last) + 1)}));
    }
}
