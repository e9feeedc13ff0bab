/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.security.auth.Subject;

import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.security.CheckType;
import org.apache.activemq.artemis.core.security.Role;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;
import org.apache.activemq.artemis.spi.core.protocol.RemotingConnection;
import org.apache.activemq.artemis.spi.core.security.ActiveMQSecurityManager5;
import org.apache.activemq.artemis.spi.core.security.jaas.RolePrincipal;
import org.apache.activemq.artemis.spi.core.security.jaas.UserPrincipal;

import io.msgstore.support.Folders;

/** A real MQTT 5 broker that keeps its messages over a restart. */
public final class Broker implements AutoCloseable {

    public final int port;
    private final Path directory;
    private final String tls;
    private final Set<String> denied = ConcurrentHashMap.newKeySet();
    private volatile String password;
    private EmbeddedActiveMQ server;

    public Broker(Path directory) {
        this(directory, "");
    }

    /** @param tls further parameters of the acceptor */
    public Broker(Path directory, String tls) {
        this.directory = directory;
        this.tls = tls;
        port = freePort();
    }

    public static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    public String url() {
        return "tcp://127.0.0.1:" + port;
    }

    public Broker start() {
        try {
            Configuration configuration = new ConfigurationImpl()
                    .setBindingsDirectory(directory.resolve("bindings").toString())
                    .setJournalDirectory(directory.resolve("journal").toString())
                    .setPagingDirectory(directory.resolve("paging").toString())
                    .setLargeMessagesDirectory(directory.resolve("large").toString())
                    .setNodeManagerLockDirectory(directory.resolve("lock").toString())
                    .setJournalType(JournalType.NIO)
                    .setJournalFileSize(1024 * 1024)
                    // no test ends it otherwise than by a stop, which writes everything
                    .setJournalSyncTransactional(false)
                    .setJournalSyncNonTransactional(false)
                    .setJMXManagementEnabled(false)
                    .setCriticalAnalyzer(false)
                    .setSecurityInvalidationInterval(0)
                    .setSecurityEnabled(true)
                    .addAcceptorConfiguration(
                            "mqtt",
                            "tcp://127.0.0.1:" + port + "?protocols=MQTT&suppressInternalManagementObjects=true" + tls)
                    // ten deliveries would be the end of a message otherwise
                    .addAddressSetting("#", new AddressSettings().setMaxDeliveryAttempts(-1));
            server = new EmbeddedActiveMQ().setConfiguration(configuration).setSecurityManager(new Gate());
            server.start();
            if (!server.getActiveMQServer().isActive()) {
                throw new IllegalStateException("broker is not active");
            }
            return this;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    void stop() {
        try {
            if (server != null) {
                server.stop();
                server = null;
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Refuses subscriptions below this first level from now on. */
    void deny(String level) {
        denied.add(level);
    }

    void allow(String level) {
        denied.remove(level);
    }

    /** Asks for this password from now on. */
    public void password(String required) {
        password = required;
    }

    /** Cuts every connection, as a network would. */
    void cut() {
        server.getActiveMQServer().getRemotingService().getConnections().forEach(connection -> connection
                .getTransportConnection()
                .forceClose());
    }

    /** Destroys every subscription and says nothing to its client, which stays connected. */
    public void forgetSubscriptions() {
        try {
            for (String queue :
                    server.getActiveMQServer().getActiveMQServerControl().getQueueNames()) {
                server.getActiveMQServer().destroyQueue(SimpleString.of(queue), null, false);
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Restarts without the sessions and messages that it had. */
    void restartEmpty() {
        stop();
        Folders.delete(directory);
        start();
    }

    @Override
    public void close() {
        stop();
    }

    private final class Gate implements ActiveMQSecurityManager5 {
        @Override
        public Subject authenticate(String user, String given, RemotingConnection connection, String domain) {
            if (password != null && !password.equals(given)) {
                return null;
            }
            Subject subject = new Subject();
            subject.getPrincipals().add(new UserPrincipal(user == null ? "anyone" : user));
            subject.getPrincipals().add(new RolePrincipal("all"));
            return subject;
        }

        @Override
        public boolean authorize(Subject subject, Set<Role> roles, CheckType type, String address) {
            return type == CheckType.SEND || denied.stream().noneMatch(address::contains);
        }

        @Override
        public boolean validateUser(String user, String given) {
            return true;
        }

        @Override
        public boolean validateUserAndRole(String user, String given, Set<Role> roles, CheckType type) {
            return true;
        }
    }
}
