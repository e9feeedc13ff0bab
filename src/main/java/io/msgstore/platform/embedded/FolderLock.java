/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a second process away from a folder. The kernel drops the lock with its process, so {@code kill -9} leaves no
 * stale one; the file stays and means nothing by itself.
 */
record FolderLock(Path file, FileChannel channel) implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FolderLock.class);

    /**
     * Locks of this process. Asking the kernel would not do: closing any channel of a file, even one that failed to lock
     * it, drops the process's lock.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    /**
     * Locks {@code folder} by a file {@code <folder>.lock} beside it, which then holds our process id.
     *
     * @throws EmbeddedException when another process, or this one, has it
     */
    static FolderLock of(Path folder) throws IOException {
        Path file = folder.resolveSibling(folder.getFileName() + ".lock").toAbsolutePath();
        if (!HELD.add(file)) {
            throw inUse(folder, "this process");
        }
        FileChannel channel = null;
        try {
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw inUse(folder, "process " + Files.readString(file).strip());
            }
            channel.truncate(0);
            channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)));
            return new FolderLock(file, channel);
        } catch (IOException | RuntimeException e) {
            if (channel != null) {
                channel.close();
            }
            HELD.remove(file);
            throw e;
        }
    }

    private static EmbeddedException inUse(Path folder, String owner) {
        return new EmbeddedException(folder + " is in use by another msgstore (" + owner
                + "): stop that one, or give this one its own msgstore.data-dir");
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.warn("Can't release {}: {}", file, e.getMessage());
        }
        HELD.remove(file);
    }
}
