/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.net.ConnectException;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.msgstore.support.LogLines;

import static org.assertj.core.api.Assertions.assertThat;

class QueueStateTest {
    private static final Exception REFUSED =
            new IllegalStateException("outer", new IllegalStateException("middle", new ConnectException("refused")));

    private final LogLines log = new LogLines(QueueState.class.getName());

    @AfterEach
    void closeLog() {
        log.close();
    }

    @Test
    void isThereAtFirstAndSaysNothingWhileItIs() {
        QueueState state = new QueueState("redis", "direct");
        state.answers();
        assertThat(state.isAway()).isFalse();
        assertThat(state.isDegraded()).isFalse();
        assertThat(state.problem()).isNull();
        assertThat(log.text()).isEmpty();
    }

    @Test
    void saysOnceThatItIsAwayAndOnceThatItIsBack() {
        QueueState state = new QueueState("redis", "");
        state.fails(REFUSED);
        state.fails(new IllegalStateException("something else"));
        assertThat(log.text())
                .containsExactly("WARN The queue redis does not take or give messages: refused. Meanwhile they wait,"
                        + " and the broker keeps what it has not seen acknowledged");
        assertThat(state.isAway()).isTrue();

        state.answers();
        state.answers();
        assertThat(log.text()).hasSize(2);
        assertThat(log.text().get(1))
                .matches("INFO The queue redis answers again, after \\d+ s; messages go there as before");
        assertThat(state.isAway()).isFalse();
        assertThat(state.problem()).isNull();

        state.fails(REFUSED);
        assertThat(log.text()).hasSize(3);
        assertThat(log.text().get(2)).isEqualTo(log.text().get(0));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "\"\"   | they wait, and the broker keeps what it has not seen acknowledged         | false",
                "direct | they are stored without a queue (msgstore.queue.fallback)                 | true",
                "memory | they go through the queue memory (msgstore.queue.fallback)                | true",
                "mine   | they go through the queue mine (msgstore.queue.fallback)                  | true"
            })
    void saysWhatBecomesOfMessagesMeanwhile(String fallback, String words, boolean degraded) {
        QueueState state = new QueueState("kafka", fallback);
        state.fails(REFUSED);
        assertThat(log.text()).singleElement().asString().endsWith(" Meanwhile " + words);
        assertThat(state.problem()).isEqualTo("the queue kafka does not answer: refused; " + words);
        assertThat(state.isDegraded()).isEqualTo(degraded);
        state.answers();
        assertThat(state.isDegraded()).isFalse();
    }

    @Test
    void saysThatAQueueThatIsDrainedWaits() {
        QueueState state = QueueState.drained("redis");
        state.fails(REFUSED);
        assertThat(state.isDegraded()).isFalse();
        state.answers();
        assertThat(log.text().get(0))
                .isEqualTo(
                        "WARN The queue redis does not take or give messages: refused. Meanwhile what it holds waits there"
                                + " (msgstore.queue.drain)");
        assertThat(log.text().get(1))
                .matches("INFO The queue redis answers again, after \\d+ s; it is drained as before");
    }

    @Test
    void itsProblemIsTheLatest() {
        QueueState state = new QueueState("kafka", "");
        state.fails(REFUSED);
        state.fails(new IllegalStateException());
        assertThat(state.problem()).startsWith("the queue kafka does not answer: java.lang.IllegalStateException; ");
    }

    @Test
    void showsNoPassword() {
        QueueState state = new QueueState("redis", "");
        state.fails(new IllegalStateException("no answer from redis://u:pa55word@h"));
        assertThat(state.problem()).contains("***").doesNotContain("pa55word");
        assertThat(log.text()).singleElement().asString().contains("***").doesNotContain("pa55word");
    }
}
