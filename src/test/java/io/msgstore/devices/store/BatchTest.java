/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.store;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.Synchronization;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.JsonBody;
import io.msgstore.devices.envelope.QueueForm;
import io.msgstore.devices.envelope.ReceivedMessage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

class BatchTest {
    private static final Exchange EXCHANGE = new DefaultExchange(new DefaultCamelContext());

    private final List<String> settled = new ArrayList<>();

    @Test
    void isOneJsonArrayInTheOrderOfArrival() {
        assertThat(batch(3).json()).isEqualTo("[{\"n\":0},{\"n\":1},{\"n\":2}]");
        assertThat(batch(1).json()).isEqualTo("[{\"n\":0}]");
        assertThat(batch(0).json()).isEqualTo("[]");
    }

    @Test
    void itsPayloadsAreOneJsonArrayToo() {
        Batch batch = new Batch("gps");
        assertThat(batch.payloads()).isEqualTo("[]");
        add(batch, Envelope.of(new ReceivedMessage("a/b", bytes("{\"event\":\"gps\",\"n\":1.50}")), 100));
        String envelope = "{\"topic\":\"a\",\"payload\":{\"event\":\"gps\",\"n\":2},\"ts\":\"2026-01-23T17:00:00Z\"}";
        add(batch, Envelope.of(new ReceivedMessage("a/b", bytes(envelope)), 100));
        add(batch, QueueForm.read(bytes(envelope), "queue", 100));
        // of a route that has made something else of it
        add(batch, "{\"payload\":1,\"payload\" : {\"n\":\"\u00e9\"} ,\"x\":[{\"payload\":2}]}");
        add(batch, "{\"payload\":\"a text\"}");
        add(batch, "{\"payload\":12}");
        add(batch, "{\"n\":6}");
        add(batch, "7");
        add(batch, "{no JSON");
        List<String> payloads = List.of(
                "{\"event\":\"gps\",\"n\":1.50}",
                "{\"event\":\"gps\",\"n\":2}",
                "{\"event\":\"gps\",\"n\":2}",
                "{\"n\":\"\u00e9\"}",
                "\"a text\"",
                "12",
                "null",
                "null",
                "{no JSON");
        assertThat(batch.payloads()).isEqualTo("[" + String.join(",", payloads) + "]");
        assertThat(batch.payloadElements()).isEqualTo(String.join("\u001e", payloads));
    }

    private static void add(Batch batch, Object body) {
        byte[] json = body instanceof JsonBody own ? own.json() : bytes((String) body);
        batch.add(new Batch.Entry(body, json, "gps", null, null, List.of()));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void isOneLinePerMessage() {
        // a line break at the start, in case what is there in the file was cut off
        assertThat(batch(2).lines()).isEqualTo("\n{\"n\":0}\n{\"n\":1}\n");
    }

    @Test
    void knowsItsSize() {
        Batch batch = batch(3);
        assertThat(batch.getSize()).isEqualTo(3);
        assertThat(batch.bytes).isEqualTo(21);
        assertThat(batch.getName()).isEqualTo("gps");
    }

    @Test
    void movesItsMessagesIntoHalves() {
        Batch batch = batch(5);
        List<Batch> halves = batch.getHalves();
        assertThat(halves)
                .extracting(Batch::json)
                .containsExactly("[{\"n\":0},{\"n\":1}]", "[{\"n\":2},{\"n\":3},{\"n\":4}]");
        assertThat(halves).extracting(half -> half.bytes).containsExactly(14L, 21L);
        assertThat(halves).extracting(Batch::getName).containsOnly("gps");
        assertEmpty(batch);
    }

    @Test
    void movesItsMessagesIntoSingles() {
        Batch batch = batch(3);
        List<Batch> singles = batch.getSingles();
        assertThat(singles).extracting(Batch::json).containsExactly("[{\"n\":0}]", "[{\"n\":1}]", "[{\"n\":2}]");
        assertEmpty(batch);
    }

    @Test
    void movesItsOnlyMessageOut() {
        Batch batch = batch(1);
        assertThat(batch.only().body()).isEqualTo(0);
        assertEmpty(batch);
    }

    @Test
    void hasNoOnlyMessageWhenThereAreSeveralOrNone() {
        Batch batch = batch(2);
        assertThatIllegalStateException().isThrownBy(batch::only);
        assertThat(batch.getSize()).isEqualTo(2);
        assertThatIllegalStateException().isThrownBy(batch(0)::only);
    }

    @Test
    void acknowledgesEveryMessageOnce() {
        Batch batch = batch(3);
        batch.onComplete(EXCHANGE);
        batch.onComplete(EXCHANGE);
        batch.onFailure(EXCHANGE);
        assertThat(settled).containsExactly("complete 0", "complete 1", "complete 2");
    }

    @Test
    void leavesMessagesUnacknowledgedWhenItFails() {
        Batch batch = batch(2);
        batch.onFailure(EXCHANGE);
        batch.onComplete(EXCHANGE);
        assertThat(settled).containsExactly("failure 0", "failure 1");
    }

    @Test
    void acknowledgesByTheBatchThatSettlesAMessage() {
        Batch batch = batch(4);
        List<Batch> halves = batch.getHalves();
        halves.get(0).onComplete(EXCHANGE);
        Batch.Entry bad = halves.get(1).getSingles().get(1).only();
        halves.get(1).onComplete(EXCHANGE);
        batch.onComplete(EXCHANGE);
        assertThat(settled).containsExactly("complete 0", "complete 1");
        assertThat(bad.body()).isEqualTo(3);
    }

    @Test
    void acknowledgesTheOthersWhenOneAcknowledgementFails() {
        Batch batch = new Batch("gps");
        batch.add(new Batch.Entry(
                0,
                new byte[0],
                "gps",
                null,
                null,
                List.of(
                        new Settle(0) {
                            @Override
                            public void onComplete(Exchange exchange) {
                                throw new IllegalStateException("connection lost");
                            }
                        },
                        new Settle(1))));
        batch.add(entry(2));
        batch.onComplete(EXCHANGE);
        assertThat(settled).containsExactly("complete 1", "complete 2");
    }

    private void assertEmpty(Batch batch) {
        assertThat(batch.getSize()).isZero();
        assertThat(batch.bytes).isZero();
        batch.onComplete(EXCHANGE);
        batch.onFailure(EXCHANGE);
        assertThat(settled).isEmpty();
    }

    private Batch batch(int size) {
        Batch batch = new Batch("gps");
        for (int n = 0; n < size; n++) {
            batch.add(entry(n));
        }
        return batch;
    }

    private Batch.Entry entry(int n) {
        byte[] json = ("{\"n\":" + n + "}").getBytes(StandardCharsets.UTF_8);
        return new Batch.Entry(n, json, "gps", null, null, List.of(new Settle(n)));
    }

    private class Settle implements Synchronization {
        private final int n;

        Settle(int n) {
            this.n = n;
        }

        @Override
        public void onComplete(Exchange exchange) {
            settled.add("complete " + n);
        }

        @Override
        public void onFailure(Exchange exchange) {
            settled.add("failure " + n);
        }
    }
}
