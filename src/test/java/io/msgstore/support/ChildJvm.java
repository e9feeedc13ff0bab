/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A Java process whose output is kept, in memory and in a file. */
public final class ChildJvm extends ChildProcess {
    private ChildJvm(ProcessBuilder builder, Path outputFile) throws IOException {
        super(builder, outputFile);
    }

    /** Starts a main class of the test class path. */
    public static ChildJvm ofClass(Class<?> main, List<String> jvmArguments, List<String> arguments, Path outputFile) {
        List<String> command = new ArrayList<>(jvmArguments);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(arguments);
        return start(command, Path.of("").toAbsolutePath(), Map.of(), outputFile);
    }

    /**
     * Starts a main class of the tests with the jar under test before it, whose classes are read from an archive. Where no
     * jar is under test, as for the bench, it is started as {@link #ofClass} does.
     */
    public static ChildJvm ofClassAndJar(
            Class<?> main, List<String> jvmArguments, List<String> arguments, Path outputFile) {
        if (System.getProperty("jar.under.test") == null) {
            return ofClass(main, jvmArguments, arguments, outputFile);
        }
        List<String> command = new ArrayList<>(jvmArguments);
        Path tests;
        try {
            tests = Path.of(
                    main.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
        command.addAll(List.of(
                "-XX:SharedArchiveFile=" + MsgstoreProcess.archive(),
                "-cp",
                MsgstoreProcess.jar() + File.pathSeparator + tests,
                main.getName()));
        command.addAll(arguments);
        return start(command, Path.of("").toAbsolutePath(), Map.of(), outputFile);
    }

    /** Starts {@code java} with these arguments in a folder, with further environment variables. */
    public static ChildJvm start(
            List<String> arguments, Path folder, Map<String, String> environment, Path outputFile) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment().putAll(environment);
        try {
            return new ChildJvm(builder, outputFile);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
