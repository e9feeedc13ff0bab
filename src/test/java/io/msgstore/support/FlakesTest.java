/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

class FlakesTest {
    @TempDir
    Path reports;

    @Test
    void listsWhatPassedOnlyWhenItWasTriedAgain() throws Exception {
        // as the failsafe plugin writes it
        Files.writeString(reports.resolve("TEST-io.msgstore.SomeIT.xml"), """
                <?xml version="1.0" encoding="UTF-8"?>
                <testsuite name="io.msgstore.SomeIT" time="4.1" tests="3" errors="0" skipped="0" failures="1">
                  <testcase name="passes" classname="io.msgstore.SomeIT" time="0.1"/>
                  <testcase name="passesLater" classname="io.msgstore.SomeIT" time="0.1">
                    <flakyFailure message="expected: 2&#10; but was: 1" type="org.opentest4j.AssertionFailedError">
                      <stackTrace><![CDATA[…]]></stackTrace>
                    </flakyFailure>
                    <flakyError type="java.lang.IllegalStateException">
                      <stackTrace><![CDATA[…]]></stackTrace>
                    </flakyError>
                  </testcase>
                  <testcase name="fails" classname="io.msgstore.SomeIT" time="0.1">
                    <failure message="no" type="org.opentest4j.AssertionFailedError"/>
                    <rerunFailure message="no" type="org.opentest4j.AssertionFailedError"/>
                  </testcase>
                </testsuite>
                """);
        Files.writeString(reports.resolve("failsafe-summary.xml"), "no report of a class");
        assertThat(Flakes.of(reports))
                .containsExactly(
                        "io.msgstore.SomeIT.passesLater: expected: 2 but was: 1",
                        "io.msgstore.SomeIT.passesLater: java.lang.IllegalStateException");
    }
}
