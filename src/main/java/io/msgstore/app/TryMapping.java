/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import io.msgstore.devices.envelope.ReceivedMessage;
import io.msgstore.devices.mapping.Mapping;
import io.msgstore.devices.mapping.MappingException;
import io.msgstore.devices.mapping.Mappings;
import io.msgstore.platform.config.Bundle;
import io.msgstore.platform.config.UserError;

/**
 * {@code --map}: prints the messages that a mapping makes of the payload on standard input, a line each.
 *
 * @param file a path, or the name of a mapping
 * @param topic that of the payload; null where each line of the input begins with its own
 */
record TryMapping(String file, String topic, Bundle bundle, InputStream in, PrintStream out, PrintStream err) {
    TryMapping {
        out = new PrintStream(out, true, StandardCharsets.UTF_8);
    }

    TryMapping(String file, String topic) {
        this(file, topic, new Bundle(Path.of("")), System.in, System.out, System.err);
    }

    /** Returns whether every payload could be mapped; says what is wrong with those that could not. */
    boolean run() {
        try {
            Mapping mapping = Mappings.one(bundle, file);
            return topic == null ? lines(mapping) : map(mapping, topic, withoutLineEnd(in.readAllBytes()), "");
        } catch (UserError e) {
            err.println("msgstore: " + e.getMessage());
        } catch (IOException e) {
            err.println("msgstore: standard input can't be read: " + e.getMessage());
        }
        return false;
    }

    private boolean lines(Mapping mapping) throws IOException {
        boolean good = true;
        BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        int number = 0;
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            number++;
            String[] parts = line.split(" ", 2);
            if (parts.length == 2) {
                good &= map(mapping, parts[0], parts[1].getBytes(StandardCharsets.UTF_8), "line " + number + ": ");
            } else if (!line.isBlank()) {
                err.println("msgstore: line " + number + ": must be a topic, a space and a payload");
                good = false;
            }
        }
        return good;
    }

    private boolean map(Mapping mapping, String of, byte[] payload, String where) {
        try {
            List<byte[]> messages = mapping.tried(new ReceivedMessage(of, payload));
            if (messages.isEmpty()) {
                err.println("msgstore: " + where + "no message: the mapping leaves this one out");
            }
            messages.forEach(message -> out.println(new String(message, StandardCharsets.UTF_8)));
            return true;
        } catch (MappingException e) {
            err.println("msgstore: " + where + e.getMessage());
            return false;
        }
    }

    // echo adds one
    private static byte[] withoutLineEnd(byte[] payload) {
        int end = payload.length;
        if (end > 0 && payload[end - 1] == '\n') {
            end--;
        }
        if (end > 0 && payload[end - 1] == '\r') {
            end--;
        }
        return Arrays.copyOf(payload, end);
    }
}
