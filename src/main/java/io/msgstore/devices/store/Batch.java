/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.store;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

import org.apache.camel.Exchange;
import org.apache.camel.spi.Synchronization;

import io.msgstore.devices.envelope.EnvelopeReader;
import io.msgstore.devices.envelope.JsonBody;
import io.msgstore.platform.accounting.Completions;
import io.msgstore.platform.accounting.Ticket;

/**
 * Messages that go to the database in one statement, together with their acknowledgements.
 *
 * <p>A message belongs to one batch at a time. {@link #getHalves()}, {@link #getSingles()}, {@link #takeOut} and {@link #only()} move messages out, so that only the
 * batch that finally settles a message acknowledges it.
 */
public final class Batch implements Synchronization {

    private static final String SEPARATOR = "\u001e";

    private final String name;
    private List<Entry> entries;
    /** Of JSON. */
    long bytes;
    /** That of the message which opened the batch: the trace that its write is shown in; may be null. */
    String span;

    /**
     * One message of a batch.
     *
     * @param body the message's body when it joined
     * @param json its JSON, UTF-8
     * @param event its event, or null
     * @param ticket its place in the accounts, or null
     * @param deadLetterKey the key of the dead letter that it is a replay of, or would become, as an object whose text it is;
     *     or null
     * @param completions what to run when it is settled: its acknowledgement and its ticket. They get the exchange of the
     *     batch, since that of the message is not kept
     */
    public record Entry(
            Object body,
            byte[] json,
            String event,
            Ticket ticket,
            Object deadLetterKey,
            List<Synchronization> completions) {}

    /** @param name the {@code batch:} endpoint that the batch belongs to */
    public Batch(String name) {
        this(name, new ArrayList<>());
    }

    private Batch(String name, List<Entry> entries) {
        this.name = name;
        this.entries = entries;
        for (Entry entry : entries) {
            bytes += entry.json.length;
        }
    }

    /** The trace id of the message, where it is alone; null otherwise. */
    String traceId() {
        return entries.size() == 1 && entries.get(0).body instanceof JsonBody only ? only.traceId() : null;
    }

    void add(Entry entry) {
        entries.add(entry);
        bytes += entry.json.length;
    }

    /** The {@code batch:} endpoint that the batch belongs to. */
    public String getName() {
        return name;
    }

    /** Number of messages. */
    public int getSize() {
        return entries.size();
    }

    /** The messages, in the order in which they came. */
    public List<Entry> entries() {
        return entries;
    }

    /** Two batches with half of the messages each; this one is empty afterwards. */
    public List<Batch> getHalves() {
        List<Entry> all = moveOut();
        int middle = all.size() / 2;
        return List.of(
                new Batch(name, new ArrayList<>(all.subList(0, middle))),
                new Batch(name, new ArrayList<>(all.subList(middle, all.size()))));
    }

    /** The messages one by one, each in a batch of its own; this one is empty afterwards. */
    public List<Batch> getSingles() {
        return moveOut().stream()
                .map(entry -> new Batch(name, new ArrayList<>(List.of(entry))))
                .toList();
    }

    /** The messages at these places, from 0 and ascending, each in a batch of its own; this one keeps the others. */
    public List<Batch> takeOut(List<Integer> places) {
        List<Batch> taken = new ArrayList<>();
        List<Entry> kept = new ArrayList<>(moveOut());
        for (int i = places.size() - 1; i >= 0; i--) {
            taken.add(0, new Batch(name, new ArrayList<>(List.of(kept.remove((int) places.get(i))))));
        }
        kept.forEach(this::add);
        return taken;
    }

    /** The single message of this batch, which is empty afterwards. */
    public Entry only() {
        if (entries.size() != 1) {
            throw new IllegalStateException("the batch holds " + entries.size() + " messages");
        }
        return moveOut().get(0);
    }

    private List<Entry> moveOut() {
        List<Entry> all = entries;
        entries = new ArrayList<>();
        bytes = 0;
        return all;
    }

    /** All messages as one JSON array. */
    public String json() {
        return join("[", ",", "]", Batch::writeWhole);
    }

    /** The payloads of all messages as one JSON array, without their envelopes. */
    public String payloads() {
        return join("[", ",", "]", Batch::writePayload);
    }

    /** All messages, a line each; the first begins on a new line too, in case the one before it in a file was cut off. */
    public String lines() {
        return join("\n", "\n", "\n", Batch::writeWhole);
    }

    /** As {@link #json}, with a character between them that JSON does not have, and no brackets. */
    public String elements() {
        return join("", SEPARATOR, "", Batch::writeWhole);
    }

    /** As {@link #payloads}, with a character between them that JSON does not have, and no brackets. */
    public String payloadElements() {
        return join("", SEPARATOR, "", Batch::writePayload);
    }

    private static void writeWhole(Entry entry, ByteArrayOutputStream out) {
        out.writeBytes(entry.json);
    }

    private static void writePayload(Entry entry, ByteArrayOutputStream out) {
        if (entry.body instanceof JsonBody own) {
            own.writePayload(out);
        } else {
            EnvelopeReader.writePayload(entry.json, out);
        }
    }

    private String join(String before, String between, String after, BiConsumer<Entry, ByteArrayOutputStream> writer) {
        byte[] separator = between.getBytes(StandardCharsets.US_ASCII);
        ByteArrayOutputStream out = new ByteArrayOutputStream((int) bytes + entries.size() + 2);
        out.writeBytes(before.getBytes(StandardCharsets.US_ASCII));
        boolean first = true;
        for (Entry entry : entries) {
            if (!first) {
                out.writeBytes(separator);
            }
            writer.accept(entry, out);
            first = false;
        }
        out.writeBytes(after.getBytes(StandardCharsets.US_ASCII));
        return out.toString(StandardCharsets.UTF_8);
    }

    /** Acknowledges the messages that are still in this batch. */
    @Override
    public void onComplete(Exchange exchange) {
        finish(exchange, true);
    }

    /** Leaves the messages that are still in this batch unacknowledged. */
    @Override
    public void onFailure(Exchange exchange) {
        finish(exchange, false);
    }

    private void finish(Exchange exchange, boolean committed) {
        for (Entry entry : moveOut()) {
            Completions.run(entry.completions, exchange, committed);
        }
    }

    @Override
    public String toString() {
        return "batch " + name + " of " + entries.size();
    }
}
