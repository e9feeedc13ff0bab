/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mapping;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.Synchronization;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.SynchronizationAdapter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.ReceivedMessage;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.accounting.Completions;
import io.msgstore.platform.accounting.Outcome;
import io.msgstore.platform.accounting.Ticket;
import io.msgstore.platform.contract.ExchangeProperties;
import io.msgstore.platform.contract.Headers;

import static org.assertj.core.api.Assertions.assertThat;

/** What becomes of arrays, without a mapping; what mappings give is in {@link MappingTest}. */
class MakeMessagesTest {
    private static final DefaultCamelContext CAMEL = new DefaultCamelContext();
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Accounting accounting = new Accounting(new SimpleMeterRegistry());
    private final MakeMessages messages = new MakeMessages(Mappings.NONE, accounting);
    private final List<String> done = new ArrayList<>();

    @Test
    void elementsOfAnArrayAreMessages() throws Exception {
        List<Exchange> parts = parts(received("[ {\"event\":\"gps\",\"n\":1.10} ,{\"event\":\"evt\"}]"));
        assertThat(parts).hasSize(2);
        Envelope first = envelope(parts.get(0));
        assertThat(first.event()).isEqualTo("gps");
        assertThat(first.topic()).isEqualTo("t");
        assertThat(new String(first.payload(), StandardCharsets.UTF_8)).isEqualTo("{\"event\":\"gps\",\"n\":1.10}");
        JsonNode json = JSON.readTree(first.json());
        assertThat(json.path("part").asInt()).isEqualTo(1);
        assertThat(json.path("qos").asInt()).isEqualTo(1);
        assertThat(json.has("copy")).isFalse();
        assertThat(envelope(parts.get(1)).origin()).hasToString("message 2 of 2 of an array");
        assertThat(parts.get(1).getMessage().getHeader(Headers.TRACE_ID)).isEqualTo(first.traceId());
    }

    @Test
    void theWholeIsAcknowledgedWhenEachPartIsSettled() {
        List<Exchange> parts = parts(received("[{\"event\":\"gps\"},{\"event\":\"gps\"},{\"x\":1}]"));
        assertThat(accounting.received()).isEqualTo(3);
        assertThat(accounting.further()).isEqualTo(2);
        assertThat(accounting.inFlight()).isEqualTo(3);
        settle(parts.get(2), Outcome.DEAD);
        settle(parts.get(0), Outcome.STORED);
        // a copy of the exchange may complete as well
        settle(parts.get(0), Outcome.STORED);
        assertThat(done).isEmpty();
        settle(parts.get(1), Outcome.DUPLICATE);
        assertThat(done).containsExactly("acknowledged");
        assertThat(accounting.accounts().isBalanced()).isTrue();
        assertThat(accounting.unaccounted()).isZero();
        assertThat(accounting.inFlight()).isZero();
        assertThat(accounting.total(Outcome.STORED)).isOne();
        assertThat(accounting.total(Outcome.DEAD)).isOne();
    }

    @Test
    void theWholeIsNotAcknowledgedWhenOnePartIsNotSettled() {
        List<Exchange> parts = parts(received("[{\"event\":\"gps\"},{\"event\":\"gps\"}]"));
        completions(parts.get(0)).forEach(one -> one.onFailure(parts.get(0)));
        assertThat(done).isEmpty();
        settle(parts.get(1), Outcome.STORED);
        assertThat(done).containsExactly("returned");
        assertThat(accounting.accounts().isBalanced()).isTrue();
        assertThat(accounting.inFlight()).isZero();
    }

    @Test
    void whatElseTheWholeOwesIsDoneWhenItsAcknowledgementFails() {
        Exchange array = received("[{\"event\":\"gps\"},{\"event\":\"gps\"}]");
        List<Synchronization> owed = Completions.take(array);
        array.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
            @Override
            public void onComplete(Exchange completed) {
                throw new IllegalStateException("connection lost");
            }
        });
        Completions.give(array, owed);
        parts(array).forEach(part -> settle(part, Outcome.STORED));
        assertThat(done).containsExactly("acknowledged");
        assertThat(accounting.accounts().isBalanced()).isTrue();
        assertThat(accounting.inFlight()).isZero();
    }

    @Test
    void theOldestMessageInFlightStaysTheOldestWhenItIsTakenApart() throws Exception {
        Exchange array = received("[{\"event\":\"gps\"},{\"event\":\"gps\"}]");
        Ticket later = received("{}").getProperty(Ticket.PROPERTY, Ticket.class);
        List<Exchange> parts = parts(array);
        double age = accounting.oldestInFlightSeconds();
        later.outcome(Outcome.STORED, "gps");
        later.onComplete(array);
        assertThat(accounting.oldestInFlightSeconds()).isGreaterThanOrEqualTo(age);
        parts.forEach(part -> settle(part, Outcome.STORED));
        assertThat(accounting.oldestInFlightSeconds()).isZero();
        assertThat(accounting.inFlight()).isZero();
    }

    @Test
    void elementsThatAreTheSameToTheLetterAreNumbered() throws Exception {
        List<Exchange> parts =
                parts(received("[{\"event\":\"evt\"},{\"event\":\"cmd\"},{\"event\":\"evt\"},{\"event\":\"evt\"}]"));
        List<Integer> copies = new ArrayList<>();
        for (Exchange part : parts) {
            copies.add(JSON.readTree(envelope(part).json()).path("copy").asInt());
        }
        assertThat(copies).containsExactly(0, 0, 2, 3);
    }

    @Test
    void anElementThatIsAnEnvelopeIsTakenAsItIs() {
        String envelope =
                "{\"ts\":\"2026-01-23T17:00:00Z\",\"topic\":\"other\",\"payload\":{\"event\":\"gps\"},\"trace_id\":\"own\"}";
        List<Exchange> parts = parts(received("[" + envelope + ",{\"event\":\"evt\"}]"));
        assertThat(envelope(parts.get(0)).json()).isEqualTo(envelope.getBytes(StandardCharsets.UTF_8));
        assertThat(envelope(parts.get(0)).event()).isEqualTo("gps");
        assertThat(parts.get(0).getMessage().getHeader(Headers.TRACE_ID)).isEqualTo("own");
    }

    @Test
    void anArrayOfOneIsOneMessage() {
        Exchange exchange = received("[{\"event\":\"gps\"}]");
        messages.make(exchange);
        assertThat(exchange.getVariable(MakeMessages.MADE)).isEqualTo(1);
        assertThat(envelope(exchange).event()).isEqualTo("gps");
        assertThat(accounting.received()).isOne();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    []                      | the array is empty
                    [1,2]                   | element 1 of the array is no JSON object
                    [{"event":"gps"},[]]    | element 2 of the array is no JSON object
                    """)
    void anArrayOfAnythingElseStaysOneDeadLetter(String payload, String error) {
        assertRefused(payload, error);
    }

    @Test
    void anArrayThatIsTooLongStaysOneDeadLetter() {
        assertRefused(
                "[" + String.join(",", Collections.nCopies(10_001, "{}")) + "]",
                "the array has more than 10000 elements");
    }

    private void assertRefused(String payload, String error) {
        Exchange exchange = received(payload);
        messages.make(exchange);
        assertThat(exchange.getVariable(MakeMessages.MADE)).isEqualTo(1);
        assertThat(envelope(exchange).reason()).isEqualTo("no-event");
        assertThat(envelope(exchange).error()).isEqualTo(error);
        assertThat(envelope(exchange).isComplete()).isTrue();
        assertThat(envelope(exchange).payload()).isEqualTo(payload.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void eachPartHasADeadLetterKeyOfItsOwn() {
        Exchange array = received("[{\"event\":\"gps\"},{\"event\":\"gps\"}]");
        array.setProperty(ExchangeProperties.DEAD_LETTER_KEY, "key");
        assertThat(parts(array).stream().map(part -> part.getProperty(ExchangeProperties.DEAD_LETTER_KEY)
                        .toString()))
                .containsExactly("key/1", "key/2");
        assertThat(parts(received("[{\"event\":\"gps\"},{\"event\":\"gps\"}]")))
                .allSatisfy(part -> assertThat(part.getProperty(ExchangeProperties.DEAD_LETTER_KEY))
                        .isNull());
    }

    private Exchange received(String payload) {
        Exchange exchange = new DefaultExchange(CAMEL);
        exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
            @Override
            public void onComplete(Exchange completed) {
                done.add("acknowledged");
            }

            @Override
            public void onFailure(Exchange failed) {
                done.add("returned");
            }
        });
        accounting.receive(exchange);
        exchange.getMessage()
                .setBody(Envelope.of(
                        new ReceivedMessage("t", payload.getBytes(StandardCharsets.UTF_8)).qos(1), 1_000_000));
        return exchange;
    }

    // as the route splits it
    private List<Exchange> parts(Exchange array) {
        messages.make(array);
        List<Exchange> parts = new ArrayList<>();
        for (Object one : array.getMessage().getBody(List.class)) {
            Exchange part = new DefaultExchange(CAMEL);
            part.getMessage().setBody(one);
            messages.take(part);
            parts.add(part);
        }
        return parts;
    }

    private static void settle(Exchange part, Outcome outcome) {
        Ticket ticket = part.getProperty(Ticket.PROPERTY, Ticket.class);
        ticket.outcome(outcome, "x");
        ticket.onComplete(part);
    }

    private static List<Synchronization> completions(Exchange exchange) {
        return exchange.getExchangeExtension().handoverCompletions();
    }

    private static Envelope envelope(Exchange exchange) {
        return exchange.getMessage().getBody(Envelope.class);
    }
}
