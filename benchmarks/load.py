"""Asks one address again and again over kept connections: `python -m benchmarks.load PORT PATH COOKIE SECONDS`.

Prints how often it was answered, the seconds, and the 50th and 99th percentile of one answer in milliseconds.
"""

import http.client
import itertools
import json
import statistics
import sys
import threading
import time

CONNECTIONS = 2
WARM_UP = 20  # Answers on each connection that do not count.


def ask(port: int, path: str, cookie: str, seconds: float, took: list[float], wrong: list[int]) -> None:
    """This function will ask until the time is over, and write down each answer's seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    end = 0.0
    headers = {"Host": "localhost", "Cookie": cookie, "Accept-Encoding": "identity"}
    for number in itertools.count(-WARM_UP):
        began = time.perf_counter()
        if number == 0:
            end = began + seconds
        elif number > 0 and began > end:
            break
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status not in (200, 302):
            wrong.append(answer.status)
            break
        if number >= 0:
            took.append(time.perf_counter() - began)
    connection.close()


def main() -> None:
    port, path, cookie, seconds = int(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4])
    took: list[float] = []
    wrong: list[int] = []
    arguments = (port, path, cookie, seconds, took, wrong)
    threads = [threading.Thread(target=ask, args=arguments) for _ in range(CONNECTIONS)]
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
