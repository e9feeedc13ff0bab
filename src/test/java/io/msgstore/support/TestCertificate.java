/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/** A certificate for 127.0.0.1 and localhost that nobody signed but itself, in the forms that servers and clients read. */
public final class TestCertificate {
    /** Of the trust store. */
    public static final String PASSWORD = "changeit";

    private static final String ALIAS = "server";

    private final Path folder;
    private final KeyStore trusted;

    private TestCertificate(Path folder, KeyStore trusted) {
        this.folder = folder;
        this.trusted = trusted;
    }

    /** Makes one in this folder; takes a second. */
    public static TestCertificate in(Path folder) {
        try {
            Path keyStore = folder.resolve("server.p12");
            generate(keyStore);
            KeyStore own = KeyStore.getInstance(keyStore.toFile(), PASSWORD.toCharArray());
            Certificate certificate = own.getCertificate(ALIAS);
            writePem(
                    folder.resolve("server.key"),
                    "PRIVATE KEY",
                    own.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded());
            writePem(folder.resolve("server.pem"), "CERTIFICATE", certificate.getEncoded());
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry(ALIAS, certificate);
            try (OutputStream out = Files.newOutputStream(folder.resolve("trust.p12"))) {
                trusted.store(out, PASSWORD.toCharArray());
            }
            return new TestCertificate(folder, trusted);
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void generate(Path keyStore) throws IOException {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                ALIAS,
                "-keyalg",
                "RSA",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=ip:127.0.0.1,dns:localhost",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-keystore",
                keyStore.toString(),
                "-storepass",
                PASSWORD);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IllegalStateException(output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void writePem(Path file, String type, byte[] content) throws IOException {
        Files.writeString(
                file,
                "-----BEGIN " + type + "-----\n" + Base64.getMimeEncoder().encodeToString(content) + "\n-----END "
                        + type + "-----\n");
    }

    /** PEM; also what a client may trust. */
    public Path certificate() {
        return folder.resolve("server.pem");
    }

    /** PEM, PKCS #8, without a password. */
    public Path key() {
        return folder.resolve("server.key");
    }

    /** PKCS12 with the certificate alone, under {@link #PASSWORD}. */
    public Path trustStore() {
        return folder.resolve("trust.p12");
    }

    /** Sockets that trust this certificate and no other. */
    public SSLSocketFactory sockets() {
        try {
            TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            managers.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers.getTrustManagers(), null);
            return context.getSocketFactory();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
