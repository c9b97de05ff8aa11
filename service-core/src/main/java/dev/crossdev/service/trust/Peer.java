package dev.crossdev.service.trust;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.dialect.Names;
import dev.crossdev.grpc.tls.CertificateName;
import java.security.cert.X509Certificate;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Whom a verified certificate is for. An OU that is one of the roles' gives that role; without any such OU the peer is a
 * guest.
 *
 * @param name the certificate's CN, which is a guest's name
 * @param roles at least one
 */
record Peer(String name, Set<Role> roles) {

    private static final String KEPT = Peer.class.getName();

    /**
     * The peer of a connection.
     *
     * @param session null for plain text
     * @throws ErrnoException ENOKEY when it showed no certificate; EACCES when its certificate's name is none for a guest
     */
    static Peer of(@Nullable SSLSession session) {
        if (session == null) {
            throw new ErrnoException(Errno.ENOKEY, "this service wants TLS and a client certificate");
        }
        if (session.getValue(KEPT) instanceof Peer known) {
            return known;
        }
        Peer peer = of(certificate(session));
        session.putValue(KEPT, peer);
        return peer;
    }

    static Peer of(X509Certificate certificate) {
        try {
            CertificateName subject = CertificateName.of(certificate);
            Set<Role> said = Stream.of(Role.values())
                    .filter(role -> subject.units().contains(role.unit()))
                    .collect(Collectors.toUnmodifiableSet());
            return new Peer(Names.device(subject.commonName()), said.isEmpty() ? Set.of(Role.GUEST) : said);
        } catch (ErrnoException e) {
            throw new ErrnoException(Errno.EACCES, "the certificate names nobody: " + e.getMessage(), e);
        }
    }

    private static X509Certificate certificate(SSLSession session) {
        try {
            // Its own comes first; the handshake has verified it against the CA.
            return (X509Certificate) session.getPeerCertificates()[0];
        } catch (SSLPeerUnverifiedException e) {
            throw new ErrnoException(Errno.ENOKEY, "this service wants a client certificate", e);
        }
    }
}
