/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue.redis;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

import org.apache.camel.Endpoint;
import org.apache.camel.spi.annotations.Component;
import org.apache.camel.support.DefaultComponent;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import redis.clients.jedis.Connection;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.JedisCluster;
import redis.clients.jedis.JedisPooled;
import redis.clients.jedis.JedisSentineled;
import redis.clients.jedis.UnifiedJedis;

import io.msgstore.devices.queue.QueueState;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.config.RedisUrl;

/**
 * {@code redis-stream:key} is a queue in Redis that survives the process and is shared by several. {@code to:} adds a message
 * to the stream, and its exchange goes on when Redis has it; {@code from:} gets one exchange for each batch of entries, which
 * are taken out when that exchange completes. What a consumer does not take out is given again, to it or, when it does not
 * show itself any more, to another. {@code to: redis-stream:key?operation=length} asks for the number of entries.
 *
 * <p>camel-spring-redis is not used: it pops from lists, and loses what a worker held that dies.
 */
@Component("redis-stream")
public class RedisComponent extends DefaultComponent {
    private final RedisUrl url;
    private final JedisClientConfig configuration;
    final String consumer;
    private final Accounting accounting;
    final QueueState state;
    private final Map<String, RedisWriter> writers = new ConcurrentHashMap<>();
    private UnifiedJedis client;

    /**
     * @param configuration user, password, TLS and times
     * @param consumer names this instance in the consumer group: the same after a restart, another in each instance
     */
    public RedisComponent(
            RedisUrl url, JedisClientConfig configuration, String consumer, Accounting accounting, QueueState state) {
        this.url = url;
        this.configuration = configuration;
        this.consumer = consumer;
        this.accounting = accounting;
        this.state = state;
    }

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        RedisEndpoint endpoint = new RedisEndpoint(uri, remaining, this, parameters);
        setProperties(endpoint, parameters);
        return endpoint;
    }

    // not at the start: Sentinels and clusters are asked at once, and may be away
    private synchronized UnifiedJedis client() {
        if (client == null) {
            client = connect();
        }
        return client;
    }

    private UnifiedJedis connect() {
        Set<HostAndPort> hosts = url.hosts().stream()
                .map(host -> new HostAndPort(host.name(), host.port()))
                .collect(Collectors.toSet());
        GenericObjectPoolConfig<Connection> pool = new ConnectionPoolConfig();
        // a worker has one nearly all the time
        pool.setMaxTotal(-1);
        return switch (url.kind()) {
            case SERVER -> new JedisPooled(pool, hosts.iterator().next(), configuration);
            case SENTINEL -> new JedisSentineled(url.master(), configuration, pool, hosts, configuration);
            case CLUSTER -> new JedisCluster(hosts, configuration, 5, pool);
        };
    }

    RedisStream stream(String key, String group) {
        return new RedisStream(this::client, key, group);
    }

    RedisWriter writer(RedisEndpoint endpoint) {
        return writers.computeIfAbsent(
                endpoint.key + " " + endpoint.size + " " + endpoint.holdWhenAway,
                any -> new RedisWriter(endpoint.stream(), endpoint.size, endpoint.holdWhenAway, accounting, state));
    }

    @Override
    protected void doStop() throws Exception {
        writers.values().forEach(RedisWriter::stop);
        writers.clear();
        synchronized (this) {
            if (client != null) {
                client.close();
                client = null;
            }
        }
        super.doStop();
    }
}
