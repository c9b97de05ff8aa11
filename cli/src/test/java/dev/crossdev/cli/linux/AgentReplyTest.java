package dev.crossdev.cli.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.UUID;
import org.junit.jupiter.api.Test;

class AgentReplyTest {

    private static AgentReply reply(String line) {
        return AgentReply.parse(line).orElseThrow();
    }

    @Test
    void anAnswerIsItsCommandAndWhatItSaysByName() {
        AgentReply reply = reply("crossdev: register handle=0 uuid=6f6c6f7d-5e3f-4a0f-9f43-35d2f1a3b0c1 export_us=512");

        assertThat(reply.command()).isEqualTo("register");
        assertThat(reply.uuid()).isEqualTo(UUID.fromString("6f6c6f7d-5e3f-4a0f-9f43-35d2f1a3b0c1"));
        assertThat(reply.number("export_us")).isEqualTo(512);
        assertThat(reply.failure()).isEmpty();
    }

    @Test
    void wordsInQuotesAreOneValue() {
        assertThat(reply("crossdev: ready driver=\"virtio_gpu of 2020\" card=0").value("driver"))
                .isEqualTo("virtio_gpu of 2020");
    }

    @Test
    void aFailureIsItsErrno() {
        assertThat(reply("crossdev: uuid failed=19 what=get_uuid").failure()).contains(19);
    }

    @Test
    void whatTheKernelSaysOnTheSameLineIsNoAnswer() {
        assertThat(AgentReply.parse("[    4.58] crossdev_importer: loading out-of-tree module"))
                .isEmpty();
        assertThat(AgentReply.parse("")).isEmpty();
    }

    @Test
    void aValueThatWasNotSaidIsAskedForInVain() {
        assertThatThrownBy(() -> reply("crossdev: digest crc32=8159ca96").number("bytes"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no bytes")
                .hasMessageContaining("crossdev: digest");
    }
}
