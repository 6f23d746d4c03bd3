"""Asks one address again and again over kept connections: `python -m benchmarks.load PORT PATH COOKIE SECONDS`.

Prints how often it was answered, the seconds, and the 50th and 99th percentile of one answer in milliseconds.
"""

import http.client
import json
import statistics
import sys
import threading
import time

CONNECTIONS = 2
WARM_UP = 20  # Answers on each connection that do not count.


def ask(port: int, path: str, cookie: str, until: list[float], took: list[float], wrong: list[int]) -> None:
    """This function will ask until the time is over, and write down each answer's seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Host": "localhost", "Cookie": cookie, "Accept-Encoding": "identity"}
    number = 0
    while number < WARM_UP or time.perf_counter() < until[0]:
        if number == WARM_UP:
            until[0] = max(until[0], time.perf_counter() + until[1])
        began = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        if number >= WARM_UP:
            took.append(time.perf_counter() - began)
        if answer.status not in (200, 302):
            wrong.append(answer.status)
            break
        number += 1
    connection.close()


def main() -> None:
    port, path, cookie, seconds = int(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4])
    took: list[float] = []
    wrong: list[int] = []
    until = [0.0, seconds]
    threads = [threading.Thread(target=ask, args=(port, path, cookie, until, took, wrong)) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        sys.exit(f"{path} answered {wrong}")
    hundredths = statistics.quantiles(took, n=100)
    print(
        json.dumps(
            {
                "answers": len(took),
                "rate": CONNECTIONS / statistics.fmean(took),
                "median": hundredths[49] * 1000,
                "p99": hundredths[98] * 1000,
            }
        )
    )


if __name__ == "__main__":
    main()
