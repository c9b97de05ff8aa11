package dev.crossdev.service.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import org.junit.jupiter.api.Test;

class WindowBudgetTest {

    @Test
    void whatIsTakenIsGoneUntilItIsGivenBack() {
        WindowBudget budget = new WindowBudget(100);
        budget.take(60);
        assertThatThrownBy(() -> budget.take(41))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOMEM));
        budget.take(40);
        assertThat(budget.used()).isEqualTo(100);
        budget.giveBack(60);
        assertThat(budget.used()).isEqualTo(40);
        assertThatThrownBy(() -> budget.take(Long.MAX_VALUE)).isInstanceOf(ErrnoException.class);
        assertThat(budget.used()).isEqualTo(40);
    }
}
