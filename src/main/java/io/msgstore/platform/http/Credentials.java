/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

import io.vertx.core.Future;
import io.vertx.ext.auth.User;
import io.vertx.ext.auth.authentication.AuthenticationProvider;
import io.vertx.ext.auth.authentication.TokenCredentials;

/** What one must have to come in: the user's password, or a token. Either is enough where both are set. */
final class Credentials {
    private static final String REALM = " realm=\"msgstore\"";

    private final byte[] basic;

    private final AuthenticationProvider tokens;

    /**
     * @param username null where there is no password
     * @param tokens what checks tokens; null where none are taken
     */
    Credentials(String username, String password, AuthenticationProvider tokens) {
        this.basic = username == null ? null : (username + ":" + password).getBytes(StandardCharsets.UTF_8);
        this.tokens = tokens;
    }

    boolean areAsked() {
        return basic != null || tokens != null;
    }

    /** What to ask for, as the header {@code WWW-Authenticate} has it; a line each. */
    List<String> challenges() {
        List<String> challenges = new ArrayList<>();
        if (basic != null) {
            challenges.add("Basic" + REALM + ", charset=\"UTF-8\"");
        }
        if (tokens != null) {
            challenges.add("Bearer" + REALM);
        }
        return challenges;
    }

    /**
     * Whom a request comes from.
     *
     * @param authorization the header {@code Authorization}
     * @return a name; empty when it is nobody that is let in
     */
    Optional<String> user(String authorization) {
        int space = authorization.indexOf(' ');
        String scheme = space < 0 ? "" : authorization.substring(0, space).toLowerCase(Locale.ROOT);
        String value = authorization.substring(space + 1).strip();
        return switch (scheme) {
            case "basic" -> byPassword(value);
            case "bearer" -> byToken(value);
            default -> Optional.empty();
        };
    }

    private Optional<String> byPassword(String encoded) {
        byte[] decoded;
        try {
            decoded = Base64.getDecoder().decode(encoded);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        // the time that this takes says nothing of the password, nor of its length
        if (basic == null || !MessageDigest.isEqual(decoded, basic)) {
            return Optional.empty();
        }
        return Optional.of(new String(decoded, StandardCharsets.UTF_8).split(":", 2)[0]);
    }

    private Optional<String> byToken(String token) {
        if (tokens == null) {
            return Optional.empty();
        }
        // there is nothing to wait for: it only calculates
        Future<User> answer = tokens.authenticate(new TokenCredentials(token));
        if (!answer.succeeded() || !answer.result().attributes().containsKey("exp")) {
            return Optional.empty();
        }
        String subject = answer.result().subject();
        return Optional.of(subject == null || subject.isBlank() ? "token" : subject);
    }
}
