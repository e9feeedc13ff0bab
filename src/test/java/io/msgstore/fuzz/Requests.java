/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.fuzz;

/** Generates HTTP requests, their bytes as characters: to the API, past it, and broken ones. */
final class Requests {
    /** In the head of a request that is as long as it says. */
    static final String WHOLE = "\r\nX-Whole: 1\r\n";

    private static final String[] HEADERS = {
        "Content-Type: application/json",
        "Content-Type: multipart/form-data; boundary=x",
        "Content-Type: x",
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Type: text/plain; charset=no",
        "Content-Encoding: gzip",
        "Accept: image/png",
        "Accept: ;",
        "CamelSqlQuery: drop table dead_letters",
        "CamelHttpResponseCode: 500",
        "Cookie: =;;=",
        "Range: bytes=5-1",
        "Origin: null",
        "id: 3",
        "Expect: x",
        "Authorization: Basic %%%",
        "If-None-Match: *"
    };

    private Requests() {}

    static String next(Dice dice) {
        StringBuilder head = new StringBuilder(method(dice))
                .append(' ')
                .append(path(dice))
                .append(dice.oneIn(2) ? "" : "?" + Queries.next(dice).replaceAll("[^!-~]", ""))
                .append(" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
        for (int i = dice.oneIn(3) ? dice.between(1, 2) : 0; i > 0; i--) {
            head.append(dice.oneIn(20) ? "X-" + "y".repeat(2000) + ": 1" : dice.of(HEADERS))
                    .append("\r\n");
        }
        String body = Dice.utf8(
                dice.oneIn(5) ? dice.of("{}", " ", dice.text(30), "a=b&c=%", "--x\r\n\r\n--x--", dice.bytes(30)) : "");
        if (!body.isEmpty()) {
            head.append("Content-Length: ").append(body.length()).append("\r\n");
        }
        String bytes = Dice.utf8(head.toString());
        return (dice.oneIn(50) ? dice.mutated(bytes) : bytes + WHOLE.substring(2)) + "\r\n" + body;
    }

    private static String method(Dice dice) {
        return dice.oneIn(6)
                ? dice.of(
                        "PUT",
                        "PATCH",
                        "HEAD",
                        "OPTIONS",
                        "TRACE",
                        "get",
                        "X",
                        dice.text(4).replaceAll("\\s", "") + "Y")
                : dice.of("GET", "GET", "GET", "POST", "DELETE");
    }

    private static String path(Dice dice) {
        String id = dice.oneIn(4)
                ? dice.text(6).replaceAll("[\\s?#]", "")
                : dice.of(
                        "1",
                        "7",
                        "0",
                        "-1",
                        "99999999999999999999",
                        "x",
                        "%",
                        "%zz",
                        "%00",
                        "%2F",
                        "..",
                        "1%20",
                        "+1",
                        "٣",
                        "replay",
                        "");
        return dice.oneIn(8)
                ? dice.of(
                        "/",
                        "/api",
                        "/api/v1/openapi.json",
                        "/api/v1/",
                        "//api/v1/dead-letters",
                        "/observe/metrics",
                        "/observe/health",
                        "/observe/health/ready",
                        "/observe/health/" + id,
                        "/observe/" + id,
                        "*",
                        "/" + id,
                        "/api/v1/dead-letters/../dead-letters",
                        "http://x/api/v1/dead-letters")
                : "/api/v1/dead-letters" + dice.of("", "/" + id, "/" + id, "/" + id + "/replay", "/replay");
    }
}
