package dev.crossdev.grpc.tls;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.jspecify.annotations.Nullable;

/**
 * Whom a certificate is for, as its subject says.
 *
 * @param commonName the one CN
 * @param units the OUs, which may be none
 */
public record CertificateName(String commonName, Set<String> units) {

    public CertificateName {
        units = Set.copyOf(units);
    }

    /**
     * Reads a certificate's subject.
     *
     * @throws ErrnoException EINVAL when the subject has no CN, or several, or parts of several attributes (CN=a+OU=b):
     *     nobody could say which one is meant
     */
    public static CertificateName of(X509Certificate certificate) {
        String subject = certificate.getSubjectX500Principal().getName();
        List<Rdn> parts;
        try {
            parts = new LdapName(subject).getRdns();
        } catch (InvalidNameException e) {
            throw unusable(subject, e);
        }
        List<String> names = values(parts, "CN");
        if (names.size() != 1 || parts.stream().anyMatch(part -> part.size() != 1)) {
            throw unusable(subject, null);
        }
        return new CertificateName(names.getFirst(), Set.copyOf(values(parts, "OU")));
    }

    /** Values that are no text come as bytes, and are nobody's name. */
    private static List<String> values(List<Rdn> parts, String type) {
        return parts.stream()
                .filter(part -> part.getType().equalsIgnoreCase(type))
                .map(Rdn::getValue)
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .toList();
    }

    private static ErrnoException unusable(String subject, @Nullable Throwable cause) {
        return new ErrnoException(
                Errno.EINVAL, "a certificate's subject must have one CN, and '" + subject + "' has not", cause);
    }
}
