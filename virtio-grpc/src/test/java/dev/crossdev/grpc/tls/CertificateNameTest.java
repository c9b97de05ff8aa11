package dev.crossdev.grpc.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.testing.tls.TestCa;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CertificateNameTest {

    @TempDir
    Path folder;

    private CertificateName name(String subject) {
        TestCa.Issued issued = TestCa.in(folder).issue(subject);
        return new TlsFiles(issued.ca(), issued.certificate(), issued.key()).name();
    }

    @Test
    void theNameIsTheSubjectsCnAndItsOus() {
        CertificateName name = name("C=SE,O=somewhere,OU=crossdev-admin,OU=people,CN=alice");
        assertThat(name.commonName()).isEqualTo("alice");
        assertThat(name.units()).containsExactlyInAnyOrder("crossdev-admin", "people");
    }

    @Test
    void aNameThatLooksLikeAnotherPartOfASubjectIsANameAllTheSame() {
        CertificateName name = name("CN=alice\\,OU\\=crossdev-admin");
        assertThat(name.commonName()).isEqualTo("alice,OU=crossdev-admin");
        assertThat(name.units()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"O=nobody", "CN=alice,CN=bob", "CN=alice+OU=crossdev-admin"})
    void aSubjectOfWhichNobodyCanSayWhoIsMeantIsRefused(String subject) {
        assertThatThrownBy(() -> name(subject))
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining("must have one CN");
    }

    @Test
    void aFileThatIsMissingOrNoCertificateIsNamed() throws Exception {
        Path rubbish = Files.writeString(folder.resolve("rubbish"), "rubbish");
        assertThatThrownBy(() -> new TlsFiles(rubbish, rubbish, rubbish).name())
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining(rubbish + " is no certificate");
        Path missing = folder.resolve("missing");
        assertThatThrownBy(() -> new TlsFiles(missing, missing, missing).name())
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining("there is no file " + missing);
    }
}
