package dev.crossdev.service;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Settings that every device service has, below {@code crossdev}. */
@ConfigMapping(prefix = "crossdev")
public interface ServiceSettings {

    /** Where to say that the service is ready; absent: {@code ready.json} in the run folder. */
    Optional<Path> readyFile();

    /**
     * The folder in which run folders are made. Absent: {@code crossdev-<uid>} in XDG_RUNTIME_DIR or, without one, in the
     * folder for temporary files.
     */
    Optional<Path> runFolder();

    /** Whether the service ends when its standard input does, which is how a launcher takes its services along. */
    @WithDefault("false")
    boolean exitOnStdinClose();

    /** How long a drain waits for streams to end by themselves before it unplugs their devices. */
    @WithDefault("5S")
    Duration drainGrace();

    Tls tls();

    /** Whether an address that others reach may be served without TLS: whoever reaches it may use any guest's devices. */
    @WithDefault("false")
    boolean allowPlainText();

    Devices devices();

    Streams streams();

    Memory memory();

    Console console();

    Log log();

    Directory directory();

    Timing timing();

    /** Faults that all devices have from the start, in words such as {@code RESOURCE_ASSIGN_UUID=error:0x1200*3}. */
    Optional<List<String>> faults();

    /** What is written to the console. */
    interface Log {

        /** Whether each line is a JSON object. Read before there are beans ({@code dev.crossdev.service.log}). */
        @WithDefault("false")
        boolean json();
    }

    /**
     * Mutual TLS, on when all three files are there: PEM. The same certificate is shown to callers and, as a client's, to
     * other services.
     */
    interface Tls {

        /** Of this service, and those that lead from it to the CA. */
        Optional<Path> certificate();

        /** The certificate's private key, PKCS#8 and not encrypted. */
        Optional<Path> key();

        /** Certificates of those who sign the peers'. */
        Optional<Path> ca();

        /** How often the files are read again. */
        @WithDefault("1M")
        Duration reloadPeriod();
    }

    /** Bounds of the house. */
    interface Devices {

        /** Devices of all guests together; one more is refused with RESOURCE_EXHAUSTED. */
        @WithDefault("256")
        int max();

        /** Devices of one guest; one more is refused with RESOURCE_EXHAUSTED. */
        @WithDefault("128")
        int maxPerGuest();

        /** No lease is longer. */
        @WithDefault("1H")
        Duration maxLease();

        /** Commands of one stream that may be pending; above it the stream is not read any further. */
        @WithDefault("4096")
        int maxPending();

        /** How long a stream whose client has finished sending waits for its pending answers. */
        @WithDefault("10S")
        Duration halfCloseGrace();
    }

    /** Bounds of calls that last: command streams, watches, transfers. */
    interface Streams {

        /** Of all connections together; one more is refused with RESOURCE_EXHAUSTED. */
        @WithDefault("4096")
        int max();

        /** Of one connection; one more is refused with RESOURCE_EXHAUSTED. */
        @WithDefault("512")
        int maxPerConnection();
    }

    /** The page for people with a browser. */
    interface Console {

        /** Browsers that watch at a time; one more is told to come back later. */
        @WithDefault("32")
        int maxStreams();

        /**
         * Names by which browsers reach this service, in small letters and without a port, beside its addresses and localhost.
         * Only then may they change something; whoever else has this address under a name does not mean well.
         */
        Optional<List<String>> hosts();
    }

    /** Which gpu-service holds a UUID, when there are several. */
    interface Directory {

        enum Kind {
            /** There is one: {@code crossdev.video.gpu-service}. */
            LOCAL,
            ETCD
        }

        @WithDefault("local")
        Kind kind();

        /** etcd's members, each host:port. */
        @WithDefault("127.0.0.1:2379")
        List<String> endpoints();

        /** What all keys in etcd begin with; another one for another set of services. */
        @WithDefault("/crossdev")
        String prefix();

        /** How long a gpu-service that is heard of no more keeps its UUIDs; whole seconds, 2 or more. */
        @WithDefault("5S")
        Duration lease();

        /** How long a registration or a lookup may take. */
        @WithDefault("2S")
        Duration timeout();

        /** Where importers and guests reach this gpu-service, as host:port; absent: where it listens. */
        Optional<String> advertise();

        /** What etcd is shown and believed; absent: what is in {@link ServiceSettings#tls}. */
        EtcdTls tls();

        /** Whether etcd is spoken to in plain text although this service has TLS, or although others may listen. */
        @WithDefault("false")
        boolean plainText();

        /** Mutual TLS with an etcd that has a CA of its own; all three files or none. Read again as those of the service are. */
        interface EtcdTls {

            /** Of this service as a client of etcd, and those that lead from it to etcd's CA. */
            Optional<Path> certificate();

            /** The certificate's private key, PKCS#8 and not encrypted. */
            Optional<Path> key();

            /** Certificates of those who sign etcd's. */
            Optional<Path> ca();
        }
    }

    /** Bounds of guest memory, in bytes. */
    interface Memory {

        /** Of one guest memory whose descriptor was handed over. */
        @WithDefault("68719476736")
        long maxShared();

        /** Of one window. */
        @WithDefault("268435456")
        long maxWindow();

        /** Of all windows together. */
        @WithDefault("1073741824")
        long maxWindows();
    }

    /** The latency that devices have from the start, in words such as {@code 2ms} or {@code uniform:1ms..3ms}. */
    interface Timing {

        Optional<String> transit();

        Optional<String> service();
    }
}
