#!/usr/bin/env python3
"""What Redis and the machine do by themselves, without msgstore and without a JVM: the same commands as its hop, at the same
rate, from one process to another. The sender wakes when a message is due, as that of the hop does, and writes once a
millisecond, as msgstore does. Prints percentiles from when a message was due to when it was read.

    redis-server --appendonly yes --save "" --dir $(mktemp -d) &
    bench/tools/redis-alone.py [port] [messages a second] [seconds]
"""
import multiprocessing
import os
import socket
import sys
import time

PORT, RATE, SECONDS = (int(a) for a in (sys.argv[1:] + ["6379", "5000", "30"][len(sys.argv) - 1:]))
WARM_UP = 5 * RATE
MESSAGES = WARM_UP + SECONDS * RATE
LENGTH = 400
SCRIPTS = os.path.join(os.path.dirname(__file__), "../../src/main/resources/io/msgstore/devices/queue/redis")


class Redis:
    def __init__(self):
        self.socket = socket.create_connection(("127.0.0.1", PORT))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answers = self.socket.makefile("rb", 1 << 16)

    def ask(self, *commands):
        parts = []
        for command in commands:
            words = [word if isinstance(word, bytes) else str(word).encode() for word in command]
            parts.append(b"*%d\r\n" % len(words))
            parts += [b"$%d\r\n%s\r\n" % (len(word), word) for word in words]
        self.socket.sendall(b"".join(parts))
        return [self.answer() for _ in commands]

    def answer(self):
        line = self.answers.readline()
        kind, value = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(value)
        if kind == b"$":
            return None if value == b"-1" else self.answers.read(int(value) + 2)[:-2]
        if kind == b"*":
            return None if value == b"-1" else [self.answer() for _ in range(int(value))]
        return value


def script(name):
    with open(os.path.join(SCRIPTS, name), "rb") as file:
        return file.read()


def send(key):
    redis, enqueue = Redis(), script("enqueue.lua")
    begin, sent, written = time.monotonic(), 0, 0.0
    while sent < MESSAGES:
        now = time.monotonic()
        due = min(MESSAGES, sent + 500, int((now - begin) * RATE))
        if due > sent and now >= written + 0.001:
            messages = [b"%f" % (begin + i / RATE) for i in range(sent, due)]
            redis.ask(["EVAL", enqueue, 1, key, 1_000_000] + [m.ljust(LENGTH) for m in messages])
            sent, written = due, now
        time.sleep(max(0.0, begin + (int((now - begin) * RATE) + 1) / RATE - time.monotonic()))


def read(key, answer):
    redis, remove = Redis(), script("remove.lua")
    latencies, ids = [], []
    while len(latencies) < MESSAGES:
        asks = [["EVAL", remove, 1, key, "group"] + ids] if ids else []
        asks.append(["XREADGROUP", "GROUP", "group", "one", "COUNT", 500, "BLOCK", 200, "STREAMS", key, ">"])
        streams = redis.ask(*asks)[-1]
        now = time.monotonic()
        entries = streams[0][1] if streams else []
        ids = [entry[0] for entry in entries]
        latencies += [now - float(entry[1][1]) for entry in entries]
    measured = sorted(latencies[WARM_UP:])
    answer.put([measured[int(len(measured) * share)] * 1000 for share in (0.5, 0.95, 0.99, 0.999)])


if __name__ == "__main__":
    stream = "redis-alone-%d" % os.getpid()
    Redis().ask(["XGROUP", "CREATE", stream, "group", 0, "MKSTREAM"])
    result = multiprocessing.Queue()
    processes = [multiprocessing.Process(target=send, args=(stream,)),
                 multiprocessing.Process(target=read, args=(stream, result))]
    for process in processes:
        process.start()
    print("%d messages at %d/s: p50 %.2f ms, p95 %.2f, p99 %.2f, p99.9 %.2f"
          % ((MESSAGES - WARM_UP, RATE) + tuple(result.get())))
    for process in processes:
        process.join()
    Redis().ask(["DEL", stream])
