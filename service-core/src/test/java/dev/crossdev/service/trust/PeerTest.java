package dev.crossdev.service.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.testing.tls.TestCa;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerTest {

    @TempDir
    Path folder;

    private Peer peer(String subject) throws Exception {
        try (InputStream in =
                Files.newInputStream(TestCa.in(folder).issue(subject).certificate())) {
            return Peer.of(
                    (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
    }

    @Test
    void aCertificateWithoutARoleIsAGuests() throws Exception {
        assertThat(peer("CN=alice")).isEqualTo(new Peer("alice", java.util.Set.of(Role.GUEST)));
        assertThat(peer("CN=alice,OU=admin").roles()).containsExactly(Role.GUEST);
    }

    @Test
    void anOuGivesARoleInsteadAndSeveralGiveSeveral() throws Exception {
        assertThat(peer("CN=root,OU=crossdev-admin").roles()).containsExactly(Role.ADMIN);
        assertThat(peer("CN=video,OU=crossdev-importer").roles()).containsExactly(Role.IMPORTER);
        assertThat(peer("CN=both,OU=crossdev-admin,OU=crossdev-guest").roles())
                .containsExactlyInAnyOrder(Role.ADMIN, Role.GUEST);
    }

    @Test
    void aNameThatNoGuestCanHaveIsRefused() {
        assertThatThrownBy(() -> peer("CN=Alice Liddell"))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EACCES));
        assertThatThrownBy(() -> peer("O=nobody"))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EACCES));
    }
}
