/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mapping;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import net.thisptr.jackson.jq.BuiltinFunctionLoader;
import net.thisptr.jackson.jq.JsonQuery;
import net.thisptr.jackson.jq.Scope;
import net.thisptr.jackson.jq.Versions;
import net.thisptr.jackson.jq.exception.JsonQueryException;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.ReceivedMessage;
import io.msgstore.platform.contract.TopicFilter;

/**
 * A mapping file, compiled: what the payloads of some topics mean, in jq. Safe for use by several threads.
 *
 * <p>The filter's input is the payload. What it gives, or the elements of an array that it gives, are the payloads of the messages
 * to be stored; none is a message to be left out. {@code $topic}, {@code $levels} (those of the topic, as an array), {@code $ts}
 * (when the message was received), {@code $client_id} and {@code $username} (null where they are not known) and {@code $retain}
 * say what else is known.
 *
 * @param name that of its file, without {@code .yaml}
 * @param filters the topics that it is for
 * @param text whether the filter's input is the payload as text, instead of as JSON
 */
public record Mapping(String name, List<TopicFilter> filters, JsonQuery query, boolean text) {
    /** The most messages that are made of one. */
    static final int MOST = 10_000;

    // numbers keep their digits
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();
    private static final Scope FUNCTIONS = functions();
    private static final String TOO_MANY = "it gives more than " + MOST + " messages";
    private static final int LONGEST = 300;

    private static Scope functions() {
        Scope scope = Scope.newEmptyScope();
        BuiltinFunctionLoader.getInstance().loadFunctions(Versions.JQ_1_6, scope);
        // passwords are there
        scope.addFunction("env", 0, (caller, arguments, in, path, output, version) -> {
            throw new JsonQueryException("environment variables can't be read");
        });
        return scope;
    }

    /** @throws JsonQueryException if it is no jq */
    static JsonQuery compile(String jq) throws JsonQueryException {
        return JsonQuery.compile(jq, Versions.JQ_1_6);
    }

    /** Whether it is for messages of the topic. */
    public boolean matches(String topic) {
        return TopicFilter.any(filters, topic);
    }

    /** Whether it may be given the message: one that is JSON, or any text where that is what it reads. */
    boolean takes(Envelope message) {
        String reason = message.reason();
        return reason == null || reason.equals("no-event") || text && reason.equals("not-json");
    }

    /**
     * The payloads of the messages to be stored.
     *
     * @throws MappingException if the filter fails, gives what is no message, or gives more than {@value #MOST}
     */
    public List<byte[]> apply(Envelope message) throws MappingException {
        List<byte[]> payloads = new ArrayList<>(1);
        for (JsonNode one : results(message)) {
            if (!one.isObject()) {
                throw failure("gives " + shortened(one) + ", and a message is an object with a text field \"event\"");
            }
            if (!one.path("event").isTextual()) {
                throw failure("gives an object without a text field \"event\": " + shortened(one));
            }
            try {
                payloads.add(JSON.writeValueAsBytes(one));
            } catch (JsonProcessingException e) {
                throw new MappingException(words(e.getOriginalMessage()), e);
            }
        }
        return payloads;
    }

    /**
     * As {@link #apply}, of a payload as it would be received.
     *
     * @throws MappingException also if the topic is none of the mapping's, or the payload is not of its format
     */
    public List<byte[]> tried(ReceivedMessage source) throws MappingException {
        Envelope message = Envelope.of(source, Integer.MAX_VALUE);
        if (!matches(message.topic())) {
            throw failure("is not for the topic " + message.topic());
        }
        if (!takes(message)) {
            throw failure("is not applied, because the payload is " + message.reason() + ": " + message.error());
        }
        return apply(message);
    }

    private List<JsonNode> results(Envelope message) throws MappingException {
        Scope scope = Scope.newChildScope(FUNCTIONS);
        variables(scope, message);
        List<JsonNode> results = new ArrayList<>(1);
        try {
            query.apply(scope, input(message), result -> collect(result, results));
        } catch (JsonQueryException e) {
            throw new MappingException(words(e.getMessage()), e);
        } catch (StackOverflowError e) {
            throw new MappingException(words("the filter calls itself too often"), e);
        }
        if (results.size() > MOST) {
            // the filter caught it
            throw failure(TOO_MANY);
        }
        return results;
    }

    private static void collect(JsonNode result, List<JsonNode> results) throws JsonQueryException {
        if (result.isArray()) {
            result.forEach(results::add);
        } else {
            results.add(result);
        }
        if (results.size() > MOST) {
            // out of a filter that might never end
            throw new JsonQueryException(TOO_MANY);
        }
    }

    private JsonNode input(Envelope message) throws MappingException {
        byte[] content = message.content();
        try {
            return text
                    ? TextNode.valueOf(StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(content))
                            .toString())
                    : JSON.readTree(content);
        } catch (CharacterCodingException e) {
            throw failure("the payload is not UTF-8");
        } catch (IOException e) {
            throw new MappingException(words(e.getMessage()), e);
        }
    }

    private static void variables(Scope scope, Envelope message) {
        scope.setValue("topic", TextNode.valueOf(message.topic()));
        ArrayNode levels = JsonNodeFactory.instance.arrayNode();
        for (String level : message.topic().split("/", -1)) {
            levels.add(level);
        }
        scope.setValue("levels", levels);
        scope.setValue("ts", TextNode.valueOf(message.ts()));
        scope.setValue("client_id", textOrNull(message.clientId()));
        scope.setValue("username", textOrNull(message.username()));
        scope.setValue("retain", BooleanNode.valueOf(message.retained()));
    }

    private static JsonNode textOrNull(String value) {
        return value == null ? NullNode.getInstance() : TextNode.valueOf(value);
    }

    private MappingException failure(String text) {
        return new MappingException(words(text));
    }

    private String words(String text) {
        return "mapping " + name + ": "
                + String.valueOf(text).lines().findFirst().orElse("");
    }

    private static String shortened(JsonNode value) {
        String json = value.toString();
        return json.length() <= LONGEST ? json : json.substring(0, LONGEST) + "…";
    }
}
