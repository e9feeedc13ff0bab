/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.io.PrintStream;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;

import io.msgstore.devices.failure.ReplayRun;
import io.msgstore.platform.config.Secrets;
import io.msgstore.platform.config.UserError;
import io.msgstore.platform.database.SqlFailure;

/**
 * {@code --replay-dead-letters}: sends every open dead letter through the queue once more.
 *
 * @param stop ends the replay early
 * @param out where it says how far it is
 */
record ReplayDeadLetters(CamelContext context, CountDownLatch stop, PrintStream out) {
    private static final long RETRY_SECONDS = 2;

    /**
     * Prints a line a second, and one at the end. A database that goes away meanwhile is waited for.
     *
     * @return whether none failed again and none is left
     */
    boolean run() throws InterruptedException {
        ProducerTemplate template = context.createProducerTemplate();
        ReplayRun run = new ReplayRun(Map.of(), ReplayRun.WITHOUT_END_MS);
        while (true) {
            CompletableFuture<Object> replay = template.asyncRequestBody("direct:replay-dead-letters", run);
            try {
                Map<?, ?> result = (Map<?, ?>) await(replay, run);
                if (result == null) {
                    return true;
                }
                out.println("replayed %d, failed again %d, left %s"
                        .formatted(run.replayed(), run.failedAgain(), result.get("remaining")));
                return run.failedAgain() == 0 && ((Number) result.get("remaining")).longValue() == 0;
            } catch (ExecutionException e) {
                if (!SqlFailure.isSql(e)) {
                    throw new UserError("replay failed: " + Secrets.mask(SqlFailure.message(e.getCause())), e);
                }
                out.println("waiting for the database: " + Secrets.mask(SqlFailure.message(e)));
                if (stop.await(RETRY_SECONDS, TimeUnit.SECONDS)) {
                    return true;
                }
            }
        }
    }

    private Object await(CompletableFuture<Object> replay, ReplayRun run)
            throws InterruptedException, ExecutionException {
        while (stop.getCount() > 0) {
            try {
                return replay.get(1, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                out.println("replayed %d, failed again %d".formatted(run.replayed(), run.failedAgain()));
            }
        }
        return null;
    }
}
