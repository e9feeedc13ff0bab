/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/** Asks msgstore once a second whether its accounts add up, for as long as it answers. */
final class Sampler implements AutoCloseable {
    private static final long PERIOD_MS = 1000;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Scene scene;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "sampler");
        thread.setDaemon(true);
        return thread;
    });
    private volatile long samples;
    private volatile long unbalanced;

    Sampler(Scene scene) {
        this.scene = scene;
        timer.scheduleAtFixedRate(this::sample, 0, PERIOD_MS, TimeUnit.MILLISECONDS);
    }

    long samples() {
        return samples;
    }

    long unbalanced() {
        return unbalanced;
    }

    private void sample() {
        try {
            HttpResponse<String> answer = scene.msgstore().get("/api/v1/accounts");
            if (answer.statusCode() == 200) {
                JsonNode accounts = JSON.readTree(answer.body());
                samples++;
                // "balanced" adds up what is shown, "unaccounted" is what msgstore itself keeps
                if (!accounts.path("balanced").asBoolean()
                        || accounts.path("unaccounted").asLong(-1) != 0) {
                    unbalanced++;
                }
            }
        } catch (UncheckedIOException | IOException e) {
            // killed, stopped or frozen: the next one
        } catch (RuntimeException e) {
            // the timer would end in silence
            unbalanced++;
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
