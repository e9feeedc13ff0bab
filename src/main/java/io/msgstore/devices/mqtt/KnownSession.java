/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known of one client's session on the broker: whether there is one, and the filters that it subscribes to. The
 * broker tells neither. Kept in a file, {@code <client id>.filters} with a filter per line, so that the next start knows
 * that messages may have been lost with the session, and which subscriptions the configuration no longer wants.
 *
 * <p>The file may name a filter that the broker doesn't know, never the other way round: a filter is added before it is
 * subscribed to, and taken out when it is unsubscribed from. Used by one thread.
 */
final class KnownSession {
    private static final Logger LOG = LoggerFactory.getLogger(KnownSession.class);

    private final Path file;
    private final Set<String> filters = new LinkedHashSet<>();
    private boolean existed;
    private boolean warned;

    /** @param folder where the file is, made when it is needed; null to know only what happened in this process */
    KnownSession(Path folder, String clientId) {
        // "*" is all that the encoding leaves and a file system may refuse
        file = folder == null
                ? null
                : folder.resolve(
                        URLEncoder.encode(clientId, StandardCharsets.UTF_8).replace("*", "%2A") + ".filters");
        if (file != null && Files.exists(file)) {
            try {
                filters.addAll(Files.readAllLines(file));
                existed = true;
            } catch (IOException e) {
                warn(e);
            }
        }
    }

    /**
     * The broker says whether it has a session of ours.
     *
     * @return true when there was one and it is gone
     */
    boolean found(boolean present) {
        boolean lost = existed && !present;
        if (!present) {
            filters.clear();
        }
        existed = true;
        return lost;
    }

    void subscribing(Collection<String> wanted) {
        if (filters.addAll(wanted) || file != null && Files.notExists(file)) {
            save();
        }
    }

    /** The filters that the session still subscribes to and that are not among the wanted ones. */
    List<String> stale(Collection<String> wanted) {
        return filters.stream().filter(filter -> !wanted.contains(filter)).toList();
    }

    void unsubscribed(Collection<String> unwanted) {
        filters.removeAll(unwanted);
        save();
    }

    private void save() {
        if (file == null) {
            return;
        }
        try {
            Files.createDirectories(file.getParent());
            Path written = file.resolveSibling(file.getFileName() + ".new");
            Files.write(written, filters);
            Files.move(written, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            warn(e);
        }
    }

    private void warn(IOException e) {
        if (!warned) {
            warned = true;
            LOG.warn(
                    "Can't keep what the MQTT session subscribes to in {} ({}): after a restart, a session that the"
                            + " broker lost and topics that are no longer wanted go unnoticed",
                    file,
                    e.toString());
        }
    }
}
