/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What tests rely on where msgstore runs in their JVM. */
class InThisJvmIT {
    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void theOutputOfEachIsItsOwnAlsoWhereTwoRun() {
        try (MsgstoreProcess one = named("one").startAndAwaitReady();
                MsgstoreProcess two = named("two").startAndAwaitReady()) {
            assertThat(one.terminate()).isZero();
            one.close();
            assertThat(one.output())
                    .contains("'one': connected", "Stopped after")
                    .doesNotContain("'two'");
            assertThat(two.output()).contains("'two': connected").doesNotContain("Stopped", "'one'");
        }
        assertThat(SERVERS.folder().resolve("output-1.log")).content().contains("Stopped after");
        assertThat(SERVERS.folder().resolve("output-2.log")).content().contains("Stopped after");
    }

    @Test
    void aStopDuringTheStartLeavesNothingBehind() {
        for (int i = 0; i < 3; i++) {
            try (MsgstoreProcess msgstore = SERVERS.msgstore().start()) {
                assertThat(msgstore.terminate()).isZero();
                assertThat(msgstore.isAlive()).isFalse();
            }
        }
    }

    @Test
    void aWrongSettingEndsItAsItEndsAProcess() {
        try (MsgstoreProcess msgstore =
                SERVERS.msgstore().set("msgstore.workers", "many").start()) {
            assertThat(msgstore.awaitExit()).isOne();
            assertThat(msgstore.output()).startsWith("msgstore: bad configuration\n  msgstore.workers=many ");
        }
    }

    @Test
    void aCommandEndsWithTheExitCodeThatItsProcessWouldHave() {
        try (MsgstoreProcess good = SERVERS.msgstore().arguments("--check").start();
                MsgstoreProcess bad = SERVERS.msgstore()
                        .set("msgstore.mqtt.url", "tcp://127.0.0.1:1")
                        .arguments("--check")
                        .start()) {
            assertThatThrownBy(good::pid).isInstanceOf(UnsupportedOperationException.class);
            assertThat(good.awaitExit()).as(good.output()).isZero();
            assertThat(bad.awaitExit()).isOne();
            assertThat(good.output()).containsPattern("ok +broker");
            assertThat(bad.output()).containsPattern("FAILED +broker");
        }
    }

    @Test
    void whatNeedsAProcessIsOne() {
        try (MsgstoreProcess here = SERVERS.msgstore().start()) {
            assertThatThrownBy(here::pid).isInstanceOf(UnsupportedOperationException.class);
            assertThatThrownBy(here::kill9).isInstanceOf(UnsupportedOperationException.class);
        }
        try (MsgstoreProcess process = SERVERS.msgstore().asProcess().start()) {
            assertThat(process.pid()).isNotEqualTo(ProcessHandle.current().pid());
        }
        try (MsgstoreProcess version = SERVERS.msgstore().arguments("--version").start()) {
            assertThat(version.pid()).isNotEqualTo(ProcessHandle.current().pid());
            assertThat(version.awaitExit()).isZero();
        }
    }

    private static MsgstoreProcess.Builder named(String clientId) {
        return SERVERS.msgstore().set("msgstore.mqtt.client-id", clientId);
    }
}
