/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.apache.camel.Exchange;

import io.msgstore.platform.api.Answer;
import io.msgstore.platform.api.BadRequest;
import io.msgstore.platform.api.Refused;
import io.msgstore.platform.contract.TopicFilter;

/**
 * Reads and checks the parameters of a request about dead letters, which become the body: a map that the SQL files take,
 * with null for what was not given. Unknown parameters are refused, because a misspelt filter would let everything in.
 */
public final class DeadLetterQuery {
    private static final List<String> ALL =
            List.of("id", "reason", "topic", "event", "open", "from", "to", "q", "limit", "after");

    private static final Parameters LIST = new Parameters(
            List.of("reason", "topic", "event", "open", "from", "to", "q", "order", "limit", "after"), 100, 500);
    private static final Parameters REPLAY =
            new Parameters(List.of("reason", "topic", "event", "from", "to", "q", "limit", "after"), 10_000, 1_000_000);
    private static final Parameters NONE = new Parameters(List.of(), null, 0);

    private record Parameters(List<String> allowed, Integer defaultLimit, int largestLimit) {}

    /** For a page of a list. */
    public void list(Exchange exchange) {
        become(exchange, read(exchange, LIST));
    }

    /** For a replay of many. */
    public void replay(Exchange exchange) {
        become(exchange, read(exchange, REPLAY));
    }

    /** For one dead letter, whose id is in the path. */
    public void one(Exchange exchange) {
        Map<String, Object> parameters = read(exchange, NONE);
        parameters.put("id", id(exchange));
        become(exchange, parameters);
    }

    static void become(Exchange exchange, Map<String, Object> parameters) {
        Answer.begin(exchange.getMessage());
        exchange.getMessage().setBody(parameters);
    }

    private static Map<String, Object> read(Exchange exchange, Parameters known) {
        // not as text: the request may name a character set that there is none of
        byte[] content = exchange.getMessage().getBody(byte[].class);
        if (content != null && !new String(content, StandardCharsets.ISO_8859_1).isBlank()) {
            throw new BadRequest("the request takes no content; filters are parameters of the query");
        }
        Map<String, Object> parameters = new HashMap<>();
        ALL.forEach(name -> parameters.put(name, null));
        parameters.put("limit", known.defaultLimit);
        parameters.put("after", 0L);
        parameters.put("newest", false);
        // not the headers, among which a query's parameters are not to be told from the request's own headers
        query(exchange)
                .forEach((name, value) ->
                        parameters.put(name.equals("order") ? "newest" : name, value(known, name, value)));
        return parameters;
    }

    /** Goes on with the dead letter in the body. Without a body there is no such dead letter. */
    public static void found(Exchange exchange) {
        if (exchange.getMessage().getBody() == null) {
            throw new Refused(404, "There is no such dead letter.");
        }
    }

    /** Answers that the dead letter of which the body tells is deleted. */
    public void deleted(Exchange exchange) {
        found(exchange);
        exchange.getMessage().removeHeaders("*");
        exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, 204);
        exchange.getMessage().setBody("");
    }

    /** The id in the path of a request that says no more. */
    static long onlyId(Exchange exchange) {
        read(exchange, NONE);
        return id(exchange);
    }

    /** The id in the path. */
    static long id(Exchange exchange) {
        return number("id", exchange.getMessage().getHeader("id", String.class), Long.MAX_VALUE);
    }

    private static Map<String, String> query(Exchange exchange) {
        String query = exchange.getMessage().getHeader(Exchange.HTTP_QUERY, "", String.class);
        Map<String, String> values = new LinkedHashMap<>();
        for (String part : query.split("&")) {
            String[] pair = part.split("=", 2);
            if (!part.isEmpty() && values.put(decode(pair[0]), pair.length == 1 ? "" : decode(pair[1])) != null) {
                throw new BadRequest(decode(pair[0]) + " must be given once");
            }
        }
        return values;
    }

    private static String decode(String text) {
        try {
            // a "+" is one: it stands in MQTT's filters and in times more often than a space does
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new BadRequest("the query can't be read");
        }
    }

    private static Object value(Parameters known, String name, String text) {
        if (!known.allowed.contains(name)) {
            throw new BadRequest("there is no parameter " + name
                    + (known.allowed.isEmpty() ? "" : "; there are " + String.join(", ", known.allowed)));
        }
        if (text.isEmpty() || text.indexOf('\u0000') >= 0) {
            throw new BadRequest(name + " must not be empty");
        }
        return switch (name) {
            case "topic" -> new TopicFilter(text).regex();
            case "open" -> either(text, "true", "false", "open must be true or false");
            case "order" -> either(text, "newest", "oldest", "order must be oldest or newest: what comes first");
            case "from", "to" -> time(name, text);
            case "limit" -> Math.toIntExact(number(name, text, known.largestLimit));
            case "after" -> number(name, text, Long.MAX_VALUE);
            default -> text;
        };
    }

    private static boolean either(String text, String yes, String no, String problem) {
        if (!text.equals(yes) && !text.equals(no)) {
            throw new BadRequest(problem);
        }
        return text.equals(yes);
    }

    private static OffsetDateTime time(String name, String text) {
        try {
            OffsetDateTime time = OffsetDateTime.parse(text);
            // a database's years begin and end elsewhere than Java's
            if (time.getYear() >= 1 && time.getYear() <= 9999) {
                return time;
            }
        } catch (DateTimeParseException e) {
            // said below
        }
        throw new BadRequest(name + " must be a time such as 2026-01-23T17:00:00Z");
    }

    private static long number(String name, String text, long largest) {
        long least = name.equals("after") ? 0 : 1;
        try {
            long number = Long.parseLong(text);
            if (number >= least && number <= largest) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new BadRequest(name + " must be a whole number from " + least + " to " + largest);
    }
}
