"""Asks one address again and again over kept connections: `python -m benchmarks.load PORT PATH COOKIE SECONDS`.

Each connection is a process of its own, so that the asking costs the server no more than its share of the
machine. Prints how often it was answered, the seconds, and the 50th and 99th percentile of one answer in
milliseconds.
"""

import http.client
import itertools
import json
import statistics
import sys
import time
from multiprocessing import Pool

CONNECTIONS = 4
WARM_UP = 20  # Answers on each connection that do not count.


class NotAnswered(Exception):
    """An address gave something else than its page."""


def ask(port: int, path: str, cookie: str, seconds: float) -> list[float]:
    """This function will ask until the time is over, and give each answer's seconds.

    :raises NotAnswered: the answer was neither a page nor a redirect
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    took: list[float] = []
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
            raise NotAnswered(f"{path} answered {answer.status}")
        if number >= 0:
            took.append(time.perf_counter() - began)
    connection.close()
    return took


def main() -> None:
    arguments = int(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4])
    with Pool(CONNECTIONS) as pool:
        took = list(itertools.chain(*pool.starmap(ask, [arguments] * CONNECTIONS, chunksize=1)))
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
