/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BinaryOperator;

import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.spi.ShutdownAware;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

import io.msgstore.platform.contract.RouteGroups;

/**
 * The routes of a queue that is drained beside the one that has taken its place ({@code msgstore.queue.drain}).
 *
 * <p>They are made from the queue's own file, so that nobody writes the way out of a queue twice, and so that edits and queues
 * of a user's own count. Those that take messages out (group {@code dequeue}), that say how many there are
 * ({@code direct:queue-length}), and that these call are kept; the way in is left out, as nothing is to come in. The file of the
 * new queue has routes of the same names, so each gets another: {@code queue-dequeue} becomes {@code drain-dequeue}, and
 * {@code direct:queue-length} becomes {@code direct:drain-length}. The steps that open accounts know which queue a message is
 * from, so there are others for this one.
 */
public final class DrainedRoutes {
    /** The bean in place of {@code takeMessage}. */
    public static final String TAKE_MESSAGE = "takeDrainedMessage";
    /** The bean in place of {@code takeBatch}. */
    public static final String TAKE_BATCH = "takeDrainedBatch";

    private static final Map<String, String> BEANS = Map.of("takeMessage", TAKE_MESSAGE, "takeBatch", TAKE_BATCH);
    private static final String LENGTH = "direct:queue-length";
    /** What goes there goes to the new queue. */
    private static final String WAY_IN = "direct:enqueue";

    private static final String QUEUE = "queue-";
    private static final String DRAIN = "drain-";
    private static final String DIRECT = "direct:";
    private static final String ROUTE = "route";
    private static final String PARAMETERS = "parameters";
    /** What routes may need that stands beside them. */
    private static final Set<String> BESIDE = Set.of("beans", "routeConfiguration");

    private final List<Map<?, ?>> routes = new ArrayList<>();
    private final List<Object> beside = new ArrayList<>();
    private final Set<String> entrances = new LinkedHashSet<>();

    private DrainedRoutes(List<?> entries) {
        for (Object entry : entries) {
            map(entry).forEach((kind, value) -> {
                if (kind.equals(ROUTE)) {
                    routes.add(map(joined(value)));
                } else if (BESIDE.contains(kind) && value != null) {
                    beside.add(Map.of(kind, value));
                }
            });
        }
        routes.forEach(route -> entrances.add(entrance(route)));
    }

    /**
     * The routes, to be given to Camel beside all others.
     *
     * @param queue its name
     * @param file the text of its route file
     * @throws IllegalArgumentException when it is no queue that can be drained, with the reason
     */
    public static RouteBuilder of(String queue, String file) {
        String text = yaml(file);
        return new RouteBuilder() {
            @Override
            public void configure() throws Exception {
                PluginHelper.getRoutesLoader(getContext())
                        .loadRoutes(ResourceHelper.fromString("drained/" + queue + ".camel.yaml", text));
            }
        };
    }

    /** As {@link #of}, the text alone. */
    static String yaml(String file) {
        Object content;
        try {
            content = new Load(LoadSettings.builder().build()).loadFromString(file);
        } catch (YamlEngineException e) {
            throw new IllegalArgumentException(
                    "its file can't be read: "
                            + e.getMessage().lines().findFirst().orElse(""),
                    e);
        }
        if (!(content instanceof List<?> entries)) {
            throw new IllegalArgumentException("its file holds no list of routes");
        }
        return new Dump(DumpSettings.builder()
                        .setDefaultFlowStyle(FlowStyle.BLOCK)
                        .build())
                .dumpToString(new DrainedRoutes(entries).kept());
    }

    /** Messages that were taken out and are not yet stored. */
    public static long inWork(CamelContext context) {
        long inWork = 0;
        for (Route route : context.getRoutes()) {
            if (RouteGroups.DEQUEUE.equals(route.getGroup())
                    && route.getRouteId().startsWith(DRAIN)) {
                inWork += context.getInflightRepository().size(route.getRouteId());
                if (route.getConsumer() instanceof ShutdownAware consumer) {
                    inWork += consumer.getPendingExchangesSize();
                }
            }
        }
        return inWork;
    }

    private List<Object> kept() {
        if (!entrances.contains(LENGTH)) {
            throw new IllegalArgumentException("it can't be drained: no route of its file is from " + LENGTH);
        }
        Deque<Map<?, ?>> open = new ArrayDeque<>();
        routes.stream()
                .filter(route -> RouteGroups.DEQUEUE.equals(route.get("group")))
                .forEach(open::add);
        if (open.isEmpty()) {
            throw new IllegalArgumentException(
                    "it can't be drained: no route of its file is of the group " + RouteGroups.DEQUEUE);
        }
        open.addAll(from(LENGTH));
        Set<Map<?, ?>> kept = new LinkedHashSet<>();
        while (!open.isEmpty()) {
            Map<?, ?> route = open.remove();
            if (kept.add(route)) {
                called(route).forEach(entrance -> open.addAll(from(entrance)));
            }
        }
        List<Object> entries = new ArrayList<>(beside);
        kept.forEach(route -> entries.add(Map.of(ROUTE, copy("", route, this::renamed))));
        return entries;
    }

    private List<Map<?, ?>> from(String entrance) {
        return routes.stream().filter(route -> entrance(route).equals(entrance)).toList();
    }

    private Set<String> called(Map<?, ?> route) {
        Set<String> called = new LinkedHashSet<>();
        copy("", route, (key, text) -> {
            called.add(address(text));
            return text;
        });
        called.retainAll(entrances);
        called.remove(WAY_IN);
        return called;
    }

    private String renamed(String key, String text) {
        if (key.equals("id")) {
            return renamed(text);
        }
        if (key.equals("ref")) {
            return BEANS.getOrDefault(text, text);
        }
        String address = address(text);
        boolean ours = address.startsWith(DIRECT) && !address.equals(WAY_IN) && entrances.contains(address);
        return ours ? DIRECT + renamed(text.substring(DIRECT.length())) : text;
    }

    private static String renamed(String name) {
        return DRAIN + (name.startsWith(QUEUE) ? name.substring(QUEUE.length()) : name);
    }

    private static String entrance(Map<?, ?> route) {
        return address(String.valueOf(map(route.get("from")).get("uri")));
    }

    private static String address(String uri) {
        return uri.split("\\?", 2)[0];
    }

    /** A copy with other texts; {@code text} gets the key of each, too. */
    private static Object copy(String key, Object value, BinaryOperator<String> text) {
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> copy = new LinkedHashMap<>();
            // an option of a component may be called as what a step has
            String path = key.equals(PARAMETERS) ? PARAMETERS + "." : "";
            map.forEach((name, child) -> copy.put(name, copy(path + name, child, text)));
            return copy;
        }
        if (value instanceof List<?> list) {
            return list.stream().map(child -> copy(key, child, text)).toList();
        }
        return value instanceof String old ? text.apply(key, old) : value;
    }

    /** Editors write {@code uri: direct} and the name among the parameters. */
    private static Object joined(Object value) {
        if (value instanceof List<?> list) {
            return list.stream().map(DrainedRoutes::joined).toList();
        }
        if (!(value instanceof Map<?, ?> map)) {
            return value;
        }
        Map<Object, Object> joined = new LinkedHashMap<>();
        map.forEach((key, child) -> joined.put(key, joined(child)));
        Map<Object, Object> parameters = new LinkedHashMap<>(map(joined.get(PARAMETERS)));
        Object name = parameters.remove("name");
        if ("direct".equals(joined.get("uri")) && name != null) {
            joined.put("uri", DIRECT + name);
            joined.put(PARAMETERS, parameters);
        }
        return joined;
    }

    private static Map<?, ?> map(Object value) {
        return value instanceof Map<?, ?> map ? map : Map.of();
    }
}
