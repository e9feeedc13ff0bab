/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;
import org.apache.camel.spi.Resource;

import io.msgstore.platform.config.Bundle;
import io.msgstore.platform.config.Secrets;

/**
 * The route files as they run, which with {@code --dev} need not be what is on the disk just now.
 *
 * @param directory where paths of files begin, absolute
 */
public record RouteFiles(CamelContext context, Path directory) {
    /**
     * A file.
     *
     * @param file its path, from the working directory or within the jar
     * @param routes those in it
     * @param source its YAML; what looks like a password is masked
     */
    public record RouteFile(String file, List<State> routes, String source) {}

    /**
     * A route of it.
     *
     * @param state such as Started, Stopped or Suspended
     */
    public record State(String id, String group, String description, String state) {}

    /** Every file that a route was loaded from, by path. */
    public Map<String, List<RouteFile>> list() {
        Map<String, RouteFile> files = new TreeMap<>();
        for (Route route : context.getRoutes()) {
            Resource source = route.getSourceResource();
            if (source != null) {
                ServiceStatus status = context.getRouteController().getRouteStatus(route.getRouteId());
                files.computeIfAbsent(
                                Bundle.name(directory, source.getLocation()),
                                name -> new RouteFile(name, new ArrayList<>(), read(source)))
                        .routes()
                        .add(new State(
                                route.getRouteId(), route.getGroup(), route.getDescription(), String.valueOf(status)));
            }
        }
        return Map.of("items", List.copyOf(files.values()));
    }

    private static String read(Resource source) {
        try (InputStream in = source.getInputStream()) {
            return Secrets.mask(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
