/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Iterator;
import java.util.NoSuchElementException;

import org.apache.camel.Exchange;
import org.apache.camel.support.ExpressionAdapter;

/**
 * Splits a file of the spool, which is the body, into texts of several lines: a hundred, or as many as have 1 MiB together. Lines
 * are as long as messages are large, so their number alone does not limit what is in memory.
 */
public final class SpoolBatches extends ExpressionAdapter {
    private static final int MOST_LINES = 100;
    private static final int MOST_CHARACTERS = 1024 * 1024;

    /** @return an {@code Iterator<String>} that is to be closed */
    @Override
    public Object evaluate(Exchange exchange) {
        try {
            return new Batches(exchange.getMessage().getMandatoryBody(File.class));
        } catch (Exception e) {
            throw new IllegalStateException("the spool's file can't be read: " + e.getMessage(), e);
        }
    }

    private static final class Batches implements Iterator<String>, Closeable {
        private final BufferedReader lines;
        private String next;

        Batches(File file) throws IOException {
            // which takes a character that a crash has cut in two; a reader of Files does not
            lines = new BufferedReader(
                    new InputStreamReader(Files.newInputStream(file.toPath()), StandardCharsets.UTF_8));
            next = lines.readLine();
        }

        @Override
        public boolean hasNext() {
            return next != null;
        }

        @Override
        public String next() {
            if (next == null) {
                throw new NoSuchElementException();
            }
            StringBuilder batch = new StringBuilder(next);
            try {
                next = lines.readLine();
                for (int n = 1;
                        next != null && n < MOST_LINES && batch.length() + next.length() < MOST_CHARACTERS;
                        n++) {
                    batch.append('\n').append(next);
                    next = lines.readLine();
                }
                if (next == null) {
                    close();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return batch.toString();
        }

        @Override
        public void close() throws IOException {
            lines.close();
        }
    }
}
