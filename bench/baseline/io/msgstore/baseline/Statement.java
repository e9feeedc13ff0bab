/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.baseline;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** msgstore's own statement for a batch of positions, for JDBC. */
public final class Statement {
    private Statement() {}

    /** One parameter: a JSON array of payloads, as text. */
    public static String storeGps() {
        try (InputStream file = Statement.class.getResourceAsStream("/sql/postgresql/gps_v1/store-gps.sql")) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("--"))
                    .reduce("", (text, line) -> text + line + "\n")
                    .replace(":#payloads", "?")
                    .replace(":#timeZone", "''")
                    .replace(":#maxFuture", "'1d'");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
