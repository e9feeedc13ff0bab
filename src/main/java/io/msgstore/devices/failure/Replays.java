/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import org.apache.camel.Exchange;
import org.apache.camel.Message;

import io.msgstore.platform.api.Answer;
import io.msgstore.platform.api.Conflict;
import io.msgstore.platform.api.NotFound;
import io.msgstore.platform.database.SqlFailure;
import io.msgstore.platform.vitals.Vitals;

/** What {@code routes/api/replays.camel.yaml} needs from Java: replays that go on while nobody waits, one at a time, and the last ones. */
public final class Replays {
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

    /**
     * How far a replay is.
     *
     * @param state {@code running}, {@code done}, {@code stopped} or {@code failed}
     * @param total dead letters that it began with
     * @param replayed stored now, or before
     * @param failedAgain still bad, and open
     * @param inFlight not settled in time, or under way in another replay
     * @param error what ended it; null unless it failed
     */
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

    /** Makes a run of the parameters in the body, which becomes the body; the header {@code total} says of how many. */
    public synchronized void begin(Exchange exchange) {
        Job running = jobs.peekFirst();
        if (running != null && running.endedAt == null) {
            throw new Conflict("A replay is under way: see /api/v1/replays/" + running.id);
        }
        Message message = exchange.getMessage();
        Map<?, ?> parameters = message.getBody(Map.class);
        long limit = ((Number) parameters.get("limit")).longValue();
        lastId++;
        Job job = new Job(
                lastId,
                new ReplayRun(parameters, ReplayRun.WITHOUT_END_MS),
                Math.min(limit, message.getHeader("total", Long.class)));
        jobs.addFirst(job);
        if (jobs.size() > REMEMBERED) {
            jobs.removeLast();
        }
        exchange.setVariable(JOB, job);
        message.setBody(job.run);
    }

    /** Makes what there is to say of the replay that was begun the body. */
    public synchronized void begun(Exchange exchange) {
        exchange.getMessage().setBody(view(exchange.getVariable(JOB, Job.class)));
    }

    /** Says with the answer where to ask how far it is. */
    public void accepted(Exchange exchange) {
        Message message = exchange.getMessage();
        message.setHeader(Exchange.HTTP_RESPONSE_CODE, 202);
        message.setHeader("Location", "/api/v1/replays/" + exchange.getVariable(JOB, Job.class).id);
    }

    /** Notes what went wrong. */
    public synchronized void failed(Exchange exchange) {
        Exception error = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        Vitals.look(error);
        exchange.getVariable(JOB, Job.class).error = SqlFailure.isDatabaseAway(error)
                ? "The database did not answer. It is safe to replay again."
                : "Something went wrong; the log says more.";
    }

    /** Notes that the replay has ended. */
    public synchronized void end(Exchange exchange) {
        Job job = exchange.getVariable(JOB, Job.class);
        if (job.error == null && !job.stopped && job.run.inFlight() > 0) {
            job.error =
                    "Some were not settled: the queue was full, or another replay has them. It is safe to replay again.";
        }
        job.endedAt = Instant.now();
    }

    /** Makes the replay whose id the body holds the body. */
    public synchronized void get(Exchange exchange) {
        exchange.getMessage().setBody(view(job(exchange)));
    }

    /** The same, and ends it after the messages that are on their way. */
    public synchronized void stop(Exchange exchange) {
        Job job = job(exchange);
        if (job.endedAt == null) {
            job.stopped = true;
            job.run.cancel();
        }
        get(exchange);
    }

    /** Makes the last ones the body, newest first. */
    public synchronized void list(Exchange exchange) {
        Answer.requireNoParameters(exchange);
        List<View> views = jobs.stream().map(Replays::view).toList();
        exchange.getMessage().setBody(Map.of("items", views));
    }

    private Job job(Exchange exchange) {
        Object id = exchange.getMessage().getBody(Map.class).get("id");
        return jobs.stream()
                .filter(job -> id.equals(job.id))
                .findFirst()
                .orElseThrow(() -> new NotFound("There is no such replay; the last " + REMEMBERED + " are known."));
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
