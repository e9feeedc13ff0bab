/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A network that can be broken: stands between msgstore and a server, on a port of its own on 127.0.0.1. */
final class TcpProxy implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 16;

    private final ServerSocket listener;
    private final int target;
    private final List<Link> links = new CopyOnWriteArrayList<>();
    private volatile State state = State.SOUND;

    private enum State {
        SOUND,
        CUT,
        SILENT
    }

    /** @param target port of the server, on 127.0.0.1 */
    TcpProxy(int target) {
        this.target = target;
        try {
            listener = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        daemon("proxy", this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Breaks every connection, and each new one at once, as a network does that answers with resets. */
    void cut() {
        state = State.CUT;
        links.forEach(Link::close);
    }

    /** Swallows everything both ways and closes nothing, as a network does that drops packets. */
    void silence() {
        state = State.SILENT;
        links.forEach(Link::lose);
    }

    /** New connections work again. What was cut or silenced stays so: its packets are lost. */
    void mend() {
        state = State.SOUND;
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        links.forEach(Link::close);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                if (state == State.CUT || !connect(client)) {
                    client.close();
                }
            } catch (IOException e) {
                // closed
            }
        }
    }

    // false when the server is away, which the client is to see
    private boolean connect(Socket client) {
        try {
            Link link = new Link(client, new Socket("127.0.0.1", target));
            links.add(link);
            if (state == State.SILENT) {
                link.lose();
            }
            link.start();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static void daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    private final class Link {
        private final Socket client;
        private final Socket server;
        private volatile boolean lost;

        Link(Socket client, Socket server) throws IOException {
            this.client = client;
            this.server = server;
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
        }

        void start() {
            daemon("proxy-up", () -> pump(client, server));
            daemon("proxy-down", () -> pump(server, client));
        }

        void lose() {
            lost = true;
        }

        private void pump(Socket from, Socket to) {
            byte[] buffer = new byte[BUFFER_BYTES];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    if (!lost) {
                        out.write(buffer, 0, n);
                    }
                }
            } catch (IOException e) {
                // one side is gone: so is the other, unless nobody may hear of it
            }
            if (!lost) {
                close();
            }
        }

        void close() {
            links.remove(this);
            for (Socket socket : List.of(client, server)) {
                try {
                    socket.close();
                } catch (IOException e) {
                    // it was gone already
                }
            }
        }
    }
}
