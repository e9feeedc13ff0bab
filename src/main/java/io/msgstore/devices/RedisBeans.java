/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.JedisClientConfig;

import io.msgstore.devices.queue.QueueState;
import io.msgstore.devices.queue.redis.RedisComponent;
import io.msgstore.platform.config.RedisUrl;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.module.Platform;
import io.msgstore.platform.tls.Tls;

/** Binds what the routes of a queue in Redis refer to. */
final class RedisBeans {
    private static final int CONNECT_MILLIS = 3000;
    private static final int ANSWER_MILLIS = 3000;

    private RedisBeans() {}

    /** @param state of the queue that is in Redis: the one that is filled, or the one that is drained */
    static void bind(Platform platform, QueueState state) {
        Settings settings = platform.settings();
        RedisUrl url = RedisUrl.parse(settings.text("msgstore.redis.url"));
        platform.bind(
                "redis-stream",
                new RedisComponent(
                        url,
                        client(settings, url),
                        settings.text("msgstore.mqtt.client-id"),
                        platform.accounting(),
                        state));
    }

    private static JedisClientConfig client(Settings settings, RedisUrl url) {
        DefaultJedisClientConfig.Builder client = DefaultJedisClientConfig.builder()
                .connectionTimeoutMillis(CONNECT_MILLIS)
                .socketTimeoutMillis(ANSWER_MILLIS)
                .blockingSocketTimeoutMillis(2 * ANSWER_MILLIS)
                .database(url.database())
                .clientName("msgstore");
        settings.optional("msgstore.redis.username").ifPresent(client::user);
        settings.optional("msgstore.redis.password").ifPresent(client::password);
        if (url.tls()) {
            client.ssl(true)
                    .sslSocketFactory(IntakeBeans.tls(settings, "msgstore.redis.tls."))
                    .sslParameters(Tls.verifyingHost());
        }
        return client.build();
    }
}
