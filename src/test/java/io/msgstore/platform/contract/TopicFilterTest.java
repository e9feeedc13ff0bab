/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.contract;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class TopicFilterTest {
    @ParameterizedTest
    @CsvSource({
        "a/b a/#,                    a/#",
        "a/# a/b,                    a/#",
        "a/# a,                      a/#",
        "a a/#,                      a/#",
        "a a,                        a",
        "# $SYS/#,                   # $SYS/#",
        "+/b $SYS/b,                 +/b $SYS/b",
        "# a/+/c +,                  #",
        "a/+/c a/b/c,                a/+/c",
        "a/+/c a/b/+,                a/+/c a/b/+",
        "a/+ a/#,                    a/#",
        "a/+/# a,                    a/+/# a",
        "a/+/# a/+,                  a/+/#",
        "+/# #,                      #",
        "/# /a,                      /#",
        "+/+ /a a,                   +/+ a",
        "a/b/c/# a/b/+ a/#,          a/#",
        "$share/g/a/# $share/g/a/b,  $share/g/a/#",
        "$share/g/a/# $share/h/a/b,  $share/g/a/# $share/h/a/b",
        "$share/g/a/# a/b,           $share/g/a/# a/b"
    })
    void filtersThatAnotherOneCoversAreTakenOut(String filters, String left) {
        assertThat(TopicFilter.withoutCovered(List.of(filters.split(" ")))).containsExactly(left.split(" "));
    }

    @ParameterizedTest
    @CsvSource({
        "a,            a",
        "a/b,          a/b",
        "#,            a",
        "#,            a/b/c",
        "#,            /",
        "#,            /a",
        "a/#,          a",
        "a/#,          a/",
        "a/#,          a/b",
        "a/#,          a/b/c",
        "+,            a",
        "+/b,          a/b",
        "a/+,          a/b",
        "a/+,          a/",
        "a/+/c,        a/b/c",
        "a/+/c,        a//c",
        "a/+/#,        a/b",
        "a/+/#,        a/b/c/d",
        "+/+,          /a",
        "/+,           /a",
        "/,            /",
        "+/+,          /",
        "/#,           /",
        "/#,           /a/b",
        "a/,           a/",
        "a//b,         a//b",
        "+/#,          a",
        "$SYS/#,       $SYS",
        "$SYS/#,       $SYS/broker/load",
        "$SYS/+,       $SYS/uptime",
        "$SYS/a,       $SYS/a",
        "a/#,          a/$b",
        "+/+,          a/$b",
        "grüße/+,      grüße/日本"
    })
    void matches(String filter, String topic) {
        assertThat(new TopicFilter(filter).matches(topic)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "a,            b",
        "a,            A",
        "a,            ab",
        "ab,           a",
        "a,            a/",
        "a,            /a",
        "a/b,          a",
        "a,            a/b",
        "a/,           a",
        "a/#,          ab",
        "a/#,          b/a",
        "a/#,          /a",
        "+,            a/b",
        "+,            /a",
        "+,            /",
        "a/+,          a",
        "a/+,          a/b/c",
        "+/b,          b",
        "a/+/c,        a/c",
        "a/+/#,        a",
        "/#,           a",
        "a//b,         a/b",
        "#,            $SYS/a",
        "#,            $anything",
        "+/#,          $SYS/a",
        "+/a,          $SYS/a",
        "+,            $SYS",
        "$SYS/#,       $SYSTEM/a",
        "$SYS/#,       SYS/a"
    })
    void doesNotMatch(String filter, String topic) {
        assertThat(new TopicFilter(filter).matches(topic)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "a/b,    a/b",
        "+/b,    a/b",
        "+/b,    +/b",
        "a/#,    a",
        "a/#,    a/b/#",
        "a/#,    a/+/c",
        "a/#,    a/#",
        "#,      +/+",
        "#,      #",
        "+/#,    a/#",
        "$SYS/#, $SYS/a"
    })
    void coversAFilterAllOfWhoseTopicsItMatches(String filter, String other) {
        assertThat(new TopicFilter(filter).covers(new TopicFilter(other))).isTrue();
        assertThat(new TopicFilter(other).overlaps(new TopicFilter(filter))).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"a/b,    +/b", "+/b,    a/+", "a/+,    a/#", "a/+/#,  a/#", "+,      #", "a/b/#,  a/+/c", "+/b,    #"})
    void doesNotCoverAFilterThatItOnlyOverlaps(String filter, String other) {
        assertThat(new TopicFilter(filter).covers(new TopicFilter(other))).isFalse();
        assertThat(new TopicFilter(filter).overlaps(new TopicFilter(other))).isTrue();
        assertThat(new TopicFilter(other).overlaps(new TopicFilter(filter))).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "a,      b",
        "a/+,    a",
        "a/b,    a/c",
        "+/b,    a/c",
        "a/#,    b/#",
        "a/b/#,  a",
        "a/+/c,  a/b",
        "#,      $SYS/#",
        "+/a,    $SYS/a"
    })
    void neitherCoversNorOverlapsAFilterWithOtherTopics(String filter, String other) {
        TopicFilter one = new TopicFilter(filter);
        TopicFilter two = new TopicFilter(other);
        assertThat(one.covers(two)).isFalse();
        assertThat(two.covers(one)).isFalse();
        assertThat(one.overlaps(two)).isFalse();
        assertThat(two.overlaps(one)).isFalse();
    }

    @Test
    void anyOfSeveralIsEnough() {
        List<TopicFilter> filters = List.of(new TopicFilter("a/#"), new TopicFilter("+/b"));
        assertThat(TopicFilter.any(filters, "a/c")).isTrue();
        assertThat(TopicFilter.any(filters, "c/b")).isTrue();
        assertThat(TopicFilter.any(filters, "c/c")).isFalse();
        assertThat(TopicFilter.any(List.of(), "a")).isFalse();
    }

    @Test
    void aSharedFilterCoversTheTopicsOfTheFilterInIt() {
        assertThat(TopicFilter.unshared("$share/group/a/#")).isEqualTo("a/#");
        assertThat(TopicFilter.unshared("$share/group//a")).isEqualTo("/a");
        assertThat(TopicFilter.unshared("a/$share/#")).isEqualTo("a/$share/#");
    }

    @ParameterizedTest
    @CsvSource({
        "#, ''",
        "a/#, ^a(/.*)?$",
        "/#, ^(/.*)?$",
        "a/+/b, ^a/[^/]*/b$",
        "'a.b(c)/x+', '^a\\.b\\(c\\)/x\\+$'",
    })
    void isARegularExpressionForSql(String filter, String regex) {
        assertThat(new TopicFilter(filter).regex()).isEqualTo(regex);
    }

    @ParameterizedTest
    @CsvSource({
        "'', one is empty",
        "a/#/b, '\"a/#/b\": # must be alone in the last level'",
        "a/b+, '\"a/b+\": + must be alone in its level'",
        "$share/group/a, for a shared subscription set msgstore.mqtt.share-group",
    })
    void saysWhatIsWrong(String filter, String problem) {
        assertThat(TopicFilter.problem(filter)).hasValue(problem);
        assertThat(TopicFilter.problem("+/a/#")).isEmpty();
    }
}
