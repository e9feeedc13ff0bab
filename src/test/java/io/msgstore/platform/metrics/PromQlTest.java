/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.metrics;

import java.util.List;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Over two scrapes, ten seconds apart. */
class PromQlTest {
    private static final Scrape BEFORE = Scrape.of("""
            done_total{kind="a"} 10
            done_total{kind="b"} 20
            restarted_total 50
            took_bucket{le="1.0"} 0
            took_bucket{le="10.0"} 0
            took_bucket{le="+Inf"} 0
            """, 100);

    private static final Scrape NOW = Scrape.of("""
            done_total{kind="a"} 30
            done_total{kind="b"} 20
            new_total 4
            restarted_total 7
            used 8
            room 10
            took_bucket{le="1.0"} 10
            took_bucket{le="10.0"} 20
            took_bucket{le="+Inf"} 20
            """, 110);

    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
            sum(rate(done_total[5m]))                      ; 2.0
            sum by (kind) (rate(done_total[5m]))           ; 2.0 0.0
            increase(done_total{kind="a"}[5m])             ; 20.0
            increase(restarted_total[5m])                  ; 7.0
            increase(new_total[5m])                        ;
            used / room > 0.5                              ; 0.8
            used / room > 0.9                              ;
            0.5 < used / room                              ; 0.8
            1 - used / room * 2                            ; -0.6
            done_total{kind!="a"}                          ; 20.0
            done_total{kind=~"a|b"} > 25                   ; 30.0
            done_total{kind!~"a.*"}                        ; 20.0
            up == 0 or absent(up)                          ;
            absent(nothing)                                ; 1.0
            used and on (job) room                         ; 8.0
            used unless room                               ;
            nothing or vector(0)                           ; 0.0
            max(done_total) - min(done_total)              ; 10.0
            histogram_quantile(0.75, sum by (le) (rate(took_bucket[5m])))  ; 5.5
            histogram_quantile(0.5, rate(took_bucket[5m])) ; 1.0
            """)
    void expressionsYieldWhatPromQlSays(String expression, String expected) {
        assertThat(values(expression)).isEqualTo(expected == null ? "" : expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rate(done_total)",
                "done_total[5m]",
                "sum(done_total",
                "done_total{kind=a}}",
                "deriv(done_total[5m])",
                "used +",
                "used room",
                "done_total / on (job) done_total"
            })
    void whatIsNotUnderstoodIsAnError(String expression) {
        assertThatThrownBy(() -> values(expression)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void everySeriesHasItsTarget() {
        assertThat(PromQl.evaluate("up", BEFORE, NOW)).singleElement().satisfies(up -> assertThat(up.labels())
                .containsEntry("job", "msgstore"));
        assertThat(PromQl.evaluate("up", BEFORE, Scrape.of("", 120)))
                .singleElement()
                .returns(0.0, Scrape.Sample::value);
    }

    private static String values(String expression) {
        List<Scrape.Sample> samples = PromQl.evaluate(expression, BEFORE, NOW);
        return samples.stream()
                .map(sample -> Double.toString(Math.round(sample.value() * 1000) / 1000.0))
                .collect(Collectors.joining(" "));
    }
}
