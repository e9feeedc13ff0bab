/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.util.stream.Collectors;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class RedisUrlTest {
    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            value = {
                "redis://h -> SERVER h 6379 null 0",
                "redis://h/ -> SERVER h 6379 null 0",
                "redis://h:6380/3 -> SERVER h 6380 null 3",
                "redis://10.0.0.1/15 -> SERVER 10.0.0.1 6379 null 15",
                "redis://my_redis.example.com:1 -> SERVER my_redis.example.com 1 null 0",
                "redis://[2001:db8::1]:65535/1 -> SERVER 2001:db8::1 65535 null 1",
                "redis://[::1] -> SERVER ::1 6379 null 0",
                "rediss://h -> SERVER TLS h 6379 null 0",
                "redis-sentinel://h/mymaster -> SENTINEL h 26379 mymaster 0",
                "redis-sentinel://h,h2:26380,[::1]/my-master.1/2 -> SENTINEL h 26379 h2 26380 ::1 26379 my-master.1 2",
                "redis-sentinel://h/7 -> SENTINEL h 26379 7 0",
                "rediss-sentinel://h:1/m/0 -> SENTINEL TLS h 1 m 0",
                "redis-cluster://h:7000,h2 -> CLUSTER h 7000 h2 6379 null 0",
                "redis-cluster://h/0 -> CLUSTER h 6379 null 0",
                "rediss-cluster://h/ -> CLUSTER TLS h 6379 null 0",
            })
    void everyFormIsRead(String text, String parts) {
        RedisUrl url = RedisUrl.parse(text);
        assertThat(url.kind()
                        + (url.tls() ? " TLS " : " ")
                        + url.hosts().stream()
                                .map(host -> host.name() + " " + host.port())
                                .collect(Collectors.joining(" "))
                        + " " + url.master() + " " + url.database())
                .isEqualTo(parts);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            value = {
                "'' -> \"\" is not",
                "h:6379 -> \"h:6379\" is not",
                "redis:h -> \"redis:h\" is not",
                "redis:// -> \"redis://\" is not",
                "redis:///0 -> \"redis:///0\" is not",
                "REDIS://h -> \"REDIS://h\" is not",
                "valkey://h -> \"valkey://h\" is not",
                "redis-sentinels://h/m -> \"redis-sentinels://h/m\" is not",
                "redis://h?x=y -> \"redis://h?x=y\" is not",
                "redis://h/0#x -> \"redis://h/0#x\" is not",
                "redis-cluster://h, h2 -> \"redis-cluster://h, h2\" is not",
                "redis-sentinel://h/m/x -> \"redis-sentinel://h/m/x\" is not",
                "redis://u:s3cret@h -> user and password have keys of their own: msgstore.redis.username, .password",
                "redis://:s3cret@h -> user and password have keys of their own",
                "redis://h,h2 -> several hosts only with redis-sentinel:// and redis-cluster://",
                "redis-sentinel://h -> redis-sentinel:// needs the master's name",
                "redis-sentinel://h/ -> redis-sentinel:// needs the master's name",
                "redis://h/db -> behind the hosts only the number of a database",
                "redis://h/-1 -> behind the hosts only the number of a database",
                "redis://h/123456 -> behind the hosts only the number of a database",
                "redis://h/0/1 -> behind the hosts only the number of a database",
                "redis-cluster://h/1 -> a cluster has no database but 0",
                "redis://h:0 -> the port of \"h:0\" is not from 1 to 65535",
                "redis://h:65536 -> the port of \"h:65536\" is not from 1 to 65535",
                "redis-cluster://h,h2:99999 -> the port of \"h2:99999\" is not from 1 to 65535",
                "redis://h:x -> \"h:x\" is no host:port",
                "redis://h: -> \"h:\" is no host:port",
                "redis://::1 -> \"::1\" is no host:port",
                "redis://[h] -> \"[h]\" is no host:port",
                "redis-cluster://h,,h2 -> \"\" is no host:port",
                "redis-cluster://h, -> \"\" is no host:port",
            })
    void whatCannotBeReadIsExplainedWithoutThePassword(String text, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RedisUrl.parse(text))
                .withMessageContaining(message)
                .satisfies(wrong -> assertThat(wrong).hasMessageNotContaining("s3cret"))
                .withNoCause();
    }
}
