/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.postgresql.PGProperty;

/**
 * Where the database is and who we are there.
 *
 * @param jdbcUrl for the PostgreSQL driver, without user and password
 * @param username empty: the driver takes the name of the operating system's user
 * @param password empty: none
 */
public record Dsn(String jdbcUrl, Optional<String> username, Optional<String> password) {
    private static final String JDBC = "jdbc:postgresql:";
    private static final Pattern LIBPQ = Pattern.compile("postgres(?:ql)?:(//.*)", Pattern.CASE_INSENSITIVE);
    private static final Pattern OTHER_DATABASE = Pattern.compile("(?!postgres)[a-z][\\w+.-]*:.*");
    private static final Pattern HOST =
            Pattern.compile("(?<name>\\[[0-9A-Fa-f:.%\\w]+]|[^\\[\\]:/@]*)(?::(?<port>\\d*))?");

    // A "/" or "?" in a password cuts it in two, and its rest would be taken, and shown, as host or database.
    private static final String NOT_ENCODED =
            "its host can't be read; in user and password write / as %2F, ? as %3F, : as %3A, @ as %40";

    private static final List<String> DRIVERS =
            Arrays.stream(PGProperty.values()).map(PGProperty::getName).toList();
    private static final List<String> SSL_MODES =
            List.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full");
    private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z][A-Za-z_]{0,40}");

    // libpq's words that the driver has others for
    private static final Map<String, String> SERVER_TYPES = Map.of(
            "any", "any",
            "read-write", "primary",
            "primary", "primary",
            "read-only", "secondary",
            "standby", "secondary",
            "prefer-standby", "preferSecondary");

    /**
     * Reads {@code jdbc:postgresql://host:port/database?x=y} or
     * {@code postgres://user:password@host:port/database?x=y}.
     *
     * <p>Host, port and database may be missing, and there may be several hosts. In the second form user, password,
     * database and parameters are percent-decoded, and libpq's names of parameters (such as {@code connect_timeout})
     * become the driver's.
     *
     * @param username wins over the one in the text; null or blank: none
     * @param password wins over the one in the text; null or empty: none
     * @throws IllegalArgumentException when it can't be read; the message names what is wrong, and no secret
     */
    public static Dsn parse(String text, String username, String password) {
        Dsn dsn = text.startsWith(JDBC)
                ? new Parser(true).parse(text.substring(JDBC.length()))
                : new Parser(false).parse(withoutScheme(text));
        return new Dsn(
                dsn.jdbcUrl,
                Optional.ofNullable(username).filter(name -> !name.isBlank()).or(() -> dsn.username),
                Optional.ofNullable(password).filter(word -> !word.isEmpty()).or(() -> dsn.password));
    }

    /** For people: the URL and the user, never a password. */
    @Override
    public String toString() {
        return Secrets.mask(jdbcUrl) + username.map(name -> " as " + name).orElse("");
    }

    private static String withoutScheme(String text) {
        Matcher libpq = LIBPQ.matcher(text);
        if (libpq.matches()) {
            return libpq.group(1);
        }
        if (OTHER_DATABASE
                .matcher(text.replaceFirst("^jdbc:", "").toLowerCase(Locale.ROOT))
                .matches()) {
            throw new IllegalArgumentException("only PostgreSQL is supported now");
        }
        throw new IllegalArgumentException("it begins with none of these");
    }

    /** Takes one text apart. The two forms differ in how they encode and in the names of parameters. */
    private static final class Parser {
        private final boolean jdbc;
        private final List<String> parameters = new ArrayList<>();
        private String username;
        private String password;
        private boolean afterSecret;

        Parser(boolean jdbc) {
            this.jdbc = jdbc;
        }

        Dsn parse(String text) {
            String[] parts = text.split("\\?", 2);
            String location = parts[0].startsWith("//") ? location(parts[0].substring(2)) : parts[0];
            if (!jdbc && parts.length == 2 && parts[1].contains("@") && !parts[0].contains("@")) {
                throw new IllegalArgumentException(NOT_ENCODED);
            }
            if (parts.length == 2) {
                Arrays.stream(parts[1].split("&"))
                        .filter(part -> !part.isEmpty())
                        .forEach(this::parameter);
            }
            String query = parameters.isEmpty() ? "" : "?" + String.join("&", parameters);
            return new Dsn(JDBC + location + query, Optional.ofNullable(username), Optional.ofNullable(password));
        }

        private String location(String text) {
            String[] parts = text.split("/", 2);
            String database = parts.length == 2 ? parts[1] : "";
            if (database.contains("@")) {
                throw new IllegalArgumentException(NOT_ENCODED);
            }
            String name = decode(database);
            if (jdbc && database.contains("/")) {
                throw new IllegalArgumentException("a \"/\" in the name of a database is written %2F");
            }
            return "//" + authority(parts[0]) + "/" + (jdbc ? database : encode(name));
        }

        private String authority(String text) {
            int at = text.lastIndexOf('@');
            if (at >= 0) {
                String[] user = text.substring(0, at).split(":", 2);
                username = user[0].isEmpty() ? null : percentDecode(user[0]);
                password = user.length == 2 ? percentDecode(user[1]) : null;
            }
            return Arrays.stream(text.substring(at + 1).split(",", -1))
                    .map(Parser::host)
                    .collect(Collectors.joining(","));
        }

        private static String host(String text) {
            Matcher host = HOST.matcher(text);
            // The text stays out of the message: after a "/" in a password this is part of the password.
            if (!host.matches()) {
                throw new IllegalArgumentException(NOT_ENCODED);
            }
            String name = host.group("name");
            if (name.toUpperCase(Locale.ROOT).startsWith("%2F")) {
                throw new IllegalArgumentException("the driver can't use Unix sockets; name a host");
            }
            String port = host.group("port") == null ? "" : host.group("port");
            if (!port.isEmpty()
                    && (port.length() > 5 || Integer.parseInt(port) < 1 || Integer.parseInt(port) > 65535)) {
                throw new IllegalArgumentException("a port is not between 1 and 65535");
            }
            return (name.isEmpty() ? "localhost" : name) + (port.isEmpty() ? "" : ":" + port);
        }

        private void parameter(String text) {
            String[] parts = text.split("=", 2);
            String name = decode(parts[0]);
            String value = parts.length == 2 ? decode(parts[1]) : "";
            switch (name) {
                case "user" -> username = value.isEmpty() ? username : value;
                case "password" -> {
                    password = value;
                    afterSecret = true;
                }
                case "host", "hostaddr", "port", "dbname", "PGHOST", "PGPORT", "PGDBNAME" ->
                    // The driver would ignore it and talk to another database than the one that was meant.
                    throw new IllegalArgumentException("\"" + name + "\" belongs before the \"?\"");
                default -> {
                    parameters.add(jdbc ? known(name, value, text) : forDriver(name, value));
                    afterSecret |= Secrets.isSecretName(name);
                }
            }
        }

        // The driver ignores what it does not know: "sslMode=require" would be a connection without TLS.
        private String known(String name, String value, String text) {
            if (!DRIVERS.contains(name)) {
                throw unknown(name);
            }
            checkValue(name, value);
            return text;
        }

        private String forDriver(String name, String value) {
            if (name.equals("target_session_attrs")) {
                return "targetServerType=" + encode(SERVER_TYPES.getOrDefault(value, value));
            }
            // Most differ in "_" and case only: connect_timeout, connectTimeout.
            String driverName = sameLetters(name).orElseThrow(() -> unknown(name));
            checkValue(driverName, value);
            return encode(driverName) + "=" + encode(value);
        }

        private static void checkValue(String name, String value) {
            if (name.equals("sslmode") && !SSL_MODES.contains(value.toLowerCase(Locale.ROOT))) {
                throw new IllegalArgumentException("sslmode is one of " + String.join(", ", SSL_MODES));
            }
        }

        private static Optional<String> sameLetters(String name) {
            return DRIVERS.stream()
                    .filter(known -> known.equalsIgnoreCase(name.replace("_", "")))
                    .findFirst();
        }

        private IllegalArgumentException unknown(String name) {
            Optional<String> like = sameLetters(name).or(() -> Key.nearest(name, DRIVERS)
                    .filter(known -> PLAIN_NAME.matcher(name).matches()));
            // The rest of a password that is not encoded looks like a parameter, too: it stays out of the message.
            boolean shown =
                    like.isPresent() || !afterSecret && PLAIN_NAME.matcher(name).matches();
            return new IllegalArgumentException((shown ? "\"" + name + "\"" : "a name behind the \"?\"")
                    + " is no parameter of PostgreSQL's driver, which would ignore it"
                    + like.map(known -> "; write " + known).orElse(""));
        }

        private String decode(String text) {
            return jdbc ? formDecode(text) : percentDecode(text);
        }

        /** "+" stands for itself, as in every URL outside forms. */
        private static String percentDecode(String text) {
            return formDecode(text.replace("+", "%2B"));
        }

        private static String formDecode(String text) {
            try {
                return URLDecoder.decode(text, StandardCharsets.UTF_8);
            } catch (IllegalArgumentException e) {
                // without its cause, which shows the text
                throw new IllegalArgumentException(
                        "a \"%\" is not followed by two hexadecimal digits; write it \"%25\"");
            }
        }

        private static String encode(String text) {
            return URLEncoder.encode(text, StandardCharsets.UTF_8);
        }
    }
}
