/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.msgstore.support.LogLines;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

class SupervisorThreadTest {
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final SupervisorThread thread = new SupervisorThread(executor, "msgstore", failures::add);

    @AfterEach
    void stop() {
        executor.shutdownNow();
    }

    @Test
    void aTaskThatThrowsIsLoggedAndReportedAndTheNextOneRuns() throws Exception {
        IllegalStateException fault = new IllegalStateException("a fault");
        try (LogLines log = new LogLines(MqttConnection.class.getName())) {
            thread.execute(() -> {
                throw fault;
            });
            awaitTasks();
            assertThat(log.text()).containsExactly("ERROR MQTT client 'msgstore': unexpected error");
        }
        assertThat(failures).containsExactly(fault);
    }

    @Test
    void aLaterTaskThatThrowsIsReportedToo() throws Exception {
        CompletableFuture<Void> ran = new CompletableFuture<>();
        thread.execute(() -> thread.new Timer()
                .set(
                        () -> {
                            ran.complete(null);
                            throw new IllegalStateException("a fault");
                        },
                        1));
        ran.get(10, SECONDS);
        awaitTasks();
        assertThat(failures).hasSize(1);
    }

    @Test
    void saysThatNothingRunsWhenItIsStopped() {
        executor.shutdownNow();
        assertThat(thread.execute(() -> failures.add(new IllegalStateException("it ran"))))
                .isFalse();
        assertThat(failures).isEmpty();
    }

    @Test
    void saysThatNothingRunsWhenAPoolOfCamelIsStopped() throws IOException {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            ScheduledExecutorService pool =
                    context.getExecutorServiceManager().newSingleThreadScheduledExecutor(this, "MqttSupervisor");
            context.getExecutorServiceManager().shutdownNow(pool);
            SupervisorThread stopped = new SupervisorThread(pool, "msgstore", failures::add);
            assertThat(stopped.execute(() -> failures.add(new IllegalStateException("it ran"))))
                    .isFalse();
            assertThat(failures).isEmpty();
        }
    }

    @Test
    void aTaskThatIsCancelledDoesNotRun() throws Exception {
        List<String> ran = new CopyOnWriteArrayList<>();
        thread.execute(() -> {
            SupervisorThread.Timer timer = thread.new Timer();
            timer.cancel();
            timer.set(() -> ran.add("first"), 1);
            timer.set(() -> ran.add("second"), 1);
            timer.cancel();
            timer.cancel();
        });
        awaitTasks();
        CompletableFuture<Void> later = new CompletableFuture<>();
        thread.execute(() -> thread.new Timer().set(() -> later.complete(null), 20));
        later.get(10, SECONDS);
        assertThat(ran).as("only the last one was cancelled").containsExactly("first");
    }

    private void awaitTasks() throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        assertThat(thread.execute(() -> done.complete(null))).isTrue();
        done.get(10, SECONDS);
    }
}
