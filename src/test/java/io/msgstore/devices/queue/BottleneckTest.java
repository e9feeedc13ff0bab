/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class BottleneckTest {
    private static final Bottleneck.Limits LIMITS = new Bottleneck.Limits(10_000, 10_000, 2_500, 1 << 25, 4, 500);

    private Bottleneck.Look next;
    private final Bottleneck bottleneck = new Bottleneck(LIMITS, () -> next);
    private int second;
    private double statementMillis;
    private boolean bytesFull;

    @Test
    void saysNothingWhileTheFlowIsFree() {
        assertThat(said(100, s -> look(300 + s % 7, 40, 0.5, 0.4))).isEmpty();
    }

    @Test
    void namesTheDatabaseWhenTheWorkersWaitForIt() {
        assertThat(said(30, s -> look(10_000, 9_500, 3.9, 0.3))).singleElement().satisfies(text -> assertThat(text)
                .contains("database", "3.9 statements", "msgstore.batch-size (500)"));
    }

    @Test
    void namesTheProcessorsWhenTheyAreBusy() {
        assertThat(said(30, s -> look(10_000, 9_500, 3.9, 0.97)))
                .singleElement()
                .satisfies(text -> assertThat(text).contains("processors", "97 % busy", "msgstore.batch-size (500)"));
    }

    @Test
    void namesTheReceiveMaximumWhenTheWorkersAreIdle() {
        assertThat(said(30, s -> look(10_000, 0, 0.4, 0.3))).singleElement().satisfies(text -> assertThat(text)
                .contains("msgstore.mqtt.receive-maximum", "all 10000", "0.4 statements"));
    }

    @Test
    void namesTheBytesInFlightWhenTheWorkersAreIdle() {
        bytesFull = true;
        // messages of one size are always the same number, as with a broker's window
        assertThat(said(30, s -> look(100, 0, 0.4, 0.3))).singleElement().satisfies(text -> assertThat(text)
                .contains("msgstore.max-in-flight-bytes", "33554432 bytes", "0.4 statements"));
        assertThat(said(30, s -> look(100, 0, 3.9, 0.3))).singleElement().satisfies(text -> assertThat(text)
                .contains("database", "statements"));
    }

    @Test
    void namesTheDatabaseWhenNoStatementEnds() {
        assertThat(said(30, s -> look(10_000, 0, 0, 0.1))).singleElement().satisfies(text -> assertThat(text)
                .contains("database", "no statement has ended"));
    }

    @Test
    void namesTheWorkersWhenTheyAreBusyWithSomethingElse() {
        assertThat(said(30, s -> look(10_000, 10_000, 0.8, 0.3)))
                .singleElement()
                .satisfies(text -> assertThat(text).contains("workers", "0.8 statements", "msgstore.workers (4)"));
    }

    @Test
    void saysEachCauseOnceThoughTheyAlternate() {
        assertThat(said(200, s -> look(10_000, 10_000, 3.9, s / 20 % 2 == 0 ? 0.99 : 0.1)))
                .hasSize(2);
    }

    @Test
    void namesWhatHoldsTheWorkersUpWhenThereIsEnoughInFlight() {
        assertThat(said(30, s -> look(2_500, 0, 1.8, 0.3))).singleElement().satisfies(text -> assertThat(text)
                .contains("database", "1.8 statements"));
    }

    @Test
    void namesTheBrokersWindowWhenItIsSmaller() {
        assertThat(said(30, s -> look(20, 0, 0.9, 0.5))).singleElement().satisfies(text -> assertThat(text)
                .contains("broker", "more than 20 in flight", "max_inflight_messages"));
    }

    @Test
    void doesNotTakeASlowFlowForALimitedOne() {
        assertThat(said(30, s -> new Bottleneck.Look(nanos(s), 100L * s, 20, 0, 10 * s, 0.1, 0.1, false, false)))
                .isEmpty();
    }

    @Test
    void waitsUntilItHasLasted() {
        assertThat(said(9, s -> look(10_000, 9_500, 3.9, 0.3))).isEmpty();
        assertThat(said(1, s -> look(501, 0, 3.9, 0.3))).isEmpty();
        assertThat(said(9, s -> look(10_000, 9_500, 3.9, 0.3))).isEmpty();
        assertThat(said(1, s -> look(10_000, 9_500, 3.9, 0.3))).hasSize(1);
    }

    @Test
    void leavesOutagesToThoseWhoSayThem() {
        assertThat(said(30, s -> new Bottleneck.Look(nanos(s), 0, 10_000, 10_000, 4_000 * s, 0.1, 0.1, false, true)))
                .isEmpty();
    }

    @Test
    void saysItAgainWhenItHadBeenOverForAMinute() {
        assertThat(said(20, s -> look(10_000, 9_500, 3.9, 0.3))).hasSize(1);
        assertThat(said(30, s -> look(500 + s % 3, 0, 0.5, 0.3))).isEmpty();
        assertThat(said(20, s -> look(10_000, 9_500, 3.9, 0.3))).isEmpty();
        assertThat(said(70, s -> look(500 + s % 3, 0, 0.5, 0.3))).isEmpty();
        assertThat(said(20, s -> look(10_000, 9_500, 3.9, 0.3))).hasSize(1);
    }

    // busy: how many workers are in a statement on average
    private Bottleneck.Look look(int peakInFlight, int queueLength, double busy, double processorLoad) {
        statementMillis += busy * 1000;
        return new Bottleneck.Look(
                nanos(second),
                5000L * second,
                peakInFlight,
                queueLength,
                statementMillis,
                processorLoad,
                0.2,
                bytesFull,
                false);
    }

    private static long nanos(int second) {
        return second * 1_000_000_000L;
    }

    private List<String> said(int seconds, IntFunction<Bottleneck.Look> look) {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < seconds; i++) {
            second++;
            next = look.apply(second);
            bottleneck.look().ifPresent(all::add);
        }
        return all;
    }
}
