/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;

import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * Lists the tests that passed only when they were tried again, with what they failed for, from the reports of Maven's
 * failsafe plugin. The build calls it after the tests.
 */
public final class Flakes {
    private static final List<String> FIRST_TRIES = List.of("flakyFailure", "flakyError");

    private Flakes() {}

    /** @param args the folder of the reports, and the file to write */
    public static void main(String[] args) throws Exception {
        Path reports = Path.of(args[0]);
        if (!Files.isDirectory(reports)) {
            return;
        }
        List<String> flakes = of(reports);
        Files.write(Path.of(args[1]), flakes);
        if (flakes.isEmpty()) {
            System.out.println("Flakes: none");
        } else {
            System.out.println("Flakes: " + flakes.size() + ", which passed only when they were tried again");
            flakes.forEach(flake -> System.out.println("  " + flake));
        }
    }

    /** A line for each failed try of a test that passed later: {@code class.test: message}. */
    static List<String> of(Path reports) throws IOException, SAXException, ParserConfigurationException {
        List<Path> files;
        try (Stream<Path> all = Files.list(reports)) {
            files = all.filter(file -> file.getFileName().toString().matches("TEST-.*\\.xml"))
                    .sorted()
                    .toList();
        }
        DocumentBuilder reader = DocumentBuilderFactory.newInstance().newDocumentBuilder();
        List<String> flakes = new ArrayList<>();
        for (Path file : files) {
            NodeList tests = reader.parse(file.toFile()).getElementsByTagName("testcase");
            for (int i = 0; i < tests.getLength(); i++) {
                Element test = (Element) tests.item(i);
                for (String kind : FIRST_TRIES) {
                    NodeList tries = test.getElementsByTagName(kind);
                    for (int j = 0; j < tries.getLength(); j++) {
                        flakes.add(line(test, (Element) tries.item(j)));
                    }
                }
            }
        }
        return flakes;
    }

    private static String line(Element test, Element failure) {
        String message = failure.getAttribute("message").strip().replaceAll("\\s+", " ");
        return test.getAttribute("classname") + "." + test.getAttribute("name") + ": "
                + (message.isEmpty() ? failure.getAttribute("type") : message);
    }
}
