package dev.crossdev.service.directory.etcd;

import dev.crossdev.grpc.client.HostPort;
import java.time.Duration;
import java.util.List;

/**
 * How etcd is used.
 *
 * @param endpoints of its members, at least one
 * @param prefix of all keys
 * @param lease how long a dead instance's entries stay, in whole seconds
 * @param timeout of everything that is asked
 */
public record EtcdSettings(List<HostPort> endpoints, String prefix, Duration lease, Duration timeout) {

    /** etcd gives no shorter one: 1.5 times its election timeout, which is a second by default (lessor.go, minLeaseTTL). */
    private static final Duration SHORTEST_LEASE = Duration.ofSeconds(2);

    /** Throws {@link IllegalArgumentException} for what makes no sense. */
    public EtcdSettings {
        endpoints = List.copyOf(endpoints);
        if (endpoints.isEmpty()) {
            throw new IllegalArgumentException("etcd needs an endpoint");
        }
        if (lease.compareTo(SHORTEST_LEASE) < 0 || lease.getNano() != 0) {
            throw new IllegalArgumentException("a lease of " + lease + " is not of whole seconds, 2 or more");
        }
        if (!timeout.isPositive()) {
            throw new IllegalArgumentException("a timeout of " + timeout + " is none");
        }
    }
}
