/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.support.SynchronizationAdapter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.msgstore.platform.api.Answer;
import io.msgstore.platform.api.Refused;
import io.msgstore.platform.database.SqlFailure;
import io.msgstore.platform.vitals.Vitals;

/** What {@code routes/api/replays.camel.yaml} needs from Java: replays that go on while nobody waits, one at a time, and the last ones. */
public final class Replays {
    private static final Logger LOG = LoggerFactory.getLogger(Replays.class);
    private static final String JOB = "job";
    private static final int REMEMBERED = 20;

    private final Deque<Job> jobs = new ArrayDeque<>();
    private long lastId;

    private static final class Job {
        private final long id;
        private final ReplayRun run;
        private final long total;
        private final Instant startedAt = Instant.now();
        private Instant endedAt;
        private boolean stopped;
        private String error;

        Job(long id, ReplayRun run, long total) {
            this.id = id;
            this.run = run;
            this.total = total;
        }
    }

    /** How far a replay is; {@code openapi.json} says what each field is. */
    @JsonNaming(SnakeCaseStrategy.class)
    public record View(
            long id,
            String state,
            long total,
            long replayed,
            long failedAgain,
            long inFlight,
            String startedAt,
            String endedAt,
            String error) {}

    /** Makes a run of the parameters in the body, which becomes the body; the variable {@code total} says of how many. */
    public synchronized void begin(Exchange exchange) {
        Job running = jobs.peekFirst();
        if (running != null && running.endedAt == null) {
            throw new Refused(409, "A replay is under way: see /api/v1/replays/" + running.id);
        }
        Message message = exchange.getMessage();
        Map<?, ?> parameters = message.getBody(Map.class);
        long limit = ((Number) parameters.get("limit")).longValue();
        lastId++;
        Job job = new Job(
                lastId,
                new ReplayRun(parameters, ReplayRun.WITHOUT_END_MS),
                Math.min(limit, exchange.getVariable("total", Long.class)));
        jobs.addFirst(job);
        if (jobs.size() > REMEMBERED) {
            jobs.removeLast();
        }
        exchange.setVariable(JOB, job);
        message.setBody(job.run);
    }

    /** Answers with what there is to say of the replay that was begun, and where to ask how far it is. */
    public synchronized void begun(Exchange exchange) {
        Job job = exchange.getVariable(JOB, Job.class);
        Message message = exchange.getMessage();
        Answer.json(message, view(job));
        message.setHeader(Exchange.HTTP_RESPONSE_CODE, 202);
        message.setHeader("Location", "/api/v1/replays/" + job.id);
    }

    /** Sees to it that the end of the replay is noted when the exchange completes, which goes on with it. */
    public void note(Exchange exchange) {
        Job job = exchange.getVariable(JOB, Job.class);
        exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
            @Override
            public void onDone(Exchange done) {
                end(job, done.getException());
            }
        });
    }

    private synchronized void end(Job job, Exception error) {
        if (error != null) {
            LOG.warn("Replay of dead letters not finished: {}", error.getMessage());
            Vitals.look(error);
            job.error = SqlFailure.isDatabaseAway(error)
                    ? "The database did not answer. It is safe to replay again."
                    : "Something went wrong; the log says more.";
        }
        if (job.error == null && !job.stopped && job.run.inFlight() > 0) {
            job.error =
                    "Some were not settled: the queue was full, or another replay has them. It is safe to replay again.";
        }
        job.endedAt = Instant.now();
    }

    /** Answers with the replay whose id is in the path. */
    public synchronized void get(Exchange exchange) {
        Answer.json(exchange.getMessage(), view(job(exchange)));
    }

    /** The same, and ends it after the messages that are on their way. */
    public synchronized void stop(Exchange exchange) {
        Job job = job(exchange);
        if (job.endedAt == null) {
            job.stopped = true;
            job.run.cancel();
        }
        Answer.json(exchange.getMessage(), view(job));
    }

    /** Answers with the last ones, newest first. */
    public synchronized void list(Exchange exchange) {
        Answer.requireNoParameters(exchange);
        Answer.json(
                exchange.getMessage(),
                Map.of("items", jobs.stream().map(Replays::view).toList()));
    }

    private Job job(Exchange exchange) {
        long id = DeadLetterQuery.onlyId(exchange);
        return jobs.stream()
                .filter(job -> job.id == id)
                .findFirst()
                .orElseThrow(() -> new Refused(404, "There is no such replay; the last " + REMEMBERED + " are known."));
    }

    private static View view(Job job) {
        return new View(
                job.id,
                job.endedAt == null ? "running" : job.error != null ? "failed" : job.stopped ? "stopped" : "done",
                job.total,
                job.run.stored(),
                job.run.failedAgain(),
                job.run.inFlight(),
                time(job.startedAt),
                time(job.endedAt),
                job.error);
    }

    private static String time(Instant instant) {
        return instant == null ? null : instant.truncatedTo(ChronoUnit.MILLIS).toString();
    }
}
