/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.status;

import java.util.Locale;

/**
 * How things are, in words.
 *
 * @param level {@code ok}, {@code warning} or {@code stuck}
 * @param text what is the matter; the page appends {@code since}
 * @param since since when, RFC 3339, UTC; null where that says nothing
 * @param consequence what it means for the messages; may be null
 * @param advice the last error, or what to look at; may be null
 */
public record Headline(String level, String text, String since, String consequence, String advice) {
    private static final double NOTHING_STORED_SECONDS = 10;
    private static final double ONE_WAITS_SECONDS = 60;

    /**
     * What it is made of.
     *
     * @param holds whether an outage of the database is waited for
     * @param acknowledgesOnCommit whether the broker keeps what is not stored
     * @param database how it is
     * @param connections to the broker that are wanted
     * @param connected those that are up
     * @param brokerSince when the last of them was lost, or made; RFC 3339, UTC
     * @param brokerProblem what is said about it
     * @param brokerKeeps whether the broker keeps what is published while no connection is up
     * @param shortfall what the broker does not grant that was asked for; null where it grants all
     * @param leftBroker whether a full queue has msgstore stay away from the broker
     * @param ratePerSecond messages received per second, lately
     * @param storedPerSecond messages stored per second in the last ten seconds
     * @param droppedLastMinute messages lost to a full queue
     * @param deadLastMinute messages that became dead letters
     * @param inFlight messages on the way
     * @param oldestSeconds age of the oldest of them
     * @param oldestSince when that was received, RFC 3339, UTC
     * @param idleSince when the last message was received, RFC 3339, UTC; null where none was
     * @param unaccounted messages whose fate nobody has stated
     * @param bottleneck what holds messages up; null when nothing does
     * @param queue what is wrong with the server of a durable queue; null when nothing is
     * @param degraded whether messages go another way because of it
     * @param canary what is wrong with the canary; null when nothing is
     */
    record Situation(
            boolean holds,
            boolean acknowledgesOnCommit,
            DatabaseWatch.State database,
            int connections,
            int connected,
            String brokerSince,
            String brokerProblem,
            boolean brokerKeeps,
            String shortfall,
            boolean leftBroker,
            double ratePerSecond,
            double storedPerSecond,
            long droppedLastMinute,
            long deadLastMinute,
            long inFlight,
            double oldestSeconds,
            String oldestSince,
            String idleSince,
            long unaccounted,
            String bottleneck,
            String queue,
            boolean degraded,
            String canary) {}

    /** The worst that there is to say. */
    static Headline of(Situation now) {
        switch (now.database.state()) {
            case DatabaseWatch.DOWN -> {
                return database(now, "the database does not answer");
            }
            case DatabaseWatch.REFUSES -> {
                return database(now, "the database does not take messages");
            }
            case DatabaseWatch.PREPARING -> {
                return warning(
                        "Starting: the tables are not ready",
                        now.database.since(),
                        "No message is taken from the broker yet, and it keeps them.",
                        null);
            }
            default -> {
                // it is well
            }
        }
        if (now.connected == 0 || now.connected < now.connections) {
            return broker(now);
        }
        if (now.droppedLastMinute > 0) {
            return stuck(
                    count(
                            "Messages are lost: the queue is full, and %,d were dropped in the last minute",
                            now.droppedLastMinute),
                    null,
                    waiting(now) + ".",
                    now.bottleneck != null
                            ? now.bottleneck
                            : "msgstore.enqueue-mode says what to do with a full queue.");
        }
        if (now.queue != null && !now.degraded) {
            String waiting = now.inFlight == 0 ? null : waiting(now) + ".";
            return stuck("Stuck: the queue does not answer", null, waiting, now.queue);
        }
        if (now.inFlight > 0 && now.storedPerSecond == 0 && now.oldestSeconds >= NOTHING_STORED_SECONDS) {
            return stuck(
                    "Stuck: nothing is stored",
                    now.oldestSince,
                    waiting(now) + (safe(now) ? ", nothing is lost." : "."),
                    now.bottleneck != null ? now.bottleneck : "Look for locks in the database.");
        }
        return flow(now);
    }

    private static Headline database(Situation now, String problem) {
        String consequence;
        if (!now.holds) {
            consequence =
                    "After some tries a message becomes a dead letter in a file, moved in when the database is back.";
        } else if (now.droppedLastMinute > 0) {
            consequence =
                    waiting(now) + count("; %,d were dropped in the last minute, and are lost.", now.droppedLastMinute);
        } else {
            consequence = waiting(now) + (safe(now) ? ", nothing is lost." : ".");
        }
        return stuck("Stuck: " + problem, now.database.since(), consequence, now.database.lastError());
    }

    private static Headline broker(Situation now) {
        String keeps = now.brokerKeeps
                ? "The broker keeps what is published meanwhile at QoS 1, as long as our session lasts."
                : "What is published meanwhile is lost: the broker does not keep it.";
        if (now.leftBroker) {
            return warning(
                    "Away from the broker until the queue is half empty",
                    now.brokerSince,
                    waiting(now) + ". " + keeps,
                    now.bottleneck);
        }
        if (now.connections == 0) {
            return stuck("Stuck: the intake is stopped", null, keeps, "Start the routes of the intake.");
        }
        if (now.connected == 0) {
            return stuck("Stuck: no connection to the broker", now.brokerSince, keeps, now.brokerProblem);
        }
        return warning(
                String.format("Only %d of %d connections to the broker are up", now.connected, now.connections),
                now.brokerSince,
                null,
                now.brokerProblem);
    }

    private static Headline flow(Situation now) {
        String flow = now.ratePerSecond > 0
                ? "Messages flow: " + perSecond(now.ratePerSecond)
                : now.idleSince == null ? "Ready: no message has come yet" : "Ready: no message comes";
        if (now.unaccounted != 0) {
            return warning(
                    flow + count(", but what became of %,d is not known", now.unaccounted),
                    null,
                    null,
                    "This is a bug: please report it.");
        }
        if (now.oldestSeconds >= ONE_WAITS_SECONDS) {
            return warning(
                    flow + ", but one waits to be stored",
                    now.oldestSince,
                    null,
                    "See msgstore_oldest_in_flight_seconds in docs/operations.md.");
        }
        if (now.degraded) {
            return warning(flow + ", but not through the queue", null, null, now.queue);
        }
        if (now.shortfall != null) {
            return warning(
                    flow + ", but the broker does not grant all that was asked for",
                    null,
                    sentence(now.shortfall),
                    "See \"What the broker grants\" in docs/operations.md.");
        }
        if (now.bottleneck != null) {
            return warning(flow + ", but they are held up", null, waiting(now) + ".", now.bottleneck);
        }
        if (now.canary != null) {
            return warning(flow + ", but the canary did not get through", null, null, now.canary);
        }
        if (now.deadLastMinute > 0) {
            return warning(
                    flow + count(", but %,d could not be stored in the last minute", now.deadLastMinute),
                    null,
                    "What can't be stored is set aside as a dead letter, and holds nothing up.",
                    null);
        }
        return new Headline("ok", flow, now.ratePerSecond > 0 ? null : now.idleSince, null, null);
    }

    private static Headline warning(String text, String since, String consequence, String advice) {
        return new Headline("warning", text, since, consequence, advice);
    }

    private static Headline stuck(String text, String since, String consequence, String advice) {
        return new Headline("stuck", text, since, consequence, advice);
    }

    private static String sentence(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1) + ".";
    }

    private static boolean safe(Situation now) {
        return now.acknowledgesOnCommit && now.brokerKeeps && now.droppedLastMinute == 0;
    }

    private static String waiting(Situation now) {
        return now.inFlight == 1 ? "1 message waits" : count("%,d messages wait", now.inFlight);
    }

    private static String count(String text, long number) {
        return String.format(Locale.ROOT, text, number);
    }

    private static String perSecond(double rate) {
        return String.format(Locale.ROOT, rate < 1 ? "%.2f/s" : rate < 10 ? "%.1f/s" : "%,.0f/s", rate);
    }
}
