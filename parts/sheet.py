"""Rows as a file that a spreadsheet opens and takes no cell of for a formula."""

from collections.abc import Iterable, Sequence

from defusedcsv import csv
from django.http import StreamingHttpResponse


class _Echo:
    """A file that gives back what is written to it, line by line."""

    def write(self, line: str) -> str:
        return line


def sheet(name: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """Answer with a CSV to be saved. All rows are read before it leaves: what guards them ends with the view."""
    writer = csv.writer(_Echo())
    lines = [writer.writerow(row) for row in (header, *rows)]
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
