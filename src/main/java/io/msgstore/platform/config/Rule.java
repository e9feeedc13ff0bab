/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.msgstore.platform.contract.MqttText;
import io.msgstore.platform.contract.TopicFilter;

/** What a setting's value must be. All rules are here, a few lines each, so that keys read as a list. */
@FunctionalInterface
public interface Rule {
    /** How long MQTT can keep a session, in seconds: one more means for ever. */
    long MAX_EXPIRY_SECONDS = 4294967294L;

    Pattern DURATION = Pattern.compile("\\d{1,10}[smhd]");
    Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+");
    Pattern REDIS_KEY = Pattern.compile("[A-Za-z0-9._:-]+");
    Pattern KAFKA_NAME = Pattern.compile("[A-Za-z0-9._-]{1,249}");
    Pattern HOST_AND_PORT = Pattern.compile("(?:\\[[0-9A-Fa-f:.]+]|[^\\[\\]:/@?#\\s]+):(\\d{1,5})");
    Pattern BROKER =
            Pattern.compile("(tcp|ssl|ws|wss)://(\\[[0-9A-Fa-f:.%\\w]+]|[^\\[\\]:/@?#\\s]+)(:\\d{1,5})?(/\\S*)?");

    /**
     * What a wrong value must be instead.
     *
     * @param directory where relative paths start
     * @return words that follow "must be"; empty when the value is right
     */
    Optional<String> wrong(String value, Path directory);

    static Rule anything() {
        return (value, directory) -> Optional.empty();
    }

    static Rule mqttText() {
        return when("at most 65535 bytes without control characters", MqttText::fits);
    }

    static Rule notBlank(String allowed) {
        return when(allowed, value -> !value.isBlank());
    }

    static Rule oneOf(String... words) {
        return when(String.join(" or ", words), List.of(words)::contains);
    }

    static Rule flag() {
        return oneOf("true", "false");
    }

    static Rule name() {
        return when("a name of letters, digits, \"_\" and \"-\"", NAME.asMatchPredicate());
    }

    static Rule names() {
        return explained(
                "names of letters, digits, \"_\" and \"-\", comma-separated",
                value -> each(value, name -> unless(NAME.matcher(name).matches(), "\"" + name + "\" is not")));
    }

    /** One or more of the names. */
    static Rule someOf(List<String> known) {
        return explained(
                "one or more of " + String.join(", ", known) + ", comma-separated",
                value -> first(value, name -> unless(known.contains(name), "\"" + name + "\" is none")));
    }

    static Rule number(int least, int most) {
        return when("a whole number from " + least + " to " + most, value -> {
            boolean digits = value.matches("[0-9]{1,10}");
            return digits && Long.parseLong(value) >= least && Long.parseLong(value) <= most;
        });
    }

    static Rule port() {
        return number(0, 65535);
    }

    static Rule duration() {
        return when("a number with s, m, h or d such as 90s or 7d, from 1s to 49710d", value -> {
            boolean written = DURATION.matcher(value).matches();
            long seconds = written ? toDuration(value).toSeconds() : 0;
            return seconds >= 1 && seconds <= MAX_EXPIRY_SECONDS;
        });
    }

    static Rule timeZone() {
        // Java's offsets and abbreviations are left out: PostgreSQL reads "+08:00" as west, and "CET" without summer
        // time
        return when(
                "a time zone of the form Europe/Berlin, or UTC",
                value -> value.equals("UTC")
                        || value.contains("/")
                                && !value.startsWith("SystemV/")
                                && ZoneId.getAvailableZoneIds().contains(value));
    }

    static Rule list() {
        return explained(
                "comma-separated, with no empty part",
                value -> each(value, part -> unless(!part.isEmpty(), "there is one")));
    }

    static Rule topicFilters() {
        return explained("MQTT topic filters, comma-separated", value -> first(value, TopicFilter::problem));
    }

    static Rule shareGroup() {
        return when(
                "a name without \"/\", \"+\" and \"#\", nor control characters",
                value -> !value.matches(".*[/+#].*") && MqttText.fits(value));
    }

    static Rule clientId() {
        return when("1 to 65535 bytes without control characters", value -> !value.isBlank() && MqttText.fits(value));
    }

    static Rule brokers() {
        String allowed = "embedded, or tcp://host:port, ssl://, ws:// or wss://, several of one kind comma-separated";
        return explained(allowed, value -> {
            if (value.equals("embedded")) {
                return Optional.empty();
            }
            if (value.contains("@")) {
                return Optional.of("user and password have keys of their own: msgstore.mqtt.username, .password");
            }
            Optional<String> wrong = first(value, Rule::wrongBroker);
            long kinds = entries(value).stream()
                    .map(url -> url.split(":", 2)[0])
                    .distinct()
                    .count();
            return wrong.isPresent() || kinds == 1 ? wrong : Optional.of("these are of " + kinds + " kinds");
        });
    }

    static Rule database() {
        String allowed =
                "embedded, jdbc:postgresql://host:port/database or postgres://user:password@host:port/database";
        return explained(
                allowed,
                value -> value.equals("embedded") ? Optional.empty() : unreadable(() -> Dsn.parse(value, null, null)));
    }

    static Rule redis() {
        String allowed = "redis://host:port/database, redis-sentinel://host:port,host:port/master or"
                + " redis-cluster://host:port,host:port; rediss… for TLS";
        return explained(allowed, value -> unreadable(() -> RedisUrl.parse(value)));
    }

    static Rule redisKey() {
        return when("a name of letters, digits, \".\", \"_\", \":\" and \"-\"", REDIS_KEY.asMatchPredicate());
    }

    static Rule kafkaBrokers() {
        return explained("host:port, several comma-separated", value -> first(value, Rule::wrongKafkaBroker));
    }

    static Rule kafkaName() {
        return when(
                "1 to 249 letters, digits, \".\", \"_\" and \"-\", not \".\" and not \"..\"",
                value -> KAFKA_NAME.matcher(value).matches() && !value.matches("\\.{1,2}"));
    }

    static Rule file() {
        return (value, directory) -> path("a file that can be read", value, directory, Files::isReadable)
                .or(() -> path("a file, not a folder", value, directory, Files::isRegularFile));
    }

    static Rule publicKey() {
        return (value, directory) -> file().wrong(value, directory)
                .or(() -> unreadable(() -> TokenKey.read(directory.resolve(value)))
                        .map(why -> "a PEM file with a public key, RSA of 2048 bits or more or EC (" + why + ")"));
    }

    static Rule httpUser() {
        return when("a name without \":\" and control characters", value -> !value.matches(".*[:\\p{Cntrl}].*"));
    }

    static Rule folder() {
        return (value, directory) -> value.isBlank()
                ? Optional.of("the path of a folder")
                : path(
                        "a folder, or the path of one to be made",
                        value,
                        directory,
                        path -> Files.notExists(path) || Files.isDirectory(path));
    }

    /** The rule, and no value at all. */
    default Rule orEmpty() {
        return (value, directory) ->
                value.isEmpty() ? Optional.empty() : wrong(value, directory).map(allowed -> allowed + ", or empty");
    }

    /** The rule, and one word. */
    default Rule or(String word) {
        return (value, directory) -> value.equals(word)
                ? Optional.empty()
                : wrong(value, directory).map(allowed -> allowed + ", or " + word);
    }

    /** The parts of a comma-separated value, without the spaces around them; none for a blank value. */
    static List<String> entries(String value) {
        return value.isBlank()
                ? List.of()
                : Arrays.stream(value.split(",", -1)).map(String::trim).toList();
    }

    /** @param value that {@link #duration()} accepts */
    static Duration toDuration(String value) {
        if (!DURATION.matcher(value).matches()) {
            throw new IllegalArgumentException("no duration: " + value);
        }
        return Duration.parse((value.endsWith("d") ? "P" : "PT") + value);
    }

    private static Rule when(String allowed, Predicate<String> right) {
        return (value, directory) -> unless(right.test(value), allowed);
    }

    private static Rule explained(String allowed, Function<String, Optional<String>> wrong) {
        return (value, directory) -> wrong.apply(value).map(reason -> allowed + " (" + Secrets.mask(reason) + ")");
    }

    /** Why a text can't be read, in the words of what reads it. */
    private static Optional<String> unreadable(Runnable reading) {
        try {
            reading.run();
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.of(e.getMessage());
        }
    }

    private static Optional<String> path(String allowed, String value, Path directory, Predicate<Path> right) {
        try {
            Path path = directory.resolve(value);
            return unless(right.test(path), allowed + " (" + path + " is not)");
        } catch (InvalidPathException e) {
            return Optional.of(allowed);
        }
    }

    private static Optional<String> first(String value, Function<String, Optional<String>> wrong) {
        return value.isBlank() ? Optional.of("there is none") : each(value, wrong);
    }

    private static Optional<String> each(String value, Function<String, Optional<String>> wrong) {
        return entries(value).stream()
                .flatMap(entry -> wrong.apply(entry).stream())
                .findFirst();
    }

    private static Optional<String> unless(boolean right, String wrong) {
        return right ? Optional.empty() : Optional.of(wrong);
    }

    private static Optional<String> wrongKafkaBroker(String broker) {
        Matcher matcher = HOST_AND_PORT.matcher(broker);
        if (!matcher.matches()) {
            return Optional.of(broker.isEmpty() ? "one is empty" : "\"" + broker + "\" is not");
        }
        return wrongPort(matcher.group(1), broker);
    }

    private static Optional<String> wrongPort(String port, String broker) {
        return number(1, 65535)
                .wrong(port, Path.of(""))
                .map(allowed -> "the port of \"" + broker + "\" is not from 1 to 65535");
    }

    private static Optional<String> wrongBroker(String url) {
        if (url.isEmpty()) {
            return Optional.of("one is empty");
        }
        Matcher broker = BROKER.matcher(url);
        if (!broker.matches()) {
            return Optional.of("\"" + url + "\" is not");
        }
        if (broker.group(1).matches("ssl|wss")) {
            if (broker.group(2).contains("_")) {
                return Optional.of("with TLS a host name has no \"_\": Java can't compare it with a certificate");
            }
            if (broker.group(2).startsWith("[")) {
                // the client library would tell it to the broker as the name of the server, and fail
                return Optional.of("with TLS the host is a name or an IPv4 address");
            }
        }
        if (broker.group(4) != null && !broker.group(1).startsWith("ws")) {
            return Optional.of("only ws:// and wss:// have a path");
        }
        return broker.group(3) == null
                ? Optional.empty()
                : wrongPort(broker.group(3).substring(1), url);
    }
}
