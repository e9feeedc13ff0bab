/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.faults;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

import io.msgstore.support.OneTry;
import io.msgstore.support.TestBroker;
import io.msgstore.support.TestPostgres;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is lost and what is stored twice under each fault, and how long until the flow is normal again: the table of
 * docs/reliability.md.
 *
 * <p>A short form of it belongs to every build; {@code mvn verify -Pfaults} runs all faults five times. System properties:
 * {@code faults} (a regular expression that a fault's name matches; {@code brief} for the short form), {@code
 * faults.runs}, {@code faults.seconds} (length of the faults that have one), {@code faults.rate} (messages per second,
 * in place of each fault's own), {@code faults.seed} (of what happens by chance).
 */
@OneTry
class FaultsIT {
    private static final String CHOSEN = System.getProperty("faults", "brief");
    private static final boolean BRIEF = CHOSEN.equals("brief");
    private static final int RUNS = Integer.getInteger("faults.runs", 1);
    private static final int SECONDS = Integer.getInteger("faults.seconds", 3);
    // other tests run beside the short form, and leave it little of the machine
    private static final int BRIEF_RATE = 500;
    private static final long SEED = Long.getLong("faults.seed", System.nanoTime());
    private static final Report REPORT = new Report();

    private static TestBroker broker;
    private static TestPostgres postgres;

    @BeforeAll
    static void start() {
        System.out.println("faults.seed=" + SEED);
        broker = TestBroker.running();
        postgres = TestPostgres.running();
    }

    @AfterAll
    static void stop() throws IOException {
        broker.close();
        postgres.close();
        REPORT.write(Path.of("target", "faults"));
    }

    @TestFactory
    Stream<DynamicTest> nothingIsLostAndNothingStoredTwice() {
        Random random = new Random(SEED);
        List<Fault> chosen = Stream.concat(Faults.all().stream(), QueueFaults.all().stream())
                .filter(fault -> BRIEF ? fault.brief() : fault.name().matches(CHOSEN))
                .toList();
        assertThat(chosen).as("faults that match %s", CHOSEN).isNotEmpty();
        return chosen.stream().flatMap(fault -> IntStream.rangeClosed(1, RUNS)
                .mapToObj(run -> DynamicTest.dynamicTest(
                        fault.name() + " " + run, () -> run(fault, new Random(random.nextLong())))));
    }

    private static void run(Fault fault, Random random) throws Exception {
        try (Scene scene = new Scene(broker, postgres, "faults-" + System.nanoTime(), SECONDS, random)) {
            try {
                Run run = Run.of(fault, scene, Integer.getInteger("faults.rate", BRIEF ? BRIEF_RATE : fault.rate()));
                REPORT.add(fault, run);
                System.out.printf("%s: %s%n", fault.name(), run);
                check(fault, scene, run);
            } catch (Exception | Error e) {
                System.err.println(fault.name() + ", output of msgstore:\n" + scene.outputs());
                System.err.println(scene.state());
                throw e;
            }
        }
    }

    private static void check(Fault fault, Scene scene, Run run) {
        assertThat(run.samples()).as("samples").isPositive();
        assertThat(run.unbalanced())
                .as("samples in which the accounts did not add up")
                .isZero();
        assertThat(run.reckoning().twice()).as("stored twice").isZero();
        assertThat(run.reckoning().lastWrong()).as("wrong last positions").isZero();
        if (fault.forgets() == null || scene.mayBeLost() > 0) {
            assertThat(run.reckoning().lost())
                    .as("lost, such as %s", run.reckoning().firstLost())
                    .isLessThanOrEqualTo(scene.mayBeLost());
        }
        assertThat(run.recoverySeconds())
                .as("seconds until the flow was normal, %s", fault.name())
                .isFinite();
    }
}
