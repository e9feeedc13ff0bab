/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The public key that JSON Web Tokens are checked with.
 *
 * @param pem the key as PEM has it
 * @param algorithms the signatures that it may have made, as RFC 7518 names them; never {@code none} or {@code HS…}
 */
public record TokenKey(String pem, List<String> algorithms) {
    private static final Pattern PUBLIC_KEY =
            Pattern.compile("-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s]+)-----END PUBLIC KEY-----");
    private static final int LEAST_RSA_BITS = 2048;

    /** @throws IllegalArgumentException with what is wrong, for the user; never with what stands in the file */
    public static TokenKey read(Path file) {
        String text;
        try {
            text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new IllegalArgumentException("it can't be read", e);
        }
        if (text.contains("PRIVATE KEY")) {
            throw new IllegalArgumentException("there is a private key in it, which nobody but the issuer should have");
        }
        Matcher key = PUBLIC_KEY.matcher(text);
        if (!key.find()) {
            throw new IllegalArgumentException("there is no BEGIN PUBLIC KEY in it");
        }
        byte[] encoded;
        try {
            encoded = Base64.getMimeDecoder().decode(key.group(1));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("its key is no base64", e);
        }
        if (parse("RSA", encoded) instanceof RSAPublicKey rsa) {
            if (rsa.getModulus().bitLength() < LEAST_RSA_BITS) {
                throw new IllegalArgumentException(
                        "this one has " + rsa.getModulus().bitLength() + " bits");
            }
            return new TokenKey(key.group(), List.of("RS256", "RS384", "RS512"));
        }
        if (parse("EC", encoded) instanceof ECPublicKey ec) {
            int bits = ec.getParams().getCurve().getField().getFieldSize();
            return switch (bits) {
                case 256 -> new TokenKey(key.group(), List.of("ES256"));
                case 384 -> new TokenKey(key.group(), List.of("ES384"));
                case 521 -> new TokenKey(key.group(), List.of("ES512"));
                default -> throw new IllegalArgumentException("no token is signed on a curve of " + bits + " bits");
            };
        }
        throw new IllegalArgumentException("its key is neither RSA nor EC");
    }

    private static PublicKey parse(String kind, byte[] encoded) {
        try {
            return KeyFactory.getInstance(kind).generatePublic(new X509EncodedKeySpec(encoded));
        } catch (GeneralSecurityException e) {
            // of another kind
            return null;
        }
    }
}
