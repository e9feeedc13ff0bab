/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.tls;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.msgstore.devices.mqtt.Broker;
import io.msgstore.devices.mqtt.MqttComponent;
import io.msgstore.support.Limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/** TLS against a real broker, with certificates made on the spot. */
class TlsIT {

    private static final Duration LONG = Limits.LIMIT;
    private static final String PASSWORD = "changeit";

    @TempDir
    Path directory;

    @Test
    void connectsWithPasswordAndClientCertificateFromPkcs12() throws Exception {
        Path server = keyPair("server", "dns:localhost");
        Path client = keyPair("client", "dns:client");
        String mutual = "&needClientAuth=true&trustStoreType=PKCS12&trustStorePassword=" + PASSWORD + "&trustStorePath="
                + trust(client);
        try (Broker broker = broker(server, mutual)) {
            broker.password("s3cret");
            assertThat(connects(broker, "localhost", trust(server).toString(), client.toString()))
                    .isEqualTo("connected");
        }
    }

    @Test
    void connectsWithPem() throws Exception {
        Path server = keyPair("server", "dns:localhost");
        Path client = keyPair("client", "dns:client");
        String mutual = "&needClientAuth=true&trustStoreType=PKCS12&trustStorePassword=" + PASSWORD + "&trustStorePath="
                + trust(client);
        try (Broker broker = broker(server, mutual)) {
            broker.password("s3cret");
            assertThat(connects(broker, "localhost", pem(server, false), pem(client, true)))
                    .isEqualTo("connected");
        }
    }

    @Test
    void refusesACertificateForAnotherHost() throws Exception {
        Path server = keyPair("server", "dns:another.example");
        try (Broker broker = broker(server, "")) {
            assertThat(connects(broker, "localhost", trust(server).toString(), null))
                    .contains("localhost");
        }
    }

    @Test
    void refusesACertificateOfAnUnknownAuthority() throws Exception {
        Path server = keyPair("server", "dns:localhost");
        Path other = keyPair("other", "dns:localhost");
        try (Broker broker = broker(server, "")) {
            assertThat(connects(broker, "localhost", trust(other).toString(), null))
                    .contains("certification path");
        }
    }

    @Test
    void saysWhatIsWrongWithAFile() throws Exception {
        Path store = keyPair("server", "dns:localhost");
        assertThatThrownBy(() -> Tls.socketFactory("/no/such/file", null, null, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("'/no/such/file' can't be read: no such file");
        assertThatThrownBy(() -> Tls.socketFactory(null, null, store.toString(), "wrong-password"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("neither PEM nor a PKCS#12 store")
                .hasMessageNotContaining("wrong-password");
        assertThatThrownBy(() -> Tls.socketFactory(null, null, pem(store, false), null))
                .hasMessageContaining("holds no private key");
        Path old = Files.writeString(
                directory.resolve("old.pem"),
                Files.readString(Path.of(pem(store, false)))
                        + "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n");
        assertThatThrownBy(() -> Tls.socketFactory(null, null, old.toString(), null))
                .hasMessageContaining("must be unencrypted PKCS#8");
        assertThat(Tls.socketFactory(null, null, "", " ")).isNotNull();
    }

    private Broker broker(Path server, String more) {
        return new Broker(
                        directory.resolve("broker"),
                        "&sslEnabled=true&keyStoreType=PKCS12&keyStorePassword=" + PASSWORD + "&keyStorePath=" + server
                                + more)
                .start();
    }

    // "connected", or the error
    private String connects(Broker broker, String host, String truststore, String keystore) throws Exception {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            MqttComponent mqtt = new MqttComponent(context);
            mqtt.getConfiguration().setBrokerUrl("ssl://" + host + ":" + broker.port);
            mqtt.getConfiguration().setClientId("msgstore-test");
            mqtt.getConfiguration().setUserName("msgstore");
            mqtt.getConfiguration().setPassword("s3cret");
            mqtt.getConfiguration().setSocketFactory(Tls.socketFactory(truststore, PASSWORD, keystore, PASSWORD));
            context.getRegistry().bind("paho-mqtt5", mqtt);
            context.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("paho-mqtt5:devices/#").to("log:devices");
                }
            });
            context.start();
            await().atMost(LONG)
                    .until(() -> mqtt.connected() == 1 || mqtt.state().contains("last error"));
            return mqtt.connected() == 1 ? "connected" : mqtt.state();
        }
    }

    private Path keyPair(String name, String subject) throws Exception {
        Path store = directory.resolve(name + ".p12");
        keytool(
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + name,
                "-ext",
                "san=" + subject,
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString());
        return store;
    }

    private Path trust(Path store) throws Exception {
        String name = store.getFileName().toString().replace(".p12", "");
        Path certificate = directory.resolve(name + ".crt");
        Path trust = directory.resolve(name + "-trust.p12");
        keytool("-exportcert", "-alias", name, "-keystore", store.toString(), "-file", certificate.toString());
        keytool(
                "-importcert",
                "-noprompt",
                "-alias",
                name,
                "-storetype",
                "PKCS12",
                "-keystore",
                trust.toString(),
                "-file",
                certificate.toString());
        return trust;
    }

    private void keytool(String... arguments) throws IOException, InterruptedException {
        List<String> command = Stream.of(
                        Stream.of(Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString()),
                        Stream.of(arguments),
                        Stream.of("-storepass", PASSWORD))
                .flatMap(part -> part)
                .toList();
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(output).isZero();
    }

    private String pem(Path store, boolean withKey) throws Exception {
        String name = store.getFileName().toString().replace(".p12", "");
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        Certificate certificate = keys.getCertificate(name);
        Key key = keys.getKey(name, PASSWORD.toCharArray());
        String text = block("CERTIFICATE", certificate.getEncoded())
                + (withKey ? block("PRIVATE KEY", key.getEncoded()) : "");
        return Files.writeString(directory.resolve(name + "-" + withKey + ".pem"), text)
                .toString();
    }

    private static String block(String type, byte[] content) {
        return "-----BEGIN " + type + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content) + "\n-----END " + type
                + "-----\n";
    }
}
