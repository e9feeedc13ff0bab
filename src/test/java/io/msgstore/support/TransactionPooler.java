/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A pooler for PostgreSQL on a random port, which gives each client a session of the server for one transaction, as PgBouncer 1.18
 * does with {@code pool_mode=transaction}: what a client sets or prepares in a session meets the next one there. The clients need no
 * password, and no encryption.
 */
public final class TransactionPooler implements AutoCloseable {
    private static final int PROTOCOL = 196_608;
    private static final int CANCEL = 80_877_102;
    private static final int SSL = 80_877_103;
    private static final int GSS = 80_877_104;

    private final int serverPort;
    private final BlockingQueue<Session> free;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final ServerSocket listener;
    private final byte[] greeting;

    private TransactionPooler(int port, int serverPort, int sessions) {
        this.serverPort = serverPort;
        free = new ArrayBlockingQueue<>(sessions);
        try {
            ByteArrayOutputStream parameters = new ByteArrayOutputStream();
            for (int i = 0; i < sessions; i++) {
                free.add(new Session(i == 0 ? parameters : new ByteArrayOutputStream()));
            }
            greeting = parameters.toByteArray();
            listener = new ServerSocket(port, 50, InetAddress.getByName("127.0.0.1"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        daemon(this::accept);
    }

    /**
     * Starts one.
     *
     * @param port its own, 0 for any
     * @param serverPort that of the server, on 127.0.0.1
     * @param sessions how many it has at the server
     */
    public static TransactionPooler running(int port, int serverPort, int sessions) {
        return new TransactionPooler(port, serverPort, sessions);
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** A session at the server. */
    private final class Session {
        private final Socket socket;
        private final DataInputStream in;
        private final DataOutputStream out;

        Session(ByteArrayOutputStream parameters) throws IOException {
            socket = new Socket(InetAddress.getByName("127.0.0.1"), serverPort);
            socket.setTcpNoDelay(true);
            sockets.add(socket);
            in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
            byte[] words = "user\0postgres\0database\0msgstore\0\0".getBytes(StandardCharsets.UTF_8);
            out.writeInt(8 + words.length);
            out.writeInt(PROTOCOL);
            out.write(words);
            out.flush();
            DataOutputStream kept = new DataOutputStream(parameters);
            for (int type = in.read(); type != 'Z'; type = in.read()) {
                byte[] body = body(in);
                if (type == 'S') {
                    send(kept, type, body);
                } else if (type == 'E' || type < 0) {
                    throw new IOException("the server refuses: " + new String(body, StandardCharsets.UTF_8));
                }
            }
            body(in);
        }
    }

    private void accept() {
        while (true) {
            try {
                Socket client = listener.accept();
                client.setTcpNoDelay(true);
                sockets.add(client);
                daemon(() -> serve(client));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            DataInputStream in = new DataInputStream(new BufferedInputStream(client.getInputStream()));
            DataOutputStream out = new DataOutputStream(new BufferedOutputStream(client.getOutputStream()));
            if (greet(in, out)) {
                while (transaction(in, out)) {
                    out.flush();
                }
            }
        } catch (IOException | InterruptedException gone) {
            // the client has ended, or the pooler
        } finally {
            sockets.remove(client);
        }
    }

    private boolean greet(DataInputStream in, DataOutputStream out) throws IOException {
        while (true) {
            int length = in.readInt();
            int code = in.readInt();
            in.readNBytes(length - 8);
            if (code == CANCEL) {
                return false;
            } else if (code == SSL || code == GSS) {
                out.write('N');
                out.flush();
            } else {
                break;
            }
        }
        send(out, 'R', new byte[4]);
        out.write(greeting);
        byte[] key = new byte[8];
        ThreadLocalRandom.current().nextBytes(key);
        send(out, 'K', key);
        send(out, 'Z', new byte[] {'I'});
        out.flush();
        return true;
    }

    /** Lets the client have a session until its transaction ends; false when it leaves. */
    private boolean transaction(DataInputStream in, DataOutputStream out) throws IOException, InterruptedException {
        int type = in.read();
        if (type < 0 || type == 'X') {
            return false;
        }
        Session session = free.take();
        boolean idle = false;
        try {
            while (!idle) {
                if (type < 0) {
                    throw new EOFException();
                }
                send(session.out, type, body(in));
                if (type == 'S' || type == 'Q') {
                    session.out.flush();
                    idle = answer(session, out) == 'I';
                }
                if (!idle) {
                    type = in.read();
                }
            }
            return true;
        } finally {
            // one that is left in the middle of a transaction is of no use any more, and has locks
            if (!idle) {
                sockets.remove(session.socket);
                session.socket.close();
            }
            free.add(idle ? session : new Session(new ByteArrayOutputStream()));
        }
    }

    private static int answer(Session session, DataOutputStream out) throws IOException {
        while (true) {
            int type = session.in.read();
            if (type < 0) {
                throw new EOFException();
            }
            byte[] body = body(session.in);
            send(out, type, body);
            if (type == 'Z') {
                out.flush();
                return body[0];
            }
        }
    }

    private static byte[] body(DataInputStream in) throws IOException {
        return in.readNBytes(in.readInt() - 4);
    }

    private static void send(DataOutputStream out, int type, byte[] body) throws IOException {
        out.write(type);
        out.writeInt(4 + body.length);
        out.write(body);
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "pooler");
        thread.setDaemon(true);
        thread.start();
    }

    /** Ends it at once, with all connections. */
    @Override
    public void close() {
        try {
            listener.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
