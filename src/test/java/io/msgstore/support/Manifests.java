/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** Reads the YAML files in {@code deploy/}. */
public final class Manifests {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Manifests() {}

    /** The documents of a file; a key that stands there twice is an error. */
    public static List<JsonNode> read(Path file) {
        List<JsonNode> documents = new ArrayList<>();
        try {
            new Load(LoadSettings.builder().setLabel(file.toString()).build())
                    .loadAllFromString(Files.readString(file))
                    .forEach(document -> documents.add(JSON.valueToTree(document)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return documents;
    }
}
