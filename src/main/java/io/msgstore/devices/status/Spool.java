/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.status;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The files in which dead letters wait that the database can't take. */
final class Spool {
    private static final Logger LOG = LoggerFactory.getLogger(Spool.class);

    private final Path folder;

    Spool(Path folder) {
        this.folder = folder;
    }

    /**
     * What is in it.
     *
     * @param files how many
     * @param bytes in all of them
     */
    record Content(int files, long bytes) {}

    Content content() {
        int files = 0;
        long bytes = 0;
        try (DirectoryStream<Path> spooled = Files.newDirectoryStream(folder, "dead-letters-*.jsonl")) {
            for (Path file : spooled) {
                bytes += size(file);
                files++;
            }
        } catch (NoSuchFileException e) {
            return new Content(0, 0);
        } catch (IOException e) {
            LOG.debug("Can't look into the spool", e);
        }
        return new Content(files, bytes);
    }

    // it may have been moved into the table since it was listed
    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return 0;
        }
    }
}
