/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.vitals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

import org.apache.camel.health.HealthCheck;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;

// the process has one state: what it has got over before, and last what it does not
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class VitalsTest {
    private static final List<OutOfMemoryError> ENDED = new ArrayList<>();
    private static Thread.UncaughtExceptionHandler before;

    @BeforeAll
    static void watch() {
        before = Thread.getDefaultUncaughtExceptionHandler();
        Vitals.watch(ENDED::add);
    }

    @BeforeEach
    void forget() {
        ENDED.clear();
    }

    @AfterAll
    static void stopWatching() {
        Vitals.watch(error -> {});
        Vitals.forget();
        Thread.setDefaultUncaughtExceptionHandler(before);
    }

    @Test
    @Order(1)
    void anErrorThatSaysThatMemoryHasRunOutEndsTheProcess() {
        Vitals.look(new IOException(new IllegalStateException(new OutOfMemoryError("Java heap space"))));
        assertThat(ENDED).singleElement().satisfies(error -> assertThat(error).hasMessage("Java heap space"));
    }

    @Test
    @Order(1)
    void soDoesOneThatOnlyTheLogIsToldOf() {
        LoggerFactory.getLogger("of.a.library").warn("A task failed", new OutOfMemoryError("Java heap space"));
        assertThat(ENDED).hasSize(1);
    }

    @Test
    @Order(1)
    void otherErrorsDoNot() {
        Vitals.look(null);
        Vitals.look(new LinkageError());
        LoggerFactory.getLogger("of.a.library").warn("A task failed", new IOException("no memory left on device"));
        assertThat(ENDED).isEmpty();
    }

    @Test
    @Order(1)
    void aThreadOfALibraryMayEndByAnException() throws InterruptedException {
        end("http-client", new IllegalStateException("closed"));
        assertThat(state()).isEqualTo(HealthCheck.State.UP);
        assertThat(ENDED).isEmpty();
    }

    @Test
    @Order(2)
    void aThreadThatAnErrorHasEndedTurnsLivenessDown() throws InterruptedException {
        end("MQTT Rec: msgstore", new NoClassDefFoundError("io/msgstore/Lost"));
        assertThat(state()).isEqualTo(HealthCheck.State.DOWN);
        assertThat(new ProcessHealth().call().getMessage()).hasValueSatisfying(message -> assertThat(message)
                .contains("MQTT Rec: msgstore", "io/msgstore/Lost", "restart msgstore"));
        assertThat(new ProcessHealth().isLiveness()).isTrue();
        assertThat(new ProcessHealth().isReadiness()).isFalse();
    }

    @Test
    @Order(3)
    void aWorkerMayEndByNothing() throws InterruptedException {
        end("Camel (msgstore) thread #7 - queue://messages", new IllegalStateException("unexpected"));
        assertThat(new ProcessHealth().call().getMessage())
                .hasValueSatisfying(message -> assertThat(message).contains("queue://messages", "unexpected"));
    }

    private static HealthCheck.State state() {
        return new ProcessHealth().call().getState();
    }

    private static void end(String name, Throwable error) throws InterruptedException {
        Thread thread = new Thread(() -> VitalsTest.<RuntimeException>raise(error), name);
        thread.start();
        thread.join();
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void raise(Throwable error) throws E {
        throw (E) error;
    }
}
