/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.status;

import org.junit.jupiter.api.Test;

import io.msgstore.devices.status.Headline.Situation;

import static org.assertj.core.api.Assertions.assertThat;

class HeadlineTest {
    private static final String TIME = "2026-01-23T02:13:00Z";
    private static final DatabaseWatch.State UP = new DatabaseWatch.State(DatabaseWatch.UP, TIME, null, null);

    @Test
    void messagesFlow() {
        Headline headline = new Case().rate(3012.4).headline();
        assertThat(headline).isEqualTo(new Headline("ok", "Messages flow: 3,012/s", null, null, null));
    }

    @Test
    void noMessageComes() {
        assertThat(new Case().headline().text()).isEqualTo("Ready: no message has come yet");
        Headline later = new Case().idleSince(TIME).headline();
        assertThat(later.text()).isEqualTo("Ready: no message comes");
        assertThat(later.since()).isEqualTo(TIME);
    }

    @Test
    void aDatabaseThatDoesNotAnswerIsSaidBeforeAllElse() {
        Headline headline = new Case()
                .database(DatabaseWatch.DOWN)
                .connected(0)
                .inFlight(4120, 30)
                .bottleneck("Held up")
                .headline();
        assertThat(headline)
                .isEqualTo(new Headline(
                        "stuck",
                        "Stuck: the database does not answer",
                        TIME,
                        "4,120 messages wait, nothing is lost.",
                        "refused"));
    }

    @Test
    void nothingIsLostIsOnlySaidWhereItIsTrue() {
        Case outage = new Case().database(DatabaseWatch.REFUSES).inFlight(1, 30);
        assertThat(outage.headline().consequence()).isEqualTo("1 message waits, nothing is lost.");
        assertThat(outage.onEnqueue().headline().consequence()).isEqualTo("1 message waits.");
        assertThat(new Case()
                        .database(DatabaseWatch.DOWN)
                        .inFlight(10, 30)
                        .dropped(7)
                        .headline()
                        .consequence())
                .isEqualTo("10 messages wait; 7 were dropped in the last minute, and are lost.");
        assertThat(new Case().database(DatabaseWatch.DOWN).givesUp().headline().consequence())
                .contains("dead letter in a file");
    }

    @Test
    void theBrokerIsAway() {
        Headline headline = new Case().connected(0).headline();
        assertThat(headline.level()).isEqualTo("stuck");
        assertThat(headline.text()).isEqualTo("Stuck: no connection to the broker");
        assertThat(headline.advice()).isEqualTo("connection refused");
        assertThat(new Case().connections(3).connected(2).headline().text())
                .isEqualTo("Only 2 of 3 connections to the broker are up");
        assertThat(new Case().connections(0).connected(0).headline().text()).isEqualTo("Stuck: the intake is stopped");
        assertThat(new Case().connected(0).leftBroker().headline().level()).isEqualTo("warning");
    }

    @Test
    void theBrokerGrantsLess() {
        assertThat(new Case()
                        .rate(20)
                        .bottleneck("Held up")
                        .shortfall("the broker grants QoS 0, not 1, to a/#: it keeps nothing")
                        .headline())
                .isEqualTo(new Headline(
                        "warning",
                        "Messages flow: 20/s, but the broker does not grant all that was asked for",
                        null,
                        "The broker grants QoS 0, not 1, to a/#: it keeps nothing.",
                        "See \"What the broker grants\" in docs/operations.md."));
    }

    @Test
    void aBrokerThatKeepsNothingIsNotSaidToKeepIt() {
        assertThat(new Case().brokerKeepsNothing().connected(0).headline().consequence())
                .isEqualTo("What is published meanwhile is lost: the broker does not keep it.");
        assertThat(new Case()
                        .brokerKeepsNothing()
                        .database(DatabaseWatch.DOWN)
                        .inFlight(10, 30)
                        .headline()
                        .consequence())
                .isEqualTo("10 messages wait.");
    }

    @Test
    void messagesAreDropped() {
        Headline headline =
                new Case().rate(5000).dropped(1200).inFlight(10_000, 3).headline();
        assertThat(headline.level()).isEqualTo("stuck");
        assertThat(headline.text()).startsWith("Messages are lost").contains("1,200");
    }

    @Test
    void nothingIsStoredThoughTheDatabaseAnswers() {
        Case stuck = new Case().rate(10).stored(0).inFlight(20, 34);
        assertThat(stuck.headline().text()).isEqualTo("Stuck: nothing is stored");
        assertThat(stuck.headline().since()).isEqualTo(TIME);
        assertThat(stuck.headline().advice()).contains("locks");
        // others are stored meanwhile
        assertThat(new Case().rate(10).stored(9).inFlight(20, 34).headline().level())
                .isEqualTo("ok");
        assertThat(new Case().rate(10).stored(9).inFlight(20, 61).headline().text())
                .isEqualTo("Messages flow: 10/s, but one waits to be stored");
    }

    @Test
    void aFlowMayHaveItsTroubles() {
        assertThat(new Case().rate(0.25).dead(3).headline())
                .satisfies(headline -> assertThat(headline.level()).isEqualTo("warning"))
                .satisfies(headline -> assertThat(headline.text())
                        .isEqualTo("Messages flow: 0.25/s, but 3 could not be stored in the last minute"));
        assertThat(new Case()
                        .rate(800)
                        .bottleneck("Held up by the broker")
                        .headline()
                        .advice())
                .isEqualTo("Held up by the broker");
        assertThat(new Case().rate(800).unaccounted(1).headline().advice()).contains("bug");
        assertThat(new Case().rate(800).canary("late").headline().advice()).isEqualTo("late");
    }

    @Test
    void theQueueDoesNotAnswer() {
        assertThat(new Case().rate(10).queue("connection refused", false).headline())
                .satisfies(headline -> assertThat(headline.level()).isEqualTo("stuck"))
                .satisfies(headline -> assertThat(headline.advice()).isEqualTo("connection refused"));
        assertThat(new Case().rate(10).queue("connection refused", true).headline())
                .satisfies(headline -> assertThat(headline.level()).isEqualTo("warning"))
                .satisfies(headline ->
                        assertThat(headline.text()).isEqualTo("Messages flow: 10/s, but not through the queue"));
    }

    @Test
    void theTablesAreNotReady() {
        assertThat(new Case().database(DatabaseWatch.PREPARING).headline().text())
                .startsWith("Starting");
    }

    /** A situation in which all is well and nothing comes, but for what is said. */
    private static final class Case {
        private boolean holds = true;
        private boolean onCommit = true;
        private DatabaseWatch.State database = UP;
        private int connections = 1;
        private int connected = 1;
        private boolean brokerKeeps = true;
        private String shortfall;
        private boolean leftBroker;
        private double rate;
        private double stored;
        private long dropped;
        private long dead;
        private long inFlight;
        private double oldest;
        private String idleSince;
        private long unaccounted;
        private String bottleneck;
        private String queue;
        private boolean degraded;
        private String canary;

        Headline headline() {
            return Headline.of(new Situation(
                    holds,
                    onCommit,
                    database,
                    connections,
                    connected,
                    TIME,
                    "connection refused",
                    brokerKeeps,
                    shortfall,
                    leftBroker,
                    rate,
                    stored,
                    dropped,
                    dead,
                    inFlight,
                    oldest,
                    TIME,
                    idleSince,
                    unaccounted,
                    bottleneck,
                    queue,
                    degraded,
                    canary));
        }

        Case database(String state) {
            database = new DatabaseWatch.State(state, TIME, "refused", TIME);
            return this;
        }

        Case queue(String problem, boolean hasAnotherWay) {
            queue = problem;
            degraded = hasAnotherWay;
            return this;
        }

        Case givesUp() {
            holds = false;
            return this;
        }

        Case onEnqueue() {
            onCommit = false;
            return this;
        }

        Case connections(int value) {
            connections = value;
            return this;
        }

        Case connected(int value) {
            connected = value;
            return this;
        }

        Case brokerKeepsNothing() {
            brokerKeeps = false;
            return this;
        }

        Case shortfall(String value) {
            shortfall = value;
            return this;
        }

        Case leftBroker() {
            leftBroker = true;
            return this;
        }

        Case rate(double value) {
            rate = value;
            stored = value;
            return this;
        }

        Case stored(double value) {
            stored = value;
            return this;
        }

        Case dropped(long value) {
            dropped = value;
            return this;
        }

        Case dead(long value) {
            dead = value;
            return this;
        }

        Case inFlight(long value, double oldestSeconds) {
            inFlight = value;
            oldest = oldestSeconds;
            return this;
        }

        Case idleSince(String value) {
            idleSince = value;
            return this;
        }

        Case unaccounted(long value) {
            unaccounted = value;
            return this;
        }

        Case bottleneck(String value) {
            bottleneck = value;
            return this;
        }

        Case canary(String value) {
            canary = value;
            return this;
        }
    }
}
