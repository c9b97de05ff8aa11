package dev.crossdev.guest.driver;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where a guest looks for a service that has several instances: all of its devices at one of them, which is another one for
 * another guest. By rendezvous hashing, so that everybody who knows the same instances comes to the same one, and a guest
 * moves only when its own instance goes, or when one comes that suits it better.
 */
public final class Instances {

    private Instances() {}

    /**
     * The instances in the order in which this guest tries them.
     *
     * @param service its host may be several, parted by commas, and a name may mean several addresses, as that of a headless
     *     Service does; all have the same port
     * @param guest the tenant's name
     * @return at least one; a name that nobody knows stays as it is, and addresses remember the name that they were found by,
     *     since no certificate is for the address of a pod
     */
    public static List<ServiceAddress> of(ServiceAddress service, String guest) {
        return Arrays.stream(service.host().split(",", -1))
                .map(String::strip)
                .flatMap(name ->
                        addresses(name).map(host -> new ServiceAddress(service.name(), host, service.port(), name)))
                .distinct()
                .sorted(Comparator.comparing((ServiceAddress each) -> weight(each.host(), guest))
                        .reversed()
                        .thenComparing(ServiceAddress::host))
                .toList();
    }

    /** A name stays a name when it means one address. */
    private static Stream<String> addresses(String host) {
        try {
            InetAddress[] all = InetAddress.getAllByName(host);
            // localhost is ::1 too, and still one.
            List<String> alike = Arrays.stream(all)
                    .filter(each -> each.getClass() == all[0].getClass())
                    .map(InetAddress::getHostAddress)
                    .toList();
            return alike.size() == 1 ? Stream.of(host) : alike.stream();
        } catch (UnknownHostException e) {
            return Stream.of(host);
        }
    }

    /** FNV-1a, and the finalizer of MurmurHash3 behind it, since hosts differ in their last letters only. */
    private static long weight(String host, String guest) {
        long hash = 0xcbf29ce484222325L;
        for (byte each : (host + '\n' + guest).getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (each & 0xff)) * 0x100000001b3L;
        }
        hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
        hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return hash ^ (hash >>> 33);
    }
}
