/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.util.Map;
import java.util.Set;

/**
 * A load, a broker and a database to measure with. A new one is msgstore alone, as fast as it goes, with 400,000 messages of
 * 500 devices and a broker window of 1,000.
 */
final class Scenario {
    /** What is measured. */
    enum Kind {
        /** From the broker to the visible row. */
        WAY,
        /** From {@code direct:enqueue} to {@code direct:dispatch}. */
        HOP,
        /** From Kafka to the visible row: all messages wait there before the contender starts. */
        BACKLOG
    }

    private final String name;
    private final String about;
    private Kind kind = Kind.WAY;
    private int messages = 400_000;
    // as many as the JVM's compiler wants to see of so much code
    private int warmUp = 1_000_000;
    private int rate;
    private boolean latencies;
    private int devices = 500;
    private int padding;
    private int window = 1000;
    private long rowsBefore;
    private int statementMillis;
    private int badEvery;
    private Map<String, String> settings = Map.of();
    private Set<String> contenders = Set.of(Contenders.MSGSTORE);

    /**
     * @param name short, for the command line and the files
     * @param about one line for the report
     */
    Scenario(String name, String about) {
        this.name = name;
        this.about = about;
    }

    /** Something else than the way from the broker to the row. */
    Scenario of(Kind value) {
        kind = value;
        return this;
    }

    /** So many messages a second for so long. */
    Scenario steady(int perSecond, int seconds) {
        rate = perSecond;
        messages = perSecond * seconds;
        return measuringLatencies();
    }

    /** Latencies are measured, too; with a queue that fills up they say nothing. */
    Scenario measuringLatencies() {
        latencies = true;
        return this;
    }

    Scenario messages(int value) {
        messages = value;
        return this;
    }

    /** Number of messages before the measured ones, as fast as it goes. */
    Scenario warmUp(int value) {
        warmUp = value;
        return this;
    }

    /** Number of devices that take turns. */
    Scenario devices(int value) {
        devices = value;
        return this;
    }

    /** Bytes added to each message of about 170. */
    Scenario padding(int bytes) {
        padding = bytes;
        return this;
    }

    /** Messages that the broker has in flight to a client; 0 for the broker's default. */
    Scenario window(int value) {
        window = value;
        return this;
    }

    /** Rows that are in the table beforehand. */
    Scenario rowsBefore(long value) {
        rowsBefore = value;
        return this;
    }

    /** Each statement of the measured load takes so much longer. */
    Scenario slowDatabase(int millis) {
        statementMillis = millis;
        return this;
    }

    /** Every n-th message of the measured load can't be stored; when the others are visible is not measured. */
    Scenario badEvery(int n) {
        badEvery = n;
        latencies = false;
        return this;
    }

    /** A configuration key of msgstore and its value, and so on. */
    Scenario settings(Map<String, String> values) {
        settings = values;
        return this;
    }

    /** Names of those that take part. */
    Scenario among(String... names) {
        contenders = Set.of(names);
        return this;
    }

    /** With a share of the messages. */
    Scenario scaled(double share) {
        messages = (int) Math.ceil(messages * share);
        warmUp = (int) (warmUp * share);
        return this;
    }

    String name() {
        return name;
    }

    String about() {
        return about;
    }

    Kind kind() {
        return kind;
    }

    int messages() {
        return messages;
    }

    int warmUp() {
        return warmUp;
    }

    /** Messages a second; 0 for as fast as it goes. */
    int rate() {
        return rate;
    }

    boolean latencies() {
        return latencies;
    }

    int devices() {
        return devices;
    }

    int padding() {
        return padding;
    }

    int window() {
        return window;
    }

    long rowsBefore() {
        return rowsBefore;
    }

    int statementMillis() {
        return statementMillis;
    }

    int badEvery() {
        return badEvery;
    }

    Map<String, String> settings() {
        return settings;
    }

    Set<String> contenders() {
        return contenders;
    }
}
